# SPDX-License-Identifier: Apache-2.0
"""Who comes before the daemon has read its log is told to come again; the daemon goes on."""
import contextlib
import hashlib
import os
import subprocess

from harness.daemon import BIN
from harness.desk import Desk
from harness.http import Http

AGENT, ADMIN = "agent-0123456789abcdef0123456789abcdef", "admin-0123456789abcdef0123456789abcdef"


def token(id, secret, **more):
    return {"id": id, "sha256": hashlib.sha256(secret.encode()).hexdigest(), **more}


def without_redis(config):
    """Tokens of the file are known at once; Redis is not there at all."""
    config["redis"] = {"mode": "url", "url": "unix:///nowhere/redis.sock"}
    config["token"] = [token("ann", AGENT, role="agent", agent="ann"), token("admin", ADMIN, role="admin")]


def listening(daemon):
    """Daemon.start() would wait until it is ready, which it never is."""
    with open(daemon.log, "ab") as log:
        daemon.process = subprocess.Popen([f"{BIN}/throughlined", "--config", daemon.file], stdout=log, stderr=log)
    daemon.until(lambda: os.path.exists(f"{daemon.data}/listen"), "listens")
    with open(f"{daemon.data}/listen", encoding="utf-8") as f:
        return f.readline().strip().replace("http://", "")


async def test_nobody_comes_in_before_the_log_is_read(world):
    daemon = world(without_redis, start=False)
    address = listening(daemon)
    desk = Desk(address, AGENT, name="ann")
    with contextlib.suppress(AssertionError):
        await desk.open()
    code, reason = await desk.box.wait_closed()
    assert (code, reason) == (1013, "unavailable")
    admin = Http(address, ADMIN)
    for path in ("/v1/status", "/v1/agents", "/v1/agents/ann", "/v1/queues", "/v1/work", "/v1/work/1/why", "/v1/config/diff",
                 "/v1/conversations/1", "/readyz?verbose", "/metrics"):
        assert admin.get(path).status in (200, 404, 503), path
    assert daemon.process.poll() is None
