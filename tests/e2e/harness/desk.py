# SPDX-License-Identifier: Apache-2.0
"""An agent's desktop, and the view of all that happens."""
import itertools
import secrets

import websockets

from . import pb
from .mailbox import PATIENCE
from .peer import Peer


def tail(address, token):
    """What flows by, for who watches; to be awaited, or entered."""
    return websockets.connect(f"ws://{address}/v1/tail", subprotocols=["throughline.v1.json"], open_timeout=PATIENCE, ping_interval=None,
                              extra_headers={"Authorization": f"Bearer {token}"})


class Desk(Peer):
    path, up, down = "/v1/desk", pb.DeskCommand, pb.DeskUpdate

    def __init__(self, address, token=None, session=None, last_seq="", agent="", hello_token="", available=True, **kw):
        super().__init__(address, token, **kw)
        self.session = session or secrets.token_hex(16)
        self.last_seq, self.agent, self.hello_token, self.available = last_seq, agent, hello_token, available
        self._ids = itertools.count(1)
        self._prefix = secrets.token_hex(4)
        self.welcome = None

    async def open(self):
        await super().open()
        await self.put(pb.DeskCommand(hello=pb.Hello(
            token=self.hello_token, session=self.session, last_seq=self.last_seq, agent=self.agent)))
        self.welcome = await self.wait("welcome")
        for offer in self.welcome.offers:  # their stories stand in the contexts
            offer.context.CopyFrom(next(c for c in self.welcome.contexts if c.work.id == offer.context.work.id))
        if self.available and self.welcome.agent.presence != pb.PRESENCE_STATE_AVAILABLE:
            await self.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))

    def heard(self, update):
        if update.seq:
            self.last_seq = update.seq
        super().heard(update)

    async def command(self, client_id=None, **command):
        """Sends it; its outcome, a Done or a Refused."""
        client_id = client_id or f"{self._prefix}-{next(self._ids)}"
        at = len(self.seen)
        await self.put(pb.DeskCommand(client_id=client_id, **command))
        return await self.outcome(client_id, at)

    async def outcome(self, client_id, after=0):
        def answers(m):
            return (m.HasField("done") and m.done.client_id == client_id
                    or m.HasField("refused") and m.refused.client_id == client_id)
        m = await self.box.wait(answers, f"outcome of {client_id}", after)
        return m.done if m.HasField("done") else m.refused

    async def do(self, **command):
        """A command that must take effect."""
        outcome = await self.command(**command)
        assert isinstance(outcome, pb.Done), outcome
        return outcome

    async def refused(self, reason, **command):
        """A command that must not, and why."""
        outcome = await self.command(**command)
        assert isinstance(outcome, pb.Refused), outcome
        assert outcome.reason == reason, outcome
        return outcome

    async def offer(self, matches=lambda o: True):
        """The first matching one, outstanding when this desk came or made since."""
        for offer in self.welcome.offers:
            if matches(offer):
                return offer
        return await self.wait("offer", matches)

    async def accept(self, offer):
        work = offer.context.work.id
        await self.do(accept=pb.Accept(work=work, epoch=offer.epoch))
        await self.wait("assigned", lambda a: a.work.id == work)
        return offer.context.conversation.id

    async def take(self, matches=lambda o: True):
        """The next matching offer, accepted: its context."""
        offer = await self.offer(matches)
        await self.accept(offer)
        return offer.context

    async def say(self, conversation, text, **kw):
        subject = kw.pop("subject", "")
        return await self.do(send=pb.Send(conversation=conversation, message=pb.Message(text=text, subject=subject), **kw))

    async def entry(self, text, conversation=None):
        """The entry with these words, wherever this desk was shown it."""
        def is_it(e):
            return e.entry.message.text == text and conversation in (None, e.conversation)
        return (await self.wait("entry", is_it)).entry

    def offers(self):
        return [*self.welcome.offers, *self.all("offer")]
