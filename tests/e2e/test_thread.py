# SPDX-License-Identifier: Apache-2.0
"""The thinnest thread, in every form that it can be spoken: event in, agent sees it, answer out, report back."""
import pytest

from harness import pb
from harness.mailbox import eventually
from harness.stories import TEL, call, event, stored, texts, words

FORMS = pytest.mark.parametrize("proto", [False, True], ids=["json", "proto"])


@FORMS
async def test_there_and_back(daemon, proto):
    async with daemon.gateway("sms", proto=proto) as gateway, daemon.desk("ann", proto=proto) as ann:
        await gateway.say("sms", TEL, "hällo", id="m1")
        context = await ann.take()
        assert texts(context.timeline) == ["hällo"]
        conversation = context.conversation.id
        await ann.say(conversation, "grüß Gott")
        delivery = await gateway.delivered_text("grüß Gott")
        assert (delivery.account, delivery.to, delivery.attempt) == ("sms", TEL, 1)
        sent = await ann.wait("delivery", lambda d: d.state == pb.DELIVERY_STATE_SENT)
        assert (sent.conversation, sent.entry, sent.delivery) == (conversation, delivery.entry, delivery.id)
        await gateway.report(delivery.id, pb.DELIVERY_STATE_DELIVERED)
        await ann.wait("delivery", lambda d: d.state == pb.DELIVERY_STATE_DELIVERED)
        # A receipt that comes as an event, by the vendor's id, moves it on as well; it is no contact.
        read = event("sms", TEL, receipt=pb.Receipt(external_id=f"vendor-{delivery.id}", state=pb.DELIVERY_STATE_READ))
        assert await gateway.event(read) is None
        await ann.wait("delivery", lambda d: d.state == pb.DELIVERY_STATE_READ)
        assert texts(daemon.timeline(conversation)) == ["hällo", "grüß Gott"]


@FORMS
async def test_posted_one_by_one_and_in_batches(daemon, proto):
    http = daemon.http()
    first = stored(http.post_event(words("sms", TEL, "one", id="a1"), proto))
    batch = [words("sms", TEL, f"n{i}", id=f"b{i}") for i in range(500)]
    results = http.post_batch(batch, proto)
    assert [r.id for r in results] == [e.id for e in batch]
    assert {r.status for r in results} == {pb.EVENT_STATUS_STORED}
    assert {r.conversation for r in results} == {first.conversation}
    entries = [r.entry for r in results]
    assert entries == sorted(set(entries)) and entries[0] > first.entry
    # Everything again: the same places, nothing twice.
    again = http.post_batch(batch, not proto)
    assert {r.status for r in again} == {pb.EVENT_STATUS_DUPLICATE}
    assert [(r.entry, r.conversation) for r in again] == [(r.entry, r.conversation) for r in results]
    assert texts(daemon.timeline(first.conversation))[-3:] == ["n497", "n498", "n499"]


async def test_a_batch_answers_for_each_event(daemon):
    results = daemon.http().post_batch([
        words("sms", TEL, "good", id="g"), words("nowhere", TEL, "bad", id="x"), words("sms", "tel:12", "bad", id="y"),
        words("sms", TEL, "good too", id="h")])
    assert [r.status for r in results] == [
        pb.EVENT_STATUS_STORED, pb.EVENT_STATUS_REFUSED, pb.EVENT_STATUS_REFUSED, pb.EVENT_STATUS_STORED]
    assert results[1].error.code == "unknown_account" and results[1].error.field == "events[1].account"
    assert results[2].error.field == "events[2].from"


async def test_every_kind_of_channel_goes_both_ways(daemon):
    ways = {"sms": TEL, "mail": "email:eva@example.org", "wa": "social:4711"}
    async with daemon.gateway(*ways, "phone") as gateway, daemon.desk("ann") as ann:
        for account, handle in ways.items():
            await gateway.say(account, handle, f"by {account}", id=f"id-{account}")
            context = await ann.take(lambda o, a=account: texts(o.context.timeline) == [f"by {a}"])
            await ann.say(context.conversation.id, f"back by {account}")
            delivery = await gateway.delivered_text(f"back by {account}")
            assert (delivery.account, delivery.to) == (account, handle)
            await ann.do(close=pb.Close(work=context.work.id, disposition="done", resolved=True))
            await ann.do(extend=pb.Extend(work=context.work.id))
            await ann.do(wrap_up_done=pb.WrapUpDone(work=context.work.id))
        assert await gateway.event(call("phone", "tel:+4930999", "c9")) is None
        context = await ann.take(lambda o: o.context.work.channel_now == pb.CHANNEL_VOICE)
        bridge = await gateway.delivery(lambda d: d.HasField("connect"))
        assert (bridge.connect.call, bridge.connect.agent) == ("c9", "ann")


async def test_credit_holds_deliveries_back(daemon):
    async with daemon.gateway("sms", credit=1) as gateway, daemon.desk("ann") as ann:
        await gateway.say("sms", TEL, "hello", id="m1")
        conversation = (await ann.take()).conversation.id
        for n in range(3):
            await ann.say(conversation, f"answer {n}")
        await gateway.delivered_text("answer 0")
        assert len(gateway.all("delivery")) == 1
        await gateway.put(pb.GatewayUp(credit=pb.Credit(more=2)))
        await gateway.delivered_text("answer 1")
        await gateway.delivered_text("answer 2")
        ids = [d.id for d in gateway.all("delivery")]
        assert len(ids) == len(set(ids)) == 3


async def test_what_waited_is_delivered_when_the_gateway_comes(daemon):
    async with daemon.desk("ann") as ann:
        stored(daemon.http().post_event(words("sms", TEL, "hello")))
        conversation = (await ann.take()).conversation.id
        for n in range(5):
            await ann.say(conversation, f"answer {n}")
        async with daemon.gateway("sms") as gateway:
            for n in range(5):  # the next of a conversation goes out when the one before is reported
                await gateway.delivered_text(f"answer {n}")
            assert [d.message.text for d in gateway.all("delivery")] == [f"answer {n}" for n in range(5)]


async def test_a_delivery_begun_before_a_loss_is_judged(daemon):
    """The gateway is lost with a delivery in hand: sent again only to one that promises never to carry out the same twice."""
    for deduplicates in (False, True):
        handle = f"tel:+49301{int(deduplicates)}2345"
        async with daemon.desk("ann") as ann:
            stored(daemon.http().post_event(words("sms", handle, f"hello {deduplicates}")))
            context = await ann.take(lambda o, h=handle: o.context.work.sessions[0].handle == h)
            gateway = daemon.gateway("sms", reports=False, deduplicates=deduplicates)
            await gateway.open()
            await ann.say(context.conversation.id, "an answer")
            lost = await gateway.delivery(lambda d, h=handle: d.to == h)
            gateway.cut()
            async with daemon.gateway("sms", reports=False, deduplicates=deduplicates) as back:
                if deduplicates:
                    again = await back.delivery(lambda d, i=lost.id: d.id == i)
                    assert again.attempt == 2
                    await back.report(again.id, pb.DELIVERY_STATE_SENT)
                else:
                    unknown = await ann.wait("delivery", lambda d, i=lost.id: d.delivery == i and d.state == pb.DELIVERY_STATE_UNKNOWN)
                    assert unknown.entry == lost.entry
                    dead = daemon.admin.read("/v1/dead-letters", pb.DeadLetterList()).dead_letters
                    assert [d.delivery for d in dead] == [lost.id]
                    assert back.all("delivery", lambda d, i=lost.id: d.id == i) == []
            await ann.do(close=pb.Close(work=context.work.id))


async def test_a_failed_delivery_is_told_and_can_be_sent_again(daemon):
    async with daemon.gateway("sms", reports=False) as gateway, daemon.desk("ann") as ann:
        await gateway.say("sms", TEL, "hello", id="m1")
        conversation = (await ann.take()).conversation.id
        await ann.say(conversation, "an answer")
        first = await gateway.delivery()
        await gateway.report(first.id, pb.DELIVERY_STATE_FAILED, reason="no such number")
        failed = await ann.wait("delivery", lambda d: d.state == pb.DELIVERY_STATE_FAILED)
        assert failed.reason == "no such number"
        dead = (await eventually(lambda: daemon.admin.read("/v1/dead-letters", pb.DeadLetterList()).dead_letters, "dead letter"))[0]
        assert (dead.delivery, dead.reason, dead.handle) == (first.id, "no such number", TEL)
        assert daemon.admin.call("POST", f"/v1/dead-letters/{first.id}/resend").status in (200, 202, 204)
        again = await gateway.delivery(lambda d: d.id == first.id, after=len(gateway.seen))
        assert again.attempt == 2
        await gateway.report(again.id, pb.DELIVERY_STATE_SENT)
        await ann.wait("delivery", lambda d: d.state == pb.DELIVERY_STATE_SENT)


async def test_a_desk_resumes_where_it_was(daemon):
    async with daemon.gateway("sms") as gateway:
        ann = daemon.desk("ann")
        await ann.open()
        await gateway.say("sms", TEL, "one", id="m1")
        context = await ann.take()
        ann.cut()
        await ann.box.wait_closed()
        await gateway.say("sms", TEL, "two", id="m2")
        async with daemon.desk("ann", session=ann.session, last_seq=ann.last_seq, available=False) as back:
            assert back.welcome.resumed
            assert (await back.entry("two")).number > 0
            assert [e.message.text for e in (u.entry for u in back.all("entry"))] == ["two"]
            await back.say(context.conversation.id, "both seen")
            await gateway.delivered_text("both seen")


async def test_a_desk_that_comes_fresh_sees_all(daemon):
    async with daemon.gateway("sms") as gateway, daemon.desk("ann") as ann:
        await gateway.say("sms", TEL, "one", id="m1")
        context = await ann.take()
        await ann.say(context.conversation.id, "two")
        async with daemon.desk("ann", available=False) as second:
            assert not second.welcome.resumed
            assert [texts(c.timeline) for c in second.welcome.contexts] == [["one", "two"]]
            assert second.welcome.agent.load == 1


async def test_a_repeated_command_gets_its_first_answer(daemon):
    async with daemon.gateway("sms") as gateway, daemon.desk("ann") as ann:
        await gateway.say("sms", TEL, "one", id="m1")
        conversation = (await ann.take()).conversation.id
        say = pb.Send(conversation=conversation, message=pb.Message(text="once"))
        first = await ann.command(client_id="same", send=say)
        assert first == await ann.command(client_id="same", send=say)
        await gateway.delivered_text("once")
        await ann.say(conversation, "after")
        await gateway.delivered_text("after")
        assert [d.message.text for d in gateway.all("delivery")] == ["once", "after"]
        assert texts(daemon.timeline(conversation)) == ["one", "once", "after"]


async def test_what_was_acknowledged_survives_a_kill(daemon):
    placed = stored(daemon.http().post_event(words("sms", TEL, "remember me")))
    daemon.kill()
    daemon.start()
    assert texts(daemon.timeline(placed.conversation)) == ["remember me"]
    async with daemon.desk("ann") as ann:
        assert texts((await ann.take()).timeline) == ["remember me"]
