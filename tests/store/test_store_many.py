# SPDX-License-Identifier: Apache-2.0
"""Many at once: numbers stay dense, an id is taken once, and what was acknowledged survives kill -9 of Redis."""
import os
import random
import signal
import subprocess
import threading

import redis

from harness import AGAIN, OK, Server, Tenant, check_log, library


def together(server, count, work):
    """Runs work(tenant, i) on `count` connections at once; returns what they returned."""
    gate, answers, errors = threading.Barrier(count), [None] * count, []

    def run(i):
        try:
            s = Tenant(server.connect())
            gate.wait(30)
            answers[i] = work(s, i)
        except BaseException as e:  # a thread's failure is the test's
            errors.append(e)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert not errors, errors[0]
    return answers


def test_one_id_from_fifty_at_once(server, s):
    answers = together(server, 50, lambda t, i: t.event("same", "tel:+491"))
    assert sorted(a[0] for a in answers) == [OK] + [AGAIN] * 49
    assert {tuple(a[1:]) for a in answers} == {(1, 1, 1)}
    check_log(s, ["same"])


def test_sixty_four_clients(server, s):
    def work(t, i):
        dice = random.Random(i)
        for k in range(40):
            handle = f"tel:+49{dice.randrange(20)}"
            verified = [f"tel:+49{dice.randrange(20)}"] if dice.random() < 0.05 else ()
            threads = [f"t{dice.randrange(10)}"] if dice.random() < 0.2 else ()
            assert t.event(f"{i}-{k}", handle, dice.randrange(1, 6), verified=verified, threads=threads)[0] == OK
            if dice.random() < 0.1:
                t.append()
        return [f"{i}-{k}" for k in range(40)]

    known = [m for markers in together(server, 64, work) for m in markers]
    assert len(known) == 64 * 40
    check_log(s, known)


def test_two_messages_in_one_millisecond_make_one_conversation(server, s):
    assert {a[2] for a in together(server, 32, lambda t, i: t.event(str(i), "tel:+491"))} == {1}
    assert sum(i.placed.opened for i in s.log().values()) == 1


def test_kill_of_redis_loses_nothing_acknowledged(tmp_path, protos):
    """kill -9 between and within calls: a call is in the append-only file whole or not at all."""
    known, server = set(), Server(tmp_path, "--appendonly", "yes", "--appendfsync", "always")
    for round in range(4):
        s = Tenant(server.connect())
        s.r.function_load(library(), replace=True)
        killer = threading.Timer(0.15, os.kill, (server.child.pid, signal.SIGKILL))
        killer.start()
        k = 0
        try:
            while True:
                for _ in range(2):  # each is sent twice
                    s.event(f"{round}-{k}", f"tel:+49{k % 7}", threads=[f"t{k % 5}"], verified=[f"chat:{k % 11}"])
                known.add(f"{round}-{k}")
                k += 1
        except redis.ConnectionError:
            killer.join()
        assert server.child.wait(20) == -signal.SIGKILL
        server = Server(tmp_path, "--appendonly", "yes", "--appendfsync", "always")
        s = Tenant(server.connect())
        s.event(f"{round}-{k}", f"tel:+49{k % 7}", threads=[f"t{k % 5}"])  # unknown: sent again
        known.add(f"{round}-{k}")
        check_log(s, known)
    server.stop()
    assert subprocess.run(["redis-check-aof", str(tmp_path / "appendonlydir/appendonly.aof.manifest")],
                          capture_output=True).returncode == 0
