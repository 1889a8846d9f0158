# SPDX-License-Identifier: Apache-2.0
"""Who comes too early or brings too much at once is told so, and what to do again; the daemon goes on."""
import contextlib
import hashlib
import os
import subprocess

import pytest
import websockets

from harness import pb
from harness.daemon import BIN
from harness.desk import Desk
from harness.gateway import Gateway
from harness.http import Http
from harness.mailbox import eventually

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


async def test_early_token(world):
    """It may be one that was made while running: nobody can say before Redis is there."""
    daemon = world(without_redis, start=False)
    address = listening(daemon)
    for n in range(30):
        answer = Http(address, f"made-while-running-{n}").get("/v1/status")
        assert answer.status == 503 and answer.headers["Retry-After"], answer
    for make in (Desk, Gateway):
        with pytest.raises(websockets.InvalidStatusCode) as refused:
            await make(address, "made-while-running").open()
        assert refused.value.status_code == 503 and refused.value.headers["Retry-After"]
    desk, gateway = Desk(address, hello_token="made-while-running"), Gateway(address)
    gateway.hello.token = "made-while-running"
    for stream in (desk, gateway):
        with contextlib.suppress(AssertionError):
            await stream.open()
        assert (await stream.box.wait_closed()) == (1013, "unavailable")


async def test_nobody_comes_in_before_the_log_is_read(world):
    daemon = world(without_redis, start=False)
    address = listening(daemon)
    desk = Desk(address, AGENT, name="ann")
    with contextlib.suppress(AssertionError):
        await desk.open()
    code, reason = await desk.box.wait_closed()
    assert (code, reason) == (1013, "unavailable")
    admin = Http(address, ADMIN)
    for path in ("/v1/status", "/v1/agents", "/v1/agents/ann", "/v1/queues", "/v1/work", "/v1/work/1/why", "/v1/config/diff", "/v1/config/lint",
                 "/v1/conversations/1", "/readyz?verbose", "/metrics"):
        assert admin.get(path).status in (200, 404, 503), path
    assert daemon.process.poll() is None


async def test_a_desk_is_told_which_command_was_too_many(world):
    daemon = world()
    async with daemon.desk("ann") as ann:
        at = len(ann.seen)
        ids = [f"many-{n}" for n in range(400)]
        for id in ids:
            await ann.put(pb.DeskCommand(client_id=id, presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE)))

        def which(m):
            return m.done.client_id if m.HasField("done") else m.error.field if m.HasField("error") and m.error.code == "too_many" else ""
        told = await eventually(lambda: told if len(told := sorted(filter(None, map(which, ann.seen[at:])))) >= len(ids) else None, "told of each")
        assert told == sorted(ids)
