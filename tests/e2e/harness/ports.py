# SPDX-License-Identifier: Apache-2.0
"""Ports for programs that cannot ask the kernel for one, or that come back at the same. They are taken from below those that the kernel gives to
whoever asks for any, connections that go out among them: none of ours is given away between this and the program's own bind()."""
import contextlib
import os
import random
import socket

LEAST = 10000
# Of several that run tests side by side (pytest-xdist), each has ports of its own.
PART, PARTS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def given_by_kernel():
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
        return int(f.read().split()[0])


def free_ports(n):
    """All are held until all are known."""
    candidates = [p for p in range(LEAST, given_by_kernel()) if p % PARTS == PART]
    random.SystemRandom().shuffle(candidates)
    found = []
    with contextlib.ExitStack() as held:
        for port in candidates:
            s = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                s.bind(("127.0.0.1", port))
                found.append(port)
            if len(found) == n:
                return found
    raise AssertionError(f"no {n} free ports from {LEAST} to {given_by_kernel()}")


def free_port():
    return free_ports(1)[0]
