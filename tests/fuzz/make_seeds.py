#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/fuzz/seeds/: small, valid, and of every kind, so that a fuzzer begins where the interesting things are.

Run it when the contract has changed; the seeds are kept in the tree.
"""
import os
import random
import re
import struct
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, f"{HERE}/../e2e")
from harness import pb  # noqa: E402
from harness.chat import identity  # noqa: E402


def write(target, name, data):
    os.makedirs(f"{HERE}/seeds/{target}", exist_ok=True)
    with open(f"{HERE}/seeds/{target}/{name}", "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def ws():
    def frame(first, payload, mask=b"\1\2\3\4"):
        n = len(payload)
        size = bytes([0x80 | n]) if n < 126 else b"\xfe" + struct.pack(">H", n)
        return bytes([first]) + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))

    text, binary = b"\1", b"\0"  # the first byte chooses the subprotocol
    write("ws", "text", text + frame(0x81, '{"hello": "ä"}'.encode()) + frame(0x88, struct.pack(">H", 1000)))
    write("ws", "binary", binary + frame(0x82, b"x" * 200) + frame(0x89, b"ping") + frame(0x8a, b""))
    write("ws", "fragments", text + frame(0x01, b"\xc3") + frame(0x89, b"") + frame(0x80, b"\xa4"))
    write("ws", "close", binary + frame(0x88, struct.pack(">H", 4000) + b"bye"))
    write("ws", "unmasked", binary + b"\x82\x01x")


def http():
    head = "POST /v1/events?limit=5&cursor=a%20b HTTP/1.1\r\nHost: example.org\r\nAuthorization: Bearer x\r\n"
    write("http", "length", head + "Content-Length: 2\r\n\r\n{}")
    write("http", "chunked", head + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
    write("http", "chunks", "2;a=b\r\n{}\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n")
    write("http", "upgrade", "GET /v1/desk HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    write("http", "path", "/desk/%C3%A4/../x")
    write("http", "query", "a=1&b=%2B+&c")


def reply():
    for name, text in {"array": "*3\r\n:1\r\n$2\r\nab\r\n*1\r\n$-1\r\n", "error": "-TL bad argument\r\n+OK\r\n", "unix": "unix:///var/run/redis.sock",
                       "url": "rediss://user:p%40ss@[::1]:6380/3", "stream": "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\ni\r\n$3\r\n\0\1\2\r\n"}.items():
        write("reply", name, text)


def chat():
    write("chat", "visitor", "0123456789abcdef")
    write("chat", "identity", identity("another secret", reference="crm-7", handles=["tel:+4915112345678"], name="Eva", expires=1700000100))
    write("chat", "two parts", "e30.AAAA")


def fixture_steps(path):
    """The steps of a fixture (tests/channels/README.md) in the form of adapter.c."""
    unescape = re.compile(rb"\\(x[0-9a-f]{2}|.)")
    letters = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
    steps = []
    with open(path, "rb") as f:
        lines = f.read().split(b"\n")
    for line in lines:
        word, _, rest = line.partition(b" ")
        if word in (b"request", b"deliver", b"answer", b"told"):
            steps.append([line, b"", b""])
        elif steps and word == b"header":
            steps[-1][1] += rest + b"\n"
        elif steps and line.startswith(b"|"):
            steps[-1][2] += unescape.sub(lambda m: bytes([int(m[1][1:], 16)]) if len(m[1]) == 3 else letters[m[1]], line[1:])
    return [b"%s\n%s\n%s" % tuple(s) for s in steps]


def adapters():
    for target, adapter, first in (("kannel", "kannel", b""), ("twilio", "twilio", b"t"), ("twilio", "twilio_whatsapp", b"w")):
        folder = f"{HERE}/../channels/{adapter}"
        for name in sorted(os.listdir(folder)):
            if name.endswith(".in") and not name.startswith(("configure", "signature")):
                for n, step in enumerate(fixture_steps(f"{folder}/{name}")[:6]):
                    write(target, f"{adapter}-{name[:-3]}-{n}", first + step)


CONFIG = pb.RoutingConfig(
    queues=[pb.Queue(name="billing", priority=3, requires=[pb.Skill(name="billing", level=3)], intents=["billing"], offer_seconds=30, wrap_up_seconds=30),
            pb.Queue(name="all", priority=5, select="longest_idle", offer_seconds=30)],
    agents=[pb.Agent(id="ann", capacity=4, skills=[pb.Skill(name="billing", level=4)]),
            pb.Agent(id="bo", capacity=4, channels=[pb.CHANNEL_SMS])],
    grace_seconds=30, timeouts_to_away=3, decline_pause_seconds=60, decline_max=3,
    channels=[pb.ChannelRules(channel=c, units=4 if c == pb.CHANNEL_VOICE else 1, idle_seconds=0 if c == pb.CHANNEL_VOICE else 3600) for c in range(1, 6)])


def log(*inputs):
    data = b""
    for n, kind in enumerate(inputs, 1):
        packed = pb.Input(wall_ms=1700000000000 + n, at_ms=500 * n, **kind).SerializeToString()
        data += struct.pack("<H", len(packed)) + packed
    return data


def came(agent, session):
    return [{"desk_opened": pb.DeskOpened(session=session, agent=agent), "boot": "b1"},
            {"command": pb.Command(session=session, client_id="p", agent=agent, presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))}]


def said(n, kind=pb.HAPPENED_KIND_WORDS, channel=pb.CHANNEL_SMS, conversation=None, **kw):
    return {"happened": pb.Happened(kind=kind, channel=channel, account="a", handle="tel:+491", **kw), "has_entry": True,
            "placed": pb.Placement(conversation=conversation or n, customer=n)}


def act(session, agent, client_id, **kw):
    return {"command": pb.Command(session=session, client_id=client_id, agent=agent, **kw)}


def step():
    ann, bo = "s" * 16, "t" * 16
    start = [{"config": CONFIG}, *came("ann", ann), *came("bo", bo)]
    first = said(6, intent="billing")
    write("step", "answered", log(*start, first, act(ann, "ann", "1", accept=pb.Accept(work=6, epoch=1)),
                                  act(ann, "ann", "2", send=pb.Sent(conversation=6)), act(ann, "ann", "3", close=pb.Close(work=6, resolved=True)),
                                  act(ann, "ann", "4", wrap_up_done=pb.WrapUpDone(work=6))))
    write("step", "switched", log(*start, first, act(ann, "ann", "1", accept=pb.Accept(work=6, epoch=1)),
                                  said(6, pb.HAPPENED_KIND_CALL_STARTED, pb.CHANNEL_VOICE, call="c"), said(6, pb.HAPPENED_KIND_CALL_ENDED, pb.CHANNEL_VOICE, call="c")))
    write("step", "declined", log(*start, said(6), act(ann, "ann", "1", decline=pb.Decline(work=6, epoch=1)), {"tick": pb.Tick()}, {"node_lost": pb.NodeLost(boot="b1")}))
    write("step", "transferred", log(*start, first, act(ann, "ann", "1", accept=pb.Accept(work=6, epoch=1)),
                                     act(ann, "ann", "2", transfer=pb.Transfer(work=6, agent="bo")), {"desk_closed": pb.DeskClosed(session=bo, logout=True)}))
    write("step", "supervised", log(*start, first, *({"supervise": pb.SuperviseInput(by="sue", what=pb.Supervise(act=act, work=work, agent=agent, queue=queue, priority=1))}
                                                     for act, work, agent, queue in ((pb.SUPERVISION_PRIORITY, 6, "", ""), (pb.SUPERVISION_ASSIGN, 6, "ann", ""),
                                                                                     (pb.SUPERVISION_LISTEN, 6, "bo", ""), (pb.SUPERVISION_BARGE, 6, "bo", ""),
                                                                                     (pb.SUPERVISION_TAKE_OVER, 6, "bo", ""),
                                                                                     (pb.SUPERVISION_PULL, 6, "", ""), (pb.SUPERVISION_REQUEUE, 6, "", "all"),
                                                                                     (pb.SUPERVISION_DRAIN, 0, "bo", ""), (pb.SUPERVISION_LOG_OUT, 0, "ann", "")))))
    write("step", "administered", log(*start, said(6), {"agent_put": pb.Agent(id="cy", capacity=1)}, {"agent_removed": pb.AgentRemoved(id="ann")},
                                      {"queue_put": pb.Queue(name="new", priority=1)}, {"queue_removed": pb.QueueRemoved(name="billing")},
                                      {"delivery": pb.DeliveryNews(delivery="6.1", conversation=6, state=pb.DELIVERY_STATE_SENT)},
                                      {"customer_changed": pb.CustomerChanged(customer=6)}, {"checkpoint": pb.Checkpoint()}, {"fold": pb.FoldSwitch(version=1)}))
    calls = pb.RoutingConfig()
    calls.CopyFrom(CONFIG)
    calls.queues[1].MergeFrom(pb.Queue(voicemail=[pb.NOTICE_KIND_FULL], voicemail_seconds=2, callback_attempts=2, calendar="office", sla_calendar="office",
                                       tells=[pb.NOTICE_KIND_CLOSED, pb.NOTICE_KIND_WAIT], sla=[pb.Sla(channel=pb.CHANNEL_VOICE, first_seconds=20, next_seconds=60)],
                                       attributes=[pb.AttributeRule(key="plan", values=["gold"])]))
    calls.calendars.append(pb.Calendar(name="office", time_zone="UTC", hours=["mon-fri 08:00-18:00"]))
    turns = {"calendar": pb.CalendarTurns(calendar="office", defined=1, open=True, from_ms=1699999999000, until_ms=1800000000000, turns_ms=[1700000100000])}
    call, gold = said(3, pb.HAPPENED_KIND_CALL_STARTED, pb.CHANNEL_VOICE, call="c", attributes={"plan": "gold"}), [{"config": calls}, turns]
    write("step", "called-back", log(*gold, call, said(3, pb.HAPPENED_KIND_CALL_ENDED, pb.CHANNEL_VOICE, call="c", callback="+4930123"), *came("ann", ann),
                                     act(ann, "ann", "1", accept=pb.Accept(work=3, epoch=1)),
                                     {"delivery": pb.DeliveryNews(delivery="7.2", conversation=3, state=pb.DELIVERY_STATE_FAILED)}, *[{"tick": pb.Tick()}] * 4))
    write("step", "recorded", log(*gold, call, *[{"tick": pb.Tick()}] * 6, said(3, pb.HAPPENED_KIND_CALL_ENDED, pb.CHANNEL_VOICE, call="c"), *came("ann", ann)))


def router():
    for seed in range(8):  # long scripts, mostly of small numbers, so that names and numbers meet
        chance = random.Random(seed)
        write("router", f"script-{seed}", bytes(chance.choices(range(256), [40] * 20 + [1] * 236, k=1500)))


def restore():
    write("restore", "good", b"\0")
    write("restore", "changed", b"\2\0\1\2\0\40\7")
    write("restore", "raw", b"\1TL")


def texts():
    for n, handle in enumerate(["tel:+4915112345678", "email:Eva@Example.ORG", "chat:7f3a", "social:1234", "2026-01-02T03:04:05.678Z", "c2VlZA=="]):
        write("handle", str(n), handle)
    event = pb.Event(id="1", account="sms-1", **{"from": "tel:+4915112345678"}, attributes={"k": "v"}, threads=["t"], message=pb.Message(text="hällo"))
    event.occurred_at.FromJsonString("2026-01-02T03:04:05Z")
    for first in range(0, 48, 4):
        write("json", f"event-{first}", bytes([first]) + pb.to_json(event).encode())
    write("json", "binary", b"\x00" + event.SerializeToString())
    with open(f"{HERE}/../../config.example.toml", encoding="utf-8") as f:
        lines = [line for line in f if line.strip() and not line.startswith("#")]
    write("toml", "example", "".join(lines))
    for rule in ("queue-unreachable", "step-void", "no-effect"):
        with open(f"{HERE}/../unit/config/lint/{rule}.toml", encoding="utf-8") as f:
            write("toml", rule, f.read())
    write("toml", "strings", 'a = """\nx\\u00e4"""\nb = [1, 0x10, 1e3, true, 1979-05-27T07:32:00Z]\n[c.d]\n[[e]]\n')


for make in (http, ws, reply, chat, step, router, restore, texts, adapters):
    make()
