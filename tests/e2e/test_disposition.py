# SPDX-License-Identifier: Apache-2.0
"""What came of it: the desk is told the words, a close without one of them is refused, wrap-up corrects it, and records keep it."""
from harness import pb
from harness.mailbox import eventually
from harness.stories import stored, words


def queue(required):
    def change(config):
        config["queue"] = [{"name": "support", "dispositions": ["solved", "refund"], "disposition_required": required, "wrap_up_seconds": 60}]
    return change


async def comes(daemon, handle):
    return stored(daemon.http().post_event(words("sms", handle, "hello")))


def conversation(daemon, number):
    return daemon.admin.read(f"/v1/conversations/{number}", pb.Conversation())


async def test_a_close_names_one_of_the_words_and_wrap_up_corrects_it(world):
    daemon = world(queue(True))
    async with daemon.desk("ann") as ann:
        placed = await comes(daemon, "tel:+4915155500081")
        offer = await ann.offer()
        assert (list(offer.context.dispositions), offer.context.disposition_required) == (["solved", "refund"], True)
        await ann.accept(offer)
        work = offer.context.work.id
        for word in ("", "sold"):
            refused = await ann.command(close=pb.Close(work=work, disposition=word, resolved=True))
            assert (refused.reason, refused.detail) == (pb.REFUSAL_NO_DISPOSITION, "one of solved, refund")
        await ann.do(close=pb.Close(work=work, disposition="solved", resolved=True))
        await eventually(lambda: conversation(daemon, placed.conversation).disposition == "solved", "it is recorded")
        refused = await ann.command(disposition=pb.SetDisposition(work=work, disposition="maybe"))
        assert refused.detail == "one of solved, refund"
        await ann.do(disposition=pb.SetDisposition(work=work, disposition="refund", resolved=False))
        await eventually(lambda: conversation(daemon, placed.conversation).disposition == "refund", "the correction is recorded")
        await ann.do(wrap_up_done=pb.WrapUpDone(work=work))
        await eventually(lambda: conversation(daemon, placed.conversation).ended == "wrapped_up", "it is over")
    assert not conversation(daemon, placed.conversation).resolved


def test_bounds_of_a_request_are_those_of_the_file(world):
    daemon = world(queue(False))
    for wrong in (pb.Queue(dispositions=["Not a name"]), pb.Queue(dispositions=["w"] * 65)):
        answer = daemon.admin.send("PUT", "/v1/queues/more", wrong)
        assert (answer.status, answer.code) == (400, "invalid_body")
