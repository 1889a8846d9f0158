# SPDX-License-Identifier: Apache-2.0
"""Events and questions that many stories share."""
import itertools

from . import pb
from .config import UNITS
from .mailbox import eventually

TEL, MAIL = "tel:+4915112345678", "email:eva@example.org"
_ids = itertools.count(1)


def event(account, handle, **kw):
    return pb.Event(id=kw.pop("id", f"e{next(_ids)}"), account=account, **{"from": handle}, **kw)


def words(account, handle, text, **kw):
    message = pb.Message(text=text, subject=kw.pop("subject", ""))
    return event(account, handle, message=message, **kw)


def photo(account, handle, **kw):
    picture = pb.Attachment(name="meter.jpg", content_type="image/jpeg", size=81000, url="https://cdn.example/meter.jpg")
    return event(account, handle, message=pb.Message(attachments=[picture]), **kw)


def call(account, handle, number, **kw):
    return event(account, handle, call_started=pb.CallStarted(call=number, dialled="+49301234567"), threads=[number], **kw)


def hang_up(account, handle, number, **kw):
    ended = pb.CallEnded(call=number, reason="hangup", duration_seconds=61)
    return event(account, handle, call_ended=ended, threads=[number], **kw)


def stored(result):
    """What an accepted event came to."""
    assert result.status == pb.EVENT_STATUS_STORED, result
    return result


def charge(*live):
    """What a conversation costs whose live sessions are on these channels: the heaviest."""
    return max((UNITS[channel] for channel in live), default=0)


def texts(entries):
    return [e.message.text for e in entries if e.message.text]


def candidate(decision, agent):
    return next(c for c in decision.candidates if c.agent == agent)


def chose(agent):
    """What is looked for among decisions: one for this agent."""
    return lambda decisions: any(d.winner == agent for d in decisions)


async def work_of(daemon, conversation):
    """The number of its open work, once there is one."""
    return await eventually(lambda: daemon.conversation(conversation).work, f"conversation {conversation} has work")
