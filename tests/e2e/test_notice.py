# SPDX-License-Identifier: Apache-2.0
"""What the queue tells customers by itself: in the chat, through a gateway, in their language, once, whoever leads."""
from harness import pb
from harness.browser import Browser
from harness.daemon import check_config
from harness.mailbox import eventually
from harness.stories import TEL, stored, texts, words, work_of
from test_chat import PAGE, WIDGET, open_widget, shows, write

CLOSED = "{queue} is closed. We are back at {opens}."
CLOSED_DE = "{queue} ist geschlossen. Wir sind um {opens} wieder da."


def closed_until(opens):
    """A calendar that is closed but for one minute of each day, which is not now."""
    def change(config):
        config["calendar"] = [{"name": "office", "time_zone": "Etc/UTC", "hours": [f"mon-sun {opens}"]}]
        config["queue"] = [{"name": "support", "calendar": "office"}]
        config["message"] = [{"when": "closed", "text": CLOSED}, {"when": "closed", "language": "de", "text": CLOSED_DE},
                             {"when": "closed", "text": "{queue} is closed."}]
    return change


def away_from_now():
    from datetime import datetime, timedelta, timezone
    begins = datetime.now(timezone.utc) + timedelta(hours=12)
    return f"{begins:%H:%M}-{begins + timedelta(minutes=1):%H:%M}"


async def is_closed(daemon):
    await eventually(lambda: daemon.admin.read("/v1/queues/support", pb.QueueStatus()).closed, "the calendar is compiled")


def told(daemon, conversation):
    return [e for e in daemon.timeline(conversation) if e.author.system == "queue"]


async def test_a_visitor_and_a_phone_hear_that_it_is_closed(world):
    hours = away_from_now()
    daemon = world(closed_until(hours))
    await is_closed(daemon)
    opens = hours.split("-")[0]
    async with daemon.gateway("sms") as gateway, daemon.chat(hello={"language": "de-AT"}) as eva:
        await eva.say("hallo")
        answer = await eva.wait("entry", lambda e: e.automatic)
        assert answer.text.startswith("support ist geschlossen.") and opens in answer.text and not answer.author
        placed = stored(daemon.http().post_event(words("sms", TEL, "hello")))
        delivery = await gateway.delivery(lambda d: d.to == TEL)
        assert delivery.message.text.startswith("support is closed.") and opens in delivery.message.text
        assert delivery.message.automatic and (delivery.system, delivery.agent) == ("queue", "")
        work = await work_of(daemon, placed.conversation)
        await eventually(lambda: list(daemon.admin.read(f"/v1/work/{work}", pb.Work()).told) == [pb.NOTICE_KIND_CLOSED], "it is known")
        stored(daemon.http().post_event(words("sms", TEL, "hello?")))
        daemon.restart()  # the leader of before, or another, writes nothing twice
        assert len(told(daemon, placed.conversation)) == 1
        assert texts(daemon.timeline(placed.conversation)).count("hello") == 1
    async with daemon.desk("ann") as ann:
        await ann.take()
    await eventually(lambda: "the customer was told by itself that it was closed" in daemon.cli("why", str(work), "--full").stdout,
                     "the decision for ann is written")
    assert "queue: support is closed" in daemon.cli("conversations", str(placed.conversation)).stdout


async def test_the_widget_shows_what_the_queue_tells(world, tmp_path):
    """In a real browser: once, as the site's own word, with no agent's name, and again after a reload."""
    async with Browser(tmp_path) as browser:
        site = await browser.serve(lambda: PAGE.format(address=daemon.address, lang="en", more=""))

        def change(config):
            closed_until(away_from_now())(config)
            config["account"][0]["origins"] = [site]
        daemon = world(change)
        await is_closed(daemon)
        page = await browser.open(site)
        await open_widget(page)
        await write(page, "hello")
        await page.until(shows("support is closed. We are back at"))
        await page.reload()
        await open_widget(page)
        await page.until(shows("support is closed. We are back at"))
        assert await page.run(f"{WIDGET}.textContent.split('support is closed').length") == 2
        assert page.errors == []


async def test_what_is_not_known_is_not_told(world):
    """Full, but nobody knows for how long: the text with a number is passed over."""
    def full(config):
        config["queue"] = [{"name": "support", "overflow_waiting": 1}]
        config["message"] = [{"when": "full", "text": "{wait} minutes"}, {"when": "full", "queue": "support", "text": "{wait_to} minutes"},
                             {"when": "full", "queue": "support", "text": "It takes longer today."}]
    daemon = world(full)
    first = stored(daemon.http().post_event(words("sms", TEL, "hello")))
    second = stored(daemon.http().post_event(words("sms", "tel:+4915155500081", "hello")))
    await eventually(lambda: texts(told(daemon, second.conversation)) == ["It takes longer today."], "it is told")
    assert not told(daemon, first.conversation)


def test_what_a_text_may_not_name_is_an_error_with_its_place(tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text('[[message]]\nwhen = "full"\ntext = "back at {opens}"\n')
    done = check_config(file)
    assert done.returncode == 78
    assert f"{file}:3:8: message.text names an unknown {{opens}} (a text of this kind may name {{queue}}, {{wait}}" in done.stderr


async def test_who_does_not_answer_is_told_and_closed_and_comes_back(world):
    def silent(config):
        config["queue"] = [{"name": "support", "silent": ["any: close 1 h", "sms: notice 1 s, close 2 s"], "wrap_up_seconds": 0}]
        config["message"] = [{"when": "silent", "text": "Still there? We close in {closes} minutes."},
                             {"when": "silent_closed", "text": "Closed. Write to us at any time."}]
    daemon = world(silent)
    async with daemon.gateway("sms") as gateway, daemon.desk("ann") as ann:
        placed = stored(daemon.http().post_event(words("sms", TEL, "hello")))
        work = (await ann.take()).work.id
        await ann.say(placed.conversation, "how can I help?")
        await gateway.delivered_text("Still there? We close in 1 minutes.")
        await gateway.delivered_text("Closed. Write to us at any time.")
        await ann.wait("unassigned", lambda u: u.work == work and u.reason == pb.REASON_SILENT)
        closed = await eventually(lambda: [c for c in [daemon.conversation(placed.conversation)] if c.closed], "it is closed")
        assert (closed[0].disposition, closed[0].resolved, closed[0].ended) == ("silent", False, "silent")
        again = stored(daemon.http().post_event(words("sms", TEL, "yes, I am")))
        assert again.conversation == placed.conversation
        assert (await ann.take(lambda o: o.context.work.id != work)).conversation.id == placed.conversation
        expected = ["hello", "how can I help?", "Still there? We close in 1 minutes.", "Closed. Write to us at any time.", "yes, I am"]
        assert texts(daemon.timeline(placed.conversation))[:5] == expected
