# SPDX-License-Identifier: Apache-2.0
"""Fixtures: `world` makes daemons, `daemon` is one with the usual accounts, agents and queues. A test that is a coroutine is run."""
import asyncio
import inspect
import os
import struct
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
from harness import pb  # noqa: E402
from harness.config import plain, unhurried, usual  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.mailbox import PATIENCE  # noqa: E402

TEST_SECONDS = 10 * PATIENCE


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**wanted), TEST_SECONDS))
    return True


def pytest_configure(config):
    config.addinivalue_line("markers", "newcomer: what a newcomer does, on the release build")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, f"report_{call.when}", outcome.get_result())


@pytest.fixture
def world(tmp_path, request):
    """world(change) starts a daemon whose configuration is the usual one after change(configuration). All end well, or the test
    has failed: exit code 0 after SIGTERM, nothing found by a sanitizer. hurried: with the product's own time limits."""
    made = []

    def make(change=None, start=True, hurried=False):
        config = plain() if hurried else usual()
        if change:
            change(config)
        if not hurried:
            unhurried(config)
        directory = tmp_path / f"node{len(made)}"
        directory.mkdir()
        made.append(Daemon(directory, config))
        return made[-1].start() if start else made[-1]

    yield make
    failed = getattr(request.node, "report_call", None) is None or request.node.report_call.failed
    for d in made:
        try:
            if d.process and (d.process.poll() is None or d.ending):
                d.stop()
        finally:
            if d.process and d.process.poll() is None:
                d.kill()
            if failed and d.process:
                print(f"---- log of {d.directory}:\n{d.read_log()[-8000:]}")


@pytest.fixture
def daemon(world):
    return world()


@pytest.fixture
def clock(tmp_path):
    """The wall clock of a daemon and its Redis, to be put forward: clock(hours); clock.environment starts a daemon on it."""
    shim, file = tmp_path / "clock_shift.so", tmp_path / "clock"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", shim, f"{pb.ROOT}/tests/fault/clock_shift.c"], check=True)
    file.write_bytes(struct.pack("<q", 0))

    def shift(hours):
        with open(file, "r+b") as f:  # it is mapped: written in place
            f.write(struct.pack("<q", hours * 3600))
    shift.environment = {"LD_PRELOAD": str(shim), "CLOCK_SHIFT_FILE": str(file), "ASAN_OPTIONS": "verify_asan_link_order=0"}
    return shift
