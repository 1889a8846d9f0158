# SPDX-License-Identifier: Apache-2.0
"""Who may be written to: STOP and START, handles that are gone, what expires; what comes late is not lost."""
from harness import (ABSENT, AGAIN, CONFLICT, DELIVERED, FAILED, HANDLE_GONE, HANDLE_STOPPED, HELP, OK, OUTBOX, QUEUED, SENDING, SENT,
                     START, STOP)

ACCOUNT = ("account:acc", 1, 5)
TEL = "tel:+491"


def reply(s, to=TEL, account="acc", conversation=1):
    lease = ("leader", 1, 77)
    if not s.r.hexists(s.key("leases"), "leader"):
        s.lease()
        s.call("lease_take", "account:acc", 0, 0, 0, "boot1", 5, "")
    number = s.command(f"r{len(s.log())}", conversation, "hello")[1]
    applied = int(s.r.get(s.key("applied")) or 0)
    assert s.apply(lease, applied, number, dict(kind=OUTBOX, input=number, effect=0, id=number, conversation=conversation, text=account,
                                                text2=to, bytes=b"d"))[0] == OK
    return f"{number}.0"


def claim(s, id, life=0):
    return s.call("claim", id, *ACCOUNT, 0, life)[0]


def field(s, id, name):
    return s.r.hget(s.key("outbox:" + id), name).decode()


def reach(s, handle=TEL):
    return {k.decode(): v.decode().split(" ", 1)[1] for k, v in s.r.hgetall(s.key("reach:" + handle)).items()}


def report(s, id, state, reason="", external="", mark=0, word="refused", attempt=0):
    return s.call("report", id, "acc", state, reason, external, 0, attempt, mark, word)[0]


def test_stop_and_start(s):
    s.event("1", TEL)
    first = reply(s)
    stop = s.consent("s1", TEL, STOP)
    assert stop[0] == OK and stop[2:] == [1, 1] and list(s.timeline(1))[-1] == stop[1]
    assert reach(s) == {"stop:acc": "STOP"}
    assert claim(s, first) == CONFLICT
    assert (field(s, first, "state"), field(s, first, "class")) == (str(FAILED), "stopped")
    assert "STOP" in field(s, first, "reason")
    last = max(s.log().items())[1]
    assert last.delivery.state == FAILED and "stopped messages" in last.delivery.reason
    assert s.consent("s1", TEL, STOP)[0] == AGAIN and s.consent("s1", TEL, START, digest="e")[0] == CONFLICT
    assert s.consent("h1", TEL, HELP, "HELP")[0] == OK and reach(s) == {"stop:acc": "STOP"}
    assert s.consent("s2", TEL, START, "START")[0] == OK and reach(s) == {}
    assert s.consent("s1", TEL, STOP)[0] == AGAIN and reach(s) == {}, "a repetition stops nothing anew"
    second = reply(s)
    assert claim(s, second) == OK


def test_stop_is_for_one_account_and_one_handle(s):
    s.event("1", TEL)
    s.consent("s1", TEL, STOP, account="other")
    assert claim(s, reply(s)) == OK
    s.consent("s2", "tel:+492", STOP)
    assert claim(s, reply(s)) == OK


def test_stop_is_no_contact_but_finds_its_person(s):
    first = s.consent("s1", TEL, STOP)
    assert first[0] == OK and first[2] and first[3]
    assert s.event("1", TEL)[3] == first[3]


def test_what_carriers_hear_of_a_handle(s):
    s.event("1", TEL)
    a, b, c = reply(s), reply(s), reply(s)
    assert claim(s, a) == OK and report(s, a, FAILED, "21610: opted out", mark=HANDLE_STOPPED, word="stopped") == OK
    assert reach(s) == {"stop:acc": "21610: opted out"}
    s.consent("s1", TEL, START)
    assert claim(s, b) == OK and report(s, b, FAILED, "5.1.1: no such user", mark=HANDLE_GONE, word="gone") == OK
    assert claim(s, c) == CONFLICT and field(s, c, "class") == "gone"
    assert [d["class"] for d in s.entries(s.call("dead_letters", 9))] == [b"gone", b"gone", b"stopped"]
    assert s.call("resend", c)[0] == OK and reach(s) == {}, "a person tries it all the same"
    assert claim(s, c) == OK


def test_a_stop_outlives_a_resend(s):
    s.event("1", TEL)
    id = reply(s)
    s.consent("s1", TEL, STOP)
    assert claim(s, id) == CONFLICT
    assert s.call("resend", id)[0] == OK and claim(s, id) == CONFLICT and field(s, id, "class") == "stopped"


def test_a_delivery_shows_that_the_handle_lives(s):
    s.event("1", TEL)
    id = reply(s)
    assert claim(s, id) == OK
    s.r.hset(s.key("reach:" + TEL), "gone", "1700000000000 it seemed")
    assert report(s, id, DELIVERED) == OK and reach(s) == {}


def test_what_comes_late_is_kept(s):
    s.event("1", TEL)
    id = reply(s)
    assert claim(s, id) == OK
    assert report(s, id, DELIVERED) == OK, "a receipt before the answer to the request"
    assert report(s, id, SENT, external="v1") == AGAIN and field(s, id, "state") == str(DELIVERED), "never backwards"
    assert field(s, id, "external") == "v1"
    assert report(s, "", 7, external="v1") == OK, "found by the id that came late"
    assert report(s, id, FAILED, "bounced", mark=HANDLE_GONE) == AGAIN and reach(s) == {"gone": "bounced"}


def test_calls_are_nobodys_to_stop(s):
    s.event("1", TEL)
    s.consent("s1", TEL, STOP)
    assert claim(s, reply(s, to="")) == OK


def test_expiry(s):
    s.event("1", TEL)
    ids = [reply(s) for _ in range(40)]
    held = reply(s)
    assert claim(s, held) == OK
    assert claim(s, ids[0], life=60000) == OK, "young"
    for id in ids:
        born = int(field(s, id, "born"))
        s.r.hset(s.key("outbox:" + id), "born", born - 61000)
    assert claim(s, ids[1], life=60000) == CONFLICT and field(s, ids[1], "class") == "expired"
    total = 0
    while n := s.call("expire", "acc", 60000)[1]:
        total += n
    assert total == 38, "all that waited"
    assert field(s, ids[0], "state") == str(SENDING) and field(s, held, "state") == str(SENDING), "what is under way is not given up"
    assert s.call("backlog", "acc", "none") == [OK, 2, 0]
    assert s.call("resend", ids[5])[0] == OK and claim(s, ids[5], life=60000) == OK, "its time begins anew"


def test_old_entries_without_a_birth_do_not_expire(s):
    s.event("1", TEL)
    id = reply(s)
    s.r.hdel(s.key("outbox:" + id), "born", "to", "class")
    assert s.call("expire", "acc", 1)[1] == 0 and claim(s, id, life=1) == OK
    assert report(s, id, QUEUED, "busy") == OK and report(s, "9.9", SENT) == ABSENT
