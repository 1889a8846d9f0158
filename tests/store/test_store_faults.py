# SPDX-License-Identifier: Apache-2.0
"""The fault injector: every redis.call of every function fails in turn, in three ways; then life goes on.

A call whose sender got an error is sent again, sometimes after a stranger's event came between, sometimes failing a second
time, with or without Redis having forgotten what it had in hand. What is left must be what one clean call leaves.
"""
import re

import pytest
import redis

from harness import (ABSENT, AGAIN, CHAT, CLOSED, CONFLICT, DECISION, DELIVERED, DISMISS, EMAIL, FAILED, HANDLE_GONE, LINK, MERGE, OK,
                     OUTBOX, QUEUED, SENT, SMS, START, STOP, TAKE_BACK, UNMERGE, VOICE, WORK, check_log, library)

ACCOUNT = ("account:acc", 1, 5)
LEADER = ("leader", 1, 77)


def people(s):
    s.event("p1", "tel:+491", threads=["m1"], name="Ann")
    s.event("p2", "email:a@x", channel=EMAIL)
    s.event("p3", "chat:v", channel=CHAT, claimed=["email:b@x"])
    s.lease()
    return ["p1", "p2", "p3"]


def closed(s):
    known = people(s)
    s.apply(LEADER, 0, 3, dict(kind=CLOSED, input=3, conversation=1, text="ok", text2="ann", flag=1))
    return known


def merged(s):
    known = people(s)
    s.identity("setup", MERGE, 1, 2)
    return known


def replied(s):
    known = people(s) + ["reply"]
    number = s.command("reply", 1, "hello")[1]
    s.apply(LEADER, 0, number, dict(kind=OUTBOX, input=number, effect=0, id=number, conversation=1, text="acc", bytes=b"d"))
    s.call("lease_take", "account:acc", 0, 0, 0, "boot1", 5, "")
    return known


def sending(s):
    known = replied(s)
    s.call("claim", "4.0", *ACCOUNT, 0)
    return known


def abandoned(s):
    known = sending(s)
    s.call("lease_take", "account:acc", 1, 5, 1, "boot2", 6, "")
    return known


def dead(s):
    known = sending(s)
    s.call("report", "4.0", "acc", FAILED, "no", "", 0, 0)
    return known


def to_somebody(s):
    known = people(s) + ["reply"]
    number = s.command("reply", 1, "hello")[1]
    s.apply(LEADER, 0, number, dict(kind=OUTBOX, input=number, effect=0, id=number, conversation=1, text="acc", text2="tel:+491",
                                    bytes=b"d"))
    s.call("lease_take", "account:acc", 0, 0, 0, "boot1", 5, "")
    return known


def to_somebody_sending(s):
    known = to_somebody(s)
    s.call("claim", "4.0", *ACCOUNT, 0, 0)
    return known


def to_the_gone(s):
    known = to_somebody_sending(s)
    s.call("report", "4.0", "acc", FAILED, "no such number", "", 0, 0, HANDLE_GONE, "gone")
    return known


def delivered(s):
    known = to_somebody_sending(s)
    s.call("report", "4.0", "acc", DELIVERED, "", "", 0, 0)
    return known


def stopped(s):
    known = to_somebody(s)
    s.consent("stop", "tel:+491", STOP)
    return known + ["stop"]


def old(s):
    known = to_somebody(s)
    s.r.hset(s.key("outbox:4.0"), "born", 1000000000000)
    return known


def snapshots(s):
    known = people(s)
    for n in (1, 2):
        s.r.set(s.key(f"snapshot:{n}:0"), b"c", ex=86400)
        s.call("snapshot_seal", *LEADER, n, 1, b"m")
    s.r.set(s.key("snapshot:3:0"), b"c", ex=86400)
    return known


def long_log(s):
    known = people(s)
    for i in range(60):
        s.append()
    s.r.set(s.key("snapshot:60:0"), b"c", ex=86400)
    s.call("snapshot_seal", *LEADER, 60, 1, b"m")
    return known


OPS = (dict(kind=DECISION, input=1, effect=0, id=1, bytes=b"d0"), dict(kind=DECISION, input=2, effect=1, id=1, bytes=b"d1"),
       dict(kind=WORK, id=1, conversation=1, text="ann", bytes=b"w"), dict(kind=WORK, id=2, conversation=2, flag=1),
       dict(kind=OUTBOX, input=3, effect=0, id=3, conversation=1, text="acc", bytes=b"x"),
       dict(kind=OUTBOX, input=3, effect=1, id=3, conversation=1, text="acc", bytes=b"y"),
       dict(kind=CLOSED, input=3, conversation=2, text="ok", text2="ann", flag=1), dict(kind=TAKE_BACK, id=3, conversation=3))

# name: (what stands before, the call, marker of its entry or None, statuses that answer its repetition)
CASES = {
    "first": (lambda s: [], lambda s: s.event("x", "tel:+491", name="Ann"), "x", {AGAIN}),
    "new": (people, lambda s: s.event("x", "tel:+499", threads=["n1"], claimed=["tel:+491"], name="Bo"), "x", {AGAIN}),
    "ordinary": (people, lambda s: s.event("x", "tel:+491"), "x", {AGAIN}),
    "switch": (people, lambda s: s.event("x", "tel:+491", channel=VOICE), "x", {AGAIN}),
    "follow": (people, lambda s: s.event("x", "tel:+491", join=-1), "x", {AGAIN}),
    "reopen": (closed, lambda s: s.event("x", "tel:+491"), "x", {AGAIN}),
    "aside": (people, lambda s: s.event("x", "tel:+491", flags=0), "x", {AGAIN}),
    "thread": (people, lambda s: s.event("x", "tel:+491", threads=["m0", "m1"]), "x", {AGAIN}),
    "rebind": (people, lambda s: s.event("x", "tel:+491", threads=["m1"], join=-1), "x", {AGAIN}),
    "participant": (people, lambda s: s.event("x", "email:z@x", threads=["m1", "m2"]), "x", {AGAIN}),
    "named": (people, lambda s: s.event("x", "tel:+491", threads=["conversation:2", "m9"]), "x", {AGAIN}),
    "proof": (people, lambda s: s.event("x", "chat:w", channel=CHAT, verified=["tel:+491", "email:n@x"]), "x", {AGAIN}),
    "evidence": (people, lambda s: s.event("x", "chat:v", channel=CHAT, verified=["tel:+491", "email:a@x"]), "x", {AGAIN}),
    "command": (people, lambda s: s.command("x", 1, "hello"), "x", {AGAIN}),
    "bare command": (people, lambda s: s.command("x"), "x", {AGAIN}),
    "append": (people, lambda s: s.append(LEADER), None, {OK}),
    "link": (people, lambda s: s.identity("k", LINK, 3, handle="email:b@x"), None, {AGAIN}),
    "dismiss": (people, lambda s: s.identity("k", DISMISS, 3, handle="email:b@x"), None, {AGAIN}),
    "merge": (people, lambda s: s.identity("k", MERGE, 3, 1), None, {AGAIN}),
    "unmerge": (merged, lambda s: s.identity("k", UNMERGE, 1, 2), None, {AGAIN}),
    "apply": (people, lambda s: s.apply(LEADER, 0, 3, *OPS), None, {AGAIN}),
    "due": (replied, lambda s: s.call("due", "acc", 9, ""), None, {OK}),
    "claim": (replied, lambda s: s.call("claim", "4.0", *ACCOUNT, 0), None, {OK}),
    "claim unknown": (abandoned, lambda s: s.call("claim", "4.0", "account:acc", 2, 6, 0), None, {ABSENT, CONFLICT}),
    "sent": (sending, lambda s: s.call("report", "4.0", "acc", SENT, "", "v1", 0, 0), None, {AGAIN}),
    "retry": (sending, lambda s: s.call("report", "4.0", "acc", QUEUED, "busy", "", 5, 0), None, {AGAIN}),
    "failed": (sending, lambda s: s.call("report", "4.0", "acc", FAILED, "no", "", 0, 0), None, {AGAIN}),
    "stop": (people, lambda s: s.consent("x", "tel:+491", STOP), "x", {AGAIN}),
    "stop by a stranger": (people, lambda s: s.consent("x", "tel:+498", STOP), "x", {AGAIN}),
    "stop again": (stopped, lambda s: s.consent("x", "tel:+491", STOP, "ENDE"), "x", {AGAIN}),
    "start": (stopped, lambda s: s.consent("x", "tel:+491", START, "START"), "x", {AGAIN}),
    "claim stopped": (stopped, lambda s: s.call("claim", "4.0", *ACCOUNT, 0, 0), None, {ABSENT, CONFLICT}),
    "claim gone": (to_the_gone, lambda s: s.call("claim", "4.0", *ACCOUNT, 0, 0), None, {ABSENT}),
    "claim expired": (old, lambda s: s.call("claim", "4.0", *ACCOUNT, 0, 1000), None, {ABSENT, CONFLICT}),
    "expire": (old, lambda s: s.call("expire", "acc", 1000), None, {OK}),
    "backlog": (to_somebody, lambda s: s.call("backlog", "acc", "other"), None, {OK}),
    "gone": (to_somebody_sending, lambda s: s.call("report", "4.0", "acc", FAILED, "no such number", "", 0, 0, HANDLE_GONE, "gone"),
             None, {AGAIN}),
    "gone, told late": (delivered, lambda s: s.call("report", "4.0", "acc", FAILED, "bounced", "v1", 0, 0, HANDLE_GONE, "gone"),
                        None, {AGAIN}),
    "resend to the gone": (to_the_gone, lambda s: s.call("resend", "4.0"), None, {AGAIN}),
    "delivered": (to_somebody_sending, lambda s: s.call("report", "4.0", "acc", DELIVERED, "", "v1", 0, 0), None, {AGAIN}),
    "dead letters": (dead, lambda s: s.call("dead_letters", 9), None, {OK}),
    "resend": (dead, lambda s: s.call("resend", "4.0"), None, {AGAIN}),
    "take": (people, lambda s: s.call("lease_take", "node:1", 0, 0, 0, "b", 9, "")[:1], None, {OK}),
    "beat": (people, lambda s: s.call("lease_beat", *LEADER, "v")[:1], None, {OK}),
    "give": (people, lambda s: s.call("lease_give", *LEADER)[:1], None, {OK}),
    "place": (people, lambda s: s.call("place", 1, "i"), None, {OK}),
    "seal": (snapshots, lambda s: s.call("snapshot_seal", *LEADER, 3, 1, b"m3"), None, {AGAIN}),
    "trim": (long_log, lambda s: s.call("trim", 50), None, {OK}),
    "audit": (people, lambda s: s.call("audit", b"line"), None, {AGAIN}),
}


def fault(s, at, mode="before"):
    """Arms the injector; returns how many calls were made since it was armed last."""
    return s.r.fcall("tl1_fault", 0, at, mode)


def fails(s, call, at, mode):
    fault(s, at, mode)
    try:
        call(s)
        return False
    except redis.ResponseError as e:
        assert "injected" in str(e), e
        return True
    finally:
        fault(s, 0)


def calls_made(s, name):
    setup, call, _, again = CASES[name]
    setup(s)
    fault(s, 0)
    assert call(s)[0] in again | {OK, CONFLICT}, "the case itself"
    return fault(s, 0)


def shape(s):
    """All that stands in Redis beside the log, times made equal."""
    out = {}
    for key in s.r.keys(s.key("*")):
        name = key[len(s.key("")):]
        if name in (b"inputs", b"clock"):
            continue
        kind = s.r.type(key)
        value = {b"string": lambda: [s.r.get(key)], b"hash": lambda: [x for p in sorted(s.r.hgetall(key).items()) for x in p],
                 b"list": lambda: s.r.lrange(key, 0, -1), b"zset": lambda: s.r.zrange(key, 0, -1),
                 b"stream": lambda: [x for i, f in s.r.xrange(key) for x in (i, without_times(name, f))]}[kind]()
        out[name] = ([v if isinstance(v, tuple) else re.sub(rb"\d{13}", b"T", v) for v in value], s.r.ttl(key) > 0)
    return out


def without_times(name, fields):
    from throughline.v1 import conversation_pb2
    if not name.endswith(b":log"):
        return tuple(fields.items())
    entry = conversation_pb2.Entry.FromString(fields[b"e"])
    assert entry.wall_ms
    entry.wall_ms = 1
    return (entry.SerializeToString(deterministic=True),)


class Clean:
    """What a call leaves that never failed, after as many other inputs as the failed ones used up."""

    def __init__(self, s, name):
        self.s, self.setup, self.call, self.known = s, CASES[name][0], CASES[name][1], {}

    def last(self):
        return int(self.s.r.xrevrange(self.s.inputs_key, count=1)[0][0].split(b"-")[0]) if self.s.r.exists(self.s.inputs_key) else 0

    def after(self, extra):
        if extra not in self.known:
            self.s.r.flushall()
            self.setup(self.s)
            for _ in range(extra):
                self.s.append()
            self.call(self.s)
            self.known[extra] = shape(self.s), self.last()
        return self.known[extra]

    def equals(self, at):
        left, last = shape(self.s), self.last()
        extra = last - self.after(0)[1]
        assert left == self.after(extra)[0], at


@pytest.mark.parametrize("mode", ("before", "after", "from"))
@pytest.mark.parametrize("name", CASES)
def test_each_call_fails_once_and_the_repetition_makes_it_whole(faulty, name, mode):
    s = faulty
    setup, call, marker, again = CASES[name]
    total = calls_made(s, name)
    clean = Clean(s, name)
    for at in range(1, total + 1):
        for cold in (False, True):
            s.r.flushall()
            known = list(setup(s))
            assert fails(s, call, at, mode), (at, total)
            if cold:
                s.r.function_load(library(faults=True), replace=True)
            status = call(s)[0]
            assert status in again | {OK, CONFLICT}, (at, status)
            check_all(s, name, known + [marker] * bool(marker))
            assert call(s)[0] in again
            if name not in ("append", "beat"):  # these may count once more, and say so
                clean.equals(at)


@pytest.mark.parametrize("name", CASES)
def test_a_stranger_between_failure_and_repetition(faulty, name):
    s = faulty
    setup, call, marker, again = CASES[name]
    total = calls_made(s, name)
    for at in range(1, total + 1):
        for mode in ("before", "after"):
            s.r.flushall()
            known = list(setup(s))
            assert fails(s, call, at, mode)
            if at % 2:
                s.r.function_load(library(faults=True), replace=True)
            s.event("s1", "tel:+4930")
            check_all(s, name, known + ["s1"])
            assert call(s)[0] in again | {OK, CONFLICT}
            s.event("s2", "tel:+4930")
            check_all(s, name, known + ["s1", "s2"] + [marker] * bool(marker))


@pytest.mark.parametrize("name", ("first", "ordinary", "evidence", "command", "unmerge", "sent", "apply"))
def test_the_repetition_fails_too(faulty, name):
    s = faulty
    setup, call, marker, again = CASES[name]
    total = calls_made(s, name)
    clean = Clean(s, name)
    for first in range(1, total + 1):
        for second in range(1, total + 12, 1 if total < 12 else 5):  # the repetition undoes first: more calls
            s.r.flushall()
            known = list(setup(s))
            fails(s, call, first, "after" if (first + second) % 2 else "before")
            fails(s, call, second, "before")
            assert call(s)[0] in again | {OK, CONFLICT}
            check_all(s, name, known + [marker] * bool(marker))
            clean.equals((first, second))


def check_all(s, name, known):
    if name == "trim":  # inputs are gone that markers and customers name
        numbers = list(s.log())
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        return
    check_log(s, known, taken_back={3} if name == "apply" else ())
