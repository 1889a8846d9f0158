# SPDX-License-Identifier: Apache-2.0
"""Overflow: work that finds its queue full, or has waited there for too long, goes to another, and the record says so."""
from harness import pb
from harness.mailbox import eventually
from harness.stories import stored, words, work_of


def full_after(waiting, seconds):
    def change(config):
        config["queue"] = [{"name": "partners", "channels": ["voice"]},
                           {"name": "support", "overflow": "partners", "overflow_waiting": waiting, "overflow_seconds": seconds}]
    return change


def work(daemon, number):
    return daemon.admin.read(f"/v1/work/{number}", pb.Work())


async def comes(daemon, handle):
    placed = stored(daemon.http().post_event(words("sms", handle, "hello")))
    return await work_of(daemon, placed.conversation)


async def test_who_finds_the_queue_full_goes_on(world):
    daemon = world(full_after(1, 0))
    first, second = await comes(daemon, "tel:+4915155500071"), await comes(daemon, "tel:+4915155500072")
    assert (work(daemon, first).queue, work(daemon, second).queue) == ("support", "partners")
    record = daemon.why(second).decisions[0]
    assert (record.queue, record.overflowed_from, record.overflow_cause) == ("partners", "support", pb.CAUSE_FULL)
    assert "  overflowed from support, which was full\n" in daemon.cli("why", str(second)).stdout
    assert "overflowed" not in daemon.cli("why", str(first)).stdout
    support = daemon.admin.read("/v1/queues/support", pb.QueueStatus())
    assert (support.waiting, support.queue.overflow, support.queue.overflow_waiting) == (1, "partners", 1)


async def test_who_waits_too_long_goes_on(world):
    daemon = world(full_after(0, 1))
    number = await comes(daemon, "tel:+4915155500073")
    await eventually(lambda: work(daemon, number).queue == "partners", "it has overflowed")
    newest = await eventually(lambda: [d for d in daemon.why(number).decisions if d.queue == "partners"], "it is recorded")
    assert (newest[0].reason, newest[0].overflowed_from, newest[0].overflow_cause) == (
        pb.REASON_OVERFLOWED, "support", pb.CAUSE_WAITED)
    assert "  overflowed from support, where it had waited for too long\n" in daemon.cli("why", str(number)).stdout
    assert "OVERFLOWED" in daemon.cli("--json", "why", str(number)).stdout


def test_bounds_of_a_request_are_those_of_the_file(world):
    daemon = world(full_after(1, 0))
    for wrong in (pb.Queue(overflow="No name"), pb.Queue(overflow_waiting=1000001), pb.Queue(overflow_seconds=86401)):
        answer = daemon.admin.send("PUT", "/v1/queues/more", wrong)
        assert (answer.status, answer.code) == (400, "invalid_body")
