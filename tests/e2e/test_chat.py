# SPDX-License-Identifier: Apache-2.0
"""The web chat: its protocol, and the widget in a real browser."""
import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time

import pytest
import websockets

from harness import pb
from harness.browser import Browser
from harness.chat import identity
from harness.config import CHAT_SECRET, misses_redis
from harness.daemon import BIN
from harness.http import Http
from harness.mailbox import PATIENCE, eventually, slowest
from harness.processes import redis_of
from harness.stories import TEL, texts


def signed(secret=CHAT_SECRET, **claims):
    return identity(secret, **({"reference": "crm-7", "handles": [TEL], "name": "Eva", "expires": int(time.time()) + 600} | claims))


@contextlib.contextmanager
def own_redis(directory, socket):
    with open(f"{directory}/redis.log", "wb") as log:
        redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--dir", str(directory), "--save", "",
                                  "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"], stdout=log, stderr=log)
    try:
        yield
    finally:
        redis.terminate()
        redis.wait()


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


async def sees_typing_once_joined(daemon, holder, visitor, conversation):
    """Who takes part sees the customer type like the holder; who is only asked does not."""
    number = daemon.agent("ann").work[0]
    async with daemon.desk("bert") as bert:
        await holder.do(consult=pb.Ask(work=number, agent="bert"))
        asked = await bert.wait("asked")
        await visitor.put(pb.ChatUp(typing=pb.Typing(active=False)))
        assert not (await holder.wait("typing", lambda t: not t.active)).active
        await bert.do(join=pb.Join(work=number, epoch=asked.epoch))
        await bert.wait("joined")
        await visitor.put(pb.ChatUp(typing=pb.Typing(active=True)))
        first = await bert.wait("typing")  # not the one before
        assert (first.conversation, first.active) == (conversation, True)
        await bert.do(leave=pb.Leave(work=number))
        await holder.wait("typing", lambda t: t.active)


async def test_typing_and_read_marks(daemon):
    async with daemon.desk("ann") as ann, daemon.chat() as eva:
        said = await eva.say("hello")
        conversation = (await ann.take()).conversation.id
        await eva.put(pb.ChatUp(typing=pb.Typing(active=True)))
        typing = await ann.wait("typing")
        assert (typing.conversation, typing.active) == (conversation, True)
        await sees_typing_once_joined(daemon, ann, eva, conversation)
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


async def test_a_mark_is_repeated_until_it_is_durable(world):
    daemon = world(misses_redis)
    async with daemon.desk("ann") as ann, daemon.chat() as eva:
        await eva.say("hello")
        conversation = (await ann.take()).conversation.id
        await ann.say(conversation, "read this")
        answer = await eva.answer("read this")
        await ann.wait("delivery", lambda d: d.state == pb.DELIVERY_STATE_DELIVERED and d.entry == answer.number)
        redis = redis_of(daemon)
        os.kill(redis, signal.SIGSTOP)
        try:
            await eva.put(pb.ChatUp(read=pb.ChatRead(upto=answer.number)))
            await eventually(lambda: Http(daemon.address).get("/readyz").status == 503, "redis is missed")
        finally:
            os.kill(redis, signal.SIGCONT)
        assert (await eva.wait("marked")).upto == answer.number
        assert ("read", answer.number) in states(daemon)


def states(daemon):
    """What the log says of deliveries."""
    log = subprocess.run([f"{BIN}/throughline", "--data-dir", daemon.data, "log"], stdout=subprocess.PIPE, check=True, timeout=PATIENCE).stdout
    found = []
    while log:
        length = int.from_bytes(log[8:12], "little")
        m, log = pb.Input.FromString(log[12:12 + length]), log[12 + length:]
        if m.HasField("delivery"):
            found.append((pb.DeliveryState.Name(m.delivery.state).removeprefix("DELIVERY_STATE_").lower(), m.delivery.entry))
    return found


async def test_a_mark_that_died_with_the_daemon_is_found_again(daemon):
    """Eva has the words and has read them; the daemon was killed before either stood in the log."""
    async with daemon.desk("ann") as ann:
        eva = daemon.chat()
        await eva.open()
        await eva.say("hello")
        conversation = (await ann.take()).conversation.id
        await ann.say(conversation, "first")
        first = await eva.answer("first")
        await eva.put(pb.ChatUp(read=pb.ChatRead(upto=first.number)))
        assert (await eva.wait("marked")).upto == first.number
        await ann.say(conversation, "second")
        second = await eva.answer("second")
    daemon.kill()
    daemon.start()
    before = states(daemon)
    assert ("read", first.number) in before and ("read", second.number) not in before
    # Its browser resumes from the last mark it knows of, and says again how far she has read.
    async with daemon.chat(hello={"visitor": eva.welcome.visitor, "last_entry": first.number, "marked": first.number}) as back:
        await back.put(pb.ChatUp(read=pb.ChatRead(upto=second.number)))
        assert (await back.wait("marked")).upto == second.number
    after = states(daemon)
    assert ("read", second.number) in after and after.count(("read", first.number)) == 1
    # Shown once more from the beginning, as after a reload: nothing is marked twice.
    daemon.restart()
    async with daemon.chat(hello={"visitor": eva.welcome.visitor, "marked": second.number}) as back:
        await back.answer("second")
        await back.say("still here")
    assert states(daemon) == after


async def test_a_visitor_of_a_daemon_that_died_has_left(world):
    """Nobody said goodbye for those who were there; who comes back within the grace has not left."""
    for grace in (4, 32, 256):
        if await one_came_back_in_time(world(lambda c, grace=grace: c.update(chat={"resume_seconds": grace})), grace):
            return
    raise AssertionError("nobody can be back within minutes here")


async def one_came_back_in_time(daemon, grace):
    """False where she came too late for it, the machine being slow: she may or may not have left."""
    max_, eva = daemon.chat(), daemon.chat()
    for visitor in (max_, eva):
        await visitor.open()
        await visitor.say("hello?")
    works = await eventually(lambda: len(w := daemon.admin.read("/v1/work", pb.WorkList()).work) == 2 and w, "both wait")
    died = time.monotonic()
    daemon.kill()
    daemon.start()
    async with daemon.chat(hello={"visitor": eva.welcome.visitor}) as back:
        if time.monotonic() - died > grace:
            return False
        left = await eventually(lambda: len(w := daemon.admin.read("/v1/work", pb.WorkList()).work) == 1 and w, "one has left")
        assert left[0].id == works[1].id and left[0].sessions[0].live
        # Nor is she sent away later: what she says is the same matter still.
        await back.say("here I am")
        assert [w.id for w in daemon.admin.read("/v1/work", pb.WorkList()).work] == [works[1].id]
        entries = daemon.timeline(works[0].conversation)
        assert [e.WhichOneof("body") for e in entries if e.HasField("chat_closed")] == ["chat_closed"]
    # The same where the daemon was stopped in order and nobody comes back.
    await eventually(lambda: not daemon.admin.read("/v1/work", pb.WorkList()).work, "she has left too")
    return True


async def test_a_chat_on_another_node_is_not_ended(world, tmp_path):
    """The node that leads looks for the visitors of one that died: who is connected to a third has not left."""
    for n in range(5):
        folder = tmp_path / f"redis{n}"
        folder.mkdir()
        with own_redis(folder, f"{folder}/redis.sock"):
            if await who_is_elsewhere_stays(world, f"{folder}/redis.sock"):
                return
    raise AssertionError("no node answers within a second here")


async def who_is_elsewhere_stays(world, socket):
    """False where the machine kept the third node from saying in time who is there."""
    def config(c):
        c["redis"] = {"mode": "url", "url": f"unix://{socket}"}
        c["chat"] = {"resume_seconds": 1}
    first, second, third = world(config), world(config, start=False), world(config, start=False)
    for node in (second, third):
        os.makedirs(node.data, exist_ok=True)
        shutil.copy(f"{first.data}/admin-main.token", node.data)
        node.start()
    there, gone = third.chat(), second.chat()
    for visitor in (there, gone):
        await visitor.open()
        await visitor.say("hello?")

    def open_work():
        return [w.id for w in first.admin.read("/v1/work", pb.WorkList()).work]
    stays, leaves = await eventually(lambda: len(w := open_work()) == 2 and w, "both wait")
    second.kill()
    late = await slowest(lambda: asyncio.to_thread(Http(third.address).get, "/livez"),
                         eventually(lambda: asyncio.to_thread(lambda: leaves not in open_work()), "one has left"))
    if late > 1:
        return False
    assert open_work() == [stays]
    await there.say("I am still here")
    assert open_work() == [stays]
    await there.leave()
    return True


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


async def test_the_account_greets_and_says_when_nobody_is_there(world):
    daemon = world(lambda c: c["account"][0].update(greeting="Grüß Gott!", offline_text="Back at nine."))
    async with daemon.chat() as eva:
        assert (eva.welcome.greeting, eva.welcome.offline_text) == ("Grüß Gott!", "Back at nine.")


async def test_offline_is_told_and_nothing_is_lost(daemon):
    async with daemon.chat() as eva:
        assert eva.welcome.offline and not eva.welcome.greeting
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


PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>a shop</title><h1>Shop</h1>
<script src="http://{address}/widget.js" data-account="web" {more} defer></script>"""
WIDGET = "document.querySelector('throughline-chat')?.shadowRoot"


async def open_widget(page):
    await page.until(f"!!{WIDGET}")
    await page.run(f"{WIDGET}.querySelector('button.open').click()")
    await page.until(f"!!{WIDGET}.querySelector('textarea')")
    await page.run(f"{WIDGET}.querySelector('textarea').focus()")


def shows(text):
    return f"{WIDGET}.textContent.includes({json.dumps(text)})"


async def write(page, text):
    await page.type(text)
    await page.press("Enter")


async def test_the_widget_speaks_the_pages_language_and_the_accounts_words(world, tmp_path):
    more = ""
    async with Browser(tmp_path) as browser:
        site = await browser.serve(lambda: PAGE.format(address=daemon.address, lang="de-AT", more=more))
        daemon = world(lambda c: c["account"][0].update(origins=[site], greeting="Willkommen & <b>hallo</b>", offline_text="Ab neun wieder."))
        page = await browser.open(site)
        await open_widget(page)
        await page.until(f"{shows('Willkommen & <b>hallo</b>')} && {shows('Ab neun wieder.')} && {shows('Senden')}")
        assert await page.run(f"{WIDGET}.querySelector('textarea').placeholder") == "Nachricht schreiben"
        assert await page.run(f"{WIDGET}.querySelector('section').lang") == "de"
        # The site has the last word, on language and on each text.
        more = 'data-lang="en" data-title="Ask us" data-text-send="Go"'
        await page.reload()
        await page.until(f"!!{WIDGET} && {shows('Ask us')} && {shows('Go')}")
        assert await page.run(f"{WIDGET}.querySelector('textarea').placeholder") == "Write a message"
        assert page.errors == []


async def test_the_widget_keeps_words_in_order_and_remembers_what_was_read(world, tmp_path):
    async with Browser(tmp_path) as browser:
        site = await browser.serve(lambda: PAGE.format(address=daemon.address, lang="en", more=""))
        daemon = world(lambda c: (misses_redis(c), c["account"][0].update(origins=[site])))
        async with daemon.desk("ann") as ann:
            page = await browser.open(site)
            await open_widget(page)
            await write(page, "one")
            conversation = (await ann.take()).conversation.id
            redis = redis_of(daemon)
            os.kill(redis, signal.SIGSTOP)
            try:
                await write(page, "two")
                await eventually(lambda: Http(daemon.address).get("/readyz").status == 503, "redis is missed")
                await write(page, "three")
            finally:
                os.kill(redis, signal.SIGCONT)
            await write(page, "four")
            await page.until(f"{WIDGET}.querySelectorAll('li.own').length === 4 && !{WIDGET}.querySelector('.unsent')")
            said = await eventually(lambda: len(t := texts(daemon.timeline(conversation))) > 3 and t, "all is shown")
            assert said == ["one", "two", "three", "four"]
            await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
            await ann.say(conversation, "read this")
            await page.until(shows("read this"))
            last = daemon.timeline(conversation)[-1].number
            await eventually(lambda: ("read", last) in states(daemon), "read")
            await page.until(f"JSON.parse(localStorage['throughline-chat:web']).marked === '{last}'")
            await page.reload()
            await page.until(f"!!{WIDGET} && {shows('read this')}")
            assert await page.run(f"{WIDGET}.querySelector('button.open').textContent") == "Chat with us"  # nothing is new
            await ann.say(conversation, "and this")
            await page.until(shows("Chat with us (1)"))
            assert states(daemon).count(("read", last)) == 1
            assert page.errors == []


async def test_the_widget_in_a_browser(world, tmp_path):
    """A page on another origin, the widget as a site would embed it, a real Chromium: words go both ways and survive a reload."""
    async with Browser(tmp_path) as browser:
        site = await browser.serve(lambda: PAGE.format(address=daemon.address, lang="en", more=""))
        daemon = world(lambda c: c["account"][0].update(origins=[site]))
        async with daemon.desk("ann") as ann:
            page = await browser.open(site)
            await open_widget(page)
            await write(page, "hello <b>Ann</b>")
            context = await ann.take()
            assert texts(context.timeline) == ["hello <b>Ann</b>"]
            await ann.say(context.conversation.id, "hello & <i>welcome</i>")
            await page.until(shows("hello & <i>welcome</i>"))  # as text, not as markup
            assert await page.run(f"{WIDGET}.querySelector('i') === null && {WIDGET}.querySelector('b') === null")
            await page.reload()
            await open_widget(page)
            await page.until(f"{shows('hello <b>Ann</b>')} && {shows('hello & <i>welcome</i>')}")
            assert page.errors == []


async def test_the_last_words_stay_in_sight_when_the_page_shrinks(world, tmp_path):
    """A keyboard on the screen of a phone takes half of it; who has scrolled up to read stays there."""
    async with Browser(tmp_path) as browser:
        site = await browser.serve(lambda: PAGE.format(address=daemon.address, lang="en", more=""))
        daemon = world(lambda c: c["account"][0].update(origins=[site]))

        async def size(height):
            await page.call("Emulation.setDeviceMetricsOverride", width=320, height=height, deviceScaleFactor=1, mobile=False)
            await page.until(f"innerHeight === {height}")

        page = await browser.open(site)
        await size(640)
        await open_widget(page)
        for i in range(12):
            await write(page, f"line {i}")
        talk = f"{WIDGET}.querySelector('ol')".replace("?.", ".")
        at_end = f"{talk}.scrollTop + {talk}.clientHeight >= {talk}.scrollHeight - 1"
        await page.until(f"{talk}.scrollHeight > {talk}.clientHeight && {at_end}")
        await size(400)
        await page.until(at_end)
        # The window shrinks while the event of an earlier scroll is still to come: in one frame, the event first.
        await page.run(f"{talk}.parentNode.style.height = '250px'; {talk}.scrollTop -= 9")
        await page.until(at_end)
        await page.run(f"new Promise(done => {{ {talk}.addEventListener('scroll', done, {{once: true}}); {talk}.scrollTop = 0 }})")
        await size(360)
        await page.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert await page.run(f"{talk}.scrollTop") == 0
        assert page.errors == []
