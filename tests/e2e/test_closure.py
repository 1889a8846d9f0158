# SPDX-License-Identifier: Apache-2.0
"""A supervisor closes a queue in an emergency: who waits is told and moves, who comes goes on, until it is opened again."""
import re
import time

from harness import pb
from harness.desk import Desk
from harness.stories import TEL, stored, words, work_of


def two_queues(config):
    config["queue"] = [{"name": "support", "channels": ["sms"], "offer_seconds": 30}, {"name": "rest", "offer_seconds": 30}]
    config["message"] = [{"when": "emergency", "text": "{queue} is closed."},
                         {"when": "emergency", "name": "storm", "text": "A storm: {queue} is closed, {to} answers."}]


def work(daemon, number):
    return daemon.admin.read(f"/v1/work/{number}", pb.Work())


def queue(daemon, name):
    return daemon.admin.read(f"/v1/queues/{name}", pb.QueueStatus())


async def comes(daemon, handle):
    placed = stored(daemon.http().post_event(words("sms", handle, "hello")))
    return await work_of(daemon, placed.conversation)


async def test_a_closed_queue_tells_and_moves_until_it_is_opened(world):
    daemon = world(two_queues)
    async with daemon.gateway("sms") as gateway:
        first, began = await comes(daemon, TEL), time.time()
        done = daemon.cli("supervise", "close-queue", "support", "--message", "storm", "--reason", "power cut")
        assert done.stdout.startswith("queue support is closed by ")
        await gateway.delivered_text("A storm: support is closed, rest answers.")
        assert work(daemon, first).queue == "rest"
        closure = queue(daemon, "support").closure
        assert (closure.reason, closure.message, closure.until_ms) == ("power cut", "storm", 0) and closure.by
        assert began - 1 < closure.since_ms / 1000 < time.time() + 1
        assert closure.by in daemon.cli("queues").stdout
        told = rf"by {re.escape(closure.by)} since (\d{{4}}-\d\d-\d\d )?\d\d:\d\d, until it is opened: power cut"
        assert re.search(rf"^closed by hand +support {told}$", daemon.cli("status").stdout, re.M)
        # A note is no finding: nothing is wrong.
        assert re.fullmatch(rf"no findings\nnote: queue 'support' is closed by hand {told}\n", daemon.cli("config", "lint").stdout)
        lint = daemon.admin.read("/v1/config/lint", pb.ConfigLint())
        assert [q.queue for q in lint.closed] == ["support"] and not lint.findings
        daemon.restart()
    async with daemon.gateway("sms") as gateway:
        second = await comes(daemon, "tel:+4915155500091")
        await gateway.delivered_text("A storm: support is closed, rest answers.")
        assert work(daemon, second).queue == "rest"
        assert daemon.why(second).decisions[0].overflow_cause == pb.CAUSE_CLOSED
        assert "which was closed by hand" in daemon.cli("why", str(second), "--full").stdout
        text = pb.Supervise(message="Until tomorrow. {to} answers.")
        assert daemon.admin.send("POST", "/v1/queues/support/close", text).status == 200
        await comes(daemon, "tel:+4915155500092")
        await gateway.delivered_text("Until tomorrow. rest answers.")
        until = pb.Supervise(until_ms=int(time.time() * 1000) + 90 * 86400 * 1000 - 600000, to="rest")
        assert daemon.admin.send("POST", "/v1/queues/support/close", until).status == 200
        assert re.search(r"until \d{4}-\d\d-\d\d \d\d:\d\d; on to rest\n", daemon.cli("status").stdout)
        assert daemon.cli("supervise", "open-queue", "support").stdout == "queue support is open\n"
        third = await comes(daemon, "tel:+4915155500093")
        assert work(daemon, third).queue == "support" and not queue(daemon, "support").closure.by
    actions = [e["action"] for e in daemon.admin.get("/v1/audit").json()["entries"]]
    assert actions.count("supervise.close_queue") == 3 and actions.count("supervise.open_queue") == 1


async def test_a_desk_closes_it_and_what_is_wrong_is_refused(world):
    daemon = world(two_queues)
    async with Desk(daemon.address, daemon.token("supervisor", "cleo"), name="cleo", available=False) as sue:
        await sue.do(supervise=pb.Supervise(act=pb.SUPERVISION_CLOSE_QUEUE, queue="support", to="rest"))
        assert (queue(daemon, "support").closure.by, queue(daemon, "support").closure.to) == ("cleo", "rest")
        await sue.do(supervise=pb.Supervise(act=pb.SUPERVISION_OPEN_QUEUE, queue="support"))
        await sue.refused(pb.REFUSAL_WRONG_STATE, supervise=pb.Supervise(act=pb.SUPERVISION_OPEN_QUEUE, queue="support"))
    for wrong in (pb.Supervise(message="{opens}"), pb.Supervise(message="strom"), pb.Supervise(until_ms=-1), pb.Supervise(to="x" * 65)):
        answer = daemon.admin.send("POST", "/v1/queues/support/close", wrong)
        assert (answer.status, answer.code) == (400, "invalid_body")
    assert daemon.admin.send("POST", "/v1/queues/support/close", pb.Supervise(to="nowhere")).status == 422
    assert daemon.admin.send("POST", "/v1/queues/support/open", pb.Supervise()).status == 422
    assert daemon.admin.send("POST", "/v1/queues/nowhere/close", pb.Supervise()).status == 404
