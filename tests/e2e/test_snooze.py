# SPDX-License-Identifier: Apache-2.0
"""Snoozing: a desk puts work away, it takes no room, and comes back: at its time, at the customer's word, after a restart, when wanted."""
import time

from harness import pb
from harness.mailbox import eventually
from harness.stories import TEL, stored, words


def until(seconds):
    return int((time.time() + seconds) * 1000)


def work(daemon, number):
    return daemon.admin.read(f"/v1/work/{number}", pb.Work())


async def put_away(ann, number, seconds):
    await ann.do(snooze=pb.Snooze(work=number, until_ms=until(seconds)))
    await ann.wait("unassigned", lambda u: u.work == number and u.reason == pb.REASON_SNOOZED and u.informed)


async def test_it_comes_back_at_its_time_and_at_the_customers_word(daemon):
    http = daemon.http("gateway")
    async with daemon.desk("ann") as ann:
        stored(http.post_event(words("sms", TEL, "my bill")))
        number = (await ann.take()).work.id
        for seconds in (2, 20, 200):  # it is refused where the time is past when the command comes to be looked at
            outcome = await ann.command(snooze=pb.Snooze(work=number, until_ms=until(seconds)))
            if isinstance(outcome, pb.Done):
                break
            assert outcome.reason == pb.REFUSAL_INVALID, outcome
        await ann.wait("offer", lambda o: o.reason == pb.REASON_WOKEN)
        await ann.take(lambda o: o.reason == pb.REASON_WOKEN)
        await put_away(ann, number, 3600)
        assert daemon.agent("ann").load == 0
        asleep = work(daemon, number)
        assert (asleep.state, asleep.former_agent, asleep.agent) == (pb.WORK_STATE_SNOOZED, "ann", "")
        assert asleep.snoozed_until_ms > time.time() * 1000
        listed = daemon.cli("work").stdout
        assert "snoozed" in listed and "SNOOZED UNTIL" in listed
        http.post_event(words("sms", TEL, "hello?"))
        await ann.take(lambda o: o.reason == pb.REASON_CUSTOMER_BACK)
        refused = await ann.refused(pb.REFUSAL_INVALID, snooze=pb.Snooze(work=number, until_ms=until(91 * 86400)))
        assert refused.input


async def test_it_survives_a_restart_and_comes_when_wanted(daemon):
    async with daemon.desk("ann") as ann:
        stored(daemon.http("gateway").post_event(words("sms", TEL, "my bill")))
        number = (await ann.take()).work.id
        await put_away(ann, number, 3600)
    daemon.restart()
    await eventually(lambda: work(daemon, number).state == pb.WORK_STATE_SNOOZED, "it is still put away")
    async with daemon.desk("ann") as ann:
        (context,) = ann.welcome.contexts
        assert (context.work.id, context.work.state) == (number, pb.WORK_STATE_SNOOZED)
        await ann.do(wake=pb.Wake(work=number))
        await ann.take(lambda o: o.reason == pb.REASON_WOKEN and o.context.work.id == number)
