# SPDX-License-Identifier: Apache-2.0
"""A partner sees the conversation at hand, and nothing else of the customer: each way in which a desk reads is tried."""
from harness import pb
from harness.http import Http
from harness.mailbox import eventually
from harness.stories import TEL, stored, texts, words

MAIL = "email:eva@example.com"


def partner(config):
    config["routing"]["reopen_hours"] = 0
    config["agent"][0]["sees"] = "conversation"
    for agent in config["agent"]:
        agent["channels"] = ["sms"] if agent["id"] == "ann" else ["email"]


async def close_matter(daemon, desk, context):
    await desk.do(close=pb.Close(work=context.work.id, disposition="done", resolved=True))
    await desk.do(wrap_up_done=pb.WrapUpDone(work=context.work.id))
    await eventually(lambda: daemon.conversation(context.conversation.id).closed, "closed")


async def a_story(daemon, http, bert):
    """Eva wrote by mail, and what came of it is known; then it was found that she has a phone. Her customer."""
    old = stored(http.post_event(words("mail", MAIL, "by mail", display_name="Eva")))
    context = await bert.take()
    await bert.do(link=pb.Link(customer=old.customer, confirm=TEL))
    await close_matter(daemon, bert, context)
    said = pb.CustomerAttributes(attributes={"tier": "gold"})
    assert daemon.admin.send("PUT", f"/v1/customers/{old.customer}/attributes", said).status == 200
    return old


def nothing_else(customer):
    assert customer.name == "Eva" and [h.handle for h in customer.handles] == [TEL]
    assert not customer.attributes and not customer.suggestions and not customer.merged
    assert not customer.conversations and not customer.last_agent


async def test_a_partner_sees_the_conversation_at_hand_only(world):
    daemon = world(partner)
    http = daemon.http()
    async with daemon.desk("bert") as bert:
        old = await a_story(daemon, http, bert)
        async with daemon.desk("ann") as ann:
            new = stored(http.post_event(words("sms", TEL, "by phone")))
            assert new.customer == old.customer and new.conversation != old.conversation
            offer = await ann.offer()
            context = offer.context
            await ann.accept(offer)
            nothing_else(context.customer)
            assert not context.earlier and not context.conversation.follows
            assert texts(context.timeline) == ["by phone"]
            assert daemon.conversation(new.conversation).follows == old.conversation

            # The timelines of others, and whose handles are whose.
            await ann.put(pb.DeskCommand(client_id="r1", read_timeline=pb.ReadTimeline(conversation=old.conversation, limit=10)))
            await ann.wait("error", lambda e: e.field == "read_timeline.conversation" and e.code == "forbidden")
            await ann.put(pb.DeskCommand(client_id="r2", read_timeline=pb.ReadTimeline(conversation=new.conversation, limit=10)))
            assert texts((await ann.wait("timeline")).entries) == ["by phone"]
            for n, command in enumerate(({"send": pb.Send(conversation=new.conversation, account="mail", handle=MAIL, channel=pb.CHANNEL_EMAIL,
                                                          message=pb.Message(text="x"))},
                            {"link": pb.Link(customer=new.customer, confirm="tel:+4915100000077")},
                                         {"link": pb.Link(customer=new.customer, unmerge=4711)})):
                await ann.put(pb.DeskCommand(client_id=f"f{n}", **command))
                await ann.wait("error", lambda e, n=n: e.field.startswith(f"f{n}:") and e.code == "forbidden")
            await ann.say(new.conversation, "an answer")

            # What is told when the customer changes, and when the desk comes again.
            said = pb.CustomerAttributes(attributes={"tier": "tin"})
            assert daemon.admin.send("PUT", f"/v1/customers/{old.customer}/attributes", said).status == 200
            nothing_else(await ann.wait("customer"))
        async with daemon.desk("ann") as ann:
            nothing_else(ann.welcome.contexts[0].customer)
            assert not ann.welcome.contexts[0].earlier

        # Nothing of it by HTTP with a token of hers.
        http = Http(daemon.address, daemon.token("agent", "ann"))
        for path in (f"/v1/customers/{old.customer}", f"/v1/conversations/{old.conversation}", f"/v1/work/{context.work.id}",
                     f"/v1/conversations/{old.conversation}/timeline", "/v1/conversations", "/v1/decisions", "/v1/log"):
            assert http.get(path).status == 403, path


async def test_others_see_the_customer(world):
    daemon = world(partner)
    http = daemon.http()
    async with daemon.desk("bert") as bert:
        old = await a_story(daemon, http, bert)
        stored(http.post_event(words("mail", MAIL, "again")))
        context = (await bert.offer(lambda o: o.context.conversation.id != old.conversation)).context
        assert {h.handle for h in context.customer.handles} == {TEL, MAIL} and context.customer.attributes["tier"] == "gold"
        assert [c.id for c in context.earlier] == [old.conversation]
