# SPDX-License-Identifier: Apache-2.0
"""WebSockets: the handshake, frames good and bad, slow and silent peers, and the end."""
import asyncio
import signal
import socket
import struct
import time

import pytest
import websockets
from conftest import TIMEOUT, get

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = ["Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + KEY]


def upgrade(path="/ws", protocol="throughline.v1.proto", *headers):
    return get(path, *UPGRADE, "Sec-WebSocket-Protocol: " + protocol, *headers)


def frame(opcode, payload=b"", fin=True, mask=b"\1\2\3\4", rsv=0):
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    n = len(payload)
    head += bytes([bit | n]) if n < 126 else bytes([bit | 126]) + struct.pack(">H", n) if n < 65536 else bytes(
        [bit | 127]) + struct.pack(">Q", n)
    if mask:
        head += mask
        payload = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
    return head + payload


def read_frame(conn):
    head = conn.file.read(2)
    if len(head) < 2:
        return None, b""
    assert not head[1] & 0x80, "a server masks nothing"
    n = head[1]
    if n == 126:
        n = struct.unpack(">H", conn.file.read(2))[0]
    elif n == 127:
        n = struct.unpack(">Q", conn.file.read(8))[0]
    return head[0] & 15, conn.file.read(n)


def close_code(conn):
    opcode, payload = read_frame(conn)
    while opcode not in (CLOSE, None):
        opcode, payload = read_frame(conn)
    assert opcode == CLOSE
    return struct.unpack(">H", payload[:2])[0] if payload else 1005


def open_ws(server, path="/ws", protocol="throughline.v1.proto", tls=None):
    conn = server.connect(tls)
    reply = conn.ask(upgrade(path, protocol))
    assert reply.status == 101
    return conn


def test_handshake(server):
    reply = server.connect().ask(upgrade())
    assert reply.status == 101
    assert reply.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert reply.headers["sec-websocket-protocol"] == "throughline.v1.proto"
    both = server.connect().ask(upgrade("/ws", "other, throughline.v1.json, throughline.v1.proto"))
    assert both.headers["sec-websocket-protocol"] == "throughline.v1.json", "the client's first"


@pytest.mark.parametrize("headers,status,code", [
    (UPGRADE, 400, "subprotocol_required"),
    (UPGRADE + ["Sec-WebSocket-Protocol: chat, throughline.v2.json"], 400, "subprotocol_required"),
    ([], 400, "upgrade_required"),
    (UPGRADE[1:], 400, "upgrade_required"),
    ([UPGRADE[0], *UPGRADE[2:]], 400, "upgrade_required"),
    ([h.replace("13", "8") for h in UPGRADE], 426, "upgrade_version"),
    (UPGRADE[:3], 400, "invalid_header"),
    (UPGRADE[:3] + ["Sec-WebSocket-Key: short"], 400, "invalid_header"),
    (UPGRADE + ["Sec-WebSocket-Protocol: throughline.v1.json", "Origin: https://evil.example"], 403, "origin_forbidden"),
])
def test_handshake_that_is_refused(server, headers, status, code):
    reply = server.get("/ws", *headers)
    assert reply.status == status and reply.problem()["code"] == code


def test_permitted_origin(server):
    assert server.connect().ask(upgrade("/ws", "throughline.v1.json", "Origin: https://good.example")).status == 101


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536])
def test_echo_of_every_length_form(server, size):
    conn = open_ws(server)
    conn.send(frame(BINARY, b"x" * size))
    assert read_frame(conn) == (BINARY, b"x" * size)


def test_frames_in_the_segment_of_the_get(server):
    conn = server.connect()
    conn.send(upgrade().encode() + frame(BINARY, b"early") + frame(BINARY, b"bird"))
    assert conn.reply().status == 101
    assert read_frame(conn) == (BINARY, b"early") and read_frame(conn) == (BINARY, b"bird")


def test_byte_by_byte_and_fragments(server):
    conn = open_ws(server, protocol="throughline.v1.json")
    for byte in frame(TEXT, b"He", fin=False) + frame(PING, b"p") + frame(0, "ll\u00f6".encode()):
        conn.send(bytes([byte]))
    got = [read_frame(conn), read_frame(conn)]
    assert sorted(got) == [(TEXT, "Hell\u00f6".encode()), (PONG, b"p")]


BREACHES = {
    "an unmasked frame": (frame(BINARY, b"x", mask=b""), 1002),
    "a reserved bit": (frame(BINARY, b"x", rsv=4), 1002),
    "a reserved opcode": (frame(3, b"x"), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "a fragmented ping": (frame(PING, b"x", fin=False), 1002),
    "a continuation of nothing": (frame(0, b"x"), 1002),
    "a message within a message": (frame(BINARY, b"x", fin=False) + frame(BINARY, b"y"), 1002),
    "an oversized frame": (frame(BINARY, b"x" * 65537), 1009),
    "an oversized message": (frame(BINARY, b"x" * 40000, fin=False) + frame(0, b"x" * 40000), 1009),
    "the largest length": (b"\x82\xff\x7f" + b"\xff" * 7 + b"\0\0\0\0x", 1009),
    "text on a binary protocol": (frame(TEXT, b"x"), 1003),
    "too many fragments": (frame(BINARY, b"", fin=False) + frame(0, b"", fin=False) * 2000, 1008),
    "a close code of one byte": (frame(CLOSE, b"x"), 1005),
    "a close code that must not be sent": (frame(CLOSE, struct.pack(">H", 1006)), 1002),
}


@pytest.mark.parametrize("name", BREACHES)
def test_breach_of_the_protocol(server, name):
    conn = open_ws(server)
    data, code = BREACHES[name]
    conn.send(data)
    assert close_code(conn) == code
    assert conn.at_end()
    server.until(lambda: server.get("/ws/closed").body == b"1 %d" % code)


@pytest.mark.parametrize("payload", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"abc\xc3"])
def test_text_that_is_not_utf8(server, payload):
    conn = open_ws(server, protocol="throughline.v1.json")
    conn.send(frame(TEXT, payload))
    assert close_code(conn) == 1007


def test_binary_on_the_text_protocol(server):
    conn = open_ws(server, protocol="throughline.v1.json")
    conn.send(frame(BINARY, b"x"))
    assert close_code(conn) == 1003


def test_peer_closes(server):
    conn = open_ws(server)
    conn.send(frame(BINARY, b"last") + frame(CLOSE, struct.pack(">H", 4321) + b"bye") + frame(BINARY, b"not read"))
    assert read_frame(conn) == (BINARY, b"last")
    assert close_code(conn) == 4321
    assert conn.at_end()
    server.until(lambda: server.get("/ws/closed").body == b"1 4321")


def test_peer_closes_without_a_code(server):
    conn = open_ws(server)
    conn.send(frame(CLOSE))
    assert read_frame(conn)[0] == CLOSE
    server.until(lambda: server.get("/ws/closed").body == b"1 1005")


def test_server_closes(server):
    conn = open_ws(server)
    conn.send(frame(BINARY, b"close") + frame(BINARY, b"after that nothing is answered"))
    opcode, payload = read_frame(conn)
    assert opcode == CLOSE and payload == struct.pack(">H", 4001) + b"as you wish"
    conn.send(frame(CLOSE, struct.pack(">H", 4001)))
    assert conn.at_end()
    server.until(lambda: server.get("/ws/closed").body == b"1 4001")


def test_server_closes_and_the_peer_says_nothing(server):
    conn = open_ws(server)
    conn.send(frame(BINARY, b"close"))
    assert close_code(conn) == 4001
    assert conn.at_end(), "cut after two seconds"


def test_peer_vanishes(server):
    conn = open_ws(server)
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not an end
    conn.close()
    server.until(lambda: server.get("/ws/closed").body == b"1 1006")


def in_time(pings):
    """Runs it with ever longer pauses between pings, until this program answers each before the next is due: a late one is rightly cut."""
    for ms in (200, 2000, 20000):
        if pings(ms, lambda since, ms=ms: (time.monotonic() - since) * 1000 < ms * 1.8):
            return
    raise AssertionError("nobody can answer a ping within 20 s here")


def test_half_open_socket_is_cut_when_pings_are_not_answered(start):
    def pings(ms, is_in_time):
        server = start(f"ws_ping_ms={ms}")
        silent, alive = open_ws(server), open_ws(server)
        alive.send(frame(BINARY, b"x"))
        answered, since = 0, time.monotonic()
        while answered < 6:
            opcode, payload = read_frame(alive)
            if not is_in_time(since):
                return False
            if opcode == PING:
                alive.send(frame(PONG, payload))
                answered, since = answered + 1, time.monotonic()
            else:
                assert opcode == BINARY
        assert [read_frame(silent)[0] for _ in range(3)] == [PING, PING, None], "two unanswered, then cut"
        closed = server.get("/ws/closed").body
        silent_ones = server.metric("throughline_websocket_silent_total")
        alive.send(frame(BINARY, b"still here"))
        opcode, payload = read_frame(alive)
        while opcode == PING:
            opcode, payload = read_frame(alive)
        if not is_in_time(since):
            return False
        assert (opcode, payload) in [(BINARY, b"x"), (BINARY, b"still here")]
        assert closed == b"1 1006" and silent_ones == 1
        return True
    in_time(pings)


def test_any_word_counts_as_life(start):
    def pings(ms, is_in_time):
        server = start(f"ws_ping_ms={ms}")
        conn, since = open_ws(server), time.monotonic()
        for _ in range(8):
            while (got := read_frame(conn))[0] != PING and is_in_time(since):
                assert got[0] == BINARY
            if not is_in_time(since):
                return False
            conn.send(frame(BINARY, b"not a pong"))
            since = time.monotonic()
        closed = server.get("/ws/closed").body
        if is_in_time(since):
            assert closed == b"0 0"
        return is_in_time(since)
    in_time(pings)


def test_slow_reader_is_cut_at_the_bound_and_memory_is_bounded(server):
    conn = open_ws(server, "/ws/push")
    before = server.rss()
    conn.sock.settimeout(0.3)
    for _ in range(200):  # 200 MB, if it were let
        try:
            conn.send(frame(BINARY, b"16 65536"))
        except OSError:
            break
    server.until(lambda: server.get("/ws/closed").body == b"1 1013")
    assert server.rss() - before < 4 << 20


def test_flood_of_pings_without_reading_is_bounded(server):
    conn = open_ws(server)
    before = server.rss()
    conn.sock.settimeout(0.3)
    pings, sent = frame(PING, b"x" * 125) * 500, 0
    try:
        while sent < 256 << 20:
            sent += conn.sock.send(pings)
    except OSError:
        pass
    assert sent < 256 << 20
    assert server.rss() - before < 8 << 20


def test_many_messages_in_one_turn_leave_in_one_write(server):
    conn = open_ws(server, "/ws/push")
    with open(f"/proc/{server.process.pid}/io") as f:
        before = int(dict(line.split(": ") for line in f.read().splitlines())["syscw"])
    conn.send(frame(BINARY, b"1000 100"))
    assert all(read_frame(conn) == (BINARY, b"x" * 100) for _ in range(1000))
    with open(f"/proc/{server.process.pid}/io") as f:
        after = int(dict(line.split(": ") for line in f.read().splitlines())["syscw"])
    assert after - before <= 2, "one write, and one to spare"


def test_paused_socket_holds_the_peer_back(server):
    conn = open_ws(server, "/ws/id")
    conn.send(frame(BINARY, b"pause") + frame(BINARY, b"at most a little more"))
    server.until(lambda: server.metric('throughline_websocket_messages_total{direction="in"}') >= 1)
    before = server.rss()
    conn.sock.settimeout(0.3)
    sent, data = 0, frame(BINARY, b"y" * 50000)
    try:
        while sent < 64 << 20:
            sent += conn.sock.send(data)
    except TimeoutError:
        pass
    assert sent < 64 << 20
    assert server.rss() - before < 4 << 20
    assert server.post("/ws/resume", "").body == b"yes"
    conn.sock.settimeout(TIMEOUT)
    got = read_frame(conn)
    assert got == (BINARY, b"at most a little more")
    assert read_frame(conn) == (BINARY, b"y" * 50000)


def test_plain_websocket_client(server):
    async def talk():
        async with websockets.connect(f"ws://{server.address}/ws", subprotocols=["throughline.v1.json"]) as ws:
            for size in (1, 200, 60000):
                await ws.send("x" * size)
                assert await ws.recv() == "x" * size
            await (await ws.ping())
        assert ws.close_code == 1000

    asyncio.run(talk())
    server.until(lambda: server.get("/ws/closed").body == b"1 1000")


def test_tls_websocket_client(start, certificate, trust):
    server = start("tls=%s,%s" % certificate)

    async def talk():
        port = server.address.rsplit(":", 1)[1]
        async with websockets.connect(f"wss://localhost:{port}/ws", ssl=trust, subprotocols=["throughline.v1.proto"]) as ws:
            for size in (0, 1, 200, 60000):
                await ws.send(b"x" * size)
                assert await ws.recv() == b"x" * size
            await asyncio.gather(*(ws.send(b"y" * 1000) for _ in range(100)))
            assert [await ws.recv() for _ in range(100)] == [b"y" * 1000] * 100
        assert ws.close_code == 1000

    asyncio.run(talk())


def test_drain_closes_sockets_with_1001(start):
    server = start("grace=200")
    conn = open_ws(server)
    server.process.send_signal(signal.SIGTERM)
    assert close_code(conn) == 1001
    conn.send(frame(CLOSE, struct.pack(">H", 1001)))
    assert conn.at_end()
    assert server.process.wait(TIMEOUT) == 0


def test_sockets_that_do_not_answer_do_not_hold_the_drain(start):
    server = start()
    conns = [open_ws(server) for _ in range(5)]
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(TIMEOUT) == 0
    assert all(close_code(c) == 1001 for c in conns)
