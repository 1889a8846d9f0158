# SPDX-License-Identifier: Apache-2.0
"""Short messages over a real Kannel, set up by the lines of docs/how-to/connect-kannel.md: fakesmsc is the phone."""
import concurrent.futures
import os
import re
import signal

import pytest

from harness import pb
from harness.config import misses_redis
from harness.daemon import check_config
from harness.http import Http
from harness.kannel import SECRET, SENDER, Kannel
from harness.mailbox import eventually
from harness.ports import free_port
from harness.processes import redis_of
from harness.relay import Relay
from harness.stories import texts

PHONE = "+15550001111"


class Place:
    """A daemon and its Kannel, which know each other."""

    def __init__(self, world, directory, change=None, relayed=False, environment=None, config=None, **lines):
        self.kannel = Kannel(directory)
        self.address = f"127.0.0.1:{free_port()}"
        self.relay = Relay(self.address) if relayed else None
        self.kannel.configure(self.relay.address if relayed else self.address, **lines)

        def configure(c):
            (config or (lambda c: None))(c)
            c["server"]["listen"] = self.address
            c["account"].append(self.kannel.account(self.address, **(change or {})))
        self.daemon = world(configure, start=False)
        self.daemon.start(environment)
        self.kannel.start()
        self.kannel.phone.on()


@pytest.fixture
def place(world, tmp_path):
    made = []

    def make(**kw):
        made.append(Place(world, tmp_path / f"kannel{len(made)}", **kw))
        return made[-1]
    yield make
    for p in made:
        print(p.kannel.log())
        p.kannel.stop()
        if p.relay:
            p.relay.close()


@pytest.mark.parametrize("page, secrets", [
    ("docs/how-to/connect-kannel.md", {"KANNEL_SECRET": SECRET, "KANNEL_PASSWORD": "x"}),
    ("docs/reference/channels-twilio.md", {"TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef"}),
])
def test_the_configuration_of_the_pages(tmp_path, monkeypatch, page, secrets):
    for name, secret in secrets.items():
        monkeypatch.setenv(name, secret)
    with open(f"{pb.ROOT}/{page}", encoding="utf-8") as f:
        (tmp_path / "throughline.toml").write_text(re.search(r"```toml\n(.*?)```", f.read(), re.S)[1])
    done = check_config(tmp_path / "throughline.toml")
    assert done.returncode == 0, done.stdout + done.stderr


async def delivered(desk, text, state=pb.DELIVERY_STATE_DELIVERED):
    """The state that the desk sees of what was said with these words."""
    entry = await desk.entry(text)
    return (await desk.wait("delivery", lambda d: d.entry == entry.number and d.state == state))


async def test_a_word_its_answer_and_the_report(place):
    p = place()
    async with p.daemon.desk("ann") as ann:
        await p.kannel.phone.say(PHONE, "where is my parcel?")
        offer = await ann.offer()
        assert texts(offer.context.timeline) == ["where is my parcel?"]
        assert [h.handle for h in offer.context.customer.handles] == [f"tel:{PHONE}"]
        matter = await ann.accept(offer)
        await ann.say(matter, "it comes [today], 5 € more")
        assert await p.kannel.phone.hears("it comes [today], 5 € more") == (SENDER, PHONE, "it comes [today], 5 € more")
        await delivered(ann, "it comes [today], 5 € more")


async def test_every_alphabet_and_length(place):
    p = place()
    async with p.daemon.desk("ann") as ann:
        await p.kannel.phone.say(PHONE, "Привет 😀")
        offer = await ann.offer()
        assert texts(offer.context.timeline) == ["Привет 😀"]
        matter = await ann.accept(offer)
        await ann.say(matter, "Здравствуйте 👋")
        await p.kannel.phone.hears("Здравствуйте 👋")

        # Two parts come in as one message, one long text goes out as two.
        await p.kannel.phone.say_part(PHONE, 7, 2, 1, "first half and ")
        await p.kannel.phone.say_part(PHONE, 7, 2, 2, "second half")
        await ann.entry("first half and second half", matter)
        long = "0123456789" * 20
        await ann.say(matter, long)
        parts = await eventually(lambda: [m for m in p.kannel.phone.heard() if len(m) == 4][:2][1:] and
                                 [m for m in p.kannel.phone.heard() if len(m) == 4], "two parts")
        assert b"".join(m[2] for m in parts) == long.encode()
        assert [m[3][4:] for m in parts] == [b"\x02\x01", b"\x02\x02"]
        await delivered(ann, long)


async def test_refused_before_it_is_sent(place):
    p = place(change={"segments_max": 1})
    async with p.daemon.desk("ann") as ann:
        await p.kannel.phone.say(PHONE, "hello")
        matter = await ann.accept(await ann.offer())
        await ann.say(matter, "x" * 161)
        failed = await delivered(ann, "x" * 161, pb.DELIVERY_STATE_FAILED)
        assert "needs 2 messages of 153 septets, the account allows 1" in failed.reason
        await ann.say(matter, "short")
        await p.kannel.phone.hears("short")
        assert [m[2] for m in p.kannel.phone.heard()] == ["short"]


async def test_a_message_while_the_daemon_is_down(place):
    """Kannel asks again under the same id, and it is one message."""
    p = place()
    p.daemon.stop()
    await p.kannel.phone.say(PHONE, "is anybody there?")
    p.daemon.start()
    async with p.daemon.desk("ann") as ann:
        offer = await ann.offer()
        assert texts(offer.context.timeline) == ["is anybody there?"]
        matter = await ann.accept(offer)
        # The report of a message that comes while the daemon is down is kept as well.
        p.kannel.phone.off()
        await ann.say(matter, "yes")
        await delivered(ann, "yes", pb.DELIVERY_STATE_SENT)
    p.daemon.stop()
    p.kannel.phone.on()
    await p.kannel.phone.hears("yes")
    p.daemon.start()
    entry = next(e for e in p.daemon.timeline(matter) if e.message.text == "yes")
    async with p.daemon.desk("ann") as ann:
        await ann.wait("delivery", lambda d: d.entry == entry.number and d.state == pb.DELIVERY_STATE_DELIVERED)
    assert texts(p.daemon.timeline(matter)) == ["is anybody there?", "yes"]


async def test_an_answer_that_is_lost(place):
    """We have the message, Kannel does not know: it asks again, and hears that all is well."""
    p = place(relayed=True)
    p.relay.lose = 2
    async with p.daemon.desk("ann") as ann:
        await p.kannel.phone.say(PHONE, "only once, please")
        matter = await ann.accept(await ann.offer())
        await eventually(lambda: len(p.relay.seen) == 3, "Kannel has asked three times")
        assert {status for _, status in p.relay.seen} == {200} and len({path for path, _ in p.relay.seen}) == 1
        assert texts(p.daemon.timeline(matter)) == ["only once, please"]


async def test_redis_does_not_answer(place):
    """What cannot be made durable is answered with 503, and comes again under the same id."""
    p = place(relayed=True, config=misses_redis)
    p.daemon.token("agent", "ann")
    redis = redis_of(p.daemon)
    os.kill(redis, signal.SIGSTOP)
    try:
        await p.kannel.phone.say(PHONE, "hold the line")
        await eventually(lambda: p.relay.seen, "Kannel is answered")
    finally:
        os.kill(redis, signal.SIGCONT)
    await eventually(lambda: p.daemon.admin.get("/readyz").status == 200, "it is ready again")
    async with p.daemon.desk("ann") as ann:
        matter = await ann.accept(await ann.offer())
        await eventually(lambda: p.relay.seen[-1][1] == 200, "Kannel hears that all is well")
        assert p.relay.seen[0][1] == 503 and len({path for path, _ in p.relay.seen}) == 1
        assert texts(p.daemon.timeline(matter)) == ["hold the line"]


async def test_kannel_killed_and_started_again(place):
    p = place()
    async with p.daemon.desk("ann") as ann:
        await p.kannel.phone.say(PHONE, "hello")
        matter = await ann.accept(await ann.offer())
        p.kannel.kill()
        await ann.say(matter, "you there?")
        entry = await ann.entry("you there?")
        p.kannel.start()
        p.kannel.phone.on()
        await p.kannel.phone.hears("you there?")
        await ann.wait("delivery", lambda d: d.entry == entry.number and d.state == pb.DELIVERY_STATE_DELIVERED)
        await p.kannel.phone.say(PHONE, "yes, here")
        await ann.entry("yes, here", matter)
        assert [m[2] for m in p.kannel.phone.heard()] == ["you there?"]


async def test_an_hour_without_kannel(place, clock):
    p = place(environment=clock.environment)
    async with p.daemon.desk("ann") as ann:
        await p.kannel.phone.say(PHONE, "hello")
        matter = await ann.accept(await ann.offer())
        p.kannel.kill()
        await ann.say(matter, "patience")
        entry = await ann.entry("patience")
        await eventually(lambda: backlog(p.daemon) == (1, 0), "it pauses")
        clock(1)
        assert backlog(p.daemon)[0] == 1
        p.kannel.start()
        p.kannel.phone.on()
        await p.kannel.phone.hears("patience")
        await ann.wait("delivery", lambda d: d.entry == entry.number and d.state == pb.DELIVERY_STATE_DELIVERED)
        assert [m[2] for m in p.kannel.phone.heard()] == ["patience"]


def backlog(daemon):
    c = next(c for c in daemon.admin.read("/v1/channels", pb.ChannelList()).channels if c.account == "sms-1")
    return c.backlog, c.in_flight


async def test_the_same_again_and_reports_in_any_order(place):
    p = place()
    hook = f"/hooks/kannel/sms-1?token={SECRET}"

    def again(_=None):
        return Http(p.daemon.address).get(f"{hook}&id=same&from=%2B15550001111&to={SENDER}&ts=1700000000&text=once&coding=0&charset=UTF-8").status
    assert {again() for _ in range(50)} == {200}
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        assert set(pool.map(again, range(64))) == {200}
    async with p.daemon.desk("ann") as ann:
        matter = await ann.accept(await ann.offer())
        assert texts(p.daemon.timeline(matter)) == ["once"]
        await ann.say(matter, "answered")
        await delivered(ann, "answered")
        delivery = (await ann.wait("delivery", lambda d: d.state == pb.DELIVERY_STATE_DELIVERED)).delivery
        for bit in (8, 4, 1, 8):  # accepted and queued, after delivered: no news
            assert Http(p.daemon.address).get(f"{hook}&delivery={delivery}&status={bit}&answer=ACK%2F&from=%2B15550001111").status == 200
        await p.kannel.phone.say(PHONE, "thanks")
        await ann.entry("thanks", matter)
        states = [m.delivery.state for m in ann.seen if m.HasField("delivery") and m.delivery.delivery == delivery]
        assert states == sorted(states) and states[-1] == pb.DELIVERY_STATE_DELIVERED, states


async def test_a_wrong_secret_and_a_wrong_password(place):
    p = place(username="somebody-else")
    async with p.daemon.desk("ann") as ann:
        await p.kannel.phone.say(PHONE, "hello")
        matter = await ann.accept(await ann.offer())
        await ann.say(matter, "you will get this later")
        # Kannel refuses the account, not the message: it waits, and goes out when the operator has put it right.
        await eventually(lambda: b"Authorization failed" in p.daemon.admin.get("/v1/channels").body, "the operator sees why")
    p.kannel.kill()
    p.kannel.configure(p.address)
    p.kannel.start()
    p.kannel.phone.on()
    p.daemon.restart()
    await p.kannel.phone.hears("you will get this later")


async def test_stop_and_start(place):
    p = place()
    async with p.daemon.desk("ann") as ann:
        await p.kannel.phone.say(PHONE, "hello")
        matter = await ann.accept(await ann.offer())
        await p.kannel.phone.say(PHONE, "STOP")
        await ann.wait("entry", lambda e: e.entry.consent.state == pb.CONSENT_STATE_STOPPED)
        await ann.say(matter, "but why?")
        failed = await delivered(ann, "but why?", pb.DELIVERY_STATE_FAILED)
        assert failed.reason
        await p.kannel.phone.say(PHONE, "Start")
        await ann.wait("entry", lambda e: e.entry.consent.state == pb.CONSENT_STATE_STARTED)
        await ann.say(matter, "welcome back")
        await p.kannel.phone.hears("welcome back")
        assert [m[2] for m in p.kannel.phone.heard()] == ["welcome back"]
