# SPDX-License-Identifier: Apache-2.0
"""A real Kannel in the world: customers on the other side of it, and what its own records prove.

The phone speaks the line protocol of Kannel's fake SMSC itself, as fakesmsc does, so that every word is a new one and is known. What the daemon
has acknowledged, and what it has asked Kannel to send, stands in smsbox's access log."""
import asyncio
import collections
import contextlib
import re

from harness import pb
from harness.kannel import SENDER, Kannel

ACCOUNT = "sms-1"
ACKED = re.compile(r"SMS HTTP-request .*[?&]id=([0-9a-f-]{36})&.*reply: 200 ")
ASKED = re.compile(r"send-SMS request added - .* request: '(.*)'$")


class KannelWorld(Kannel):
    """Survives being killed at any moment; one log over all its lives."""

    def records(self):
        with contextlib.suppress(FileNotFoundError):
            with open(f"{self.directory}/access.log", encoding="utf-8", errors="replace") as f:
                return f.read().splitlines()
        return []

    def acknowledged(self):
        """Ids of messages that the daemon has answered with 200."""
        return {m[1] for line in self.records() if (m := ACKED.search(line))}

    def asked(self):
        """Words that the daemon has asked it to send, and how often."""
        return collections.Counter(m[1] for line in self.records() if (m := ASKED.search(line)))


class PhoneActor:
    """Many customers behind one SMSC: words go in as the rate allows, answers come out."""

    def __init__(self, world, kannel, customers=12, rate=25):
        self.world, self.kannel, self.rate = world, kannel, rate
        self.numbers = [f"+1555000{i:04d}" for i in range(customers)]
        self.over = asyncio.Event()
        self.quiet = False
        self.said, self.heard = 0, collections.Counter()

    async def run(self):
        while not self.over.is_set():
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.kannel.smsc)
                try:
                    await self.talk(reader, writer)
                finally:
                    writer.close()
            with contextlib.suppress(asyncio.TimeoutError):  # back-off
                await asyncio.wait_for(self.over.wait(), 0.1)

    async def talk(self, reader, writer):
        listening = asyncio.create_task(self.listen(reader))
        try:
            while not self.over.is_set() and not listening.done():
                if not self.quiet:
                    self.said += 1
                    writer.write(f"{self.world.random.choice(self.numbers)} {SENDER} text phone says {self.said}\n".encode())
                    await writer.drain()
                await asyncio.sleep(1 / self.rate)  # a rate, not to synchronise
        finally:
            listening.cancel()

    async def listen(self, reader):
        while line := await reader.readline():
            _, _, kind, words = line.decode(errors="replace").rstrip("\n").split(" ", 3)
            if kind == "text":
                self.heard[words] += 1


def acknowledged_once(world, ev):
    """Inward: what Kannel was told that we have stands in the timelines, once; nothing stands there twice."""
    acknowledged = world.kannel.acknowledged()
    for id in acknowledged:
        places = ev.by_external[ACCOUNT, id]
        if len(places) != 1:
            yield f"message {id}, acknowledged to Kannel, stands {len(places)} times in the timelines: {places}"
    for (account, id), places in ev.by_external.items():
        if account == ACCOUNT and len(places) > 1:
            yield f"message {id} of Kannel stands {len(places)} times in the timelines: {places}"
    if not acknowledged:
        yield "nothing was ever acknowledged to Kannel"


def asked_at_most_once(world, ev):
    """Outward: Kannel is asked once, or nobody knows and a person decides."""
    asked = world.kannel.asked()
    yield from (f"Kannel was asked {n} times to send {words!r}" for words, n in asked.items() if n > 1)
    yield from (f"the phone heard {words!r}, which Kannel was never asked to send" for words in world.phone.heard if not asked[words])
    if not asked:
        yield "Kannel was never asked to send anything"
    said = {e.message.text: n for entries in ev.timelines.values() for n, e in entries if e.account == ACCOUNT and e.author.agent}
    states = collections.defaultdict(list)
    for delivery, state in ev.outbox.items():
        states[int(delivery.split(".")[0])].append(state)
    for words, number in said.items():
        known = states.get(number, [])
        if not asked[words] and any(s in (pb.DELIVERY_STATE_DELIVERED, pb.DELIVERY_STATE_READ) for s in known):
            yield f"entry {number} is said to be delivered, and Kannel was never asked to"
        if asked[words] and any(s in (pb.DELIVERY_STATE_QUEUED, pb.DELIVERY_STATE_SENDING) for s in known):
            yield f"entry {number} went to Kannel and is still waiting: {known}"


CHECKS = [acknowledged_once, asked_at_most_once]
