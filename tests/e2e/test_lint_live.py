# SPDX-License-Identifier: Apache-2.0
"""The lint of what is in force: agents and queues that the API brought count, and each change is told what it brings about."""
import json
import re

from harness import pb
from harness.daemon import check_config

LAW = {"name": "law", "intents": ["law"], "requires": {"law": 5}}


def with_law(config):
    config["queue"].insert(0, dict(LAW))


def change(daemon, method, path, body=None):
    answer = daemon.admin.call(method, path, json.dumps(body).encode() if body else None,
                               headers={"Content-Type": "application/json"})
    assert answer.status in (200, 204), answer
    told = answer.headers.get_all("Warning") or []
    for line in told:
        assert re.fullmatch(r'299 throughline "[^"]+"', line), line
    return [(re.search(r"\[([a-z-]+)\]", line) or ["", ""])[1] for line in told], " ".join(told)


def in_force(daemon):
    found = daemon.admin.read("/v1/config/lint", pb.ConfigLint())
    assert (found.errors, found.untold) == (0, 0)
    return {f.rule: f for f in found.findings}


def lawyer(name):
    return {"id": name, "skills": [{"name": "law", "level": 5}], "capacity": 6}


async def test_agents_of_the_api_count(world):
    daemon = world(with_law, hurried=True)
    before = in_force(daemon)
    assert set(before) == {"queue-unserved", "skill-unknown"}
    found = before["queue-unserved"]
    assert (found.table, found.name, found.key, found.error) == ("queue", "law", "requires", False)
    assert change(daemon, "PUT", "/v1/agents/lara", lawyer("lara"))[0] == []
    assert in_force(daemon) == {}
    assert "[queue-unserved]" in check_config(daemon.file).stderr  # the file alone knows no better
    done = daemon.cli("config", "lint")
    assert (done.stdout, done.stderr) == ("no findings\n", "")
    assert daemon.cli("--json", "config", "lint").stdout == daemon.cli("--json", "config", "diff").stdout == "[]\n"
    assert daemon.cli("config", "lint", str(daemon.file)).stdout == "no findings\n"  # applied, it would keep her
    done = daemon.cli("config", "apply", str(daemon.file))
    assert re.fullmatch(r"applied by input \d+: 3 queues, 4 agents, 0 calendars in force\n", done.stdout) and done.stderr == ""
    applied = json.loads(daemon.cli("--json", "config", "apply").stdout)
    assert int(applied["input"]) > int(re.search(r"\d+", done.stdout)[0]) and (applied["queues"], applied["agents"]) == (3, 4)
    rules, told = change(daemon, "DELETE", "/v1/agents/lara")
    assert rules == ["queue-unserved", "skill-unknown"] and "'law'" in told
    done = daemon.cli("config", "lint", check=False)
    assert done.returncode == 1 and re.search(r"^warning: no agent can serve queue 'law'.* \[queue-unserved\]$", done.stdout, re.M)
    assert [f["rule"] for f in json.loads(daemon.cli("--json", "config", "lint", check=False).stdout)] == rules
    done = daemon.cli("config", "apply")
    assert "throughline: warning: no agent can serve queue 'law'" in done.stderr


async def test_a_change_is_told_what_it_brings_about(world):
    daemon = world(with_law, hurried=True)
    rules, told = change(daemon, "PUT", "/v1/agents/idle", {"id": "idle", "channels": ["CHANNEL_VOICE"], "capacity": 1})
    assert rules == ["agent-room"] and "'idle'" in told  # the others were there before
    late = {"name": "late", "intents": ["law.tax"]}
    assert change(daemon, "PUT", "/v1/queues/late", late)[0] == ["queue-unreachable"]
    assert change(daemon, "PUT", "/v1/queues/late", late)[0] == ["queue-unreachable"]  # its own, again
    assert change(daemon, "PUT", "/v1/queues/other", {"name": "other", "intents": ["other"]})[0] == []
    # A queue that is named elsewhere goes: the other row is told of.
    assert change(daemon, "PUT", "/v1/queues/other", {"name": "other", "intents": ["other"], "overflow": "late", "overflowSeconds": 60})[0] == []
    rules, told = change(daemon, "DELETE", "/v1/queues/late")
    assert rules == ["overflow-missing"] and "'other'" in told
    # A whole configuration is told everything.
    assert {"queue-unserved", "skill-unknown", "agent-room", "overflow-missing"} <= set(change(daemon, "POST", "/v1/config/apply")[0])


async def test_more_than_headers_hold_is_counted(world):
    def many(config):
        config["queue"] = [{"name": f"law{n:02}", "intents": [f"law{n:02}"], "requires": {f"law{n:02}": 5}} for n in range(30)] + [{"name": "rest"}]
    daemon = world(many, hurried=True)
    told = change(daemon, "POST", "/v1/config/apply")[1]
    assert re.search(r"and \d+ more: see GET /v1/config/lint", told) and len(told) < 2000
    assert len(daemon.admin.read("/v1/config/lint", pb.ConfigLint()).findings) == 60


async def test_a_file_is_looked_at_as_it_would_be_in_force(world):
    daemon = world(hurried=True)
    assert change(daemon, "PUT", "/v1/agents/lara", lawyer("lara"))[0] == []
    assert daemon.cli("config", "diff").stdout == ""
    daemon.config["queue"].insert(0, dict(LAW))
    daemon.config["channel"]["voice"]["units"] = 9
    daemon.config["routing"]["order"] = "fifo"
    daemon.write_config()
    differs = daemon.cli("config", "diff", str(daemon.file), check=False)
    assert differs.returncode == 1 and "units 4 -> 9" in differs.stdout and '"fifo"' in differs.stdout
    assert "queue law: new" in differs.stdout and "agent lara: not in the file, kept" in differs.stdout
    assert len(differs.stdout.splitlines()) == 4, differs.stdout
    assert [line.split("[")[-1] for line in differs.stderr.splitlines()] == 3 * ["channel-unserved]"]  # a call in each queue
    del daemon.config["channel"]["voice"]
    daemon.config["queue"][0]["requires"] = {"law": 5, "tax": 1}
    daemon.write_config()
    assert "[queue-unserved]" in daemon.cli("config", "lint", str(daemon.file), check=False).stdout
    # The node's own file, once it is read.
    daemon.restart()
    answer = daemon.admin.read("/v1/config/diff", pb.ConfigDiff())
    assert "queue law: added" in answer.lines and any("fifo" in line for line in answer.lines)
    assert "queue-unserved" in [f.rule for f in answer.findings]
    done = daemon.cli("config", "diff", check=False)
    assert done.returncode == 1 and "[queue-unserved]" in done.stderr
