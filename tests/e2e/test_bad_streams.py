# SPDX-License-Identifier: Apache-2.0
"""docs/reference/bad-input.md, the part that is sockets and time: each test is named after its row."""
import asyncio
import concurrent.futures
import os
import select
import signal
import socket

from harness import pb
from harness.config import misses_redis
from harness.http import Http
from harness.mailbox import PATIENCE, eventually, slowest
from harness.processes import redis_of
from harness.raw import Raw, status_of
from harness.stories import TEL, stored, texts, words

STREAMS = ("/v1/desk", "/v1/gateway", "/v1/chat?account=web")


def token_for(daemon, path):
    return {"/v1/desk": daemon.token("agent", "ann"), "/v1/gateway": daemon.token("gateway")}.get(path)


def opened(daemon, path, **kw):
    """A raw stream on which no hello has been said."""
    raw = Raw(daemon.address)
    head = raw.upgrade(path, token_for(daemon, path), Origin="https://shop.example", **kw)
    assert status_of(head) == 101, head
    return raw


def hello(raw, path):
    body = b'{"hello":{"session":"0123456789abcdef"}}' if path == "/v1/desk" else b'{"hello":{}}'
    raw.put(raw.frame(1, body))
    return raw


def test_not_a_websocket(daemon):
    for path in STREAMS:
        http = Http(daemon.address, token_for(daemon, path))
        answer = http.call("GET", path, headers={"Origin": "https://shop.example"})
        assert (answer.status, answer.code) == (400, "upgrade_required"), path
        for change, status in (({"Sec_WebSocket_Version": "8"}, 426), ({"protocol": "soap"}, 400)):
            with Raw(daemon.address) as raw:
                kw = {"protocol": "throughline.v1.json", "Origin": "https://shop.example"} | change
                got = raw.upgrade(path, token_for(daemon, path), **kw)
                assert status_of(got) in ((status,) if "protocol" in change else (status, 400)), got


def test_no_hello(daemon):
    waiting = []  # all at once: some are only left when their time is over
    for path in STREAMS:
        other = b'{"credit":{"more":1}}' if path == "/v1/gateway" else b'{"typing":{}}'
        for said, codes in ((None, (1008,)), (other, (1002, 1003, 1008)),
                            *((odd, (1002, 1003, 1007, 1008)) for odd in (b"", b"{}", b"nonsense", b"[]", b'{"hello":7}'))):
            raw = opened(daemon, path)
            if said is not None:
                raw.put(raw.frame(1, said))
            waiting.append((raw, codes, (path, said)))
    for raw, codes, which in waiting:
        with raw:
            assert raw.close_code() in codes, which


def test_bad_frame(daemon):
    bad = {
        "unmasked": lambda r: r.frame(1, b"{}", masked=False), "reserved bit": lambda r: r.frame(1, b"{}", reserved=4),
        "fragmented ping": lambda r: r.frame(9, b"", fin=False), "long ping": lambda r: r.frame(9, b"a" * 126),
        "unknown opcode": lambda r: r.frame(3, b"{}"), "continuation of nothing": lambda r: r.frame(0, b"{}"),
        "binary for JSON": lambda r: r.frame(2, b"\x0a\x00"), "new message inside another": lambda r: r.frame(1, b"{", fin=False) + r.frame(1, b"}"),
    }
    for path in STREAMS:
        for name, make in bad.items():
            with hello(opened(daemon, path), path) as raw:
                raw.put(make(raw))
                assert raw.close_code() in (1002, 1003), (path, name)


def test_oversized_frame(daemon):
    for path in STREAMS:
        with hello(opened(daemon, path), path) as raw:
            head = b"\x81\xff" + (1 << 40).to_bytes(8, "big") + b"\0\0\0\0"
            raw.put(head)  # announced is enough
            raw.try_put(b"a" * (2 << 20))
            assert raw.close_code() in (1009, None), path
        with hello(opened(daemon, path), path) as raw:
            for _ in range(64):  # as many small fragments
                raw.try_put(raw.frame(1 if _ == 0 else 0, b" " * 65000, fin=False))
            assert raw.close_code() in (1009, None), path


def test_invalid_utf8_frame(daemon):
    for path in STREAMS:
        with hello(opened(daemon, path), path) as raw:
            raw.put(raw.frame(1, b'{"typing":"\xff"}'))
            assert raw.close_code() == 1007, path


async def test_sequence(daemon):
    for numbers in ([2], [0], [1, 3], [1, 1], [1, 2, 2]):
        async with daemon.gateway("sms") as gateway:
            for n in numbers:
                await gateway.put(pb.GatewayUp(sequence=n, event=words("sms", TEL, "x", id=f"s{numbers}{n}")))
            assert (await gateway.box.wait_closed())[0] == 1008
            assert gateway.all("error")


async def never_answers(daemon):
    """A desk of Ann's that says hello, then nothing more, and no goodbye, until it is cut."""
    def ask():
        return daemon.agent("ann").sessions
    with hello(opened(daemon, "/v1/desk"), "/v1/desk"):
        for n, what in ((1, "seen"), (0, "cut")):
            await eventually(lambda n=n: asyncio.to_thread(lambda: ask() == n), what)


async def test_half_open(world):
    for seconds in (1, 8, 64):
        daemon = world(lambda c, seconds=seconds: c["server"].update(ping_seconds=seconds))
        async with daemon.desk("bert") as bert:
            late = await slowest(lambda: asyncio.sleep(0.05), never_answers(daemon))  # how late this program comes, not to synchronise
            # Bert, who answers, stays. Where the machine kept him from answering in time, this proves nothing: once more, with more time.
            if late < seconds / 2:
                assert daemon.agent("bert").sessions == 1 and not bert.box.closed
                return
    raise AssertionError("nobody can answer here within half a minute")


def dribble(raw, body, seconds_between=0.05):
    """A byte at a time, far longer than any deadline, until the other side has had enough: its answer."""
    for i in range(len(body)):
        if select.select([raw.socket], [], [], seconds_between)[0]:
            return raw.rest()
        if not raw.try_put(body[i:i + 1]):
            break
    return raw.rest()


def test_slow_head(world):
    daemon = world(lambda c: c["server"].update(header_seconds=1))
    with Raw(daemon.address) as raw:
        got = dribble(raw, b"GET /livez HTTP/1.1\r\nX: " + b"a" * 10000)
        assert status_of(got) in (408, None)
    with Raw(daemon.address) as silent:
        assert status_of(silent.rest()) in (408, None)


def test_slow_body(daemon):
    token = daemon.token("gateway")  # with a body, for which there is time
    daemon.reload(server={"body_seconds": 1})
    with Raw(daemon.address) as raw:
        raw.put(f"POST /v1/events HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\n"
                "Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n")
        assert status_of(dribble(raw, b" " * 10000)) in (408, None)


async def test_connection_flood(world):
    daemon = world(lambda c: c["server"].update(max_connections=20))
    async with daemon.gateway("sms") as gateway, daemon.desk("ann") as ann:
        flood = [Raw(daemon.address) for _ in range(60)]
        try:
            turned_away = [r for r in flood[-40:] if select.select([r.socket], [], [], PATIENCE)[0]]
            assert len(turned_away) == 40
            assert {status_of(r.rest()) for r in turned_away} <= {503, None}
            await gateway.say("sms", TEL, "in spite of it", id="f1")
            assert texts((await ann.take()).timeline) == ["in spite of it"]
        finally:
            for r in flood:
                r.socket.close()
        await eventually(lambda: Http(daemon.address).get("/livez").status == 200, "room again")


async def test_slow_desk(world):
    daemon = world(lambda c: c.update(desk={"queue_bytes": 65536}))
    big = "b" * 60000
    async with daemon.gateway("sms") as gateway, daemon.desk("ann") as ann:
        await gateway.say("sms", TEL, "hello", id="m0")
        conversation = (await ann.take()).conversation.id
        slow = Raw(daemon.address)
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        assert status_of(slow.upgrade("/v1/desk", daemon.token("agent", "ann"))) == 101
        slow.put(slow.frame(1, b'{"hello":{"session":"slow-slow-slow-slow"}}'))
        await eventually(lambda: daemon.agent("ann").sessions == 2, "both there")
        for n in range(1, 201):
            at = len(ann.seen)
            await gateway.say("sms", TEL, f"{n} {big}", id=f"m{n}")
            await ann.wait("entry", lambda e, n=n: e.entry.message.text.startswith(f"{n} "), at)  # two at once are more than a desk may owe
        assert len(ann.all("entry", lambda e: e.conversation == conversation and big in e.entry.message.text)) == 200
        await eventually(lambda: daemon.agent("ann").sessions == 1, "the slow one is cut")
        slow.socket.close()
        async with daemon.desk("ann", session="slow-slow-slow-slow", available=False) as back:
            assert back.welcome.contexts[0].timeline[-1].message.text.startswith("200 ")


async def test_overload(world):
    """Redis stands still while everybody keeps sending: what is beyond the bound is told so at once, nothing is acknowledged that is not
    stored, and when Redis goes on, so does everything; the senders' repetitions double nothing."""
    daemon = world(lambda c: (misses_redis(c), c["server"].update(max_pending=50)))
    http = daemon.http()
    first = stored(http.post_event(words("sms", TEL, "first")))
    events = [words("sms", TEL, f"o{n}", id=f"o{n}") for n in range(300)]
    redis = redis_of(daemon)

    def send(e):
        answer = http.send("POST", "/v1/events", e)
        assert answer.status in (200, 503, 429), answer
        assert answer.status == 200 or answer.headers["Retry-After"]
        return answer.status == 200

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        os.kill(redis, signal.SIGSTOP)
        try:
            during = await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(pool, send, e) for e in events))
        finally:
            os.kill(redis, signal.SIGCONT)
        assert not any(during)
        open_ones = events
        while open_ones:
            await eventually(lambda: Http(daemon.address).get("/readyz").status == 200, "ready again")
            done = await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(pool, send, e) for e in open_ones))
            open_ones = [e for e, ok in zip(open_ones, done) if not ok]

    def said():
        got, before = [], 0
        while page := daemon.admin.read(f"/v1/conversations/{first.conversation}/timeline?limit=200&before={before}", pb.Timeline()).entries:
            got = texts(page) + got
            before = page[0].number
        return got
    got = await eventually(lambda: len(s := said()) > len(events) and s, "all are shown")
    assert sorted(got) == sorted(["first"] + [e.message.text for e in events])

