# SPDX-License-Identifier: Apache-2.0
"""What happens to the world meanwhile: processes killed or stopped at random moments, the clock stepped."""
import asyncio
import os
import signal

import redis as redis_client


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(x) for x in f.read().split()]


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as f:
            return f.read().strip()
    except FileNotFoundError:
        return ""


def answers(redis):
    try:
        return redis.ping()
    except redis_client.RedisError:  # not there, or loading its file
        return False


class Faults:
    def __init__(self, world):
        self.world, self.random = world, world.random
        self.done = []

    def note(self, what):
        self.done.append(what)
        self.world.say(f"fault: {what}")

    async def healed(self):
        """Every node ready, and news has come through since."""
        await self.world.ready()
        sent = self.world.acked()
        await self.world.until(lambda: self.world.acked() > sent, "something is acknowledged again")

    async def moment(self, most=0.8):
        """Some load between two faults: at a random moment, which is the point of it."""
        await asyncio.sleep(self.random.uniform(0.0, most))  # a random moment, not to synchronise

    def redis_pid(self):
        if self.world.redis_process:
            return self.world.redis_process.pid
        pids = [p for p in children(self.world.nodes[0].daemon.process.pid) if name_of(p).startswith("redis-server")]
        return pids[0] if pids else 0

    async def kill_daemon(self):
        node = self.random.choice(self.world.nodes)
        self.note(f"kill -9 {node.name}")
        node.daemon.kill()
        await self.moment(0.3)
        await self.world.start_node(node)
        await self.healed()

    async def kill_redis(self):
        pid = self.redis_pid()
        if not pid:
            return
        self.note("kill -9 redis")
        os.kill(pid, signal.SIGKILL)
        if self.world.redis_process:
            self.world.redis_process.wait()
            self.world.start_redis()
        await self.healed()

    async def stop_redis(self, seconds=10):
        pid = self.redis_pid()
        self.note(f"redis stopped for {seconds} s")
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)  # the fault itself, not to synchronise
        os.kill(pid, signal.SIGCONT)
        await self.healed()

    async def fill_redis(self, times=60):
        """Its memory is full, and is not, in quick turns: it refuses one event and takes the next of the same sender."""
        redis = redis_client.Redis(unix_socket_path=self.world.redis_socket)
        await self.world.until(lambda: answers(redis), "Redis answers")
        usual = redis.config_get("maxmemory")["maxmemory"]
        self.note(f"redis full {times} times")
        for _ in range(times):
            redis.config_set("maxmemory", 1)
            await self.moment(0.004)
            redis.config_set("maxmemory", usual)
            await self.moment(0.02)
        await self.healed()

    async def kill_postfix(self):
        post = self.world.post
        self.note(f"kill -9 Postfix, {len(post.acked)} mails taken")
        post.kill()
        await self.moment(0.3)
        await self.world.start_post()
        taken = len(post.acked)
        await self.world.until(lambda: len(post.acked) > taken, "Postfix takes mail again")

    async def step_clock(self, seconds):
        self.note(f"clock stepped by {seconds:+d} s")
        self.world.set_clock(seconds)
        await self.moment(2)
        await self.healed()

    async def leader(self):
        for node in self.world.nodes:
            status = await self.world.status(node)
            if status and status.leader:
                return node
        return None

    async def kill_leader(self):
        node = await self.leader()
        if not node:
            return
        self.note(f"kill -9 the leader, {node.name}")
        node.daemon.kill()
        await self.world.until_leader(lambda n: n is not node)
        await self.world.start_node(node)
        await self.healed()

    async def stop_leader(self, seconds=5):
        node = await self.leader()
        if not node:
            return
        self.note(f"the leader, {node.name}, stopped for {seconds} s")
        node.daemon.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)  # the fault itself, not to synchronise
        await self.world.until_leader(lambda n: n is not node)
        node.daemon.process.send_signal(signal.SIGCONT)
        await self.healed()

    async def kill_kannel(self, *boxes):
        """One of its two processes, or both, at a random moment of whatever they were doing."""
        boxes = boxes or self.random.choice([("smsbox",), ("bearerbox", "smsbox")])
        self.note(f"kill -9 {' and '.join(boxes)}")
        self.world.kannel.kill_some(boxes)
        await self.moment(0.5)
        await self.world.start_kannel()
        heard = self.world.phone.said
        await self.world.until(lambda: self.world.phone.said > heard, "the phone speaks again")
