# SPDX-License-Identifier: Apache-2.0
"""A queue may offer work to several agents at once: the first to accept has it, the others are told, and not blamed."""
from harness import pb
from harness.stories import TEL, candidate, stored, words


def to_two(config):
    config["queue"] = [{"name": "general", "offer_to": 2}]


def work(daemon, number):
    return daemon.admin.read(f"/v1/work/{number}", pb.Work())


async def test_the_first_to_accept_has_it(world):
    daemon = world(to_two)
    async with daemon.desk("ann") as ann, daemon.desk("bert") as bert:
        stored(daemon.http().post_event(words("sms", TEL, "my bill")))
        to_ann, to_bert = await ann.offer(), await bert.offer()
        number = to_ann.context.work.id
        assert to_bert.context.work.id == number and to_ann.epoch != to_bert.epoch
        assert sorted(work(daemon, number).offered_to) == ["ann", "bert"]
        async with daemon.desk("bert", session=bert.session) as again:  # a desk that comes anew is told of its own offer
            assert [(o.context.work.id, o.epoch) for o in again.welcome.offers] == [(number, to_bert.epoch)]
            await again.accept(to_bert)
        ended = await ann.wait("offer_ended")
        assert (ended.work, ended.epoch, ended.reason) == (number, to_ann.epoch, pb.REASON_TAKEN)
        await ann.refused(pb.REFUSAL_OFFER_ENDED, accept=pb.Accept(work=number, epoch=to_ann.epoch))
        assert (work(daemon, number).agent, list(work(daemon, number).offered_to)) == ("bert", [])
        assert daemon.agent("ann").load == 0
        second, first = daemon.why(number, lambda made: len(made) > 1).decisions
        assert {first.winner, second.winner} == {"ann", "bert"}
        assert candidate(second, first.winner).exclusion == pb.EXCLUSION_OFFERED


def test_bounds_of_a_request_are_those_of_the_file(world):
    answer = world(to_two).admin.send("PUT", "/v1/queues/more", pb.Queue(offer_to=9))
    assert (answer.status, answer.code) == (400, "invalid_body")
