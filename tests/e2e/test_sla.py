# SPDX-License-Identifier: Apache-2.0
"""Service levels: what is due to a customer, by channel and priority, until it is answered; and what is counted of it."""
import re
import time

from harness import pb
from harness.mailbox import eventually
from harness.stories import chose, stored, words, work_of


def rows(config):
    config["queue"] = [{"name": "support", "sla": ["sms: first 5 min, next 1 h", "sms priority 1: first 90 s"]}]


def read_work(daemon, number):
    return daemon.admin.read(f"/v1/work/{number}", pb.Work())


def comes(daemon, text):
    return stored(daemon.http().post_event(words("sms", "tel:+4915155500277", text)))


async def test_responses_are_due_and_counted(world):
    daemon = world(rows)
    placed = comes(daemon, "hello")
    work = await work_of(daemon, placed.conversation)
    due = read_work(daemon, work).due
    assert (due.response, due.target_ms, due.channel) == (pb.RESPONSE_FIRST, 300000, pb.CHANNEL_SMS)
    assert re.search(r"in \d+ (s|min)", daemon.cli("work").stdout)
    assert "first response due within 5 min (sms), waited" in daemon.cli("why", str(work)).stdout
    async with daemon.desk("ann") as ann:
        context = await ann.take(lambda o: o.context.work.id == work)
        assert context.work.due.target_ms == due.target_ms
        await ann.say(placed.conversation, "Hello yourself.")
        await eventually(lambda: read_work(daemon, work).due.first == pb.RESPONSE_KEPT_MET, "the first response counts")
        assert read_work(daemon, work).due.response == pb.RESPONSE_UNSPECIFIED
        comes(daemon, "and now?")
        await eventually(lambda: read_work(daemon, work).due.response == pb.RESPONSE_NEXT, "the next response is due")
        assert read_work(daemon, work).due.target_ms == 3600000
    queue = daemon.admin.read("/v1/queues/support", pb.QueueStatus())
    assert [(r.channel, r.first_met, r.first_missed) for r in queue.responses] == [(pb.CHANNEL_SMS, 1, 0)]
    assert [(r.first_seconds, r.next_seconds) for r in queue.responses] == [(300, 3600)]
    assert "100 % of 1" in daemon.cli("queues").stdout
    status = daemon.cli("status").stdout
    assert "responses in time, since each queue was made\nQUEUE" in status
    assert re.search(r"^support +0 +0 +sms +in 5 min: 100 % of 1 +in 1 h: none yet$", status, re.M), status
    metrics = daemon.http().get("/metrics").body.decode()
    labels = 'tenant="main",queue="support",channel="sms",response="first",kept='
    assert f'throughline_sla_responses_total{{{labels}"met"}} 1' in metrics
    assert f'throughline_sla_responses_total{{{labels}"missed"}} 0' in metrics


def closed_now(config):
    hour = time.gmtime().tm_hour
    config["calendar"] = [{"name": "desk", "hours": ["mon-sun 18:00-19:00" if hour < 12 else "mon-sun 06:00-07:00"]}]
    config["queue"] = [{"name": "support", "target_seconds": 60, "sla_calendar": "desk"}]


async def test_only_open_hours_count(world):
    daemon = world(closed_now)
    work = await work_of(daemon, comes(daemon, "hello").conversation)
    await eventually(lambda: read_work(daemon, work).due.due_ms > (time.time() + 3600) * 1000, "the hours are known")
    due = read_work(daemon, work).due
    opens = time.gmtime(due.due_ms / 1000)
    assert due.calendar == "desk" and opens.tm_hour in (6, 18) and opens.tm_min <= 1
    assert "of the hours of desk" in daemon.cli("why", str(work)).stdout


def before_a_breach(config):
    config["queue"] = [{"name": "support", "needs": "law >= 5", "target_seconds": 32, "steps": ["breach: any"]}]


async def test_less_is_required_before_a_target_is_missed(world):
    daemon = world(before_a_breach)
    async with daemon.desk("ann") as ann:
        work = await work_of(daemon, comes(daemon, "hello").conversation)
        await ann.take(lambda o: o.context.work.id == work)
    entered = daemon.why(work, chose("ann")).decisions[-1]
    assert (entered.step, entered.winner) == (0, "")  # it waited first
    why = daemon.cli("why", str(work), "--full").stdout
    left = re.search(r"relaxed 1 time so far, since nobody who could take it was there with (\d+) s left until the target", why)
    assert left and int(left[1]) <= 30, why  # it is looked at when 30 s are left, or as soon as the daemon comes to it
