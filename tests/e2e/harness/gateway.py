# SPDX-License-Identifier: Apache-2.0
"""A gateway: events up, deliveries down, both acknowledged."""
from . import pb
from .peer import Peer


class Gateway(Peer):
    path, up, down = "/v1/gateway", pb.GatewayUp, pb.GatewayDown

    def __init__(self, address, token=None, accounts=(), credit=100, deduplicates=False, reports=True, **kw):
        super().__init__(address, token, **kw)
        self.hello = pb.GatewayHello(accounts=accounts, credit=credit, deduplicates=deduplicates)
        self.sequence = 0
        self.reports = reports  # whether it says of each delivery at once that it is sent
        self.welcome = None

    async def open(self):
        await super().open()
        await self.put(pb.GatewayUp(hello=self.hello))
        self.welcome = await self.wait("welcome")

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

    async def report(self, delivery, state, **kw):
        self.sequence += 1
        await self.put(pb.GatewayUp(sequence=self.sequence, report=pb.Report(delivery=delivery, state=state, **kw)))
        await self.wait("ack", lambda a, n=self.sequence: a.upto >= n)

    async def delivery(self, matches=lambda d: True, after=0):
        d = await self.wait("delivery", matches, after)
        if self.reports:
            await self.report(d.id, pb.DELIVERY_STATE_SENT, external_id=f"vendor-{d.id}")
        return d

    async def delivered_text(self, text):
        return await self.delivery(lambda d: d.message.text == text)
