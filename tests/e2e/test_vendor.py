# SPDX-License-Identifier: Apache-2.0
"""Accounts whose vendor is called, and calls: what comes in twice, in any order, and at once; what goes out when the vendor fails in
each of its ways; what the customer said about messages. The vendor is played; everything of ours is real."""
import asyncio
import concurrent.futures
import json
import signal

import pytest

from harness import pb
from harness.http import Http
from harness.mailbox import eventually
from harness.stories import TEL, texts
from harness.vendor import SECRET, Vendor, accounts, post, sign

SENT, DELIVERED, READ = pb.DELIVERY_STATE_SENT, pb.DELIVERY_STATE_DELIVERED, pb.DELIVERY_STATE_READ
FAILED, UNKNOWN, QUEUED = pb.DELIVERY_STATE_FAILED, pb.DELIVERY_STATE_UNKNOWN, pb.DELIVERY_STATE_QUEUED


def words(id, text="hello", handle=TEL, **kw):
    return {"id": id, "from": handle, "message": {"text": text}, **kw}


def receipt(id, state, **kw):
    return {"id": id, "from": TEL, "receipt": {"state": f"DELIVERY_STATE_{state}", **kw}}


async def talk(daemon, desk, id="m1", **kw):
    """A conversation with the customer, in the agent's hands."""
    answer = await asyncio.to_thread(post, daemon, words(id, **kw))
    assert answer.status == 204, answer
    return (await desk.take()).conversation.id


async def state(desk, *states, after=0):
    return await desk.wait("delivery", lambda d: d.state in states, after)


def metric(daemon, name, **labels):
    for line in daemon.admin.get("/metrics").body.decode().splitlines():
        if line.startswith(name + "{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
            return float(line.split()[-1])
    return 0.0


def channel(daemon, account):
    return next(c for c in daemon.admin.read("/v1/channels", pb.ChannelList()).channels if c.account == account)


async def test_there_and_back(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))
        vendor.answer = lambda r: vendor.reply(200, '{"externalId":"v-1","state":"DELIVERY_STATE_SENT"}')
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)
            await ann.say(conversation, "Guten Tag")
            request = await vendor.wait()
            delivery = json.loads(request.body)
            assert (request.method, request.path) == ("POST", "/deliver")
            assert (delivery["to"], delivery["message"]["text"], delivery["attempt"]) == (TEL, "Guten Tag", 1)
            signed = sign(request.body, request.headers["webhook-id"], at=request.headers["webhook-timestamp"])
            assert request.headers["webhook-signature"] == signed["webhook-signature"]
            assert request.headers["webhook-id"] == delivery["id"]
            await state(ann, SENT)
            for id, news in (("r1", "DELIVERED"), ("r2", "READ"), ("r3", "SENT")):
                assert post(daemon, receipt(id, news, externalId="v-1")).status == 204
            await state(ann, READ)
            assert texts(daemon.timeline(conversation)) == ["hello", "Guten Tag"]
            at = channel(daemon, "hook")
            assert (at.kind, at.channel, at.state, at.backlog, at.in_flight) == ("webhook", "sms", "ready", 0, 0)
            assert at.owner and at.last_event_ms and (at.received, at.stored, at.duplicate) == (4, 3, 1)
            assert "hook" in daemon.cli("channels").stdout
            assert any(c["account"] == "hook" for c in json.loads(daemon.cli("channels", "--json").stdout)["channels"])


async def test_a_vendor_gets_a_link_to_a_file_of_ours(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))
        kept = daemon.http("gateway").call("POST", "/v1/media", b"%PDF-1.4 bill", headers={"Content-Type": "application/pdf"})
        file = pb.Attachment(name="bill.pdf", content_type="application/pdf", url=kept.message(pb.Attachment()).url)
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)
            await ann.do(send=pb.Send(conversation=conversation, message=pb.Message(text="here", attachments=[file])))
            url = json.loads((await vendor.wait()).body)["message"]["attachments"][0]["url"]
            assert Http(daemon.address).get(url[url.index("/v1/media/"):]).body == b"%PDF-1.4 bill"


async def test_duplicates_and_many_at_once(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))
        assert {post(daemon, words("same")).status for _ in range(50)} == {204}
        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            ids = [f"n{i % 32}" for i in range(64)]
            assert {a.status for a in pool.map(lambda id: post(daemon, words(id, id)), ids)} == {204}
        at = channel(daemon, "hook")
        assert (at.received, at.stored, at.duplicate, at.refused, at.unknown) == (114, 33, 81, 0, 0)
        assert metric(daemon, "throughline_ingest_total", account="hook", result="duplicate") == 81
        conversation = daemon.admin.read("/v1/conversations", pb.ConversationList()).conversations
        assert len(conversation) == 1
        said = await eventually(lambda: len(t := texts(daemon.timeline(conversation[0].id))) > 32 and t, "all are shown")
        assert sorted(said) == sorted({"hello", *ids})
        assert post(daemon, words("same", "other words")).status == 204, "refused for good: sending it again is pointless"
        assert metric(daemon, "throughline_ingest_total", account="hook", result="refused", reason="conflict") == 1


def test_who_may_not_come_in(world):
    daemon = world(lambda c: c["account"].append({"name": "hook", "kind": "webhook", "channel": "sms", "secret": SECRET}))
    body = json.dumps(words("m1")).encode()
    good = sign(body)
    assert post(daemon, body, headers={}).code == "unsigned"
    assert post(daemon, body + b" ", headers=good).code == "forged"
    assert post(daemon, body, headers=good | {"webhook-id": "m2"}).code == "forged"
    assert post(daemon, body, headers=sign(body, secret="another-secret-of-its-own")).code == "forged"
    assert post(daemon, body, headers=sign(body, at=1000000000)).code == "forged"
    assert post(daemon, body, account="sms", headers=good).status == 404, "an account of another kind"
    assert post(daemon, body, account="nobody", headers=good).status == 404
    assert post(daemon, b"x" * (1 << 21)).status == 413
    assert channel(daemon, "hook").received == 0
    assert post(daemon, body).status == 204
    assert post(daemon, b"{nonsense", id="m9").status == 204, "kept as what could not be read"
    assert channel(daemon, "hook").stored == 2


async def test_another_account_is_not_spoken_for(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))
        assert post(daemon, words("m1", account="sms")).status == 204
        assert channel(daemon, "hook").stored == 1 and channel(daemon, "sms").received == 0


async def test_a_connection_that_is_cut_is_unknown_and_a_person_decides(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))
        vendor.answer = lambda r: "cut"
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)
            await ann.say(conversation, "once")
            await state(ann, UNKNOWN)
            letter = daemon.admin.read("/v1/dead-letters", pb.DeadLetterList()).dead_letters[0]
            assert (letter.state, getattr(letter, "class"), letter.account, letter.attempts) == ("unknown", "unknown", "hook", 1)
            assert len(vendor.requests) == 1, "never twice by itself"
            vendor.answer = lambda r: vendor.reply(204)
            assert daemon.admin.call("POST", f"/v1/dead-letters/{letter.delivery}/resend").status == 204
            await state(ann, SENT)
            assert vendor.texts() == ["once", "once"]


async def test_told_to_wait_it_waits_and_keeps_the_order(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))
        times = []

        def busy_at_first(request):
            times.append(asyncio.get_running_loop().time())
            return vendor.reply(429, Retry_After="1") if len(times) == 1 else vendor.reply(204)
        vendor.answer = busy_at_first
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)
            for text in ("one", "two", "three"):
                await ann.say(conversation, text)
            await vendor.wait(n=4)
            assert vendor.texts() == ["one", "one", "two", "three"]
            assert times[1] - times[0] >= 0.95, "not before it was asked to"
            assert json.loads(vendor.requests[1].body)["attempt"] == 2


async def test_a_dead_vendor_beside_a_live_one(world):
    async with Vendor() as live, Vendor() as silent:
        def change(config):
            accounts(live)(config)
            config["account"].append({"name": "dead", "kind": "webhook", "channel": "sms", "secret": SECRET, "max_in_flight": 2,
                                      "deliver_url": silent.url + "/deliver"})
        daemon = world(change)
        silent.answer = lambda r: "silent"
        taken = set()
        async with daemon.desk("ann") as ann:
            for i in range(5):
                body = words(f"d{i}", handle=f"tel:+491511111111{i}")
                assert post(daemon, body, account="dead").status == 204
                context = await ann.take(lambda o: o.context.conversation.id not in taken)
                taken.add(context.conversation.id)
                await ann.say(context.conversation.id, f"to the dead {i}")
            assert post(daemon, words("m1")).status == 204
            conversation = (await ann.take(lambda o: o.context.conversation.id not in taken)).conversation.id
            for i in range(5):
                await ann.say(conversation, f"to the live {i}")
            await live.wait(n=5)
            assert len(silent.requests) <= 2
            at = channel(daemon, "dead")
            assert (at.backlog, at.in_flight) == (5, 2)
            await eventually(lambda: channel(daemon, "hook").backlog == 0, "the live one has all")
        daemon.kill()  # what is in the silent one's hands becomes unknown


async def test_a_refused_account_stops_and_goes_on_when_it_is_mended(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))
        vendor.answer = lambda r: vendor.reply(401)
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)
            await ann.say(conversation, "one")
            at = await eventually(lambda: (c := channel(daemon, "hook")).state == "refused" and c, "it is told to be refused")
            assert "401" in at.last_error and at.last_error_ms and at.backlog == 1
            assert metric(daemon, "throughline_account_stopped", account="hook") == 1
            assert "account_refused" in daemon.read_log()
            vendor.answer = lambda r: vendor.reply(204)

            daemon.process.send_signal(signal.SIGHUP)  # the operator has mended it
            await state(ann, SENT)
            assert channel(daemon, "hook").state == "ready" and metric(daemon, "throughline_account_stopped", account="hook") == 0


async def test_a_receipt_before_the_answer(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))

        async def late(request):
            id = json.loads(request.body)["id"]
            assert (await asyncio.to_thread(post, daemon, receipt("r1", "DELIVERED", delivery=id))).status == 204
            return vendor.reply(200, '{"externalId":"v-9","state":"DELIVERY_STATE_SENT"}')
        vendor.answer = late
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)
            await ann.say(conversation, "quick")
            await state(ann, DELIVERED)
            # the answer came after it and moves nothing back, but its id is known from now on
            await eventually(lambda: post(daemon, receipt("r2", "READ", externalId="v-9")).status == 204
                             and any(d.state == READ for d in ann.all("delivery")), "read")
            assert not any(d.state == SENT for d in ann.all("delivery"))


async def test_what_waits_while_the_daemon_is_down(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))
        vendor.answer = lambda r: vendor.reply(503)
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)
            await ann.say(conversation, "later")
            await vendor.wait()
        daemon.stop()
        vendor.answer = lambda r: vendor.reply(204)
        before = len(vendor.requests)
        daemon.start()
        await vendor.wait(n=before + 1)
        assert set(vendor.texts()) == {"later"}
        await eventually(lambda: channel(daemon, "hook").backlog == 0, "it is carried")
        assert post(daemon, words("m1")).status == 204, "what the vendor repeats is a duplicate"
        assert channel(daemon, "hook").duplicate == 1


async def test_stop_and_start(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)

            def consent(id, state, word):
                return post(daemon, {"id": id, "from": TEL, "consent": {"state": f"CONSENT_STATE_{state}", "keyword": word}}).status
            assert consent("s1", "STOPPED", "STOP") == 204
            await ann.say(conversation, "are you there?")
            refused = await state(ann, FAILED)
            assert "stopped messages" in refused.reason and not vendor.requests
            customer = daemon.customer(daemon.conversation(conversation).customer)
            assert [(r.account, r.stopped) for h in customer.handles for r in h.reach] == [("hook", True)]
            letter = daemon.admin.read("/v1/dead-letters", pb.DeadLetterList()).dead_letters[0]
            assert getattr(letter, "class") == "stopped"
            assert consent("s2", "STARTED", "START") == 204 and consent("h1", "HELP", "HELP") == 204
            await ann.say(conversation, "welcome back")
            await vendor.wait()
            assert vendor.texts() == ["welcome back"]
            assert not [r for h in daemon.customer(customer.id).handles for r in h.reach]


async def test_a_bounce_marks_the_handle(world):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor))
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)
            await ann.say(conversation, "one")
            id = json.loads((await vendor.wait()).body)["id"]
            await state(ann, SENT)
            assert post(daemon, receipt("b1", "FAILED", delivery=id, reason="no such number", handleGone=True)).status == 204
            await state(ann, FAILED)
            await ann.say(conversation, "two")
            refused = await ann.wait("delivery", lambda d: d.state == FAILED and "no such number" in d.reason and d.delivery != id)
            assert "does not exist" in refused.reason and vendor.texts() == ["one"]


@pytest.mark.parametrize("answer", ["huge", "slow", "not http"])
async def test_answers_that_are_none(world, answer):
    async with Vendor() as vendor:
        daemon = world(lambda c: (accounts(vendor)(c), c["outbound"].update({"answer_seconds": 1} if answer == "slow" else {})))
        vendor.answer = {"huge": lambda r: vendor.reply(200, "x" * (3 << 20)), "slow": lambda r: "silent",
                         "not http": lambda r: b"SSH-2.0-OpenSSH_9\r\n"}[answer]
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)
            await ann.say(conversation, "one")
            await state(ann, SENT if answer == "huge" else UNKNOWN)


async def test_quiet_hours_are_the_customers_own(world):
    """Wherever the test runs and whenever: hours around the customer's present hour are quiet, those around the other side's are not."""
    import datetime
    import zoneinfo

    def around(zone):
        now = datetime.datetime.now(zoneinfo.ZoneInfo(zone))
        return f"{(now.hour - 1) % 24:02d}:00-{(now.hour + 2) % 24:02d}:00"
    async with Vendor() as vendor:
        def change(config):
            accounts(vendor, time_zone="Pacific/Auckland")(config)
            config["channel"]["sms"]["quiet_hours"] = around("Asia/Tokyo")
        daemon = world(change)
        taken = set()
        async with daemon.desk("ann") as ann:
            for id, handle, quiet in (("m1", "tel:+81312345678", True), ("m2", "tel:+4930123456", False)):
                assert post(daemon, words(id, handle=handle)).status == 204
                context = await ann.take(lambda o: o.context.conversation.id not in taken)
                taken.add(context.conversation.id)
                await ann.say(context.conversation.id, handle)
                news = await ann.wait("delivery", lambda d: d.conversation == context.conversation.id and d.state in (FAILED, SENT))
                assert (news.state == FAILED) == quiet and ("quiet hours" in news.reason) == quiet
            assert vendor.texts() == ["tel:+4930123456"]
            letter = daemon.admin.read("/v1/dead-letters", pb.DeadLetterList()).dead_letters[0]
            assert getattr(letter, "class") == "quiet"


async def test_an_hour_without_the_vendor_and_a_day(world, clock):
    async with Vendor() as vendor:
        daemon = world(accounts(vendor), start=False)
        daemon.start(clock.environment)
        vendor.answer = lambda r: vendor.reply(503, Retry_After="2700")
        async with daemon.desk("ann") as ann:
            conversation = await talk(daemon, ann)
            await ann.say(conversation, "patience")
            await vendor.wait()
            await eventually(lambda: channel(daemon, "hook").in_flight == 0, "it pauses")
        daemon.stop()
        clock(1)
        daemon.start(clock.environment)
        await vendor.wait(n=2)
        await eventually(lambda: channel(daemon, "hook").in_flight == 0, "it pauses again")
        clock(26)
        letter = (await eventually(lambda: daemon.admin.read("/v1/dead-letters", pb.DeadLetterList()).dead_letters, "it expires"))[0]
        assert getattr(letter, "class") == "expired" and "503" in letter.reason and letter.attempts == 2
        vendor.answer = lambda r: vendor.reply(204)
        assert daemon.admin.call("POST", f"/v1/dead-letters/{letter.delivery}/resend").status == 204
        await eventually(lambda: channel(daemon, "hook").backlog == 0, "a person's wish counts")
        assert vendor.texts() == ["patience"] * 3
