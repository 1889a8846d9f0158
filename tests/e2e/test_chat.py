# SPDX-License-Identifier: Apache-2.0
"""The web chat: its protocol, and the widget in a real browser."""
import time

import pytest
import websockets

from harness import pb
from harness.browser import Browser
from harness.chat import identity
from harness.config import CHAT_SECRET
from harness.mailbox import eventually
from harness.stories import TEL, texts


def signed(secret=CHAT_SECRET, **claims):
    return identity(secret, **({"reference": "crm-7", "handles": [TEL], "name": "Eva", "expires": int(time.time()) + 600} | claims))


async def test_words_both_ways(daemon):
    async with daemon.desk("ann") as ann, daemon.chat(hello={"page": "https://shop.example/cart", "language": "de"}) as eva:
        assert not eva.welcome.offline and eva.welcome.visitor
        entry = await eva.say("hello")
        context = await ann.take()
        assert context.conversation.channel_now == pb.CHANNEL_CHAT
        assert [e.number for e in context.timeline if e.message.text == "hello"] == [entry]
        present = await eva.wait("presence", lambda p: p.agent == "Ann")
        assert not present.offline
        await ann.say(context.conversation.id, "hello Eva")
        answer = await eva.answer("hello Eva")
        assert (answer.author, answer.channel) == ("Ann", pb.CHANNEL_CHAT) and answer.number > entry


async def test_a_note_never_leaves_the_house(daemon):
    async with daemon.desk("ann") as ann, daemon.chat() as eva:
        await eva.say("hello")
        conversation = (await ann.take()).conversation.id
        await ann.do(note=pb.Note(conversation=conversation, text="a difficult one"))
        await ann.say(conversation, "after the note")
        await eva.answer("after the note")
        assert "a difficult one" not in str(eva.seen)
        assert [e.message.text for e in daemon.timeline(conversation) if e.note] == ["a difficult one"]


async def test_typing_and_read_marks(daemon):
    async with daemon.desk("ann") as ann, daemon.chat() as eva:
        said = await eva.say("hello")
        conversation = (await ann.take()).conversation.id
        await eva.put(pb.ChatUp(typing=pb.Typing(active=True)))
        typing = await ann.wait("typing")
        assert (typing.conversation, typing.active) == (conversation, True)
        await ann.put(pb.DeskCommand(typing=pb.DeskTyping(conversation=conversation, active=True)))
        assert (await eva.wait("typing")).active
        await ann.say(conversation, "read this")
        answer = await eva.answer("read this")
        await eva.put(pb.ChatUp(read=pb.ChatRead(upto=answer.number)))
        await ann.wait("delivery", lambda d: d.state == pb.DELIVERY_STATE_READ and d.entry == answer.number)
        await ann.put(pb.DeskCommand(read=pb.DeskRead(conversation=conversation, upto=said)))
        assert (await eva.wait("read")).upto == said


async def test_a_visitor_comes_back_to_where_they_were(daemon):
    async with daemon.desk("ann") as ann:
        eva = daemon.chat()
        await eva.open()
        first = await eva.say("hello")
        conversation = (await ann.take()).conversation.id
        eva.cut()
        await eva.box.wait_closed()
        await ann.say(conversation, "are you there?")
        async with daemon.chat(hello={"visitor": eva.welcome.visitor, "last_entry": first}) as back:
            await back.answer("are you there?")
            assert [e.text for e in back.all("entry")] == ["are you there?"]
            await back.say("yes")
            assert (await ann.entry("yes")).number > first
        assert texts(daemon.timeline(conversation)) == ["hello", "are you there?", "yes"]


async def test_a_repeated_word_is_said_once(daemon):
    async with daemon.desk("ann") as ann:
        async with daemon.chat() as eva:
            first = await eva.say("once", id="w-1")
            conversation = (await ann.take()).conversation.id
        async with daemon.chat(hello={"visitor": eva.welcome.visitor}) as back:
            assert await back.say("once", id="w-1") == first
        assert texts(daemon.timeline(conversation)) == ["once"]


async def test_a_forged_visitor_token_is_a_new_visitor(daemon):
    async with daemon.desk("ann") as ann:
        async with daemon.chat() as eva:
            await eva.say("my secret")
            mine = await ann.take()
        token = eva.welcome.visitor
        forged = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
        async with daemon.chat(hello={"visitor": forged}) as thief:
            await thief.say("show me")
            theirs = await ann.take(lambda o: "show me" in texts(o.context.timeline))
            assert theirs.customer.id != mine.customer.id
            assert "my secret" not in str(thief.seen)


async def test_a_forged_or_old_identity_proves_nothing(daemon):
    bad = [signed(secret="another-secret-0123456789-0123456"), signed(expires=int(time.time()) - 1),
           signed(expires=int(time.time()) + 10 * 86400), "nonsense", signed()[:-3]]
    async with daemon.desk("ann") as ann:
        for n, proof in enumerate(bad):
            chat = daemon.chat(hello={"identity": proof})
            try:
                await chat.open()
            except AssertionError:
                assert chat.all("error"), chat.seen  # refused with a reason
                await chat.leave()
                continue
            await chat.say(f"forged {n}")
            context = await ann.take(lambda o, n=n: f"forged {n}" in texts(o.context.timeline))
            assert TEL not in [h.handle for h in context.customer.handles], proof
            await ann.do(close=pb.Close(work=context.work.id))
            await chat.leave()


async def test_another_person_at_the_same_browser_starts_anew(daemon):
    """Eva logs out, and Max logs in where her visitor token still lies: he is not her, and sees nothing of hers."""
    max_tel = "tel:+4915155556666"
    async with daemon.desk("ann") as ann:
        async with daemon.chat() as before:  # not logged in yet: what she says now is hers once she is
            await before.say("I have a question")
            hers = await ann.take()
        async with daemon.chat(hello={"visitor": before.welcome.visitor, "identity": signed()}) as eva:
            await eva.say("my secret")
            await ann.entry("my secret", hers.conversation.id)
        token = eva.welcome.visitor
        theirs = [signed(reference="crm-8", handles=[max_tel], name="Max"), ""]
        for n, proof in enumerate(theirs):
            async with daemon.chat(hello={"visitor": token, "identity": proof}) as other:
                await other.say(f"show me {n}")
                context = await ann.take(lambda o, n=n: texts(o.context.timeline) == [f"show me {n}"])
                assert context.customer.id != hers.customer.id and list(context.customer.merged) == []
                await ann.say(context.conversation.id, f"who are you? {n}")
                await other.answer(f"who are you? {n}")
                assert "my secret" not in str(other.seen)
        async with daemon.chat(hello={"visitor": token, "identity": signed()}) as back:
            assert {"my secret", "I have a question"} <= {(await back.wait("entry", lambda e, t=t: e.text == t)).text
                                                          for t in ("my secret", "I have a question")}


async def test_offline_is_told_and_nothing_is_lost(daemon):
    async with daemon.chat() as eva:
        assert eva.welcome.offline
        await eva.say("is anybody there?")
        async with daemon.desk("ann") as ann:
            await eva.wait("presence", lambda p: not p.offline)
            assert texts((await ann.take()).timeline) == ["is anybody there?"]


async def test_a_closed_tab_leaves_the_queue(daemon):
    async with daemon.chat() as eva:
        await eva.say("hello?")
        conversation = (await eventually(lambda: daemon.admin.read("/v1/conversations", pb.ConversationList()).conversations, "one"))[0]
        await eventually(lambda: daemon.conversation(conversation.id).work, "work")
        await eva.put(pb.ChatUp(bye=pb.ChatBye()))
    await eventually(lambda: daemon.conversation(conversation.id).work == 0, "abandoned")


async def test_another_sites_page_may_not_connect(daemon):
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        await daemon.chat(origin="https://evil.example").open()
    assert refused.value.status_code == 403
    with pytest.raises(websockets.InvalidStatusCode) as unknown:
        await daemon.chat(account="nowhere").open()
    assert unknown.value.status_code in (403, 404)
    with pytest.raises(websockets.InvalidStatusCode):
        await daemon.chat(account="sms").open()


PAGE = """<!doctype html><meta charset="utf-8"><title>a shop</title><h1>Shop</h1>
<script src="http://{address}/widget.js" data-account="web" defer></script>"""


async def test_the_widget_in_a_browser(world, tmp_path):
    """A page on another origin, the widget as a site would embed it, a real Chromium: words go both ways and survive a reload."""
    async with Browser(tmp_path) as browser:
        site = await browser.serve(lambda: PAGE.format(address=daemon.address))
        daemon = world(lambda c: c["account"][0].update(origins=[site]))
        async with daemon.desk("ann") as ann:
            page = await browser.open(site)
            widget = "document.querySelector('throughline-chat')?.shadowRoot"
            await page.until(f"!!{widget}")
            await page.run(f"{widget}.querySelector('button')?.click()")
            await page.until(f"!!{widget}.querySelector('textarea, input[type=text]')")
            await page.run(f"{widget}.querySelector('textarea, input[type=text]').focus()")
            await page.type("hello <b>Ann</b>")
            await page.press("Enter")
            context = await ann.take()
            assert texts(context.timeline) == ["hello <b>Ann</b>"]
            await ann.say(context.conversation.id, "hello & <i>welcome</i>")
            shows = f"{widget}.textContent.includes"
            await page.until(f"{shows}('hello & <i>welcome</i>')")  # as text, not as markup
            assert await page.run(f"{widget}.querySelector('i') === null && {widget}.querySelector('b') === null")
            await page.reload()
            await page.until(f"!!{widget}")
            await page.run(f"{widget}.querySelector('button')?.click()")
            await page.until(f"{shows}('hello <b>Ann</b>') && {shows}('hello & <i>welcome</i>')")
            assert page.errors == []
