# SPDX-License-Identifier: Apache-2.0
"""Nothing acknowledged is lost or doubled, whatever is killed meanwhile; and the log of it folds to the same state everywhere.

The usual run is short. TL_FAULTS=50 makes it as long as a release wants it: fifty kills of each kind.
"""
import asyncio
import glob
import json
import os
import random
import subprocess

from checker.world import World, run
from harness import pb
from harness.daemon import BIN

KILLS = int(os.environ.get("TL_FAULTS", "3"))
SEED = int(os.environ.get("TL_SEED", "1"))
SECONDS = 1800 + KILLS * 120  # never so long, unless something hangs
CHECKED_INPUTS = 20000  # every invariant after every step takes time in the square of the log's length


def shuffled(plan):
    random.Random(SEED).shuffle(plan)
    return plan


def go(world, plan):
    found = asyncio.run(asyncio.wait_for(run(world, plan), SECONDS))
    with open(f"{world.directory}/violations", "w", encoding="utf-8") as f:
        f.write("\n".join(found))
    assert not found, f"seed {SEED}: {len(found)} violations\n" + "\n".join(found[:40]) + "\n" + world.logs()


def fold(program, log, *options):
    done = subprocess.run([program, "--json", "fold", *options, log], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def programs():
    """The binaries of both compilers, where they have been built from the sources as they are now."""
    root = os.path.dirname(os.path.dirname(BIN))
    found = [f"{root}/{p}/bin/throughline" for p in ("dev", "clang", "release", "asan")]
    newest = max(os.path.getmtime(f) for d in ("routing", "daemon/core", "proto/throughline/v1") for f in glob.glob(f"{pb.ROOT}/{d}/*"))
    return [f"{BIN}/throughline"] + [p for p in found if os.path.exists(p) and os.path.dirname(p) != BIN and os.path.getmtime(p) >= newest]


def same_everywhere(log):
    first = fold(programs()[0], log)
    assert first["inputs"] > 0 and first["hashesCompared"] > 0 and first["hashesDiffering"] == 0, first
    if first["inputs"] < CHECKED_INPUTS:
        assert fold(programs()[0], log, "--check") == first
    for program in programs():
        assert fold(program, log) == first, program
        assert fold(program, log, "--split", str(first["inputs"] // 2)) == first, program


def test_one_node(tmp_path):
    world = World(tmp_path, SEED)
    go(world, shuffled([("kill_daemon",)] * KILLS + [("kill_redis",)] * KILLS + [("stop_redis", 10 if KILLS > 10 else 3)] +
                       [("fill_redis",)] * KILLS))
    same_everywhere(f"{tmp_path}/log.bin")


def test_with_mail(tmp_path):
    """Postfix stands before the daemon, and is killed like everybody else."""
    world = World(tmp_path, SEED, rate=100, mail=True)
    go(world, shuffled([("kill_postfix",)] * KILLS + [("kill_daemon",)] * KILLS + [("kill_redis",)] * KILLS + [("stop_redis", 3)]))
    assert len(world.post.acked) > 50, len(world.post.acked)


def test_clock_steps(tmp_path):
    world = World(tmp_path, SEED, clock=True)
    go(world, [("step_clock", 3600), ("kill_daemon",), ("step_clock", 0), ("kill_daemon",), ("kill_redis",)])
    same_everywhere(f"{tmp_path}/log.bin")


def test_two_nodes(tmp_path):
    world = World(tmp_path, SEED, nodes=2)
    go(world, shuffled([("kill_leader",)] * KILLS + [("stop_leader", 5)] * max(1, KILLS // 10) + [("kill_redis",)] * KILLS +
                       [("kill_daemon",)] * max(1, KILLS // 3)))
    same_everywhere(f"{tmp_path}/log.bin")


def test_with_kannel(tmp_path):
    world = World(tmp_path, SEED, rate=150, kannel=True)
    go(world, shuffled([("kill_kannel",)] * 2 * KILLS + [("kill_daemon",)] * KILLS + [("kill_redis",)] * max(1, KILLS // 2)))
    same_everywhere(f"{tmp_path}/log.bin")
