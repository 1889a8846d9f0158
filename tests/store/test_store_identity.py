# SPDX-License-Identifier: Apache-2.0
"""Links, merges by evidence and by agents, and what an un-merge gives back."""
from harness import (ABSENT, AGAIN, ATTRIBUTES, CHAT, CONFLICT, DISMISS, EMAIL, LINK, MERGE, OK, SMS, UNMERGE, check_log)


def owner(s, handle):
    value = s.r.get(s.key("handle:" + handle))
    return value and value.decode()


def test_a_new_handle_joins_whom_it_proves_to_be(s):
    s.event("1", "tel:+491")
    assert s.event("2", "chat:v", channel=CHAT, verified=["tel:+491", "email:a@x"]) == [OK, 3, 1, 1]
    assert owner(s, "chat:v") == owner(s, "email:a@x") == "1"
    news = s.log()[2].customer_changed
    assert news.customer == 1 and news.other == 0 and news.agent == ""
    assert s.pairs("customer", 1)[1][b"h:chat:v"] == b"2,0,3,0"
    assert s.event("3", "email:a@x", channel=EMAIL, verified=["tel:+491"]) == [OK, 4, 1, 1]
    check_log(s, "123")


def test_proven_handles_of_a_new_customer_are_theirs(s):
    assert s.event("1", "chat:v", channel=CHAT, verified=["tel:+491", "tel:+491", "chat:v", "email:a@x"]) == [OK, 1, 1, 1]
    assert owner(s, "tel:+491") == owner(s, "email:a@x") == owner(s, "chat:v") == "1"
    assert s.event("2", "tel:+491") == [OK, 2, 1, 1]
    check_log(s, "12")


def test_evidence_merges_into_the_oldest(s):
    s.event("1", "tel:+491")
    s.event("2", "email:a@x", channel=EMAIL)
    s.event("3", "chat:v", channel=CHAT)
    assert s.event("4", "chat:v", channel=CHAT, verified=["email:a@x", "tel:+491"]) == [OK, 6, 3, 1]
    assert [(i.customer_changed.customer, i.customer_changed.other) for i in s.log().values()
            if i.HasField("customer_changed")] == [(1, 3), (1, 2)]
    assert owner(s, "chat:v") == owner(s, "email:a@x") == "1"
    customer = s.pairs("customer", 3)[1]
    assert customer[b"id"] == b"1" and customer[b"convs"] == b"3,2,1"
    assert customer[b"h:chat:v"] == b"1,0,3,3"
    assert s.pairs("conversation", 3)[1][b"customer"] == b"1"
    assert s.timeline(3)[3].author.customer == 3, "every entry keeps who it came in as"
    assert s.event("5", "tel:+491", channel=SMS)[2:] == [1, 1]
    check_log(s, "12345")


def test_link_dismiss_and_what_is_refused(s):
    s.event("1", "tel:+491", claimed=["email:a@x", "email:b@x"])
    s.event("2", "tel:+492")
    assert s.identity("k1", LINK, 1, handle="email:a@x") == [OK, 3, 0, 1]
    assert s.identity("k1", LINK, 1, handle="email:a@x") == [AGAIN, 3, 0, 1]
    assert s.identity("k2", LINK, 1, handle="email:a@x")[0] == AGAIN
    assert s.identity("k3", LINK, 1, handle="tel:+492") == [CONFLICT, 0, 0, 2]
    assert s.identity("k4", DISMISS, 1, handle="email:b@x")[0] == OK
    assert s.identity("k5", DISMISS, 1, handle="email:c@x")[0] == ABSENT
    assert s.identity("k6", LINK, 99, handle="email:c@x")[0] == ABSENT
    customer = s.pairs("customer", 1)[1]
    assert customer[b"h:email:a@x"] == b"3,0,3,0" and customer[b"d:email:b@x"] == b"4"
    assert not [f for f in customer if f.startswith(b"c:")]
    s.event("3", "tel:+491", claimed=["email:b@x"])
    assert b"c:email:b@x" not in s.pairs("customer", 1)[1], "dismissed stays dismissed"
    check_log(s, "123")


def test_unmerge_gives_everything_back(s):
    s.event("1", "tel:+491")
    s.event("2", "email:a@x", channel=EMAIL)
    s.identity("l", LINK, 2, handle="email:b@x")
    before = {k: s.r.hgetall(s.key(f"cust:{k}")) for k in (1, 2)}
    assert s.identity("m", MERGE, 1, 2) == [OK, 4, 0, 1]
    assert s.identity("m2", MERGE, 1, 2)[0] == AGAIN
    assert owner(s, "email:a@x") == owner(s, "email:b@x") == "1"
    check_log(s, "12")
    assert s.event("3", "email:a@x", channel=EMAIL) == [OK, 5, 2, 1], "their conversation goes on"
    assert s.event("4", "tel:+491", join=-1, reopen=0)[2] == 6, "opened while one"
    assert s.identity("u", UNMERGE, 1, 2) == [OK, 7, 0, 1]
    assert s.identity("u2", UNMERGE, 1, 2)[0] == AGAIN
    assert s.identity("u3", UNMERGE, 2, 1)[0] == AGAIN
    assert owner(s, "email:a@x") == owner(s, "email:b@x") == "2" and owner(s, "tel:+491") == "1"
    after = {k: s.r.hgetall(s.key(f"cust:{k}")) for k in (1, 2)}
    assert after[1].pop(b"x:2") == after[2].pop(b"x:1") == b"1"
    assert [c.split(b",")[0] for c in after[1].pop(b"recent").split(b";")] == [b"6", b"1"]
    assert after[2].pop(b"recent").startswith(b"2,5,")
    for k in (1, 2):
        before[k].pop(b"recent")
        assert after[k] == before[k]
    check_log(s, "1234")


def test_evidence_does_not_overrule_an_agents_unmerge(s):
    s.event("1", "tel:+491")
    s.event("2", "email:a@x", channel=EMAIL)
    s.identity("m", MERGE, 1, 2)
    s.identity("u", UNMERGE, 1, 2)
    assert s.event("3", "email:a@x", channel=EMAIL, verified=["tel:+491"])[3] == 2
    assert owner(s, "tel:+491") == "1"
    assert s.identity("m2", MERGE, 1, 2)[0] == OK
    assert owner(s, "email:a@x") == "1" and b"x:2" not in s.pairs("customer", 1)[1]
    check_log(s, "123")


def test_a_chain_of_merges_comes_apart_in_any_order(s):
    for i, handle in enumerate(("tel:+491", "tel:+492", "tel:+493")):
        s.event(str(i), handle)
    s.identity("a", MERGE, 2, 3)
    s.identity("b", MERGE, 1, 2)
    assert {owner(s, h) for h in ("tel:+491", "tel:+492", "tel:+493")} == {"1"}
    check_log(s, "012")
    assert s.identity("c", UNMERGE, 1, 2)[0] == OK
    assert [owner(s, h) for h in ("tel:+491", "tel:+492", "tel:+493")] == ["1", "2", "2"]
    assert s.event("3", "tel:+493")[2:] == [3, 2]
    assert s.identity("d", UNMERGE, 2, 3)[0] == OK
    assert [owner(s, h) for h in ("tel:+491", "tel:+492", "tel:+493")] == ["1", "2", "3"]
    assert s.event("4", "tel:+493")[2:] == [3, 3]
    check_log(s, "01234")


def test_the_inner_of_two_merges_taken_back_first(s):
    for i, handle in enumerate(("tel:+491", "tel:+492", "tel:+493")):
        s.event(str(i), handle)
    s.identity("a", MERGE, 2, 3)
    s.identity("b", MERGE, 1, 2)
    assert s.identity("c", UNMERGE, 2, 3)[0] == OK
    assert [owner(s, h) for h in ("tel:+491", "tel:+492", "tel:+493")] == ["1", "1", "3"]
    assert s.event("3", "tel:+493")[2:] == [3, 3]
    assert s.event("4", "tel:+492")[3] == 1
    assert s.identity("d", UNMERGE, 1, 2)[0] == OK
    assert [owner(s, h) for h in ("tel:+491", "tel:+492", "tel:+493")] == ["1", "2", "3"]
    check_log(s, "01234")


def of_placed(s, number):
    return dict(s.log()[number].placed.attributes)


def test_what_is_said_of_a_customer_comes_with_their_events(s):
    s.event("1", "tel:+491")
    assert s.identity("k", ATTRIBUTES, 1, attributes=s.said(tier="gold", region="")) == [OK, 2, 0, 1]
    assert s.identity("k2", ATTRIBUTES, 1, attributes=s.said(tier="gold", region="")) == [AGAIN, 0, 0, 1]
    assert s.identity("k3", ATTRIBUTES, 9, attributes=s.said(tier="gold"))[0] == ABSENT
    assert [a[0] for a in s.events(*[s.words(str(i), "tel:+491") for i in (2, 3)])] == [OK, OK]
    s.event("4", "email:a@x", channel=EMAIL, verified=["tel:+491"])
    s.event("5", "tel:+492")
    assert of_placed(s, 1) == {} and of_placed(s, 3) == of_placed(s, 4) == {"tier": "gold", "region": ""}
    assert {n: of_placed(s, n) for n in range(5, 8) if s.log()[n].HasField("placed")} == {6: {"tier": "gold", "region": ""}, 7: {}}
    assert s.identity("k4", ATTRIBUTES, 1)[0] == OK and s.identity("k5", ATTRIBUTES, 1)[0] == AGAIN
    number = s.event("6", "tel:+491")[1]
    assert of_placed(s, number) == {}
    check_log(s, "123456")


def test_who_takes_part_brings_nothing_of_the_customer(s):
    s.event("1", "tel:+491", threads=["t"])
    s.identity("k", ATTRIBUTES, 1, attributes=s.said(tier="gold"))
    number = s.event("2", "email:other@x", channel=EMAIL, threads=["t"])[1]
    assert s.log()[number].placed.participant and of_placed(s, number) == {}


def test_a_merge_takes_over_what_was_said_where_nothing_was(s):
    s.event("1", "tel:+491")
    s.event("2", "email:a@x", channel=EMAIL)
    s.identity("k", ATTRIBUTES, 2, attributes=s.said(tier="gold"))
    s.identity("m", MERGE, 1, other=2)
    assert of_placed(s, s.event("3", "tel:+491")[1]) == {"tier": "gold"}
