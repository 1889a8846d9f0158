# SPDX-License-Identifier: Apache-2.0
"""Several agents on one work: a consultation that ends in a warm transfer, and a conference on a call."""
from harness import pb
from harness.stories import TEL, call, stored, words


async def joins(holder, colleague, number, **how):
    await holder.do(**how)
    asked = await colleague.wait("asked", lambda a: a.context.work.id == number)
    await colleague.do(join=pb.Join(work=number, epoch=asked.epoch))
    await colleague.wait("joined", lambda j: j.work.id == number)
    return asked


async def test_a_warm_transfer(daemon):
    http = daemon.http("gateway")
    async with daemon.desk("ann") as ann:
        placed = stored(http.post_event(words("sms", TEL, "my bill")))
        number = (await ann.take()).work.id
        async with daemon.desk("bert") as bert:
            asked = await joins(ann, bert, number, consult=pb.Ask(work=number, agent="bert"))
            assert (asked.role, asked.by) == (pb.ROLE_CONSULTED, "ann")
            assert [e.message.text for e in asked.context.timeline] == ["my bill"]
            work = await ann.wait("work", lambda w: w.id == number and [p.agent for p in w.participants if p.joined] == ["bert"])
            assert work.agent == "ann"
            await ann.do(note=pb.Note(conversation=placed.conversation, text="he wants it back"))
            assert (await bert.entry("he wants it back")).note
            await bert.do(note=pb.Note(conversation=placed.conversation, text="give it to me"))
            assert (await ann.entry("give it to me")).note
            await bert.refused(pb.REFUSAL_NOT_YOURS, send=pb.Send(conversation=placed.conversation, message=pb.Message(text="hello")))
            await ann.do(hand_over=pb.HandOver(work=number, agent="bert"))
            lost = await ann.wait("unassigned", lambda u: u.work == number)
            got = await bert.wait("assigned", lambda a: a.work.id == number)
            assert (lost.reason, got.work.agent, len(got.work.participants)) == (pb.REASON_TRANSFERRED, "bert", 0)
            await bert.say(placed.conversation, "you get it back")
        assert daemon.agent("ann").load == 0


async def test_who_comes_back_goes_on_taking_part(daemon):
    async with daemon.desk("ann") as ann:
        stored(daemon.http("gateway").post_event(words("sms", TEL, "my bill")))
        number = (await ann.take()).work.id
        async with daemon.desk("bert") as bert:
            await joins(ann, bert, number, invite=pb.Ask(work=number, agent="bert"))
            async with daemon.desk("bert") as again:
                (context,) = again.welcome.contexts
                assert [(p.agent, p.role, p.joined) for p in context.work.participants] == [("bert", pb.ROLE_INVITED, True)]
                await again.do(leave=pb.Leave(work=number))
                parted = await again.wait("parted")
                assert (parted.reason, parted.work) == (pb.REASON_LEFT, number)


async def test_a_conference_on_a_call(daemon):
    async with daemon.desk("ann") as ann, daemon.gateway("phone") as gateway:
        stored(daemon.http().post_event(call("phone", TEL, "c1")))
        number = (await ann.take()).work.id
        first = await gateway.wait("delivery", lambda d: d.HasField("connect"))
        assert (first.connect.agent, first.connect.role) == ("ann", pb.ROLE_UNSPECIFIED)
        async with daemon.desk("bert") as bert:
            await joins(ann, bert, number, consult=pb.Ask(work=number, agent="bert"))
            await gateway.wait("delivery", lambda d: d.connect.agent == "bert" and d.connect.role == pb.ROLE_CONSULTED)
            await ann.do(invite=pb.Ask(work=number, agent="bert"))
            await gateway.wait("delivery", lambda d: d.connect.agent == "bert" and d.connect.role == pb.ROLE_INVITED)
            await ann.do(dismiss=pb.Dismiss(work=number, agent="bert"))
            off = await gateway.wait("delivery", lambda d: d.HasField("disconnect"))
            assert off.disconnect.agent == "bert"
            assert (await bert.wait("parted")).reason == pb.REASON_DISMISSED
