# SPDX-License-Identifier: Apache-2.0
"""A gateway: events up, deliveries down, both acknowledged."""
import asyncio

from . import pb
from .peer import Peer


class Gateway(Peer):
    path, up, down = "/v1/gateway", pb.GatewayUp, pb.GatewayDown

    def __init__(self, address, token=None, accounts=(), credit=100, deduplicates=False, reports=True, waits=False, **kw):
        super().__init__(address, token, **kw)
        self._reporting = set()
        self.hello = pb.GatewayHello(accounts=accounts, credit=credit, deduplicates=deduplicates, waits=waits)
        self.sequence = 0
        self.reports = reports  # whether each delivery is at once reported as sent
        self.welcome = None

    async def open(self):
        await super().open()
        await self.put(pb.GatewayUp(hello=self.hello))
        self.welcome = await self.wait("welcome")

    def heard(self, message):
        super().heard(message)
        if self.reports and message.HasField("delivery"):
            d = message.delivery
            task = asyncio.create_task(self.put_report(d.id, pb.DELIVERY_STATE_SENT, external_id=f"vendor-{d.id}"))
            self._reporting.add(task)
            task.add_done_callback(self._reporting.discard)

    async def put_event(self, event):
        self.sequence += 1
        await self.put(pb.GatewayUp(sequence=self.sequence, event=event))
        return self.sequence

    async def event(self, event):
        """Sends it and waits for its fate: None = stored, else the EventResult that says what else."""
        return await self.fate(await self.put_event(event))

    async def fate(self, sequence):
        await self.wait("ack", lambda a: a.upto >= sequence)
        for ack in self.all("ack"):
            for exception in ack.exceptions:
                if exception.sequence == sequence:
                    return exception.result
        return None

    async def say(self, account, handle, text, id, **kw):
        fate = await self.event(pb.Event(id=id, account=account, **{"from": handle}, message=pb.Message(text=text), **kw))
        assert fate is None, fate

    async def put_report(self, delivery, state, **kw):
        self.sequence += 1
        number = self.sequence
        await self.put(pb.GatewayUp(sequence=number, report=pb.Report(delivery=delivery, state=state, **kw)))
        return number

    async def report(self, delivery, state, **kw):
        """Reports and waits until it is settled."""
        await self.fate(await self.put_report(delivery, state, **kw))

    async def delivery(self, matches=lambda d: True, after=0):
        return await self.wait("delivery", matches, after)

    async def delivered_text(self, text):
        return await self.delivery(lambda d: d.message.text == text)
