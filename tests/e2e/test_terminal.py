# SPDX-License-Identifier: Apache-2.0
"""The desk in a terminal, as its agent sees the screen: a line that is being typed stays whole, whatever comes meanwhile."""
import asyncio
import os
import time

import pytest
from harness import pb
from harness.daemon import BIN
from harness.mailbox import eventually
from harness.stories import TEL, words
from harness.terminal import Terminal, columns_of, screen

@pytest.fixture
def terminal(daemon):
    made = Terminal(f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "ann")
    yield made
    assert made.end() == 0


async def test_a_half_typed_line_stays_whole(daemon, terminal):
    gateway = daemon.http("gateway")
    await terminal.shows("you are available")
    gateway.post_event(words("sms", TEL, "first"))
    await terminal.shows("first")
    terminal.type("/accept\r")
    await terminal.shows("you have work")
    terminal.type("Grüße, half of a li")
    await eventually(lambda: terminal.last() == f"{TEL}> Grüße, half of a li", terminal.picture)
    gateway.post_event(words("sms", TEL, "in between"))
    await terminal.shows("in between")
    await eventually(lambda: terminal.last() == f"{TEL}> Grüße, half of a li", "the half line again, below what came")
    assert sum("half of a li" in line for line in terminal.lines()) == 1
    terminal.type("ne\r")
    said = await eventually(lambda: [e.message.text for e in story(daemon) if e.message.text.startswith("Gr")], "what was said")
    assert said == ["Grüße, half of a line"]


async def test_a_line_longer_than_the_terminal_is_wide(daemon, terminal):
    gateway, long = daemon.http("gateway"), "word " * 30 + "end"
    await terminal.shows("you are available")
    gateway.post_event(words("sms", TEL, "first"))
    await terminal.shows("first")
    terminal.type("/accept\r")
    await terminal.shows("you have work")
    terminal.type(long)
    await terminal.shows("end")
    gateway.post_event(words("sms", TEL, "in between"))
    await terminal.shows("in between")
    await eventually(lambda: terminal.last().endswith("end"), "the line again")
    assert "".join(terminal.lines()).replace(" ", "").count("wordend") == 1
    terminal.type("\r")
    await eventually(lambda: long in [e.message.text for e in story(daemon)], "what was said")


async def test_work_is_put_away_and_brought_back(daemon, terminal):
    await terminal.shows("you are available")
    daemon.http("gateway").post_event(words("sms", TEL, "first"))
    await terminal.shows("first")
    terminal.type("/accept\r")
    await terminal.shows("you have work")
    terminal.type("/snooze soon\r")
    await terminal.shows("/snooze 30m | 4h | 3d")
    terminal.type("/snooze 2020-01-01 10:00\r")
    await terminal.shows("that time is past")
    terminal.type("/snooze 2h\r")
    await terminal.shows("is put away; /wake brings it back")
    terminal.type("/list\r")
    await terminal.shows("(snoozed)")
    (asleep,) = daemon.admin.read("/v1/work", pb.WorkList()).work
    terminal.type(f"/wake {asleep.id}\r")
    await terminal.shows("(woken, queue")


MARY = "tel:+4930987654"


async def two_at_hand(daemon, terminal):
    """Work of two customers; lines go to the second."""
    gateway = daemon.http("gateway")
    await terminal.shows("you are available")
    gateway.post_event(words("sms", TEL, "of the first"))
    gateway.post_event(words("sms", MARY, "of the second"))
    await terminal.shows("of the second")
    asked = {w.customer: w.id for w in daemon.admin.read("/v1/work", pb.WorkList()).work}
    first, second = sorted(asked.values())
    terminal.type(f"/accept {first}\r")
    await terminal.shows(f"you have work {first}")
    await eventually(lambda: terminal.last() == f"{TEL}>", terminal.picture)
    terminal.type(f"/accept {first}\r")
    await terminal.shows(f"work {first} is not offered to you")
    terminal.type("/accept\r")
    await terminal.shows(f"you have work {second}")
    await eventually(lambda: terminal.last() == f"{MARY}>", terminal.picture)
    return first, second


async def test_it_tells_to_whom_a_line_goes(daemon, terminal):
    first, second = await two_at_hand(daemon, terminal)
    daemon.http("gateway").post_event(words("sms", TEL, "meanwhile"))
    await terminal.shows("meanwhile")
    assert any(line.startswith(f"work {first}:") and "meanwhile" in line for line in terminal.lines())
    assert not any("of the second" in line and line.startswith("work") for line in terminal.lines())
    terminal.type(f"/switch {first}\r")
    await eventually(lambda: terminal.last() == f"{TEL}>", terminal.picture)
    terminal.type("/close\r")
    await terminal.shows(f"work {first} is in wrap-up")
    terminal.type(f"/switch {second}\r")
    await eventually(lambda: terminal.last() == f"{MARY}>", terminal.picture)
    terminal.type("/done\r")  # of what is in wrap-up, not of what lines go to
    await terminal.shows(f"work {first} is no longer yours")
    await eventually(lambda: terminal.last() == f"{MARY}>", terminal.picture)


async def test_a_half_typed_line_goes_to_nobody_else(daemon, terminal):
    """Its customer is taken away meanwhile, and another is given: neither becomes the one who is written to."""
    first, second = await two_at_hand(daemon, terminal)
    terminal.type("for Mary al")
    await eventually(lambda: terminal.last() == f"{MARY}> for Mary al", terminal.picture)
    daemon.cli("supervise", "pull", str(second), "--reason", "mine")
    await terminal.shows(f"work {second} is no longer yours")
    await eventually(lambda: terminal.last() == "> for Mary al", terminal.picture)
    terminal.type("one\r")
    await terminal.shows("not sent: it is for nobody")
    said = [e.message.text for m in daemon.admin.read("/v1/conversations", pb.ConversationList()).conversations for e in daemon.timeline(m.id)]
    assert "for Mary alone" not in said
    terminal.type(f"/switch {first}\r")
    await eventually(lambda: terminal.last() == f"{TEL}>", terminal.picture)


async def test_an_offer_that_rings_already_is_one(daemon):
    """A desk that comes while an offer stands can accept it."""
    async with daemon.desk("ann") as ann:
        daemon.http("gateway").post_event(words("sms", TEL, "ringing"))
        work = (await ann.wait("offer")).context.work.id
        late = Terminal(f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "ann")
        await late.shows(f"offer: work {work}")
        await late.shows("/accept or /decline")
        assert not any("you hold" in line for line in late.lines())
        late.type("/accept\r")
        await late.shows(f"you have work {work}")
        assert late.end() == 0


async def test_what_was_had_is_not_held(daemon):
    """Work that waits again is told to who had it, and nothing typed goes there."""
    async with daemon.desk("ann") as ann:
        daemon.http("gateway").post_event(words("sms", TEL, "hello"))
        work = (await ann.take()).work.id
        await ann.do(snooze=pb.Snooze(work=work, until_ms=int(time.time() * 1000) + 3600_000))
        await ann.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AWAY))
        early = Terminal(f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "ann")
        await early.shows(f"you snoozed work {work}")
        await early.shows("you are available")
        early.type("/away\r")
        await early.shows("you are away")
        early.type(f"/wake {work}\r")
        await early.shows(f"work {work} is awake: queued, queue")
        late = Terminal(f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "ann")
        await late.shows(f"work {work}, which you had, is queued, queue")
        await eventually(lambda: late.last() == ">", late.picture)
        assert early.end() == 0 and late.end() == 0


async def test_the_end_of_input_ends_the_desk(terminal):
    await terminal.shows("you are available")
    await eventually(lambda: terminal.last() == ">", terminal.picture)
    terminal.type("/he\x08\x08\x08\x04")  # Ctrl-D on a line that was emptied again
    await asyncio.to_thread(os.waitid, os.P_PID, terminal.pid, os.WEXITED | os.WNOWAIT)


def story(daemon):
    from harness import pb
    (matter,) = daemon.admin.read("/v1/conversations", pb.ConversationList()).conversations
    return daemon.timeline(matter.id)


async def test_what_is_due_is_told(world):
    def rows(config):
        config["queue"] = [{"name": "sms", "sla": ["sms: first 1799 s, next 2999 s"]}]

    daemon = world(rows)
    terminal = Terminal(f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "ann")
    await terminal.shows("you are available")
    daemon.http("gateway").post_event(words("sms", TEL, "first"))
    await terminal.shows("answer due in 2")
    terminal.type("/accept\r")
    await terminal.shows("you have work")
    terminal.type("hello\r")
    await eventually(lambda: "hello" in [e.message.text for e in story(daemon)], "what was said")
    daemon.http("gateway").post_event(words("sms", TEL, "and now"))
    await terminal.shows("answer due in 4")  # 49 minutes, or a few less
    assert terminal.end() == 0


async def test_a_table_fits_the_terminal_and_is_whole_in_a_pipe(world):
    name, reason = "a-queue-whose-name-is-rather-long-for-a-small-screen", "a burst pipe in the cellar of the house in Berlin"
    daemon = world(lambda config: config.update(queue=[{"name": name, "channels": ["sms"]}, {"name": "rest"}]))
    daemon.cli("supervise", "close-queue", name, "--to", "rest", "--reason", reason)
    for columns in (80, 100, 120):
        lines = screen(daemon, columns, "queues")
        assert len(lines) == 3 and max(map(len, lines)) <= columns, lines
        assert lines[1].startswith("a-queue-") and lines[1].count("…") >= 1 and lines[2].startswith("rest ")
    whole = daemon.cli("queues").stdout
    assert name in whole and reason in whole and "…" not in whole


async def test_columns_stand_below_each_other_in_every_script(world):
    """Two columns for a Chinese character or an emoji, none for a combining mark."""
    names = ["Ann", "王小明 と 김철수", "Ame\u0301lie Ze\u0301no\u0301n", "Eva \U0001f642", "客" * 21]
    daemon = world(lambda c: c.update(agent=[{"id": f"a{i}", "name": name, "capacity": 1} for i, name in enumerate(names)]))
    whole = daemon.cli("agents").stdout.splitlines()
    assert [name for name, line in zip(names, whole[1:], strict=True) if name not in line] == []
    for lines in (whole, screen(daemon, 80, "agents")):
        at = {columns_of(line[:line.index("offline")]) for line in lines[1:]}
        assert len(lines) == len(names) + 1 and at == {lines[0].index("PRESENCE")}, lines
    assert max(map(columns_of, lines)) <= 80 and lines[-1].count("…") == 1 and "客客" in lines[-1]
