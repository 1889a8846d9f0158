# SPDX-License-Identifier: Apache-2.0
"""apply, the outbox it fills, and the decisions it chains."""
import hashlib

from harness import (ABSENT, AGAIN, CLOSED, CONFLICT, DECISION, DELIVERED, FAILED, FENCED, OK, OUTBOX, QUEUED, READ,
                     SENDING, SENT, TAKE_BACK, UNKNOWN, WORK, check_log)

ACCOUNT = "account:acc"


def reply(s, text="hello", n=1):
    """Ann answers the customer in conversation 1; the leader applies. Returns the delivery's id."""
    number = s.command(f"c{n}", 1, text)[1]
    _, lease = s.lease()
    applied = int(s.r.get(s.key("applied")) or 0)
    assert s.apply(lease, applied, number, dict(kind=OUTBOX, input=number, effect=0, id=number, conversation=1,
                                                text="acc", bytes=b"delivery")) == [OK, number]
    return f"{number}.0"


def state(s, id):
    return int(s.r.hget(s.key("outbox:" + id), "state"))


def claim(s, id, holder="boot1", dedupes=0, nonce=5):
    _, record = s.call("lease_take", ACCOUNT, *seen(s), holder, nonce, "")
    epoch, nonce = record.split()[:2]
    return s.call("claim", id, ACCOUNT, epoch, nonce, dedupes)


def seen(s):
    record = s.r.hget(s.key("leases"), ACCOUNT)
    return record.split()[:3] if record else (0, 0, 0)


def report(s, id, to, reason="", external="", retry=0, attempt=0):
    return s.call("report", id, "acc", to, reason, external, retry, attempt)


def due(s, limit=10, after=""):
    return s.entries(s.call("due", "acc", limit, after))


def test_out_and_read(s):
    s.event("1", "tel:+491")
    id = reply(s)
    out = due(s)
    assert [(d["id"], d["state"], d["attempt"], d["delivery"]) for d in out] == [(id.encode(), QUEUED, 0, b"delivery")]
    status, *words = claim(s, id)
    assert status == OK and s.entries([0, *words])[0]["attempt"] == 1
    assert claim(s, id)[0] == OK and int(s.r.hget(s.key("outbox:" + id), "attempt")) == 1, "the same again"
    assert [d["state"] for d in due(s)] == [SENDING]
    for to in (SENT, DELIVERED, READ):
        assert report(s, id, to, external="v1")[0] == OK
        assert report(s, id, to)[0] == AGAIN
        assert 0 < s.r.ttl(s.key("outbox:" + id)) <= 2 * 86400
    assert report(s, "", SENT, external="v1")[0] == AGAIN
    assert report(s, "", READ, external="nobody")[0] == ABSENT
    assert claim(s, id) == [ABSENT]
    assert due(s) == []
    news = [i.delivery for i in s.log().values() if i.HasField("delivery")]
    assert [(d.delivery, d.conversation, d.entry, d.state) for d in news] == [(id, 1, 2, x) for x in (SENT, DELIVERED, READ)]
    check_log(s, ["1", "c1"])


def test_nothing_is_sent_before_it_is_applied_or_by_another(s):
    s.event("1", "tel:+491")
    id = reply(s)
    s.r.set(s.key("applied"), 1)
    assert claim(s, id) == [ABSENT] and due(s) == []
    s.r.set(s.key("applied"), 2)
    assert s.call("claim", id, ACCOUNT, 1, 999, 0) == [FENCED]
    assert s.call("claim", id, "account:none", 0, 0, 0) == [FENCED]
    assert claim(s, "9.9") == [ABSENT] and claim(s, "nonsense") == [ABSENT]


def test_what_a_lost_sender_left_is_unknown_unless_the_vendor_deduplicates(s):
    s.event("1", "tel:+491")
    first, second = reply(s, n=1), reply(s, n=2)
    assert claim(s, first)[0] == claim(s, second)[0] == OK
    assert claim(s, second, "boot2", dedupes=1, nonce=6)[0] == OK
    assert int(s.r.hget(s.key("outbox:" + second), "attempt")) == 2
    assert claim(s, first, "boot2", nonce=6) == [CONFLICT] and state(s, first) == UNKNOWN
    assert s.log()[4].delivery.state == UNKNOWN and s.log()[4].delivery.reason
    assert claim(s, first, "boot2", nonce=6) == [ABSENT]
    assert [d["id"] for d in s.entries(s.call("dead_letters", 10))] == [first.encode()]
    assert report(s, first, DELIVERED)[0] == OK
    assert s.entries(s.call("dead_letters", 10)) == []


def test_retry_fail_resend(s):
    s.event("1", "tel:+491")
    id = reply(s)
    claim(s, id)
    assert report(s, id, QUEUED, "busy", retry=60000)[0] == OK
    assert 0 < int(due(s)[0]["due"]) <= 60000, "not yet"
    assert report(s, id, QUEUED)[0] == AGAIN
    assert claim(s, id)[0] == OK and report(s, id, FAILED, "no such number")[0] == OK
    assert s.r.ttl(s.key("outbox:" + id)) > 29 * 86400
    letter = s.entries(s.call("dead_letters", 10))[0]
    assert int(letter["due"]) == s.log()[max(s.log())].wall_ms, "since when"
    assert letter["reason"] == b"no such number" and letter["attempt"] == 2
    assert report(s, id, SENT)[0] == AGAIN and state(s, id) == FAILED, "never back"
    assert s.call("resend", id)[0] == OK and s.call("resend", id)[0] == AGAIN
    assert s.r.ttl(s.key("outbox:" + id)) == -1 and s.entries(s.call("dead_letters", 10)) == []
    assert [d["state"] for d in due(s)] == [QUEUED]
    claim(s, id), report(s, id, SENT)
    assert s.call("resend", id)[0] == CONFLICT and s.call("resend", "9.9")[0] == ABSENT
    check_log(s, ["1", "c1"])


def test_states_only_rise(s):
    s.event("1", "tel:+491")
    allowed = {(a, b) for a in range(1, 8) for b in range(1, 8) if b > a} | {(SENDING, QUEUED)}
    for a in range(1, 8):
        for b in (QUEUED, UNKNOWN, SENT, FAILED, DELIVERED, READ):
            id = reply(s, n=a * 10 + b)
            s.r.hset(s.key("outbox:" + id), "state", a)
            before = len(s.log())
            moved = report(s, id, b)[0] == OK
            assert moved == ((a, b) in allowed), (a, b)
            assert state(s, id) == (b if moved else a) and len(s.log()) == before + moved


def test_first_in_first_out_whatever_became_of_it(s):
    """All that is open comes in the order in which it was written, so that nothing overtakes what is paused or being sent."""
    s.event("1", "tel:+491")
    ids = [reply(s, n=i) for i in range(12)]
    claim(s, ids[3])
    claim(s, ids[1]), report(s, ids[1], QUEUED, "busy", retry=60000)
    claim(s, ids[2]), report(s, ids[2], SENT)
    ids.remove(ids[2])
    assert [d["id"].decode() for d in due(s, 99)] == ids
    assert [d["id"].decode() for d in due(s, 5)] == ids[:5]
    assert [d["id"].decode() for d in due(s, 99, ids[4])] == ids[5:] and due(s, 99, ids[-1]) == []


def test_no_clock_holds_anything_up(s):
    s.event("1", "tel:+491")
    first, second = reply(s, n=1), reply(s, n=2)
    claim(s, first), report(s, first, QUEUED, "busy", retry=600000)
    set_back = 3600 * 1000  # all that was written bears a time from the future
    wall = int(s.r.hget(s.key("outbox:" + first), "due"))
    s.r.hset(s.key("outbox:" + first), "due", wall + set_back)
    s.r.hset(s.key("outbox:" + second), "due", wall + set_back)
    assert [int(d["due"]) for d in due(s)] == [0, 0]
    claim(s, first), report(s, first, QUEUED, "busy", retry=10**12)
    assert 0 < int(due(s)[0]["due"]) <= 3600 * 1000, "no pause is longer"


def test_news_of_an_earlier_attempt_moves_nothing(s):
    s.event("1", "tel:+491")
    id = reply(s)
    claim(s, id), report(s, id, QUEUED, "busy", attempt=1)
    claim(s, id)
    assert report(s, id, QUEUED, "busy", attempt=1)[0] == AGAIN and state(s, id) == SENDING
    claim(s, id, "boot2", nonce=6)
    assert state(s, id) == UNKNOWN and report(s, id, QUEUED, "busy", attempt=1)[0] == AGAIN
    assert report(s, id, QUEUED, "it never left", attempt=2)[0] == OK and state(s, id) == QUEUED, "who had it knows"
    check_log(s, ["1", "c1"])


def test_what_is_simulated_ends(s):
    s.event("1", "tel:+491")
    number = s.command("c1", 1, "hello")[1]
    _, lease = s.lease()
    s.apply(lease, 0, number, dict(kind=OUTBOX, input=number, effect=0, id=number, conversation=1, text="~acc", bytes=b"d"))
    assert 0 < s.r.ttl(s.key(f"outbox:{number}.0")) <= 86400
    s.r.delete(s.key(f"outbox:{number}.0"))
    assert s.call("due", "~acc", 10, "") == [OK] and not s.r.exists(s.key("due:~acc"))


def test_apply_is_fenced_exact_and_written_once(s):
    s.event("1", "tel:+491")
    _, lease = s.lease()
    ops = [dict(kind=DECISION, input=1, effect=0, id=1, bytes=b"d0"), dict(kind=DECISION, input=1, effect=3, id=1, bytes=b"d1"),
           dict(kind=WORK, id=1, conversation=1, text="ann", bytes=b"work"),
           dict(kind=OUTBOX, input=1, effect=4, id=1, conversation=1, text="acc", bytes=b"x")]
    assert s.apply(("leader", 9, 9), 0, 1, *ops) == [FENCED, 0]
    assert s.apply(lease, 1, 1, *ops) == [CONFLICT, 0] and s.apply(lease, 0, 2, *ops) == [CONFLICT, 0]
    assert s.apply(lease, 0, 1, *ops) == [OK, 1] and s.apply(lease, 0, 1, *ops) == [AGAIN, 1]
    s.r.set(s.key("applied"), 0)  # as if it had failed before the last write
    assert s.apply(lease, 0, 1, *ops) == [OK, 1]
    assert s.call("decisions", 0, 0, 10) == [OK, 2, b"d1", 1, b"d0"]
    assert s.call("decisions", 1, 0, 10) == [OK, 2, b"d1", 1, b"d0"]
    assert s.call("decisions", 1, 2, 10) == s.call("decisions", 0, 2, 1) == [OK, 1, b"d0"]
    assert s.call("decisions", 7, 0, 10) == [OK]
    chain = ""
    for _, f in s.r.xrange(s.key("decisions")):
        chain = hashlib.sha1(chain.encode() + f[b"d"]).hexdigest()
        assert f[b"h"].decode() == chain
    assert len(due(s)) == 1
    assert s.r.get(s.key("work:1")) == b"work" and s.pairs("conversation", 1)[1][b"agent"] == b"ann"


def test_apply_closes_work_and_takes_back(s):
    s.event("1", "tel:+491")
    s.command("c", 1, "oops")
    _, lease = s.lease()
    s.apply(lease, 0, 1, dict(kind=WORK, id=1, conversation=1, text="ann", bytes=b"w"))
    assert s.apply(lease, 1, 2, dict(kind=WORK, id=1, conversation=1, flag=1), dict(kind=TAKE_BACK, id=2, conversation=1),
                   dict(kind=CLOSED, input=2, conversation=1, text="dup", text2="ann", flag=0)) == [OK, 2]
    conversation = s.pairs("conversation", 1)[1]
    assert b"work" not in conversation and conversation[b"resolved"] == b"0"
    assert not s.r.exists(s.key("work:1")) and list(s.timeline(1)) == [1]
    assert b"last_agent" not in s.pairs("customer", 1)[1], "not resolved"


def test_apply_refuses_what_is_no_operation(s):
    import pytest
    import redis
    _, lease = s.lease()
    for bad in ([99] + [0] * 9, [1] * 9, ["x"] * 10):
        with pytest.raises(redis.ResponseError, match="TL"):
            s.call("apply", *lease, 0, 0, *bad)
