# SPDX-License-Identifier: Apache-2.0
"""Commands, plain inputs, leases, proof of place, snapshots, trimming, audit, full memory."""
import pytest
import redis

from harness import ABSENT, AGAIN, CHAT, CONFLICT, DRY, FENCED, OK, check_log, library


def test_commands_are_done_once(s):
    s.event("1", "tel:+491")
    assert s.command("s:1", 1, "hello") == [OK, 2, 1, 1] and s.command("s:1", 1, "hello") == [AGAIN, 2, 1, 1]
    assert s.command("s:2") == [OK, 3, 0, 0] and s.command("s:3", 99, "x") == [ABSENT, 0, 0, 0]
    assert s.command("", 1) == [OK, 4, 1, 1] and s.command("", 1) == [OK, 5, 1, 1]
    entry = s.timeline(1)[2]
    assert entry.author.agent == "ann" and entry.message.text == "hello" and entry.wall_ms == s.log()[2].wall_ms
    with pytest.raises(redis.ResponseError, match="TL"):
        s.command("s:4", 0, "nowhere")
    check_log(s, ["1", "s:1", "s:2"])


def test_append_by_fence_and_expected_number(s):
    status, lease = s.lease()
    assert status == OK and s.append(lease, 1) == [OK, 1, 0, 0] and s.append(lease, 1) == [CONFLICT, 1, 0, 0]
    assert s.append() == [OK, 2, 0, 0]
    assert s.append(("leader", lease[1], 1)) == [FENCED, 2, 0, 0]
    s.call("lease_give", *lease)
    assert s.append(lease)[0] == FENCED and s.append(("none", 0, 0))[0] == FENCED
    check_log(s)


def test_leases(s):
    take, beat, give = (lambda *a: s.call("lease_take", "node:1", *a)), (lambda *a: s.call("lease_beat", "node:1", *a)), (
        lambda *a: s.call("lease_give", "node:1", *a))
    big = 2**64 - 1
    mine = b"1 %d 1 boot1 v=1 a b" % big
    assert take(0, 0, 0, "boot1", big, "v=1 a b") == [OK, mine] and take(0, 0, 0, "boot1", big, "") == [OK, mine]
    assert take(0, 0, 0, "boot2", 6, "") == [FENCED, mine]
    assert beat(1, big, "v=2") == [OK, b"1 %d 2 boot1 v=2" % big]
    assert take(1, big, 1, "boot2", 6, "")[0] == FENCED, "it has beaten since"
    assert take(1, big, 2, "boot2", 6, "") == [OK, b"2 6 1 boot2 "]
    assert beat(1, big, "")[0] == FENCED and give(1, big)[0] == FENCED
    assert give(2, 6)[0] == OK and give(2, 6)[0] == OK and beat(2, 6, "")[0] == FENCED
    assert take(0, 0, 0, "boot3", 7, "") == [OK, b"3 7 1 boot3 "]
    for holder, nonce in (("", 1), ("-", 1), ("a b", 1), ("a", "x")):
        with pytest.raises(redis.ResponseError, match="TL"):
            take(3, 7, 1, holder, nonce, "")


def test_place(s):
    assert s.call("place", 0, "inc1") == [OK, b"inc1", 0, 0, 0, 0, b""]
    s.event("1", "tel:+491")
    status, incarnation, last, applied, snapshot, first, bytes_ = s.call("place", 1, "inc2")
    assert (status, incarnation, last, applied, snapshot, first) == (OK, b"inc1", 1, 0, 0, 1)
    assert bytes_ == s.r.xrange(s.inputs_key)[0][1][b"i"]
    assert s.call("place", 7, "inc2")[6] == b""


def seal(s, lease, input, chunks=2):
    for i in range(chunks):
        s.r.set(s.key(f"snapshot:{input}:{i}"), b"chunk%d" % i, ex=86400)
    return s.call("snapshot_seal", *lease, input, chunks, b"meta%d" % input)


def test_snapshots_keep_two(s):
    _, lease = s.lease()
    assert s.call("snapshot_seal", "leader", 1, 1, 5, 1, b"") == [FENCED]
    assert s.call("snapshot_seal", *lease, 5, 1, b"") == [ABSENT]
    for n in (10, 20, 30, 40):
        assert seal(s, lease, n) == [OK]
    assert s.call("snapshot_seal", *lease, 40, 2, b"") == [AGAIN] and seal(s, lease, 25, 0) == [CONFLICT]
    pointer = s.r.hgetall(s.key("snapshots"))
    assert (pointer[b"newest"], pointer[b"before"], pointer[b"newest_meta"]) == (b"40", b"30", b"meta40")
    assert s.numbers("snapshot:*") == [0, 0, 1, 1] and s.r.ttl(s.key("snapshot:30:1")) == s.r.ttl(s.key("snapshot:40:0")) == -1


def test_trim_goes_to_the_snapshot_and_numbers_go_on(s):
    for i in range(200):
        s.event(str(i), "tel:+491")
    assert s.call("trim", 150) == [OK, 0], "no snapshot"
    _, lease = s.lease()
    seal(s, lease, 100)
    removed = s.call("trim", 150)[1]
    assert 90 < removed <= 100 and s.call("trim", 150) == [OK, 0]
    assert s.call("place", 0, "x")[2:6] == [200, 0, 100, removed + 1]
    s.r.function_load(library(), replace=True)
    assert s.event("new", "tel:+491")[1] == 201
    seal(s, lease, 201)
    s.call("trim", 999)
    assert 1 <= s.r.xlen(s.inputs_key) < 20 and s.event("new2", "tel:+491")[1] == 202


def test_audit(s):
    assert s.call("audit", b"one") == [OK, 1] and s.call("audit", b"one") == [AGAIN, 1] and s.call("audit", b"two") == [OK, 2]
    assert s.r.xrevrange(s.key("audit"))[0] == (b"2-0", {b"a": b"two"})


def test_absent_reads(s):
    assert s.call("customer", 9) == [ABSENT] and s.call("conversation", 9) == [ABSENT]


def test_tenants_do_not_meet(s):
    from harness import Tenant
    other = Tenant(s.r, "other")
    s.event("1", "tel:+491")
    s.event("2", "tel:+491")
    assert other.event("1", "tel:+491", channel=CHAT) == [OK, 1, 1, 1] and s.event("3", "tel:+491")[1] == 3
    check_log(other, "1")
    check_log(s, "123")


def test_full_memory_refuses_words_but_not_what_keeps_the_house(s):
    s.event("1", "tel:+491")
    _, lease = s.lease()
    s.r.config_set("maxmemory", 1)
    try:
        with pytest.raises(redis.ResponseError, match="OOM|maxmemory"):
            s.event("2", "tel:+491")
        assert s.call("lease_beat", *lease, "")[0] == OK
        assert s.call("place", 1, "i")[2] == 1 and s.call("trim", 1) == [OK, 0] and s.call("due", "acc", 1, "") == [OK]
        assert s.call("customer", 1)[0] == OK
    finally:
        s.r.config_set("maxmemory", 0)
    assert s.event("2", "tel:+491")[1] == 2


def test_an_event_behind_one_that_was_refused_waits_for_it(s):
    lane = 5 << 40
    assert s.event("1", "tel:+491", turn=lane + 1)[0] == OK
    with pytest.raises(redis.ResponseError, match="TL rules"):
        s.event("2", "tel:+491", channel="x", turn=lane + 2)
    for turn in (3, 4, 3):
        with pytest.raises(redis.ResponseError, match="^BEHIND"):
            s.event("3", "tel:+491", turn=lane + turn)
    other = 6 << 40
    assert s.event("2", "tel:+491", turn=other + 1)[:2] == [OK, 2]
    assert s.event("1", "tel:+491", turn=other + 2)[0] == AGAIN and s.event("1", "tel:+491", digest="x", turn=other + 3)[0] == CONFLICT
    assert s.event("c", "chat:w", channel=CHAT, flags=DRY, turn=other + 4)[0] == ABSENT
    assert s.event("3", "tel:+491", threads=["t"], turn=other + 5)[:2] == [OK, 3]
    # A server that has started again, or taken the functions anew, knows of no turns: the node begins another lane.
    s.r.function_load(library(), replace=True)
    with pytest.raises(redis.ResponseError, match="^BEHIND"):
        s.event("4", "tel:+491", turn=other + 6)
    assert s.event("4", "tel:+491", turn=lane + 1)[:2] == [OK, 4] and s.event("5", "tel:+491")[:2] == [OK, 5]
    check_log(s, "12345")


def test_a_damaged_log_is_refused(s):
    for i in range(40):
        s.event(str(i), "tel:+491")
    s.r.delete(s.inputs_key)
    s.r.function_load(library(), replace=True)
    with pytest.raises(redis.ResponseError, match="TL the log ends at 0, its clock at 40"):
        s.event("x", "tel:+491")
