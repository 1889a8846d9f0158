# SPDX-License-Identifier: Apache-2.0
"""ingest: deduplication, identity by handle, and the choice of a conversation."""
from harness import (ABSENT, AGAIN, CHAT, CLOSED, CONFLICT, CONTACT, DRY, EMAIL, HOUR, OK, SMS, VOICE, check_log)


def close(s, conversation, at, agent="ann", resolved=True):
    _, lease = s.lease()
    applied = int(s.r.get(s.key("applied")) or 0)
    assert s.apply(lease, applied, at, dict(kind=CLOSED, input=at, conversation=conversation, text="done",
                                            text2=agent, flag=resolved))[0] == OK


def age(s, customer, ms):
    """As if all the customer's words and closes were `ms` older."""
    key = s.key(f"cust:{customer}")
    items = [i.split(b",") for i in s.r.hget(key, "recent").split(b";")]
    s.r.hset(key, "recent", b";".join(
        b"%s,%s,%d,%s,%d" % (i, w, int(at) - ms, ch, int(closed) and int(closed) - ms) for i, w, at, ch, closed in items))


def test_first_words_make_customer_conversation_and_entry(s):
    assert s.event("1", "tel:+491", name="Ann Example") == [OK, 1, 1, 1]
    log = s.log()[1]
    assert log.placed.opened and not log.placed.reopened and log.placed.customer == log.placed.conversation == 1
    assert log.wall_ms > 1_600_000_000_000 and log.boot == "b" and log.happened.handle == "tel:+491"
    entry = s.timeline(1)[1]
    assert entry.author.customer == 1 and entry.external_id == "1" and entry.wall_ms == log.wall_ms
    status, customer = s.pairs("customer", 1)
    assert status == OK and customer[b"name"] == b"Ann Example" and customer[b"convs"] == b"1"
    assert customer[b"h:tel:+491"] == b"1,0,1,0"
    check_log(s, ["1"])


def test_same_id_same_digest_is_a_duplicate_other_digest_a_conflict(s):
    s.event("0", "tel:+490")
    first = s.event("1", "tel:+491", digest="aaaa")
    assert s.event("1", "tel:+491", digest="aaaa") == [AGAIN, *first[1:]]
    assert s.event("1", "tel:+499", digest="bbbb") == [CONFLICT, *first[1:]]
    assert s.event("1", "tel:+491", digest="aaaa", account="other")[0] == OK
    assert len(s.log()) == 3
    assert 3500 < s.r.ttl(s.key("seen:acc:1")) <= 3600


def test_the_next_word_joins_on_any_channel_and_moves_channel_now(s):
    s.event("1", "tel:+491")
    assert s.event("2", "tel:+491") == [OK, 2, 1, 1]
    assert s.event("3", "tel:+491", channel=VOICE) == [OK, 3, 1, 1]
    assert s.pairs("conversation", 1)[1][b"channel"] == b"4"
    assert s.event("4", "tel:+491", channel=SMS, flags=0) == [OK, 4, 1, 1]
    assert s.pairs("conversation", 1)[1][b"channel"] == b"4", "no contact moves no channel"
    check_log(s, "1234")


def test_beyond_the_join_window_a_new_one_follows(s):
    s.event("1", "tel:+491")
    age(s, 1, 25 * HOUR)
    assert s.event("2", "tel:+491") == [OK, 2, 2, 1]
    placed = s.log()[2].placed
    assert placed.opened and placed.follows == 1
    assert s.pairs("conversation", 2)[1][b"follows"] == b"1"
    assert s.pairs("customer", 1)[1][b"convs"] == b"2,1"


def test_the_same_channel_comes_before_the_latest(s):
    s.event("1", "tel:+491", channel=SMS)
    age(s, 1, 10 * HOUR)
    assert s.event("2", "tel:+491", channel=EMAIL, join=HOUR) == [OK, 2, 2, 1]
    assert s.event("3", "tel:+491", channel=SMS) == [OK, 3, 1, 1], "the older one, by SMS"
    assert s.event("4", "tel:+491", channel=EMAIL) == [OK, 4, 2, 1]
    assert s.event("5", "tel:+491", channel=VOICE) == [OK, 5, 2, 1], "the latest"


def test_a_closed_one_reopens_within_its_window_and_tells_who_solved_it(s):
    s.event("1", "tel:+491")
    close(s, 1, 1)
    conversation = s.pairs("conversation", 1)[1]
    assert conversation[b"disposition"] == b"done" and conversation[b"resolved"] == b"1" and int(conversation[b"closed"])
    assert s.event("2", "tel:+491") == [OK, 2, 1, 1]
    placed = s.log()[2].placed
    assert placed.reopened and not placed.opened and placed.last_agent == "ann"
    assert s.pairs("conversation", 1)[1][b"closed"] == b"0"
    close(s, 1, 2)
    age(s, 1, 100 * HOUR)
    assert s.event("3", "tel:+491") == [OK, 3, 3, 1]
    assert s.log()[3].placed.follows == 1
    check_log(s, "123")


def test_a_word_after_the_close_keeps_it_open(s):
    s.event("1", "tel:+491")
    s.command("k", 1)
    s.event("3", "tel:+491")
    close(s, 1, 2)
    assert s.pairs("conversation", 1)[1][b"closed"] == b"0"
    assert s.event("4", "tel:+491")[2] == 1 and not s.log()[4].placed.reopened


def test_no_contact_opens_nothing_that_is_there(s):
    s.event("1", "tel:+491")
    close(s, 1, 1)
    assert s.event("2", "tel:+491", flags=0) == [OK, 2, 1, 1]
    assert not s.log()[2].placed.reopened and int(s.pairs("conversation", 1)[1][b"closed"])
    assert s.event("3", "tel:+492", flags=0) == [OK, 3, 3, 3], "an entry must stand somewhere"


def test_dry_finds_or_leaves_no_trace(s):
    assert s.event("1", "chat:v", flags=DRY) == [ABSENT, 0, 0, 0]
    assert s.event("1", "chat:v", flags=DRY, threads=["t"], claimed=["tel:+49"], verified=["email:a@b"]) == [ABSENT, 0, 0, 0]
    assert s.r.keys("*") == []
    s.event("2", "chat:v")
    assert s.event("3", "chat:v", flags=DRY, entry=False) == [OK, 2, 1, 1]
    assert s.event("4", "chat:v", flags=DRY) == [OK, 3, 1, 1]
    assert list(s.timeline(1)) == [1, 3]


def test_a_reference_places_before_all_else(s):
    s.event("1", "email:a@x", channel=EMAIL, threads=["m1"])
    age(s, 1, 200 * HOUR)
    s.event("2", "email:a@x", channel=EMAIL)
    assert s.event("3", "email:a@x", channel=EMAIL, threads=["unknown", "m1", "m2"]) == [OK, 3, 1, 1]
    for reference in ("unknown", "m1", "m2"):
        assert s.r.get(s.key("thread:acc:" + reference)) == b"1"
        assert s.r.ttl(s.key("thread:acc:" + reference)) > 29 * 86400
    assert s.event("4", "email:a@x", channel=EMAIL, account="other", threads=["m1"])[2] == 1, "the latest; not by m1"
    assert s.pairs("customer", 1)[1][b"recent"].startswith(b"1,4,")
    check_log(s, "1234")


def test_a_strangers_reference_makes_a_participant(s):
    s.event("1", "email:a@x", channel=EMAIL, threads=["m1"])
    close(s, 1, 1)
    before = s.r.hgetall(s.key("cust:1"))
    assert s.event("2", "email:z@x", channel=EMAIL, threads=["m1"], claimed=["tel:+49"]) == [OK, 2, 1, 1]
    placed = s.log()[2].placed
    assert placed.participant and not placed.reopened and placed.customer == 1
    entry = s.timeline(1)[2]
    assert entry.author.participant == "email:z@x"
    assert not s.r.exists(s.key("handle:email:z@x")) and s.r.hgetall(s.key("cust:1")) == before
    s.event("3", "tel:+497")
    assert s.event("4", "tel:+497", channel=SMS, threads=["m1"]) == [OK, 4, 1, 1]
    assert s.log()[4].placed.participant
    assert s.event("5", "tel:+497")[2:] == [3, 3], "their own matter is elsewhere"


def test_a_conversation_that_is_named_goes_before_references(s):
    s.event("1", "email:a@x", channel=EMAIL, threads=["m1"])
    s.event("2", "email:b@x", channel=EMAIL, threads=["m2"])
    assert s.event("3", "email:a@x", channel=EMAIL, threads=["m2", "conversation:1", "m3"]) == [OK, 3, 1, 1]
    assert s.r.get(s.key("thread:acc:m3")) == b"1"
    assert s.event("4", "email:z@x", channel=EMAIL, threads=["conversation:1"]) == [OK, 4, 1, 1]
    assert s.log()[4].placed.participant, "a stranger, whatever they name"
    assert s.event("5", "email:b@x", channel=EMAIL, threads=["conversation:77"]) == [OK, 5, 2, 2], "there is none"
    assert s.event("6", "email:b@x", channel=EMAIL, threads=["conversation:" + "9" * 40, "m7"])[2] == 2
    assert not s.r.exists(s.key("thread:acc:conversation:1"), s.key("thread:acc:conversation:77"))


def test_claims_only_suggest(s):
    s.event("1", "tel:+491")
    s.event("2", "chat:v", channel=CHAT, claimed=["tel:+491", "email:a@x"])
    customer = s.pairs("customer", 2)[1]
    assert customer[b"c:tel:+491"] == b"2" and b"h:tel:+491" not in customer
    assert s.r.get(s.key("handle:tel:+491")) == b"1" and not s.r.exists(s.key("handle:email:a@x"))
    s.event("3", "chat:v", channel=CHAT, claimed=["email:a@x"])
    assert s.pairs("customer", 2)[1][b"c:email:a@x"] == b"2"


def test_a_shared_handle_is_never_merged_by_evidence(s):
    s.event("1", "tel:+491")
    s.r.set(s.key("handle:tel:+491"), "1:s")
    assert s.event("2", "tel:+491", verified=["email:a@x"]) == [OK, 2, 1, 1]
    assert not s.r.exists(s.key("handle:email:a@x"))
    s.event("3", "email:b@x", channel=EMAIL, verified=["tel:+491"])
    assert s.r.get(s.key("handle:tel:+491")) == b"1:s" and s.r.get(s.key("handle:email:b@x")) == b"3"


def test_recent_is_bounded(s):
    for i in range(12):
        s.event(str(i), "tel:+491", join=-1)
    recent = s.r.hget(s.key("cust:1"), "recent").split(b";")
    assert [int(c.split(b",")[0]) for c in recent] == list(range(12, 4, -1))
    assert s.pairs("customer", 1)[1][b"convs"] == b",".join(b"%d" % i for i in range(12, 0, -1))


def test_numbers_above_all_small_varints(s):
    """Protobuf made in Lua, around every length of a varint up to 2^46."""
    for bits in (7, 14, 21, 28, 35, 42, 46):
        for n in (2**bits - 1, 2**bits):
            s.r.flushall()
            s.r.set(s.key("clock"), f"{n - 1} {n} 1 {n - 1}\0")
            assert s.event("1", "tel:+491") == [OK, n, n, n]
            placed = s.Input.FromString(s.r.xrange(s.inputs_key)[0][1][b"i"])
            assert placed.placed.conversation == placed.placed.customer == n and placed.at_ms == n + 2000
            assert s.timeline(n)[n].author.customer == n
