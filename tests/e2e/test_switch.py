# SPDX-License-Identifier: Apache-2.0
"""One matter over five channels: the customer never repeats themselves. Told twice: once with an agent who takes every channel, once
with one who takes no calls."""
import time

from harness import pb
from harness.chat import identity
from harness.config import CHAT_SECRET
from harness.mailbox import eventually
from harness.stories import MAIL, TEL, call, candidate, charge, chose, event, hang_up, photo, texts, words

ACCOUNTS = ("sms", "mail", "phone", "wa")


def signed():
    return identity(CHAT_SECRET, reference="crm-7", handles=[TEL, MAIL], name="Eva", expires=int(time.time()) + 3600)


async def load_is(daemon, agent, units):
    await eventually(lambda: daemon.agent(agent).load == units, f"{agent} is charged {units}")


async def test_one_agent_over_five_channels(daemon):
    async with daemon.gateway(*ACCOUNTS) as gateway, daemon.desk("ann") as ann, \
            daemon.chat(hello={"identity": signed()}) as eva:
        # Web chat: Ann gets the work, knowing who Eva is.
        await eva.say("my bill is wrong")
        offer = await ann.offer()
        assert {h.handle: h.evidence for h in offer.context.customer.handles}.items() >= {
            TEL: pb.EVIDENCE_VERIFIED, MAIL: pb.EVIDENCE_VERIFIED}.items()
        assert texts(offer.context.timeline) == ["my bill is wrong"]
        assert offer.why.agent == "ann"
        matter = await ann.accept(offer)
        work = offer.context.work.id
        await ann.say(matter, "which month?")
        assert (await eva.answer("which month?")).author == "Ann"
        await load_is(daemon, "ann", charge("chat"))

        async def heard_and_answered(sent, text, answer, channel, **kw):
            """An event comes in; Ann sees it in the same matter; her answer goes out where the customer is now."""
            assert await gateway.event(sent) is None
            entry = await ann.entry(text, matter)
            assert entry.channel == channel
            await ann.say(matter, answer, **kw)
            delivery = await gateway.delivered_text(answer)
            assert (delivery.channel, delivery.account, delivery.conversation) == (channel, sent.account, matter)
            assert delivery.to == getattr(sent, "from")
            return delivery

        await heard_and_answered(words("sms", TEL, "March, I am on the train now"), "March, I am on the train now",
                                 "I see it", pb.CHANNEL_SMS)
        await load_is(daemon, "ann", charge("chat", "sms"))
        mail = await heard_and_answered(words("mail", MAIL, "the bill as I got it", subject="my bill"),
                                        "the bill as I got it", "thank you, I have it", pb.CHANNEL_EMAIL, subject="Re: my bill")
        assert mail.message.subject == "Re: my bill"

        # Voice: the call is bridged to Ann; a photo texted during it does not make her freer.
        assert await gateway.event(call("phone", TEL, "call-1")) is None
        bridge = await gateway.delivery(lambda d: d.HasField("connect"))
        assert (bridge.account, bridge.to) == ("phone", TEL)
        assert (bridge.connect.call, bridge.connect.agent) == ("call-1", "ann")
        await load_is(daemon, "ann", charge("chat", "sms", "voice"))
        assert await gateway.event(photo("sms", TEL)) is None
        await ann.wait("entry", lambda e: e.entry.message.attachments and e.conversation == matter)
        assert daemon.agent("ann").load == charge("voice")
        assert await gateway.event(hang_up("phone", TEL, "call-1")) is None
        await load_is(daemon, "ann", charge("chat", "sms"))

        # Social, from an account that Eva's own site vouches for.
        wa = words("wa", "social:4711", "one more thing", authentication=pb.AUTHENTICATION_SIGNED, verified_handles=[TEL])
        await heard_and_answered(wa, "one more thing", "of course", pb.CHANNEL_SOCIAL)

        # One conversation, one timeline in order of arrival, one work, Ann throughout.
        entries = daemon.timeline(matter)
        assert texts(entries) == [
            "my bill is wrong", "which month?", "March, I am on the train now", "I see it", "the bill as I got it",
            "thank you, I have it", "one more thing", "of course"]
        numbers = [e.number for e in entries]
        assert numbers == sorted(numbers)
        assert [e.channel for e in entries if e.HasField("call_started")] == [pb.CHANNEL_VOICE]
        conversation = daemon.conversation(matter)
        assert (conversation.agent, conversation.work, conversation.channel_now) == ("ann", work, pb.CHANNEL_SOCIAL)
        assert daemon.customer(conversation.customer).conversations == [matter]
        assert [o.context.work.id for o in ann.offers()] == [work]
        # The browser, still open, has seen all of it.
        assert (await eva.answer("of course")).channel == pb.CHANNEL_SOCIAL

        await ann.do(close=pb.Close(work=work, disposition="corrected", resolved=True))
        await eventually(lambda: daemon.conversation(matter).closed, "the matter is closed")
        assert daemon.customer(conversation.customer).last_agent == "ann"


def ann_takes_no_calls(config):
    ann = next(a for a in config["agent"] if a["id"] == "ann")
    ann["channels"] = ["chat", "sms", "email", "social"]


async def test_the_call_goes_to_somebody_who_can_take_it(world):
    daemon = world(ann_takes_no_calls)
    async with daemon.gateway(*ACCOUNTS) as gateway, daemon.desk("ann") as ann, \
            daemon.chat(hello={"identity": signed()}) as eva:
        await eva.say("my bill is wrong")
        context = await ann.take()
        matter, work = context.conversation.id, context.work.id
        await ann.say(matter, "may I call you?")
        await eva.answer("may I call you?")

        async with daemon.desk("bert") as bert:
            assert await gateway.event(call("phone", TEL, "call-1")) is None
            offer = await bert.offer()
            # Who: the best who takes calls. With what: everything. Why: told.
            assert (offer.reason, offer.former_agent) == (pb.REASON_CHANNEL_SWITCH, "ann")
            assert offer.context.conversation.id == matter and offer.context.work.id == work
            assert texts(offer.context.timeline) == ["my bill is wrong", "may I call you?"]
            assert {h.handle for h in offer.context.customer.handles} >= {TEL, MAIL}
            moved = await ann.wait("unassigned", lambda u: u.work == work)
            assert (moved.reason, moved.informed) == (pb.REASON_CHANNEL_SWITCH, True)
            decision = next(d for d in daemon.why(work, chose("bert")).decisions if d.winner == "bert")
            assert decision.reason == pb.REASON_CHANNEL_SWITCH and decision.channel == pb.CHANNEL_VOICE
            assert candidate(decision, "ann").exclusion == pb.EXCLUSION_CHANNEL
            assert candidate(decision, "bert").exclusion == pb.EXCLUSION_NONE
            assert candidate(decision, "cleo").exclusion == pb.EXCLUSION_OFFLINE

            await bert.accept(offer)
            bridge = await gateway.delivery(lambda d: d.HasField("connect"))
            assert (bridge.connect.call, bridge.connect.agent) == ("call-1", "bert")
            await load_is(daemon, "bert", charge("chat", "voice"))
            await load_is(daemon, "ann", 0)
            # Ann, kept informed, goes on seeing the matter until it is closed.
            assert await gateway.event(event("phone", TEL, dtmf=pb.Dtmf(call="call-1", digits="1"), threads=["call-1"])) is None
            await ann.wait("entry", lambda e: e.conversation == matter and e.entry.dtmf.digits == "1")
            await bert.do(close=pb.Close(work=work, disposition="explained", resolved=True))
            away = await gateway.delivery(lambda d: d.HasField("disconnect"))
            assert (away.disconnect.call, away.disconnect.agent) == ("call-1", "bert")
