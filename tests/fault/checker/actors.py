# SPDX-License-Identifier: Apache-2.0
"""Those who use the daemon: each goes on for ever over any number of connections, and keeps a record of all it was told."""
import asyncio
import contextlib
import random
import secrets

import websockets
from harness import pb
from harness.desk import Desk
from harness.gateway import Gateway

GONE = (OSError, AssertionError, asyncio.TimeoutError, websockets.WebSocketException)


class Actor:
    """Connects, works, and connects again when the connection is lost. `world.nodes` say where."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.random = random.Random(f"{world.seed} {name}")
        self.over = asyncio.Event()
        self.peer = None
        self.connections = 0

    async def run(self):
        while not self.over.is_set():
            try:
                self.peer = self.connect(self.random.choice(self.world.nodes))
                await self.peer.open()
                self.connections += 1
                await self.work()
            except GONE:
                pass
            finally:
                if self.peer and self.peer.socket:
                    self.peer.cut()
            with contextlib.suppress(asyncio.TimeoutError):  # back-off: 20 to 200 ms
                await asyncio.wait_for(self.over.wait(), self.random.uniform(0.02, 0.2))


class GatewayActor(Actor):
    """Customers behind a gateway. Each customer's words are numbered; what is not acknowledged is sent again, in order."""

    def __init__(self, world, name, accounts, dedupes, customers):
        super().__init__(world, name)
        self.accounts, self.dedupes, self.customers = accounts, dedupes, customers
        self.open = {}       # event id -> Event, in order of first sending
        self.acked = {}      # event id -> Event
        self.refused = []
        self.count = 0
        self.carried = []    # (delivery id, entry) in order of carrying out
        self.quiet = False
        self.flight = 16

    def connect(self, node):
        return Gateway(node.address, node.gateway_token, accounts=self.accounts, credit=1000, deduplicates=self.dedupes, proto=True,
                       reports=False)

    def next_event(self):
        self.count += 1
        account, handle = self.random.choice(self.customers)
        event = pb.Event(id=f"{self.name}-{self.count}", account=account, message=pb.Message(text=f"{handle} says {self.count}"))
        setattr(event, "from", handle)
        return event

    async def work(self):
        numbers = {}  # sequence on this connection -> event id
        at = 0  # a delivery may have come with the welcome
        for event in list(self.open.values()):
            numbers[await self.peer.put_event(event)] = event.id
        acked = 0
        while not self.over.is_set():
            while not self.quiet and len(self.open) < self.flight:
                event = self.next_event()
                self.open[event.id] = event
                numbers[await self.peer.put_event(event)] = event.id
                self.world.sent += 1
                await self.world.pace()
            message = await self.peer.box.wait(lambda m: True, "anything", at) if at < len(self.peer.seen) else await self.listen(at)
            if message is None:
                continue
            at += 1
            if message.HasField("ack"):
                acked = self.acknowledge(message.ack, numbers, acked)
            elif message.HasField("delivery"):
                await self.carry(message.delivery)

    async def listen(self, at):
        """The next message, or None after a moment, so that the actor looks around."""
        with contextlib.suppress(asyncio.TimeoutError):
            return await asyncio.wait_for(self.peer.box.wait(lambda m: True, "anything", at), 0.25)
        return None

    def acknowledge(self, ack, numbers, acked):
        exceptions = {x.sequence: x.result for x in ack.exceptions}
        for sequence in range(acked + 1, ack.upto + 1):
            id = numbers.pop(sequence, None)
            result = exceptions.get(sequence)
            if id is None:
                continue  # a report's
            if result is not None and result.status == pb.EVENT_STATUS_UNKNOWN:
                raise AssertionError("unknown: connect again and send it all again")
            if result is not None and result.status == pb.EVENT_STATUS_REFUSED:
                self.refused.append(result)
            self.acked[id] = self.open.pop(id)
        return max(acked, ack.upto)

    async def carry(self, delivery):
        if not (self.dedupes and delivery.id in {d for d, _ in self.carried}):
            self.carried.append((delivery.id, delivery.entry))
        self.peer.sequence += 1
        await self.peer.put(pb.GatewayUp(sequence=self.peer.sequence, report=pb.Report(
            delivery=delivery.id, state=pb.DELIVERY_STATE_SENT, external_id=f"x-{delivery.id}")))
        await self.peer.put(pb.GatewayUp(credit=pb.Credit(more=1)))


class DeskActor(Actor):
    """An agent. Takes most offers, answers, closes; resumes where it was cut. Its log holds every update in the order it came."""

    def __init__(self, world, name):
        super().__init__(world, name)
        self.session = secrets.token_hex(16)
        self.last_seq = ""
        self.log = []          # (seq, update)
        self.pending = {}      # client id -> DeskCommand not yet answered for good
        self.done, self.refusals = {}, {}
        self.words = {}        # client id -> text sent
        self.again = []        # client ids that the daemon asked to send once more
        self.errors = []       # what it would not take at all
        self.eager = False     # take everything, close nothing
        self.count = 0

    def connect(self, node):
        return Desk(node.address, node.agent_tokens[self.name], session=self.session, last_seq=self.last_seq, name=self.name, proto=True,
                    available=False)

    async def work(self):
        self.at = 0
        for command in list(self.pending.values()):
            await self.peer.put(command)
        self.count += 1
        await self.command(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))
        while not self.over.is_set():
            seen = self.peer.seen
            if self.at >= len(seen):
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self.peer.box.wait(lambda m: True, "anything", self.at), 0.5)
                if self.at >= len(seen):
                    await self.send_again()
                    continue
            update = seen[self.at]
            self.at += 1
            self.record(update)
            await self.react(update)

    def record(self, update):
        if update.seq:
            self.last_seq = update.seq
        self.log.append((update.seq, update))
        for kind, book in (("done", self.done), ("refused", self.refusals)):
            if update.HasField(kind):
                answer = getattr(update, kind)
                self.pending.pop(answer.client_id, None)
                book[answer.client_id] = answer

        if update.HasField("error"):
            self.wrong(update.error)

    def wrong(self, error):
        client_id = error.field.split(":")[0]
        if error.code in ("session_lost", "unavailable"):
            return  # of the connection, which ends: all that is open is sent again on the next
        if error.code in ("too_many", "outcome_unknown", "not_yet"):
            self.again.append(client_id)
        else:
            self.errors.append(error)
            self.pending.pop(client_id, None)

    async def send_again(self):
        again, self.again = self.again, []
        for client_id in again:
            if client_id in self.pending:
                await self.peer.put(self.pending[client_id])

    async def command(self, text=None, **command):
        self.count += 1
        command = pb.DeskCommand(client_id=f"{self.name}-{self.count}", **command)
        self.pending[command.client_id] = command
        if text:
            self.words[command.client_id] = text
        await self.peer.put(command)

    async def react(self, update):
        chance = self.random.random()
        if update.HasField("welcome"):
            for offer in update.welcome.offers:
                await self.command(accept=pb.Accept(work=offer.context.work.id, epoch=offer.epoch))
        elif update.HasField("offer"):
            work, epoch = update.offer.context.work.id, update.offer.epoch
            if self.eager or chance < 0.85:
                await self.command(accept=pb.Accept(work=work, epoch=epoch))
            elif chance < 0.97:
                await self.command(decline=pb.Decline(work=work, epoch=epoch, reason="busy"))
        elif update.HasField("entry") and update.entry.entry.author.customer:
            await self.answer(update.entry.conversation, chance)
        elif update.HasField("presence") and self.eager and update.presence.agent.id == self.name \
                and update.presence.presence == pb.PRESENCE_STATE_AWAY:
            await self.command(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))
        elif update.HasField("work") and update.work.state == pb.WORK_STATE_WRAP_UP and update.work.agent == self.name:
            await self.command(wrap_up_done=pb.WrapUpDone(work=update.work.id))

    async def answer(self, conversation, chance):
        if chance < 0.3:
            text = f"{self.name} answers {self.count}"
            await self.command(text=text, send=pb.Send(conversation=conversation, message=pb.Message(text=text)))
        elif chance < 0.36 and not self.eager:
            work = self.work_of(conversation)
            if work and chance < 0.33:
                await self.command(close=pb.Close(work=work, disposition="checked", resolved=True))
            elif work:
                await self.command(transfer=pb.Transfer(work=work, queue="general"))

    def work_of(self, conversation):
        for _, u in reversed(self.log):
            if u.HasField("assigned") and u.assigned.work.conversation == conversation:
                return u.assigned.work.id
        return 0
