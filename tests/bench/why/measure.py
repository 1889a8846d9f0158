#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast a decision explains itself in a large centre: `why` from the record, and with every agent named from Redis and from the archive.

    measure.py [AGENTS [EVENTS]]     a real daemon with a Redis and an archive of its own; figures in milliseconds, process start included

The decisions looked at are spread over the whole log. With the bound of each figure exceeded the exit code is 1."""
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, f"{ROOT}/tests/e2e")
from harness import pb  # noqa: E402
from harness.config import usual  # noqa: E402
from harness.daemon import BIN, Daemon  # noqa: E402

BATCH, CUSTOMERS = 200, 5000
RECORD_MS, FULL_MS = 50, 2000


SKILLS = [f"skill{i}" for i in range(30)]


def centre(folder):
    config = usual()
    config["archive"] = {"dir": folder, "every_seconds": 1}
    config["agent"] = []
    config["queue"] = [{"name": s, "intents": [s], "requires": {s: 3}} for s in SKILLS] + [{"name": "general"}]
    return config


def people(daemon, agents):
    rng = random.Random(1)
    for i in range(agents):
        a = pb.Agent(id=f"a{i:05}", name="", capacity=6)
        for s in sorted(rng.sample(SKILLS, 5)):
            a.skills.add(name=s, level=rng.randint(1, 5))
        answer = daemon.admin.send("PUT", f"/v1/agents/{a.id}", a)
        assert answer.status == 200, answer


def load(daemon, events):
    rng = random.Random(2)
    http = daemon.http()
    for first in range(0, events, BATCH):
        batch = pb.EventBatch()
        for i in range(first, first + BATCH):
            e = batch.events.add(id=f"m{i}", account="sms", message=pb.Message(text="hello", subject=""), intent=f"skill{rng.randrange(30)}")
            setattr(e, "from", f"tel:+4915{rng.randrange(CUSTOMERS):08}")
        answer = http.send("POST", "/v1/events", batch)
        assert answer.status == 200, answer


def decisions(daemon):
    found, cursor = [], ""
    while True:
        page = daemon.admin.read(f"/v1/decisions?limit=500{cursor}", pb.DecisionList())
        found += [(d.input, d.index, d.work, d.winner) for d in page.decisions]
        if not page.next:
            return found
        cursor = f"&cursor={page.next}"


def timed(*args):
    begun = time.monotonic()
    done = subprocess.run([f"{BIN}/throughline", "--json", *args], capture_output=True, text=True, check=True)
    return (time.monotonic() - begun) * 1000, json.loads(done.stdout)


def tell(what, times, most):
    times.sort()
    print(f"{what:44} p50 {statistics.median(times):8.1f} ms   worst {times[-1]:8.1f} ms   of {len(times)}   bound {most} ms")
    return times[-1] <= most


def measure(agents, events):
    with tempfile.TemporaryDirectory() as directory:
        folder = f"{directory}/archive"
        os.mkdir(folder)
        daemon = Daemon(directory, centre(folder)).start()
        people(daemon, agents)
        load(daemon, events)
        all_decisions = decisions(daemon)
        chosen = all_decisions[:: max(1, len(all_decisions) // 20)][:20]
        here = ("--data-dir", daemon.data)
        print(f"{agents} agents, {events} events, {len(all_decisions)} decisions, log up to input {chosen[0][0]}")
        record, full, archived = [], [], []
        for number, index, work, winner in chosen:
            record.append(timed(*here, "why-not", str(work), winner or "a00000", "--decision", f"{number}.{index}")[0] if winner else
                          timed(*here, "why", str(work))[0])
            ms, d = timed(*here, "why", str(work), "--full", "--decision", f"{number}.{index}")
            full.append(ms)
            assert len(d["candidates"]) == agents and d.get("winner", "") == winner
        daemon.stop()
        subprocess.run(["du", "-sh", f"{folder}/main"], check=False)
        for number, index, work, winner in chosen:
            try:
                ms, d = timed(*here, "why", str(work), "--decision", f"{number}.{index}", "--archive", f"{folder}/main")
            except subprocess.CalledProcessError:
                continue  # younger than the newest snapshot: not archived yet
            archived.append(ms)
            assert len(d["candidates"]) == agents and d.get("winner", "") == winner
        good = tell("why, from the record", record, RECORD_MS)
        good &= tell("why --full, from Redis by the daemon's child", full, FULL_MS)
        good &= tell("why --archive, from the folder", archived, FULL_MS)
        return 0 if good else 1


if __name__ == "__main__":
    sys.exit(measure(*(int(n) for n in (sys.argv[1:] + ["10000", "150000"][len(sys.argv) - 1:])[:2])))
