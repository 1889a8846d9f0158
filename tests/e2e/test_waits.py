# SPDX-License-Identifier: Apache-2.0
"""Estimated waits: not known before there is anything to know them from; then told, and compared with what came."""
import asyncio
import re

from harness import pb
from harness.mailbox import eventually
from harness.stories import stored, words, work_of


def one_queue(config):
    config["queue"] = [{"name": "support", "wrap_up_seconds": 0}]
    for agent in config["agent"]:
        agent["capacity"] = 1


def newcomer(daemon):
    queue = daemon.admin.read("/v1/queues/support", pb.QueueStatus())
    return next(w.wait for w in queue.waits if w.channel == pb.CHANNEL_SMS), queue.estimates


async def comes(daemon, n):
    placed = stored(daemon.http().post_event(words("sms", f"tel:+49151555002{n:02}", "hello")))
    return await work_of(daemon, placed.conversation)


async def takes(desk, work):
    await desk.take(lambda o: o.context.work.id == work)


async def ends(desk, work):
    await desk.do(close=pb.Close(work=work, disposition="done", resolved=True))


def read_work(daemon, number):
    return daemon.admin.read(f"/v1/work/{number}", pb.Work())


async def test_a_wait_is_estimated_and_compared(world):
    daemon = world(one_queue)
    assert newcomer(daemon)[0].kind == pb.WAIT_KIND_NOBODY
    assert "nobody there" in daemon.cli("queues").stdout
    async with daemon.desk("ann") as ann:
        assert newcomer(daemon)[0] == pb.Wait(kind=pb.WAIT_KIND_KNOWN)
        for n in range(8):
            work = await comes(daemon, n)
            await takes(ann, work)
            if n == 7:
                assert newcomer(daemon)[0].kind == pb.WAIT_KIND_LEARNING
            await asyncio.sleep(0.05)  # as long as it takes, for an estimate that shows in milliseconds; not to synchronise
            await ends(ann, work)
        first = await comes(daemon, 10)
        await takes(ann, first)
        second, third = await comes(daemon, 11), await comes(daemon, 12)
        nearer, farther = read_work(daemon, second).wait, read_work(daemon, third).wait
        assert nearer.kind == farther.kind == pb.WAIT_KIND_KNOWN and 0 < nearer.middle_ms < farther.middle_ms
        assert nearer.low_ms <= nearer.middle_ms <= nearer.high_ms
        assert newcomer(daemon)[0].middle_ms > farther.middle_ms
        assert re.search(r"\d+-\d+ (s|min)", daemon.cli("queues").stdout)
        await ends(ann, first)
        await takes(ann, second)
        await eventually(lambda: read_work(daemon, second).state == pb.WORK_STATE_ASSIGNED, "the second is answered")
        estimates = newcomer(daemon)[1]
        assert estimates.inside + estimates.below + estimates.above == 1
        metrics = daemon.http().get("/metrics").body.decode()
        counts = re.findall(r'throughline_wait_estimates_total\{tenant="main",queue="support",came="(\w+)"\} (\d+)', metrics)
        assert sum(int(n) for came, n in counts if came != "unknown") == 1
        assert not read_work(daemon, second).HasField("wait")
