# SPDX-License-Identifier: Apache-2.0
"""`why`, `why --full` and `why-not`: of many agents the record names a few, the decision taken once more names all, and both agree."""
import json

from harness import pb
from harness.http import Http
from harness.stories import TEL, candidate, stored, words, work_of


def forty(config):
    config["agent"] += [{"id": f"b{i:02}", "skills": {"billing": 1 + i % 3}, "capacity": 6} for i in range(40)]


async def decided(daemon):
    """Ann is offered a matter of billing, with a colleague who is short of a level and many who are not there."""
    placed = stored(daemon.http().post_event(words("sms", TEL, "my bill", intent="billing")))
    work = await work_of(daemon, placed.conversation)
    return work, daemon.why(work).decisions[0]


def as_json(daemon, *args, code=0):
    done = daemon.cli("--json", *args, check=False)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if not code else done.stderr


async def test_the_record_names_few_and_the_full_list_all(world, tmp_path):
    daemon = world(forty)
    async with daemon.desk("ann"), daemon.desk("bert"), daemon.desk("cleo"), daemon.desk("b00"):
        work, record = await decided(daemon)
        assert record.winner == "ann" and record.considered == 43
        assert [(c.agent, c.behind, c.behind_by) for c in record.candidates] == [
            ("ann", pb.BEHIND_NOBODY, 0), ("bert", pb.BEHIND_SCORE, 1)]
        name = f"{record.input}.{record.index}"

        full = as_json(daemon, "why", str(work), "--full")
        assert full["winner"] == "ann" and len(full["candidates"]) == 43 and full["input"] == str(record.input)
        assert [c["agent"] for c in full["candidates"][:2]] == ["ann", "bert"]
        assert {e["exclusion"]: e["agents"] for e in full["excluded"]} == {
            pb.Exclusion.Name(e.exclusion): e.agents for e in record.excluded}
        told = daemon.cli("why", str(work), "--full").stdout
        assert "cleo          billing needs 3, has 2; with billing 3 would have qualified, but ann has 1 level more than required\n" in told
        assert "bert          qualified: surplus 0" in told and "ann has 1 level more than required" in told
        assert "b02           is offline; with presence available would have qualified, but ann has 1 level more than required\n" in told

        # The same through the API, for one agent; who may see work may see this.
        http = Http(daemon.address, daemon.token("supervisor"))
        one = http.get(f"/v1/decisions/{name}?agent=b00")
        assert one.status == 200 and [c["agent"] for c in json.loads(one.body)["candidates"]] == ["ann", "b00"]
        assert http.get(f"/v1/decisions/{name}?agent=zoe").status == 404
        for bad in ("x", "1", "1.", "0.0", "01.0", "1.0x", "-1.0", "99999999999999999999999.0"):
            assert http.get(f"/v1/decisions/{bad}").status == 400, bad
        assert http.get("/v1/decisions/999999.0").status == 404 and http.get("/v1/decisions/1.0").status == 404

        # why-not: of the record, and of one whom the record does not name.
        told = daemon.cli("why-not", str(work), "bert").stdout
        assert "bert qualified, but ann has 1 level more than required\n" in told
        told = daemon.cli("why-not", str(work), "cleo", "--decision", name).stdout
        assert told.splitlines()[-3:] == ["cleo was not asked: billing needs 3, has 2", "What would have had to differ: billing 3",
                                          "Then cleo would have qualified, but ann has 1 level more than required"]
        assert f"is about work {work}, not 999999" in as_json(daemon, "why", "999999", "--decision", name, code=1)
        assert as_json(daemon, "why", "--decision", name) == full
        one = as_json(daemon, "why-not", str(work), "b00")
        assert one["winner"] == "ann" and [c["agent"] for c in one["candidates"]] == ["b00"]
        assert one["candidates"][0]["changes"] == [{"kind": "CHANGE_KIND_SKILL", "name": "billing", "from": 1, "to": 3}]
        assert "there was no such agent" in as_json(daemon, "why-not", str(work), "zoe", code=1)
        assert "ann was the choice" in daemon.cli("why-not", str(work), "ann").stdout

        # From an archive, for as long as it is kept, without the daemon.
        folder = tmp_path / "archive"
        folder.mkdir()
        daemon.cli("archive", str(folder), "--keep-back", "0")
        assert as_json(daemon, "why", str(work), "--archive", str(folder)) == full
        # The last inputs may still be missing there: they are read from the log.
        part = tmp_path / "part"
        part.mkdir()
        assert as_json(daemon, "why", str(work), "--decision", name, "--archive", str(part), code=65)
    daemon.stop()
    assert as_json(daemon, "why", str(work), "--decision", name, "--archive", str(folder)) == full
    assert as_json(daemon, "why", str(work), "--decision", str(record.input), "--archive", str(folder)) == full
    assert as_json(daemon, "why", str(work), "--decision", "1.0", "--archive", str(folder), code=1)


async def test_would_have_been_chosen(daemon):
    """Nobody can take it: each is told what it would take, and doing just that makes them the choice."""
    async with daemon.desk("cleo") as cleo:
        work, record = await decided(daemon)
        assert record.winner == "" and candidate(record, "cleo").behind == pb.BEHIND_NOBODY
        told = daemon.cli("why", str(work)).stdout
        assert "cleo          billing needs 3, has 2; would have been chosen with billing 3\n" in told
        assert "ann           is offline; would have been chosen with presence available\n" in told
        answer = daemon.admin.call("PUT", "/v1/agents/cleo", json.dumps({"id": "cleo", "name": "Cleo", "skills": [{"name": "billing", "level": 3}], "capacity": 6}).encode(),
                                   headers={"Content-Type": "application/json"})
        assert answer.status == 200, answer
        offer = await cleo.take()
        assert offer.work.id == work
        told = daemon.cli("why-not", str(work), "ann", "--decision", f"{record.input}.{record.index}").stdout
        assert told.endswith("What would have had to differ: presence available\nThen ann would have been chosen\n")
