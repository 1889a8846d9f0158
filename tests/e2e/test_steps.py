# SPDX-License-Identifier: Apache-2.0
"""What a queue requires: that nobody can meet it is reported at once, and the record says why it was relaxed."""
import json
import re

from harness import pb
from harness.desk import tail
from harness.mailbox import eventually
from harness.stories import stored, words, work_of


def asks_for_much(config):
    config["queue"] = [{"name": "law", "requires": {"law": 5}, "target_seconds": 2,
                        "steps": ["1 s: law >= 4", "100 %: any"]}]


def unmeetable(daemon):
    metrics = daemon.http().get("/metrics").body.decode()
    return int(re.search(r'throughline_work_unmeetable\{tenant="main",queue="law"\} (\d+)', metrics)[1])


async def test_what_no_agent_can_ever_take_is_reported_at_once(world):
    def never_relaxes(config):
        asks_for_much(config)
        del config["queue"][0]["steps"]
    daemon = world(never_relaxes)
    watching = await tail(daemon.address, daemon.token("admin"))
    async with daemon.desk("ann"):
        assert unmeetable(daemon) == 0
        placed = stored(daemon.http().post_event(words("sms", "tel:+4915155500081", "sue them")))
        line = {}
        while line.get("effect") != "decision":
            line = json.loads(await watching.recv())
        assert (line["queue"], line["unmeetable"]) == ("law", "yes") and "winner" not in line
    await watching.close()
    work = await work_of(daemon, placed.conversation)
    record = daemon.why(work).decisions[-1]
    assert (record.able, record.considered, record.step) == (0, 3, 0)
    assert "  no agent at all meets the requirement, present or not\n" in daemon.cli("why", str(work)).stdout
    assert unmeetable(daemon) == daemon.admin.read("/v1/queues/law", pb.QueueStatus()).unmeetable == 1
    agent = {"id": "cleo", "skills": [{"name": "law", "level": 5}]}
    assert daemon.admin.call("PUT", "/v1/agents/cleo", json.dumps(agent).encode(),
                             headers={"Content-Type": "application/json"}).status == 200
    assert unmeetable(daemon) == 0  # away, but she can


async def test_the_record_says_why_less_is_required(world):
    daemon = world(asks_for_much)
    placed = stored(daemon.http().post_event(words("sms", "tel:+4915155500082", "sue them")))
    work = await work_of(daemon, placed.conversation)
    decisions = await eventually(lambda: (d := daemon.why(work).decisions) and d[0].step == 2 and d, "it is relaxed twice")
    told = {d.step: (d.relaxed_by, d.relaxed_after_ms, d.relaxed_percent) for d in decisions}
    assert told == {0: (0, 0, 0), 1: (pb.CAUSE_WAITED, 1000, 0), 2: (pb.CAUSE_TARGET, 2000, 100)}
    words_of = daemon.cli("why", str(work)).stdout
    assert "  relaxed 2 times so far, the last time since it had waited 2 s, 100 % of the queue's target\n" in words_of
    assert "  relaxed 1 time so far, since it had waited 1 s\n" in words_of
