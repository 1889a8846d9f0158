# SPDX-License-Identifier: Apache-2.0
"""Maxima and exclusive channels hold from the file to the desk, and `why` says so."""
from harness import pb
from harness.stories import TEL, candidate, stored, words, work_of


def one_text_at_a_time(config):
    config["channel"] = {**config.get("channel", {}), "sms": {"max": 1, "exclusive": False}}
    for agent in config["agent"]:
        agent["capacity"] = 6


async def test_a_channel_at_its_maximum(world):
    daemon = world(one_text_at_a_time)
    http = daemon.http()
    async with daemon.desk("ann") as ann:
        stored(http.post_event(words("sms", TEL, "my bill", intent="billing.refund")))
        await ann.take()
        placed = stored(http.post_event(words("sms", "tel:+4915155500099", "another bill", intent="billing.refund")))
        work = await work_of(daemon, placed.conversation)
        why = candidate(daemon.why(work).now, "ann")
        assert (why.exclusion, why.occupied, why.maximum) == (pb.EXCLUSION_OCCUPIED, pb.CHANNEL_SMS, 1)
        assert "ann           sms is at its maximum of 1" in daemon.cli("why", str(work)).stdout


def exclusive_texts(config):
    config["channel"] = {**config.get("channel", {}), "sms": {"exclusive": True}}


async def test_an_exclusive_channel(world):
    daemon = world(exclusive_texts)
    http = daemon.http()
    async with daemon.desk("ann") as ann:
        stored(http.post_event(words("sms", TEL, "my bill", intent="billing.refund")))
        await ann.take()
        placed = stored(http.post_event(words("sms", "tel:+4915155500099", "another bill", intent="billing.refund")))
        work = await work_of(daemon, placed.conversation)
        assert "ann           has sms, which is exclusive" in daemon.cli("why", str(work)).stdout


async def test_focus(world):
    daemon = world(lambda config: None)
    http = daemon.http()
    async with daemon.desk("ann") as ann:
        await ann.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_FOCUS))
        assert daemon.agent("ann").presence == pb.PRESENCE_STATE_FOCUS  # as supervisors see it
        placed = stored(http.post_event(words("sms", TEL, "my bill", intent="billing.refund")))
        work = await work_of(daemon, placed.conversation)
        assert candidate(daemon.why(work).now, "ann").exclusion == pb.EXCLUSION_FOCUS
        assert "ann           is in focus" in daemon.cli("why", str(work)).stdout
        await ann.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))
        assert (await ann.take()).work.id == work


async def test_draining(world):
    daemon = world(lambda config: None)
    http = daemon.http()
    async with daemon.desk("ann") as ann:
        stored(http.post_event(words("sms", TEL, "my bill", intent="billing.refund")))
        held = (await ann.take()).work.id
        await ann.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_DRAINING))
        placed = stored(http.post_event(words("sms", "tel:+4915155500099", "another bill", intent="billing.refund")))
        work = await work_of(daemon, placed.conversation)
        assert candidate(daemon.why(work).now, "ann").exclusion == pb.EXCLUSION_DRAINING
        assert "ann           finishes what is at hand" in daemon.cli("why", str(work)).stdout
        assert daemon.agent("ann").presence == pb.PRESENCE_STATE_DRAINING
        await ann.do(close=pb.Close(work=held, disposition="done", resolved=True))
        await ann.do(wrap_up_done=pb.WrapUpDone(work=held))
        assert daemon.agent("ann").presence == pb.PRESENCE_STATE_AWAY
