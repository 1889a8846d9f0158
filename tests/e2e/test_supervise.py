# SPDX-License-Identifier: Apache-2.0
"""Supervisors: what they do from a desk, over HTTP and at the command line; whom it concerns is told by whom and why, and so is the record."""
import json
import subprocess

from harness import pb
from harness.daemon import BIN
from harness.desk import Desk
from harness.mailbox import PATIENCE, eventually
from harness.stories import call, stored, words, work_of

SUE = ("sms", "tel:+4915155500091", "hello")


def supervisor(daemon):
    return Desk(daemon.address, daemon.token("supervisor", "cleo"), name="cleo", available=False)


def post(daemon, path, **wish):
    return daemon.http("supervisor").send("POST", path, pb.Supervise(**wish))


async def test_a_supervisor_moves_work_between_two_desks(world):
    daemon = world()
    async with daemon.desk("ann") as ann, supervisor(daemon) as sue:
        placed = stored(daemon.http().post_event(words(*SUE)))
        await ann.take()
        work = await work_of(daemon, placed.conversation)
        async with daemon.desk("bert") as bert:
            await sue.do(supervise=pb.Supervise(act=pb.SUPERVISION_PULL, work=work, reason="too long"))
            lost = await ann.wait("unassigned", lambda u: u.work == work)
            assert (lost.reason, lost.supervised.act, lost.supervised.by, lost.supervised.reason) == (pb.REASON_SUPERVISED, pb.SUPERVISION_PULL, "cleo", "too long")
            await bert.offer(lambda o: o.context.work.id == work)
            await sue.do(supervise=pb.Supervise(act=pb.SUPERVISION_ASSIGN, work=work, agent="ann"))
            ended = await bert.wait("offer_ended", lambda o: o.work == work)
            assert ended.supervised.by == "cleo"
            again = await ann.wait("assigned", lambda a: a.work.id == work and a.HasField("supervised"))
            assert [e.message.text for e in again.context.timeline] == ["hello"]  # nothing was offered, so the story comes with it
            await sue.refused(pb.REFUSAL_WRONG_STATE, supervise=pb.Supervise(act=pb.SUPERVISION_ASSIGN, work=work, agent="ann"))
    why = await eventually(lambda: [d for d in daemon.why(work).decisions if d.supervised.act == pb.SUPERVISION_ASSIGN], "it is recorded")
    assert (why[0].winner, why[0].reason, why[0].supervised.by) == ("ann", pb.REASON_SUPERVISED, "cleo")
    assert "pull by cleo: too long" in daemon.cli("why", str(work)).stdout
    audit = json.loads(daemon.cli("--json", "audit").stdout)
    assert ["supervise.pull", str(work), "too long"] in [[a["action"], a["target"], a.get("detail")] for a in audit]


async def test_a_log_out_ends_the_desk_and_puts_the_caller_back(world):
    daemon = world()
    async with daemon.desk("ann") as ann, daemon.gateway("phone") as gateway:
        placed = stored(daemon.http().post_event(call("phone", "tel:+4915155500092", "c1")))
        await ann.take()
        connected = await gateway.wait("delivery", lambda d: d.HasField("connect"))
        assert connected.connect.agent == "ann"
        answer = post(daemon, "/v1/agents/ann/log-out", reason="shift is over")
        assert (answer.status, answer.message(pb.AgentStatus()).presence) == (200, pb.PRESENCE_STATE_OFFLINE)
        told = await ann.wait("error", lambda e: e.code == "logged_out")
        assert told.detail
        taken_off = await gateway.wait("delivery", lambda d: d.HasField("disconnect"))
        assert taken_off.disconnect.agent == "ann"
        work = daemon.admin.read(f"/v1/work/{await work_of(daemon, placed.conversation)}", pb.Work())
        assert (work.state, work.priority, work.former_agent, work.supervised.reason) == (pb.WORK_STATE_QUEUED, 1, "ann", "shift is over")
    assert post(daemon, "/v1/agents/ann/log-out").status == 422


async def test_drained_assigned_past_the_room_moved_and_ranked_at_the_command_line(world):
    daemon = world()
    async with daemon.desk("ann") as ann:
        stored(daemon.http().post_event(words("sms", "tel:+4915155500093", "hello")))
        await ann.take()
        assert daemon.cli("supervise", "drain", "ann", "--reason", "shift is over").stdout == "ann is draining\n"
        told = await ann.wait("presence", lambda p: p.presence == pb.PRESENCE_STATE_DRAINING)
        assert told.supervised.reason == "shift is over"
        second = await work_of(daemon, stored(daemon.http().post_event(words("sms", "tel:+4915155500094", "hello"))).conversation)
        refused = daemon.cli("supervise", "assign", str(second), "ann", check=False)
        assert refused.returncode != 0 and "agent_absent" in refused.stderr
        assert "in queue billing" in daemon.cli("supervise", "requeue", str(second), "billing").stdout
        assert "class 2" in daemon.cli("supervise", "priority", str(second), "2").stdout
        await ann.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))
        await ann.offer(lambda o: o.context.work.id == second)
        done = json.loads(daemon.cli("--json", "supervise", "assign", str(second), "ann", "--over-capacity").stdout)
        assert (done["state"], done["supervised"]["act"]) == ("WORK_STATE_ASSIGNED", "SUPERVISION_ASSIGN")


async def test_only_supervisors_may_and_only_what_can_be_meant(world):
    daemon = world()
    async with daemon.desk("ann") as ann:
        await ann.put(pb.DeskCommand(client_id="x1", supervise=pb.Supervise(act=pb.SUPERVISION_LOG_OUT, agent="bert")))
        assert (await ann.wait("error", lambda e: e.field.startswith("x1"))).code == "forbidden"
    assert daemon.http("gateway").send("POST", "/v1/agents/ann/drain", pb.Supervise()).status == 403
    assert post(daemon, "/v1/agents/nobody/drain").status == 404
    assert post(daemon, "/v1/work/77/pull").status == 404
    for wish in ({"queue": "billing"}, {"reason": "x" * 257}, {"act": pb.SUPERVISION_LOG_OUT}, {"priority": 10}):
        assert (post(daemon, "/v1/agents/ann/drain", **wish).status, wish) == (400, wish)


async def test_a_supervisor_who_only_watches_may_act_too(world):
    daemon = world()
    async with daemon.desk("ann") as ann:
        async with Desk(daemon.address, daemon.token("supervisor"), name="watcher", available=False) as watcher:
            await watcher.do(supervise=pb.Supervise(act=pb.SUPERVISION_DRAIN, agent="ann"))
            await ann.wait("presence", lambda p: p.presence == pb.PRESENCE_STATE_AWAY and p.supervised.by)


async def test_a_supervisor_listens_whispers_and_barges_in(world):
    daemon = world(lambda c: c["routing"].update(tell_agent_of_listening=False))
    async with daemon.desk("ann") as ann, supervisor(daemon) as cleo:
        placed = stored(daemon.http().post_event(words(*SUE)))
        await ann.take()
        work = await work_of(daemon, placed.conversation)
        await cleo.do(supervise=pb.Supervise(act=pb.SUPERVISION_LISTEN, work=work, reason="training"))
        joined = await cleo.wait("joined", lambda j: j.work.id == work)
        assert (joined.role, joined.supervised.act, joined.supervised.reason) == (pb.ROLE_LISTENING, pb.SUPERVISION_LISTEN, "training")
        assert [e.message.text for e in joined.context.timeline] == ["hello"]  # nobody had asked, so the story comes with it
        assert [p.agent for p in joined.work.participants] == ["cleo"]
        await ann.say(placed.conversation, "how can I help?")
        await cleo.entry("how can I help?")
        await cleo.refused(pb.REFUSAL_NOT_YOURS, note=pb.Note(conversation=placed.conversation, text="psst"))
        async with daemon.desk("ann") as again:  # all that she may know
            (context,) = again.welcome.contexts
            assert not context.work.participants
        assert not any(u.work.participants for u in ann.seen if u.HasField("work"))
        at = next(u.seq for u in cleo.seen if u.HasField("joined")).rpartition(".")[0]
        assert at and not [u for u in ann.seen if u.seq.rpartition(".")[0] == at]  # nothing at all came of it
        assert [p.role for p in daemon.admin.read(f"/v1/work/{work}", pb.Work()).participants] == [pb.ROLE_LISTENING]
        await cleo.do(supervise=pb.Supervise(act=pb.SUPERVISION_WHISPER, work=work))
        await ann.wait("work", lambda w: [p.role for p in w.participants] == [pb.ROLE_WHISPERING])  # she is spoken to
        await cleo.do(note=pb.Note(conversation=placed.conversation, text="offer a refund"))
        assert (await ann.entry("offer a refund")).note
        await cleo.refused(pb.REFUSAL_NOT_YOURS, send=pb.Send(conversation=placed.conversation, message=pb.Message(text="hello")))
        assert daemon.agent("cleo").load == 0
        await cleo.do(supervise=pb.Supervise(act=pb.SUPERVISION_BARGE, work=work))
        await cleo.say(placed.conversation, "you get a refund")
        await ann.refused(pb.REFUSAL_NOT_YOURS, dismiss=pb.Dismiss(work=work, agent="cleo"))
        assert daemon.agent("cleo").load == 1
        await cleo.do(leave=pb.Leave(work=work))
        assert (await cleo.wait("parted")).reason == pb.REASON_LEFT
    audit = [[a["action"], a["target"], a.get("detail")] for a in json.loads(daemon.cli("--json", "audit").stdout)]
    assert ["supervise.listen", f"{work} cleo", "training"] in audit and ["supervise.barge", f"{work} cleo", None] in audit


async def test_a_supervisor_comes_to_a_call_and_takes_it_over(world):
    daemon = world()
    async with daemon.desk("ann") as ann, daemon.gateway("phone") as gateway, daemon.desk("cleo", available=False) as cleo:
        stored(daemon.http().post_event(call("phone", "tel:+4915155500095", "c1")))
        number = (await ann.take()).work.id
        await gateway.wait("delivery", lambda d: d.connect.agent == "ann")
        path = f"/v1/work/{number}"
        assert post(daemon, f"{path}/listen").status == 400  # the token has no agent: who?
        assert post(daemon, f"{path}/listen", agent="bert").status == 422  # who has no desk
        assert post(daemon, f"{path}/listen", agent="ann").status == 422  # whose it is
        for act, role in (("listen", pb.ROLE_LISTENING), ("whisper", pb.ROLE_WHISPERING), ("barge", pb.ROLE_INVITED)):
            answer = post(daemon, f"{path}/{act}", agent="cleo")
            assert (answer.status, [(p.agent, p.role) for p in answer.message(pb.Work()).participants]) == (200, [("cleo", role)])
            await gateway.wait("delivery", lambda d, role=role: d.connect.agent == "cleo" and d.connect.role == role)
            await ann.wait("work", lambda w, role=role: [p.role for p in w.participants] == [role])
        assert post(daemon, f"{path}/take-over", agent="cleo").status == 422  # she is away
        await cleo.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))
        told = daemon.cli("supervise", "take-over", str(number), "--agent", "cleo", "--reason", "angry").stdout
        assert told.endswith("with cleo\n")
        lost = await ann.wait("unassigned", lambda u: u.work == number)
        assert (lost.reason, lost.supervised.act, lost.supervised.reason) == (pb.REASON_SUPERVISED, pb.SUPERVISION_TAKE_OVER, "angry")
        assert (await cleo.wait("assigned", lambda a: a.work.id == number)).context.work.agent == "cleo"
        assert (await gateway.wait("delivery", lambda d: d.HasField("disconnect"))).disconnect.agent == "ann"
        await gateway.wait("delivery", lambda d: d.connect.agent == "cleo" and d.connect.role == pb.ROLE_UNSPECIFIED)
        (record,) = await eventually(lambda: [d for d in daemon.why(number).decisions if d.supervised.act == pb.SUPERVISION_TAKE_OVER], "it is recorded")
        assert (record.winner, record.former, record.reason, len(record.candidates)) == ("cleo", "ann", pb.REASON_SUPERVISED, 0)
        shown = daemon.cli("why", str(number)).stdout
        assert ": cleo\n  take over by " in shown and ": angry\n" in shown


async def test_nobody_is_made_to_listen_by_another(world):
    daemon = world()
    async with daemon.desk("ann") as ann, supervisor(daemon) as cleo:
        placed = stored(daemon.http().post_event(words(*SUE)))
        await ann.take()
        work = await work_of(daemon, placed.conversation)
        await cleo.put(pb.DeskCommand(client_id="x1", supervise=pb.Supervise(act=pb.SUPERVISION_LISTEN, work=work, agent="bert")))
        assert (await cleo.wait("error", lambda e: e.field.startswith("x1"))).code == "invalid_field"
        await ann.put(pb.DeskCommand(client_id="x2", supervise=pb.Supervise(act=pb.SUPERVISION_LISTEN, work=work)))
        assert (await ann.wait("error", lambda e: e.field.startswith("x2"))).code == "forbidden"
        await cleo.do(supervise=pb.Supervise(act=pb.SUPERVISION_LISTEN, work=work))
        await ann.wait("work", lambda w: [p.agent for p in w.participants] == ["cleo"])  # told, unless the company decides otherwise
    await eventually(lambda: not daemon.admin.read(f"/v1/work/{work}", pb.Work()).participants, "without a desk nobody listens")


async def test_a_supervisor_at_a_terminal(daemon, tmp_path):
    heard = tmp_path / "desk"
    async with daemon.desk("ann") as ann:
        placed = stored(daemon.http().post_event(words(*SUE)))
        work = (await ann.take()).work.id
        with open(heard, "wb") as out:
            cleo = subprocess.Popen([f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "cleo"], stdin=subprocess.PIPE, stdout=out, stderr=out)

        async def types(line, *answers):
            cleo.stdin.write(f"{line}\n".encode())
            cleo.stdin.flush()
            for answer in answers:
                await eventually(lambda: answer in heard.read_text(), heard.read_text)
        try:
            await eventually(lambda: "you are available" in heard.read_text(), heard.read_text)
            await types("/barge", "/barge WORK")
            await types(f"/listen {work}", f"you take part in work {work}: ", "nobody hears you", "hello")
            await types("/whisper", "the customer does not hear you: /note")
            await types("/note offer a refund")
            assert (await ann.entry("offer a refund")).note
            await types("/barge", "the customer hears you")
            await types("you get a refund")
            await ann.entry("you get a refund")
            await types("/takeover", f"you have work {work}: ", "by cleo")
            assert (await ann.wait("unassigned", lambda u: u.work == work)).conversation == placed.conversation
            await types("/quit")
            assert cleo.wait(PATIENCE) == 0
        finally:
            cleo.kill()
            cleo.wait()
