# SPDX-License-Identifier: Apache-2.0
"""Twilio: webhooks signed by its own library, its REST API played and held against the same library."""
import asyncio
import base64
import json
import urllib.parse
import urllib.request

import pytest

from harness import pb
from harness.mailbox import eventually
from harness.stories import texts
from harness.twilio import MESSAGES, NUMBER, PUBLIC, SID, TOKEN, Api, Webhooks, status
from harness.vendors import Vendor

PHONE = "+15550001111"
ACCOUNT = {"sid": SID, "token": TOKEN}


@pytest.fixture
def library():
    v = Vendor("twilio")
    yield v
    v.close()


@pytest.fixture
def api():
    a = Api()
    yield a
    a.close()


@pytest.fixture
def made(world, api, library):
    def change(config):
        config["server"]["public_url"] = PUBLIC
        config["account"].append(api.account())
    daemon = world(change)
    return daemon, Webhooks(daemon, library)


async def in_thread(function, *arguments, **more):
    return await asyncio.get_running_loop().run_in_executor(None, lambda: function(*arguments, **more))


async def state_of(desk, text, state):
    entry = await desk.entry(text)
    return await desk.wait("delivery", lambda d: d.entry == entry.number and d.state == state)


async def test_in_out_and_status(made, api, library):
    daemon, hooks = made
    async with daemon.desk("ann") as ann:
        # What the library signs is accepted; the answer is the TwiML that it would write.
        answer = await in_thread(hooks.incoming, "SM1", "héllo wörld & more")
        assert answer == (200, "text/xml", library.ask("empty"))
        matter = await ann.accept(await ann.offer())
        assert texts(daemon.timeline(matter)) == ["héllo wörld & more"]
        await ann.say(matter, "hi & welcome = 5 €")
        sent = await eventually(lambda: api.sent and api.sent[0], "it is sent")

        # The library would send the same.
        callback = sent["StatusCallback"][0]
        theirs = library.ask("create", account=ACCOUNT, message={"to": PHONE, "from": NUMBER, "body": "hi & welcome = 5 €", "statusCallback": callback},
                             answer={"status": 201, "body": json.dumps({"sid": sent["sid"], "status": "queued"})})
        (request,) = theirs["requests"]
        assert theirs["sid"] == sent["sid"] and request["uri"].endswith(MESSAGES) and (request["user"], request["password"]) == (SID, TOKEN)
        assert {k: v for k, v in sent.items() if k != "sid"} == {k: [v] for k, v in request["data"].items()}

        # Status callbacks, out of order and more than once: forward only.
        path = callback.removeprefix(PUBLIC)
        for state in ("delivered", "sent", "queued", "delivered"):
            assert (await in_thread(hooks.call, path, status(sent["sid"], state)))[0] == 200
        await state_of(ann, "hi & welcome = 5 €", pb.DELIVERY_STATE_DELIVERED)
        states = [d.state for d in ann.all("delivery")]
        assert states == sorted(states), states


async def test_signatures(made, library):
    daemon, hooks = made
    fields = {"MessageSid": "SM9", "From": PHONE, "To": NUMBER, "Body": "x"}
    good = library.ask("sign", token=TOKEN, url=f"{PUBLIC}/hooks/twilio/sms-us", fields=fields)
    wrong = [good[:5] + ("A" if good[5] != "A" else "B") + good[6:], good[:-1], "x", library.ask("sign", token="other", url=f"{PUBLIC}/hooks/twilio/sms-us", fields=fields)]
    for signature in wrong:
        assert (await in_thread(hooks.call, "/hooks/twilio/sms-us", fields, signature))[0] == 403
    assert (await in_thread(hooks.call, "/hooks/twilio/sms-us", fields | {"Body": "y"}, good))[0] == 403
    assert (await in_thread(hooks.call, "/hooks/twilio/sms-us", fields, good))[0] == 200
    with_port = library.ask("sign", token=TOKEN, url=f"{PUBLIC}:443/hooks/twilio/sms-us", fields=fields)
    assert (await in_thread(hooks.call, "/hooks/twilio/sms-us", fields, with_port))[0] == 200


async def test_one_message_fifty_times_and_sixty_four_times_at_once(made):
    daemon, hooks = made
    async with daemon.desk("ann") as ann:
        assert {(await in_thread(hooks.incoming, "SM1", "once"))[0] for _ in range(50)} == {200}
        answers = await asyncio.gather(*(in_thread(hooks.incoming, "SM1", "once") for _ in range(64)))
        assert {a[0] for a in answers} == {200}
        matter = await ann.accept(await ann.offer())
        assert texts(daemon.timeline(matter)) == ["once"]


@pytest.mark.parametrize("script, state, reason", [
    ([(400, {"code": 21610, "message": "stopped", "status": 400})], pb.DELIVERY_STATE_FAILED, "21610"),
    ([(400, {"code": 21211, "message": "no number", "status": 400})], pb.DELIVERY_STATE_FAILED, "21211"),
    (["cut"], pb.DELIVERY_STATE_UNKNOWN, ""),
    ([(502, {})], pb.DELIVERY_STATE_UNKNOWN, "502"),
    ([(429, {"code": 20429, "status": 429}, ("Retry-After", "1")), (503, {}), None], pb.DELIVERY_STATE_SENT, ""),
], ids=["stopped", "no-such-number", "cut", "bad-gateway", "too-many"])
async def test_what_the_vendor_answers(made, api, script, state, reason):
    daemon, hooks = made
    api.script = script
    async with daemon.desk("ann") as ann:
        await in_thread(hooks.incoming, "SM1", "hello")
        matter = await ann.accept(await ann.offer())
        attempts = len(script)
        await ann.say(matter, "answer")
        changed = await state_of(ann, "answer", state)
        assert reason in changed.reason
        assert len(api.sent) == attempts, "nothing goes out twice"
        if state == pb.DELIVERY_STATE_UNKNOWN:
            # The callback of the message that went after all settles it.
            path = api.sent[0]["StatusCallback"][0].removeprefix(PUBLIC)
            await in_thread(hooks.call, path, status("SMlate", "delivered"))
            await state_of(ann, "answer", pb.DELIVERY_STATE_DELIVERED)


async def test_what_was_missed(world, api, library):
    """Twilio does not repeat a webhook that nobody answered: its list is asked when the daemon is there again."""
    def change(config):
        config["server"]["public_url"] = PUBLIC
        config["account"].append(api.account())
    daemon = world(change)
    hooks = Webhooks(daemon, library)
    await eventually(lambda: api.asked, "the list is asked for, the first time to mark the place")
    api.receive(PHONE, "heard twice", "SM1")
    async with daemon.desk("ann") as ann:
        assert (await in_thread(hooks.incoming, "SM1", "heard twice"))[0] == 200
        matter = await ann.accept(await ann.offer())
    daemon.stop()
    for i in range(5):
        api.receive(PHONE, f"missed {i}", f"SM{10 + i}")
    api.page = 2
    daemon.start()
    async with daemon.desk("ann") as ann:
        await eventually(lambda: len(texts(daemon.timeline(matter))) == 6, "all are there")
    assert sorted(texts(daemon.timeline(matter))) == ["heard twice"] + [f"missed {i}" for i in range(5)]

    # The library asks the same and reads the same in what the played API answers.
    pages = []
    for query in ({"To": NUMBER, "PageSize": "1000"}, {"Page": "1"}, {"Page": "2"}):
        request = urllib.request.Request(f"{api.url}{MESSAGES}?{urllib.parse.urlencode(query)}")
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode())
        with urllib.request.urlopen(request) as answer:
            pages.append({"status": 200, "body": answer.read().decode()})
    first = api.asked[0]
    theirs = library.ask("list", account=ACCOUNT, query={"to": NUMBER, "dateSentAfter": first["DateSent>"][0], "pageSize": 1000}, answers=pages)
    assert {k: [str(v)] for k, v in theirs["requests"][0]["params"].items()} == first
    assert [m["sid"] for m in theirs["messages"]] == ["SM14", "SM13", "SM12", "SM11", "SM10", "SM1"]
