# SPDX-License-Identifier: Apache-2.0
"""What a queue learns of who solves what: counted, shown to the agent, contested, restored, forgotten, and told by `why`."""
from harness import pb
from harness.http import Http
from harness.mailbox import eventually
from harness.stories import candidate, stored, words, work_of


def learning(config):
    config["queue"][0] |= {"select": "resolution", "learn": True, "learn_prior": 10, "wrap_up_seconds": 0}
    config["routing"]["learn_days"] = 7
    for agent in config["agent"]:
        agent["capacity"] = 1


async def contact(daemon, handle, desks, resolved):
    """Somebody's bill, taken and closed by whom it is offered to: their name and the work."""
    placed = stored(daemon.http().post_event(words("sms", handle, "my bill", intent="billing.refund")))
    work = await work_of(daemon, placed.conversation)
    agent = await eventually(lambda: daemon.admin.read(f"/v1/work/{work}", pb.Work()).agent, "somebody is asked")
    await desks[agent].take(lambda o: o.context.work.id == work)
    await desks[agent].do(close=pb.Close(work=work, disposition="done", resolved=resolved))
    return agent, work


def learned(http, agent):
    return http.read(f"/v1/agents/{agent}/learned", pb.Learned())


async def test_who_solves_it_is_learned(world):
    daemon = world(learning)
    async with daemon.desk("ann") as ann, daemon.desk("bert") as bert:
        desks = {"ann": ann, "bert": bert}
        first, work = await contact(daemon, "tel:+4915155500101", desks, False)
        second, _ = await contact(daemon, "tel:+4915155500102", desks, True)
        assert {first, second} == {"ann", "bert"}  # nothing is known of either; then the first has failed one
        third, solved = await contact(daemon, "tel:+4915155500103", desks, True)
        assert third == second
        own = Http(daemon.address, daemon.token("agent", first))
        lesson = learned(own, first).lessons[0]
        assert (lesson.queue, lesson.intent, lesson.tried, lesson.solved) == ("billing", "billing", 1, 0)
        assert lesson.estimate == 10 * 500000 // 11
        assert own.get(f"/v1/agents/{second}/learned").status == 403
        chosen = candidate(daemon.why(solved).decisions[-1], second)
        assert (chosen.tried, chosen.solved) == (1, 1) and chosen.resolution == (10 * 500000 + 1000000) // 11
        assert "(1 of 1 here)" in daemon.cli("why", str(solved)).stdout

        # The one that went wrong says nothing about them: it does not count, until a supervisor says so.
        assert own.call("POST", f"/v1/agents/{first}/learned/{work}/contest").status == 204
        closing = learned(own, first).closings[0]
        assert (closing.work, closing.solved, closing.contested) == (work, False, True)
        assert learned(own, first).lessons[0].tried == 0
        assert "contested: does not count" in daemon.cli("learned", first).stdout
        assert own.call("POST", f"/v1/agents/{first}/learned/{work}/restore").status == 403
        assert own.call("POST", f"/v1/agents/{first}/learned/{solved}/contest").status == 422
        assert daemon.cli("learned", first, "restore", str(work)).returncode == 0
        assert learned(own, first).lessons[0].tried == 1

        # Who is back on the same topic had not been helped.
        await contact(daemon, "tel:+4915155500103", desks, True)
        assert {c.work: c.solved for c in learned(daemon.admin, second).closings}.get(solved) is not True
        assert daemon.cli("learned", second, "reset", "billing").returncode == 0
        assert not learned(daemon.admin, second).lessons
        actions = [entry.action for entry in daemon.admin.read("/v1/audit", pb.AuditList()).entries]
        assert {"learned.contest", "learned.restore", "learned.reset"} <= set(actions)


def test_a_queue_by_api_must_look_at_what_it_learns(daemon):
    answer = daemon.admin.send("PUT", "/v1/queues/x", pb.Queue(name="x", select="fastest", learn=True))
    assert answer.status == 422 or answer.status == 400
    assert answer.json()["field"] == "learn"
