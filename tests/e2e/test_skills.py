# SPDX-License-Identifier: Apache-2.0
"""An agent without the level never gets the work, and everybody can be told exactly why."""
from harness import pb
from harness.stories import TEL, candidate, chose, stored, words, work_of


def shortfalls(decision, agent):
    c = candidate(decision, agent)
    return c.exclusion, [(s.skill, s.needs, s.has) for s in c.shortfalls]


def needs_two_skills(config):
    config["queue"][0]["requires"] = {"billing": 3, "lang.de": 2}
    levels = {"ann": {"billing": 3, "lang.de": 2}, "bert": {"billing": 5, "lang.de": 1}, "cleo": {"tech": 5}}
    for agent in config["agent"]:
        agent["skills"] = levels[agent["id"]]


async def test_only_the_level_counts(world):
    daemon = world(needs_two_skills)
    http = daemon.http()
    async with daemon.desk("bert") as bert, daemon.desk("cleo") as cleo:
        placed = stored(http.post_event(words("sms", TEL, "my bill", intent="billing.refund")))
        work = await work_of(daemon, placed.conversation)
        now = daemon.why(work).now
        assert now.winner == "" and now.considered == 3
        assert shortfalls(now, "bert") == (pb.EXCLUSION_SKILL, [("lang.de", 2, 1)])
        assert shortfalls(now, "cleo") == (pb.EXCLUSION_SKILL, [("billing", 3, 0), ("lang.de", 2, 0)])
        assert shortfalls(now, "ann") == (pb.EXCLUSION_OFFLINE, [])
        assert "bert          lang.de needs 2, has 1; would have been chosen with lang.de 2\n" in daemon.cli("why", str(work)).stdout
        assert [(s.name, s.level) for s in now.requires] == [("billing", 3), ("lang.de", 2)]

        async with daemon.desk("ann") as ann:
            context = await ann.take()
            assert context.work.id == work
            # Passed back to the queue: it waits for her pause to end rather than go to one without the level.
            await ann.do(transfer=pb.Transfer(work=work, queue="billing"))
            now = daemon.why(work).now
            assert now.winner == "" and shortfalls(now, "ann") == (pb.EXCLUSION_DECLINED, [])
            assert shortfalls(now, "bert")[0] == shortfalls(now, "cleo")[0] == pb.EXCLUSION_SKILL
        made = [d for d in daemon.why(work, chose("ann")).decisions if d.winner]
        assert {d.winner for d in made} == {"ann"}
        for d in made:
            assert shortfalls(d, "bert") == (pb.EXCLUSION_SKILL, [("lang.de", 2, 1)])
            assert shortfalls(d, "cleo")[0] == pb.EXCLUSION_SKILL
        # Away, or gone, they lack it all the same, and are told so.
        await cleo.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AWAY))
        placed = stored(http.post_event(words("sms", "tel:+4915155500099", "another bill", intent="billing.refund")))
        work = await work_of(daemon, placed.conversation)
        assert shortfalls(daemon.why(work).now, "cleo") == (pb.EXCLUSION_AWAY, [("billing", 3, 0), ("lang.de", 2, 0)])
        assert "cleo          is away; billing needs 3, has none; lang.de needs 2, has none; would have been chosen with presence available, billing 3 and lang.de 2\n" in daemon.cli("why", str(work)).stdout
        # Proof that nothing was under way to them: a later answer has come, an offer has not.
        for desk in (bert, cleo):
            await desk.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AWAY))
            assert desk.offers() == []


async def test_a_colleague_named_by_an_agent_gets_it(world):
    """A transfer to an agent by name is an agent's own decision: it goes there. One to a queue obeys the queue."""
    daemon = world(needs_two_skills)
    async with daemon.desk("ann") as ann, daemon.desk("bert") as bert:
        stored(daemon.http().post_event(words("sms", TEL, "my bill", intent="billing")))
        context = await ann.take()
        await ann.do(transfer=pb.Transfer(work=context.work.id, agent="bert"))
        offer = await bert.offer()
        assert offer.reason == pb.REASON_TRANSFERRED and offer.former_agent == "ann"


async def test_the_better_suited_goes_first(daemon):
    """Both suffice; Ann is declared one level above what is asked, Bert none."""
    async with daemon.desk("ann") as ann, daemon.desk("bert") as bert:
        stored(daemon.http().post_event(words("sms", TEL, "my bill", intent="billing")))
        context = await ann.take()
        decision = next(d for d in daemon.why(context.work.id, chose("ann")).decisions if d.winner)
        assert (decision.winner, decision.select) == ("ann", "suited")
        assert candidate(decision, "ann").surplus == 1 and candidate(decision, "bert").surplus == 0
        assert bert.offers() == []
