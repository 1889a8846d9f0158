# SPDX-License-Identifier: Apache-2.0
"""Who somebody is, and which matter a message belongs to."""
import time

from harness import pb
from harness.chat import identity
from harness.config import CHAT_SECRET
from harness.mailbox import eventually
from harness.stories import MAIL, TEL, call, photo, stored, texts, words, work_of

OTHER = "tel:+4917099999999"


def handles(customer):
    return {h.handle: h.evidence for h in customer.handles}


async def close_matter(daemon, desk, context, resolved=True):
    await desk.do(close=pb.Close(work=context.work.id, disposition="done", resolved=resolved))
    await desk.do(wrap_up_done=pb.WrapUpDone(work=context.work.id))
    await eventually(lambda: daemon.conversation(context.conversation.id).closed, "closed")


async def test_a_new_handle_is_a_new_customer(daemon):
    http = daemon.http()
    a = stored(http.post_event(words("sms", TEL, "hello", display_name="Eva")))
    b = stored(http.post_event(words("sms", OTHER, "hello")))
    assert a.customer != b.customer and a.conversation != b.conversation
    eva = daemon.customer(a.customer)
    assert (eva.name, handles(eva)) == ("Eva", {TEL: pb.EVIDENCE_FIRST_SEEN})


async def test_a_reference_that_a_gateway_vouches_for_links_at_once(daemon):
    http = daemon.http()
    first = stored(http.post_event(words("sms", TEL, "hello")))
    mail = words("mail", MAIL, "it is me", authentication=pb.AUTHENTICATION_SIGNED, verified_handles=[TEL])
    second = stored(http.post_event(mail))
    assert (second.customer, second.conversation) == (first.customer, first.conversation)
    assert handles(daemon.customer(first.customer))[MAIL] in (pb.EVIDENCE_VERIFIED, pb.EVIDENCE_FIRST_SEEN)
    assert stored(http.post_event(words("mail", MAIL, "again"))).customer == first.customer


async def test_unsigned_proof_is_only_a_claim(daemon):
    """The same words without authentication: nothing is linked, nothing of the other's is shown."""
    http = daemon.http()
    first = stored(http.post_event(words("sms", TEL, "my secret")))
    second = stored(http.post_event(words("mail", MAIL, "it is me, honestly", verified_handles=[TEL])))
    assert second.customer != first.customer
    claimant = daemon.customer(second.customer)
    assert TEL not in handles(claimant)
    assert [s.handle for s in claimant.suggestions] == [TEL]
    async with daemon.desk("ann") as ann:
        offer = await ann.offer(lambda o: o.context.customer.id == second.customer)
        assert texts(offer.context.timeline) == ["it is me, honestly"]
        assert list(offer.context.earlier) == [] and list(offer.context.customer.conversations) == [second.conversation]


async def test_a_claim_is_a_suggestion_until_an_agent_confirms(daemon):
    async with daemon.chat(hello={"claimed_handles": [TEL, MAIL], "name": "Eva"}) as eva, daemon.desk("ann") as ann:
        await eva.say("I am Eva")
        context = await ann.take()
        customer = context.customer
        assert {s.handle for s in customer.suggestions} == {TEL, MAIL}
        assert all(s.evidence == pb.EVIDENCE_CLAIMED for s in customer.suggestions)
        await ann.do(link=pb.Link(customer=customer.id, confirm=TEL))
        await ann.do(link=pb.Link(customer=customer.id, dismiss=MAIL))
        told = await ann.wait("customer", lambda c: TEL in handles(c) and not c.suggestions)
        assert handles(told)[TEL] == pb.EVIDENCE_AGENT and MAIL not in handles(told)
        # Now an SMS from there is this matter.
        sms = stored(daemon.http().post_event(words("sms", TEL, "it is me")))
        assert (sms.customer, sms.conversation) == (customer.id, context.conversation.id)
        # What was dismissed is not suggested again.
        stored(daemon.http().post_event(words("sms", TEL, "really", claimed_handles=[MAIL])))
        assert list(daemon.customer(customer.id).suggestions) == []


async def test_a_handle_of_somebody_else_is_not_taken_by_confirming(daemon):
    theirs = stored(daemon.http().post_event(words("sms", TEL, "mine")))
    async with daemon.chat(hello={"claimed_handles": [TEL]}) as chat, daemon.desk("ann") as ann:
        await chat.say("also me")
        context = await ann.take(lambda o: texts(o.context.timeline) == ["also me"])
        outcome = await ann.command(link=pb.Link(customer=context.customer.id, confirm=TEL))
        assert isinstance(outcome, pb.Refused), outcome
        assert TEL in handles(daemon.customer(theirs.customer))
        assert stored(daemon.http().post_event(words("sms", TEL, "still mine"))).customer == theirs.customer


async def test_merge_and_unmerge(daemon):
    http = daemon.http()
    phone = stored(http.post_event(words("sms", TEL, "by phone")))
    mail = stored(http.post_event(words("mail", MAIL, "by mail")))
    async with daemon.desk("ann") as ann:
        for matter in (phone, mail):
            await ann.take(lambda o, m=matter: o.context.conversation.id == m.conversation)
        await ann.do(link=pb.Link(customer=phone.customer, merge=mail.customer))
        merged = await eventually(lambda: (c := daemon.customer(phone.customer)).merged and c, "merged")
        assert list(merged.merged) == [mail.customer]
        assert set(handles(merged)) == {TEL, MAIL}
        assert set(merged.conversations) == {phone.conversation, mail.conversation}
        assert daemon.customer(mail.customer).id == phone.customer
        # A merge moves no work and joins no conversations; entries keep who they came in as.
        assert daemon.conversation(phone.conversation).work != daemon.conversation(mail.conversation).work
        assert texts(daemon.timeline(mail.conversation)) == ["by mail"]
        assert daemon.timeline(mail.conversation)[0].author.customer == mail.customer
        assert stored(http.post_event(words("mail", MAIL, "again"))).customer == phone.customer
        assert {tuple(a.work) for a in [daemon.agent("ann")]} == {
            (daemon.conversation(phone.conversation).work, daemon.conversation(mail.conversation).work)}

        await ann.do(link=pb.Link(customer=phone.customer, unmerge=mail.customer))
        await eventually(lambda: daemon.customer(mail.customer).id == mail.customer, "un-merged")
        assert set(handles(daemon.customer(phone.customer))) == {TEL}
        assert set(handles(daemon.customer(mail.customer))) == {MAIL}
        apart = stored(http.post_event(words("mail", MAIL, "alone again")))
        assert (apart.customer, apart.conversation) == (mail.customer, mail.conversation)


async def test_a_signed_identity_joins_two_who_turn_out_to_be_one(daemon):
    http = daemon.http()
    phone = stored(http.post_event(words("sms", TEL, "by phone")))
    signed = identity(CHAT_SECRET, reference="crm-7", handles=[TEL], name="Eva", expires=int(time.time()) + 600)
    async with daemon.chat(hello={"identity": signed}) as eva, daemon.desk("ann") as ann:
        await eva.say("by chat")
        offer = await ann.offer(lambda o: "by chat" in texts(o.context.timeline) or "by phone" in texts(o.context.timeline))
        assert offer.context.customer.id == phone.customer
        await eventually(lambda: texts(daemon.timeline(phone.conversation)) == ["by phone", "by chat"], "one timeline")


def reopens_for_an_hour(config):
    config["routing"]["reopen_hours"] = 1


async def test_a_closed_matter_is_reopened_for_the_same_agent(world):
    daemon = world(reopens_for_an_hour)
    http = daemon.http()
    async with daemon.desk("ann") as ann, daemon.desk("bert", available=False) as bert:
        first = stored(http.post_event(words("sms", TEL, "it is broken")))
        context = await ann.take()
        await ann.say(first.conversation, "now it works")
        await close_matter(daemon, ann, context)
        await bert.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))
        again = stored(http.post_event(words("sms", TEL, "broken again")))
        assert again.conversation == first.conversation
        offer = await ann.offer(lambda o: o.context.work.id != context.work.id)
        assert offer.reason == pb.REASON_REOPENED and offer.why.known
        assert texts(offer.context.timeline) == ["it is broken", "now it works", "broken again"]
        assert bert.offers() == []


def never_reopens(config):
    config["routing"]["reopen_hours"] = 0


async def test_a_new_matter_follows_the_old_one(world):
    daemon = world(never_reopens)
    http = daemon.http()
    async with daemon.desk("ann") as ann:
        first = stored(http.post_event(words("sms", TEL, "the bill")))
        await close_matter(daemon, ann, await ann.take())
        second = stored(http.post_event(words("sms", TEL, "another thing")))
        assert second.customer == first.customer and second.conversation != first.conversation
        offer = await ann.offer(lambda o: o.context.conversation.id == second.conversation)
        assert offer.context.conversation.follows == first.conversation
        assert texts(offer.context.timeline) == ["another thing"]
        assert [c.id for c in offer.context.earlier] == [first.conversation]
        assert offer.context.earlier[0].disposition == "done" and offer.context.earlier[0].resolved


def texts_wait_for_who_helped(config):
    never_reopens(config)
    config["channel"]["sms"]["prefer_known_seconds"] = 3600
    for agent in config["agent"]:
        agent["capacity"] = 1


async def test_a_new_matter_is_for_who_resolved_the_last_one(world):
    """By text it is kept for her while she is full, as that channel says; by mail, as the queue says, it is not."""
    daemon = world(texts_wait_for_who_helped)
    http = daemon.http()
    async with daemon.desk("ann") as ann, daemon.desk("bert", available=False) as bert:
        first = stored(http.post_event(words("sms", TEL, "the bill")))
        await close_matter(daemon, ann, await ann.take())
        mails = stored(http.post_event(words("mail", MAIL, "a mail")))
        context = await ann.take(lambda o: o.context.conversation.id == mails.conversation)
        await close_matter(daemon, ann, context)
        stored(http.post_event(words("wa", "whatsapp:4915100000009", "somebody else")))
        busy = await ann.take(lambda o: o.context.conversation.id not in (first.conversation, mails.conversation))
        await bert.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))
        second = stored(http.post_event(words("sms", TEL, "another thing")))
        by_mail = stored(http.post_event(words("mail", MAIL, "another mail")))
        assert second.customer == first.customer and second.conversation != first.conversation
        assert (await bert.offer()).context.conversation.id == by_mail.conversation
        await close_matter(daemon, ann, busy)
        offer = await ann.offer(lambda o: o.context.conversation.id == second.conversation)
        assert offer.why.known
        assert [o.context.conversation.id for o in bert.offers()] == [by_mail.conversation]


async def test_the_thread_goes_before_recency(daemon):
    http = daemon.http()
    old = stored(http.post_event(words("mail", MAIL, "about A", threads=["<a@x>"])))
    async with daemon.desk("ann") as ann:
        context = await ann.take()
        await close_matter(daemon, ann, context)
    reply = stored(http.post_event(words("mail", MAIL, "about A again", threads=["<b@x>", "<a@x>"])))
    assert reply.conversation == old.conversation


async def test_a_stranger_in_a_thread_is_a_participant(daemon):
    """A reply token places a message; who sends it sees nothing and speaks for nobody."""
    http = daemon.http()
    mine = stored(http.post_event(words("mail", MAIL, "my matter", threads=["<a@x>"])))
    async with daemon.desk("ann") as ann, daemon.gateway("mail") as gateway:
        context = await ann.take()
        stranger = stored(http.post_event(words("mail", "email:stranger@example.net", "tell me", threads=["<a@x>"])))
        assert stranger.conversation == mine.conversation
        entry = await ann.entry("tell me", mine.conversation)
        assert entry.author.participant == "email:stranger@example.net"
        assert "email:stranger@example.net" not in handles(daemon.customer(mine.customer))
        # The answer goes to the handle on record.
        await ann.say(context.conversation.id, "for Eva", subject="Re: my matter")
        assert (await gateway.delivered_text("for Eva")).to == MAIL


async def test_only_own_words_move_the_channel(daemon):
    http = daemon.http()
    async with daemon.desk("ann") as ann:
        placed = stored(http.post_event(words("sms", TEL, "hello", authentication=pb.AUTHENTICATION_SIGNED, verified_handles=[MAIL])))
        await ann.take()
        out_of_office = pb.Event(id="ooo", account="mail", **{"from": MAIL}, message=pb.Message(text="I am away", automatic=True))
        assert stored(http.post_event(out_of_office)).conversation == placed.conversation
        await ann.entry("I am away")
        assert daemon.conversation(placed.conversation).channel_now == pb.CHANNEL_SMS
        stored(http.post_event(words("mail", MAIL, "me, really")))
        await ann.entry("me, really")
        assert daemon.conversation(placed.conversation).channel_now == pb.CHANNEL_EMAIL


async def test_two_at_once_make_one_conversation(daemon):
    results = daemon.http().post_batch([words("sms", TEL, f"n{i}") for i in range(50)] + [photo("sms", TEL)])
    assert len({stored(r).conversation for r in results}) == 1
    assert len({r.customer for r in results}) == 1


async def test_a_call_is_its_own_thread(daemon):
    http = daemon.http()
    first = stored(http.post_event(call("phone", TEL, "c-1")))
    dtmf = pb.Event(id="d1", account="phone", **{"from": TEL}, dtmf=pb.Dtmf(call="c-1", digits="42#"), threads=["c-1"])
    assert stored(http.post_event(dtmf)).conversation == first.conversation
    work = await work_of(daemon, first.conversation)
    ended = pb.Event(id="x1", account="phone", **{"from": TEL}, call_ended=pb.CallEnded(call="c-1", reason="hangup"), threads=["c-1"])
    stored(http.post_event(ended))
    # Nobody had answered: hanging up takes the work out of the queue.
    await eventually(lambda: daemon.conversation(first.conversation).work == 0, f"work {work} is abandoned")
