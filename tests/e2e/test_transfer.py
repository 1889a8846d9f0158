# SPDX-License-Identifier: Apache-2.0
"""Work passed on: to a team, of whom somebody takes it, and the record says that it was for them."""
from harness import pb
from harness.stories import TEL, chose, stored, words


def a_team(config):
    config["queue"] = [{"name": "support", "wrap_up_seconds": 0, "requires": {"billing": 1}}]
    config["agent"] = [{"id": "ann", "skills": {"billing": 5}}, {"id": "bert", "team": "berlin"}, {"id": "cora"}]


async def test_to_a_team(world):
    daemon = world(a_team)
    async with daemon.desk("ann") as ann, daemon.desk("bert") as bert, daemon.desk("cora"):
        stored(daemon.http().post_event(words("sms", TEL, "my bill")))
        number = (await ann.take()).work.id
        await ann.refused(pb.REFUSAL_UNKNOWN_TEAM, transfer=pb.Transfer(work=number, team="hamburg"))
        await ann.do(transfer=pb.Transfer(work=number, team="berlin"))
        offer = await bert.offer()
        assert (offer.reason, offer.former_agent, offer.context.work.id) == (pb.REASON_TRANSFERRED, "ann", number)
        await bert.accept(offer)
        assert [d.team for d in daemon.why(number, chose("bert")).decisions if d.winner == "bert"] == ["berlin"]
        assert "passed to team berlin" in daemon.cli("why", str(number)).stdout
