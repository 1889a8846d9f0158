# SPDX-License-Identifier: Apache-2.0
"""Estimated waits where people see them: the visitor in the widget, a voice gateway that announces, a desk's queues."""
import asyncio

from harness import pb
from harness.browser import Browser
from harness.mailbox import eventually
from harness.stories import call, hang_up, stored, words, work_of
from test_chat import PAGE, WIDGET, open_widget, shows, write

STEPS = [0, 30, 60, 120, 180, 240, 300, 420, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800]


def one_at_a_time(config):
    config["queue"] = [{"name": "support", "wrap_up_seconds": 0, "offer_seconds": 120}]
    for agent in config["agent"]:
        agent["capacity"] = 4
    for rules in config["channel"].values():
        rules["units"] = 4


async def comes(daemon, n):
    placed = stored(daemon.http().post_event(words("sms", f"tel:+49151555{n:05}", "hello")))
    return await work_of(daemon, placed.conversation)


async def serves(daemon, ann, n):
    work = await comes(daemon, n)
    await ann.take(lambda o: o.context.work.id == work)
    return work


async def ends(ann, work):
    await ann.do(close=pb.Close(work=work, disposition="done", resolved=True))


async def learns(daemon, ann):
    """Eight contacts, from which the queue knows how long one takes."""
    for n in range(8):
        work = await serves(daemon, ann, n)
        await asyncio.sleep(0.05)  # as long as it takes, for an estimate that shows in milliseconds; not to synchronise
        await ends(ann, work)


def works(daemon):
    page = daemon.admin.read("/v1/work?limit=500", pb.WorkList())
    found = list(page.work)
    while page.next:
        page = daemon.admin.read(f"/v1/work?limit=500&cursor={page.next}", pb.WorkList())
        found += page.work
    return found


async def takes(daemon, ann, channel):
    """The work of that channel, which there is one of."""
    work = await eventually(lambda: next((w.id for w in works(daemon) if w.channel_now == channel), None), "it is open")
    await ann.take(lambda o: o.context.work.id == work)
    return work


def rounded(wait):
    return (max(s for s in STEPS if s * 1000 <= wait.low_ms), min(s for s in STEPS if s * 1000 >= wait.high_ms))


async def test_a_visitor_is_told_when_they_wait_and_when_no_longer(world):
    daemon = world(one_at_a_time)
    async with daemon.desk("ann") as ann, daemon.chat() as eva:
        first = await serves(daemon, ann, 50)
        await eva.say("hello")
        told = await eva.wait("wait")
        assert (told.kind, told.from_seconds, told.to_seconds) == (pb.WAIT_KIND_LEARNING, 0, 0)
        await ends(ann, first)
        work = await takes(daemon, ann, pb.CHANNEL_CHAT)
        assert (await eva.wait("wait", lambda w: w.kind == 0)) == pb.ChatWait()
        await ends(ann, work)
        await learns(daemon, ann)
        # With nobody who could take it nothing is known, and said so; what is known then comes by itself.
        await ann.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AWAY))
        mark = len(eva.all("wait"))
        await eva.say("again")
        await eventually(lambda: len(eva.all("wait")) > mark, "told")
        assert eva.all("wait")[mark].kind == pb.WAIT_KIND_NOBODY
        async with daemon.chat(hello={"visitor": eva.welcome.visitor}) as tab:
            assert (await tab.wait("wait")).kind == pb.WAIT_KIND_NOBODY  # another page of the site
        # What wakes nobody is not told again: nothing has changed.
        await comes(daemon, 51)
        await eva.say("still there?")
        assert len(eva.all("wait")) == mark + 1


async def test_the_widget_shows_the_wait(world, tmp_path):
    async with Browser(tmp_path) as browser:
        site = await browser.serve(lambda: PAGE.format(address=daemon.address, lang="en", more=""))

        def change(config):
            one_at_a_time(config)
            config["account"][0]["origins"] = [site]
        daemon = world(change)
        async with daemon.desk("ann") as ann:
            first = await serves(daemon, ann, 50)
            page = await browser.open(site)
            await open_widget(page)
            await write(page, "hello")
            await page.until(shows("How long it will take is not known yet."))
            status = f"{WIDGET}.querySelector('.state')"
            assert await page.run(f"{status}.getAttribute('role') === 'status' && !{status}.hidden")  # is read out, politely
            await ends(ann, first)
            work = await takes(daemon, ann, pb.CHANNEL_CHAT)
            await page.until(f"{shows('You are talking with Ann.')} && !{shows('not known yet')}")
            await ends(ann, work)
            await learns(daemon, ann)
            busy = await serves(daemon, ann, 60)
            await write(page, "again")
            await page.until(shows("Somebody will be with you within a minute."))
            await ends(ann, busy)
            work = await takes(daemon, ann, pb.CHANNEL_CHAT)
            await page.until(shows("You are talking with Ann."))
            await ends(ann, work)
            # So many before them that it takes minutes.
            busy = await serves(daemon, ann, 61)
            newcomer, n = pb.Wait(), 100
            while newcomer.low_ms < 60000:
                batch = pb.EventBatch(events=[words("sms", f"tel:+4915156{n + i:06}", "hello") for i in range(200)])
                await eventually(lambda: daemon.http().send("POST", "/v1/events", batch).status == 200, "all are stored")  # 503: the same again
                n += 200
                queue = await eventually(lambda: (q := daemon.admin.read("/v1/queues/support", pb.QueueStatus())).waiting >= n - 100 and q, "all wait")
                newcomer = next(w.wait for w in queue.waits if w.channel == pb.CHANNEL_CHAT)
            await write(page, "and again")
            await page.until(f"{status}.textContent.startsWith('Estimated wait: ')")
            work = await eventually(lambda: next((w for w in works(daemon) if w.channel_now == pb.CHANNEL_CHAT), None), "it waits")

            async def shows_the_estimate():  # which moves as the queue learns: who waits is told again after a while
                low, high = rounded(daemon.admin.read(f"/v1/work/{work.id}", pb.Work()).wait)
                return await page.run(f"{status}.textContent") == f"Estimated wait: {low // 60}–{high // 60} min."
            await eventually(shows_the_estimate, "the widget shows the estimate")
            assert page.errors == []


async def test_a_voice_gateway_is_told_so_that_it_can_announce(world):
    daemon = world(one_at_a_time)
    async with daemon.desk("ann") as ann, daemon.gateway("phone", waits=True) as phone, daemon.gateway("sms") as sms:
        first = await serves(daemon, ann, 50)
        await phone.event(call("phone", "tel:+4930111", "call-1"))
        told = await phone.wait("wait")
        assert (told.account, told.channel, told.to, told.call) == ("phone", pb.CHANNEL_VOICE, "tel:+4930111", "call-1")
        assert told.conversation and told.wait.kind == pb.WAIT_KIND_LEARNING
        # One that comes back is told anew.
        async with daemon.gateway("phone", waits=True) as other:
            assert (await other.wait("wait")).call == "call-1"
        await ends(ann, first)
        work = await takes(daemon, ann, pb.CHANNEL_VOICE)
        told = await phone.wait("wait", lambda w: w.wait.kind == 0)
        assert told.call == "call-1"
        await phone.event(hang_up("phone", "tel:+4930111", "call-1"))
        await ends(ann, work)
        await learns(daemon, ann)
        busy = await serves(daemon, ann, 60)
        await phone.event(call("phone", "tel:+4930222", "call-2"))
        told = await phone.wait("wait", lambda w: w.call == "call-2")
        assert told.wait.kind == pb.WAIT_KIND_KNOWN and 0 < told.wait.middle_ms <= told.wait.high_ms
        # Who hangs up waits no longer; who did not ask is told nothing.
        await phone.event(hang_up("phone", "tel:+4930222", "call-2"))
        await phone.wait("wait", lambda w: w.call == "call-2" and w.wait.kind == 0)
        await ends(ann, busy)
        assert sms.all("wait") == [] and all(w.channel == pb.CHANNEL_VOICE for w in phone.all("wait"))


async def test_a_desk_shows_how_long_a_newcomer_waits(world):
    daemon = world(one_at_a_time)
    async with daemon.desk("ann") as ann:
        await ann.put(pb.DeskCommand(watch=pb.Watch(queues=True)))
        shown = await ann.wait("queue", lambda q: q.queue.name == "support")
        assert {w.channel: w.wait.kind for w in shown.waits}[pb.CHANNEL_CHAT] == pb.WAIT_KIND_KNOWN
        await serves(daemon, ann, 50)
        await ann.wait("queue", lambda q: {w.channel: w.wait.kind for w in q.waits}[pb.CHANNEL_CHAT] == pb.WAIT_KIND_LEARNING)
