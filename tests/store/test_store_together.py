# SPDX-License-Identifier: Apache-2.0
"""ingest_many: events that come together leave what they would have left one after the other, and get the same answers."""
import random

import pytest
import redis

from harness import AGAIN, CHAT, CLOSED, CONFLICT, CONTACT, DRY, EMAIL, OK, SMS, VOICE, Tenant, check_log, library
from test_store_faults import fails, fault, shape

TOGETHER = 32


def inputs(s):
    out = {}
    for number, i in s.log().items():
        i.wall_ms = i.at_ms = 1
        out[number] = i.SerializeToString(deterministic=True)
    return out


def random_event(rng, n):
    """Mostly the ordinary next words of few customers; now and then anything else that goes without lists."""
    what = dict(id=f"e{n}", handle=f"tel:+49{rng.randrange(12)}", channel=SMS)
    if rng.random() < .15:
        what["id"] = f"e{rng.randrange(n + 1)}"
        what["digest"] = rng.choice("dx")
    if rng.random() < .1:
        what["channel"] = rng.choice((CHAT, EMAIL, VOICE))
    if rng.random() < .08:
        what["flags"] = rng.choice((0, DRY, CONTACT | DRY))
    if rng.random() < .05:
        what["join"] = -1
    if rng.random() < .05:
        what["reopen"] = -1
    if rng.random() < .2:
        what["name"] = rng.choice(("Ann", "Bo"))
    if rng.random() < .1:
        what["entry"] = False
    if rng.random() < .05:
        what["handle"] = f"tel:+48{n}"
    return what


def prepare(s):
    """A closed conversation, a merged customer, a shared handle."""
    for n in range(6):
        s.event(f"p{n}", f"tel:+49{n}", name="Ann" if n % 2 else "")
    s.identity("m", 3, 1, 2)
    s.lease()
    s.apply(("leader", 1, 77), 0, 6, dict(kind=CLOSED, input=6, conversation=6, text="ok", text2="ann", flag=1))
    s.r.set(s.key("handle:tel:+494"), "5:s")
    s.r.hset(s.key("cust:5"), "h:tel:+494", "1,1,5,0")


@pytest.mark.parametrize("seed", range(12))
def test_together_as_one_by_one(s, seed):
    rng = random.Random(seed)
    one, many = Tenant(s.r, "one"), Tenant(s.r, "many")
    for t in (one, many):
        prepare(t)
    listed = [random_event(rng, n) for n in range(300)]
    alone = [one.event(**what) for what in listed]
    together, at = [], 0
    while at < len(listed):
        size = rng.choice((1, 2, 5, 16, TOGETHER))
        together += many.events(*(many.words(**what) for what in listed[at:at + size]))
        at += size
    assert together == alone
    assert {OK, AGAIN, CONFLICT} <= {a[0] for a in alone}
    assert inputs(many) == inputs(one)
    assert shape(many) == shape(one)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_remembered_of_customers_has_a_bound(s, seed):
    bound = "KNOWN_MAX = 4096"
    assert bound in library()
    s.r.function_load(library().replace(bound, "KNOWN_MAX = 3"), replace=True)
    test_together_as_one_by_one(s, seed)


def test_the_same_id_twice_in_one_call(s):
    s.event("a", "tel:+491")
    s.event("b", "tel:+492")
    first, again, other, next_word = s.events(s.words("x", "tel:+491"), s.words("x", "tel:+491"),
                                              s.words("x", "tel:+492", digest="other"), s.words("y", "tel:+491"))
    assert first == [OK, 3, 1, 1] and again == [AGAIN, 3, 1, 1] and other == [CONFLICT, 3, 1, 1]
    assert next_word == [OK, 4, 1, 1]
    check_log(s, ["a", "b", "x", "y"])


def test_two_first_words_of_one_customer_in_one_call(s):
    assert s.events(s.words("x", "tel:+491"), s.words("y", "tel:+491")) == [[OK, 1, 1, 1], [OK, 2, 1, 1]]
    check_log(s, ["x", "y"])


def test_how_many_a_call_takes(s):
    words = [s.words(f"x{n}", f"tel:+49{n}") for n in range(TOGETHER + 1)]
    assert len(s.events(*words[:TOGETHER])) == TOGETHER
    with pytest.raises(redis.ResponseError, match="TL not 1 to 32 events"):
        s.events(*words)
    keys, arguments = words[0]
    for wrong in ((keys, arguments[:-1]), (keys[:1], arguments), ([], [])):
        with pytest.raises(redis.ResponseError, match="TL not 1 to 32 events"):
            s.events(wrong)
    assert len(s.log()) == TOGETHER


# ---- when the call fails on its way ----

LIST = ("a1", "tel:+491"), ("b1", "tel:+492"), ("n1", "tel:+499"), ("c1", "tel:+493"), ("a2", "tel:+491")
BEFORE = ["p1", "p2", "p3"]


def known(s):
    for n, id in enumerate(BEFORE, 1):
        s.event(id, f"tel:+49{n}")


def five(s):
    return s.events(*(s.words(*what) for what in LIST))


def story(s):
    """What stands there, inputs called by their events instead of by their numbers."""
    names = {n: i.happened.call for n, i in s.log().items() if i.happened.call}
    out = {id: [names[int(n)] for n in s.r.get(s.key(f"seen:acc:{id}")).split(b",")[:3]] for id in names.values()}
    for c in s.numbers("cust:*"):
        items = [i.split(b",") for i in s.r.hget(s.key(f"cust:{c}"), "recent").split(b";")]
        out["recent", names[c]] = [(names[int(i)], names[int(w)], ch, closed) for i, w, _, ch, closed in items]
    for c in s.numbers("conv:*"):
        out["timeline", names[c]] = [names[n] for n in s.timeline(c)]
    return out


@pytest.mark.parametrize("mode", ("before", "after", "from"))
def test_each_call_fails_once_and_the_repetition_makes_it_whole(faulty, mode):
    s = faulty
    known(s)
    fault(s, 0)
    assert [a[0] for a in five(s)] == [OK] * 5
    total, clean = fault(s, 0), story(s)
    assert total > 20
    for at in range(1, total + 1):
        for stranger in (False, True):
            s.r.flushall()
            known(s)
            assert fails(s, five, at, mode), (at, total)
            committed = [i.happened.call for i in s.log().values() if i.happened.call]
            assert committed[3:] == [id for id, _ in LIST][:len(committed) - 3], "a part from the first on"
            if at % 2:
                s.r.function_load(library(faults=True), replace=True)
            if stranger:
                s.event("s", "tel:+4930")
                check_log(s, committed + ["s"])
            answers = five(s)
            assert [a[0] for a in answers] == [AGAIN if id in committed else OK for id, _ in LIST]
            assert five(s) == [[AGAIN, *a[1:]] for a in answers]
            check_log(s, BEFORE + [id for id, _ in LIST])
            if not stranger:
                assert story(s) == clean, at


def test_the_repetition_fails_too(faulty):
    s = faulty
    known(s)
    fault(s, 0)
    five(s)
    total, clean = fault(s, 0), story(s)
    for first in range(1, total + 1):
        for second in range(1, total + 12, 3):
            s.r.flushall()
            known(s)
            fails(s, five, first, "after" if (first + second) % 2 else "before")
            fails(s, five, second, "before")
            five(s)
            assert [a[0] for a in five(s)] == [AGAIN] * 5
            check_log(s, BEFORE + [id for id, _ in LIST])
            assert story(s) == clean, (first, second)
