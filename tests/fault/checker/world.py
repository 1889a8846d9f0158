# SPDX-License-Identifier: Apache-2.0
"""A world: one or two daemons on one Redis, gateways with customers, desks; and the plan of what befalls it."""
import asyncio
import contextlib
import os
import random
import shutil
import struct
import subprocess
import sys
import time

import redis as redis_client
from harness import pb
from harness.config import plain
from harness.daemon import BIN, Daemon
from harness.http import Http
from harness.mailbox import PATIENCE
from harness.ports import free_port

from .actors import DeskActor, GatewayActor
from .faults import Faults
from .kannel import KannelWorld, PhoneActor
from .post import Post
from .verdict import judge

SETTLED = 60  # of a verdict: a violation that time mends was none


class Node:
    def __init__(self, name, daemon):
        self.name, self.daemon = name, daemon
        self.address = self.gateway_token = None
        self.agent_tokens = {}


class World:
    def __init__(self, directory, seed, nodes=1, agents=6, customers=24, rate=400, clock=False, strict=True, config=None, kannel=False,
                 mail=False):
        self.directory, self.seed, self.rate = str(directory), seed, rate
        self.random = random.Random(seed)
        self.sent = 0
        self.post = Post(seed) if mail else None
        self.started = time.monotonic()
        self.redis_process = None
        self.clock = f"{self.directory}/clock" if clock else None
        self.shim = f"{self.directory}/clock_shift.so"
        self.own_redis = nodes > 1
        self.durability = "strict" if strict else "normal"
        self.redis_socket = f"{self.directory}/redis.sock" if self.own_redis else f"{self.directory}/n1/data/redis/redis.sock"
        self.agents = [f"agent{i}" for i in range(agents)]
        self.kannel = KannelWorld(f"{self.directory}/kannel") if kannel else None
        self.phone = PhoneActor(self, self.kannel) if kannel else None
        self.nodes = [Node(f"n{i + 1}", self.make_daemon(f"n{i + 1}", config)) for i in range(nodes)]
        handles = [("sms", f"tel:+49151000{i:05d}") for i in range(customers)] + \
                  [("mail", f"email:c{i}@example.org") for i in range(customers)]
        social = [("wa", f"social:u{i}") for i in range(customers)]
        self.gateways = [GatewayActor(self, "gw1", ["sms", "mail"], True, handles), GatewayActor(self, "gw2", ["wa"], False, social)]
        self.desks = [DeskActor(self, a) for a in self.agents]
        self.tasks = []

    # ---- processes ----

    def make_daemon(self, name, change):
        config = plain()
        config["agent"] = [{"id": a, "name": a, "capacity": 60} for a in self.agents]
        config["queue"] = [{"name": "general", "offer_seconds": 5, "wrap_up_seconds": 5}]
        config["redis"]["durability"] = self.durability
        config["routing"] = {"grace_seconds": 5, "timeouts_to_away": 50, "decline_pause_seconds": 2, "decline_max": 100}
        if self.own_redis:
            config["redis"] = {"mode": "url", "url": f"unix://{self.redis_socket}", "durability": self.durability}
        if self.kannel:  # which must find the daemon again
            config["server"]["listen"] = f"127.0.0.1:{free_port()}"
            config["account"].append(self.kannel.account(config["server"]["listen"]))
        if change:
            change(config)
        if self.post:
            self.post.configure(config)
        directory = f"{self.directory}/{name}"
        os.makedirs(directory, exist_ok=True)
        return Daemon(directory, config)

    def environment(self):
        if not self.clock:
            return {}
        return {"LD_PRELOAD": self.shim, "CLOCK_SHIFT_FILE": self.clock, "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def set_clock(self, seconds):
        with open(self.clock, "r+b" if os.path.exists(self.clock) else "wb") as f:
            f.write(struct.pack("=q", seconds))

    def make_shim(self):
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", self.shim, f"{os.path.dirname(__file__)}/../clock_shift.c"], check=True)

    def start_redis(self):
        fsync = "always" if self.durability == "strict" else "everysec"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.redis_socket)
        with open(f"{self.directory}/redis.log", "ab") as log:
            self.redis_process = subprocess.Popen(
                ["redis-server", "--port", "0", "--unixsocket", self.redis_socket, "--dir", self.directory, "--appendonly", "yes",
                 "--appendfsync", fsync, "--save", "", "--maxmemory-policy", "noeviction", "--stream-node-max-bytes", "1024"],
                stdout=log, stderr=log, env=os.environ | self.environment())

    async def start_node(self, node):
        first = self.nodes[0].daemon
        if node.daemon is not first:  # one tenant, one first token: the file goes where the daemon goes
            os.makedirs(node.daemon.data, exist_ok=True)
            shutil.copy(f"{first.data}/admin-main.token", f"{node.daemon.data}/admin-main.token")
        await asyncio.get_running_loop().run_in_executor(None, lambda: node.daemon.start(self.environment()))
        node.address = node.daemon.address

    def make_tokens(self):
        first = self.nodes[0].daemon
        gateway = first.token("gateway")
        agents = {a: first.token("agent", a) for a in self.agents}
        for node in self.nodes:
            node.gateway_token, node.agent_tokens = gateway, agents

    async def start(self):
        if self.clock:
            self.make_shim()
            self.set_clock(0)
        if self.own_redis:
            self.start_redis()
        for node in self.nodes:
            await self.start_node(node)
        self.make_tokens()
        if self.kannel:
            self.kannel.configure(self.nodes[0].address)
            await self.start_kannel()
        if self.post:
            await self.start_post()
        self.tasks = [asyncio.create_task(a.run()) for a in self.actors()]

    def actors(self):
        return self.gateways + self.desks + ([self.phone] if self.phone else []) + ([self.post] if self.post else [])

    async def start_kannel(self):
        await asyncio.get_running_loop().run_in_executor(None, self.kannel.start)

    async def start_post(self):
        await asyncio.get_running_loop().run_in_executor(None, self.post.postfix.start)

    # ---- looking on ----

    def say(self, text):
        print(f"{time.monotonic() - self.started:7.1f} s  acked {self.acked():7d}  {text}", file=sys.stderr, flush=True)

    def acked(self):
        return sum(len(g.acked) for g in self.gateways)

    async def pace(self):
        """Keeps the load near the rate."""
        ahead = self.sent / self.rate - (time.monotonic() - self.started)
        await asyncio.sleep(min(max(ahead, 0), 0.1))  # a rate, not to synchronise

    async def until(self, probe, what):
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = probe()
            if asyncio.iscoroutine(answer) or asyncio.isfuture(answer):
                answer = await answer
            if answer:
                return answer
            for t in self.tasks:
                if t.done() and t.exception():
                    raise t.exception()
            assert time.monotonic() < deadline, f"never: {what}\n" + self.owed() + self.logs()
            await asyncio.sleep(0.02)  # between questions, not to synchronise

    def owed(self):
        """What the actors still wait for."""
        lines = [f"{g.name}: {list(g.open)[:5]}" for g in self.gateways if g.open]
        for d in self.desks:
            last = d.log[-1] if d.log else None
            lines += [f"{d.name}: {str(c)[:200]!r}" for c in list(d.pending.values())[:3]] + [f"{d.name}: last heard {str(last)[:300]!r}"]
        return "\n".join(lines) + "\n"

    def logs(self):
        return "\n".join(f"---- {n.name}\n{n.daemon.read_log()[-6000:]}" for n in self.nodes)

    async def call(self, node, path):
        def ask():
            with contextlib.suppress(OSError):
                return Http(node.address, node.daemon.admin.token).get(path)
            return None
        return await asyncio.get_running_loop().run_in_executor(None, ask)

    async def ready(self):
        for node in self.nodes:
            async def probe(n=node):
                answer = await self.call(n, "/readyz")
                return answer is not None and answer.status == 200
            await self.until(probe, f"{node.name} is ready")

    async def status(self, node):
        answer = await self.call(node, "/v1/status")
        return answer.message(pb.Status()) if answer is not None and answer.status == 200 else None

    async def until_leader(self, wanted):
        async def probe():
            for node in self.nodes:
                if wanted(node) and (s := await self.status(node)) and s.leader:
                    return True
            return False
        await self.until(probe, "another leader")

    def read(self, path, message):
        return self.nodes[0].daemon.admin.read(path, message)

    # ---- the end ----

    async def settle(self):
        """No new words; everything in flight comes to its end, and every open matter to an agent."""
        self.say("settling")
        for a in self.actors():
            a.quiet = a.eager = True
        await self.ready()
        if self.post:
            await self.until(lambda: asyncio.get_running_loop().run_in_executor(None, self.post.delivered), "an empty queue of mail")
        await self.until(lambda: not any(g.open for g in self.gateways), "every event acknowledged")
        await self.until(lambda: not any(d.pending for d in self.desks), "every command answered")

        async def quiet():
            works = self.read("/v1/work?limit=500", pb.WorkList()).work
            for d in self.desks:
                if self.read(f"/v1/agents/{d.name}", pb.AgentStatus()).presence == pb.PRESENCE_STATE_AWAY and d.peer:
                    await d.command(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))
            return not any(w.state in (pb.WORK_STATE_QUEUED, pb.WORK_STATE_OFFERED) for w in works) and not any(d.pending for d in self.desks)
        await self.until(quiet, "every work with somebody")
        outbox = redis_client.Redis(unix_socket_path=self.redis_socket)
        await self.until(lambda: not any(outbox.zcard(k) for kind in ("due", "sending") for k in
                                         outbox.scan_iter(f"tl:{{main}}:{kind}:*", count=1000)), "everything sent")
        def hashed():
            newest = outbox.xrevrange("tl:{main}:inputs", count=200)
            return any(pb.Input.FromString(f[b"i"]).HasField("state_hash") for _, f in newest)
        await self.until(hashed, "a state hash in the log")
        inputs = max(int(outbox.xinfo_stream("tl:{main}:inputs")["last-generated-id"].split(b"-")[0]), 1)
        for node in self.nodes:
            async def folded(n=node):
                s = await self.status(n)
                return s and s.input >= inputs
            await self.until(folded, f"{node.name} has folded everything")

    async def stop_actors(self):
        for a in self.actors():
            a.over.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def verdict(self):
        """What is wrong once news has stopped arriving: a violation that time mends was none."""
        redis, deadline = redis_client.Redis(unix_socket_path=self.redis_socket), time.monotonic() + SETTLED
        while True:
            found, evidence = judge(self, redis)
            if not found or time.monotonic() > deadline:
                return found, evidence
            await asyncio.sleep(0.5)  # between questions, not to synchronise

    def stop(self):
        if self.kannel:
            self.kannel.stop()
        for node in self.nodes:
            if node.daemon.process and node.daemon.process.poll() is None:
                node.daemon.stop()
        if self.redis_process:
            self.redis_process.terminate()
            self.redis_process.wait()

    def destroy(self):
        if self.kannel:
            self.kannel.stop()
        if self.post:
            self.post.postfix.end()
        for node in self.nodes:
            with contextlib.suppress(ProcessLookupError):
                if node.daemon.process and node.daemon.process.poll() is None:
                    node.daemon.kill()
        if self.redis_process and self.redis_process.poll() is None:
            self.redis_process.kill()
            self.redis_process.wait()

    def export_log(self, path):
        with open(path, "wb") as f:
            subprocess.run([f"{BIN}/throughline", "--data-dir", self.nodes[0].daemon.data, "log"], stdout=f, check=True)


async def run(world, plan):
    """plan: names of Faults' methods with their arguments, in any order: [("kill_daemon",), ("step_clock", 3600) ...]."""
    faults = Faults(world)
    try:
        await world.start()
        await world.until(lambda: world.acked() > 50, "the world is going")
        for name, *arguments in plan:
            await faults.moment()
            await getattr(faults, name)(*arguments)
        if world.post:
            await world.until(lambda: len(world.post.acked) > 50, "mail enough to judge by")
        await world.settle()
        found, evidence = await world.verdict()
        await world.stop_actors()
        world.export_log(f"{world.directory}/log.bin")
        if world.kannel:
            world.say(f"Kannel: {world.phone.said} words in, {len(world.kannel.acknowledged())} acknowledged, {sum(world.kannel.asked().values())} "
                      f"asked for, {sum(world.phone.heard.values())} heard")
        world.say(f"{world.sent} events, {len(evidence.inputs)} inputs, "
                  f"{sum(len(d.log) for d in world.desks)} desk updates, {sum(len(g.carried) for g in world.gateways)} deliveries, "
                  f"{len(faults.done)} faults, {len(found)} violations")
        world.stop()
        return found
    finally:
        world.destroy()
