# SPDX-License-Identifier: Apache-2.0
"""What would be too much: talks longer than what one reader is sent at once, strangers who say or come too much."""
import pytest
import websockets

from harness import pb
from harness.desk import Desk
from harness.raw import Raw, status_of
from harness.stories import TEL, stored, texts, words

LONG = "word " * 12000  # 60 kB


def little_room(config):
    config["desk"] = {"queue_bytes": 1 << 20}
    config["chat"] = {"queue_bytes": 1 << 18}


async def test_a_desk_gets_a_long_story_in_parts(world):
    daemon = world(little_room)
    http = daemon.http()
    for n in range(100):
        last = stored(http.post_event(words("sms", TEL, f"{n} {LONG}")))
    async with daemon.desk("ann") as ann:
        context = await ann.take()
        assert context.more and context.timeline[-1].number == last.entry
        have = list(context.timeline)
        while len(have) < 100:
            at = len(ann.seen)
            await ann.put(pb.DeskCommand(read_timeline=pb.ReadTimeline(
                conversation=context.conversation.id, before=have[0].number, limit=200)))
            page = await ann.wait("timeline", after=at)
            assert page.entries and page.entries[-1].number < have[0].number
            assert page.more == (len(page.entries) + len(have) < 100)
            have[:0] = page.entries
        assert [t.split()[0] for t in texts(have)] == [str(n) for n in range(100)]
        assert ann.box.closed is None


async def test_a_visitor_who_returns_gets_a_long_talk_whole(world):
    daemon = world(little_room)
    async with daemon.desk("ann") as ann:
        async with daemon.chat() as eva:
            await eva.say("tell me all")
            conversation = (await ann.take()).conversation.id
        for n in range(60):
            await ann.say(conversation, f"{n} {LONG}")
        async with daemon.chat(hello={"visitor": eva.welcome.visitor}) as back:
            await back.wait("entry", lambda e: e.text.startswith("59 "))
            assert [e.text.split()[0] for e in back.all("entry", lambda e: not e.own)] == [str(n) for n in range(60)]
            assert back.box.closed is None


def test_a_stranger_may_say_no_more_than_hello(daemon):
    """Before it has shown a token, a peer can make the daemon hold a hello and no more."""
    for path in ("/v1/gateway", "/v1/desk"):
        with Raw(daemon.address) as raw:
            assert status_of(raw.upgrade(path)) == 101
            raw.put(raw.frame(1, b'{"hello":{"token":"' + b"x" * 20000 + b'"}}'))
            assert raw.close_code() == 1009


def twenty_connections(config):
    config["server"]["max_connections"] = 20


async def test_a_flood_of_visitors_leaves_room_for_the_house(world):
    daemon = world(twenty_connections)
    token = daemon.token("agent", "ann")
    visitors = []
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        for _ in range(20):
            visitors.append(daemon.chat())
            await visitors[-1].open()
    assert refused.value.status_code == 503 and refused.value.headers["Retry-After"]
    async with Desk(daemon.address, token) as ann, daemon.gateway("sms"):
        entry = await visitors[0].say("who comes first is served")
        assert (await ann.take()).timeline[-1].number == entry
    for visitor in visitors[:-1]:
        await visitor.leave()
