# SPDX-License-Identifier: Apache-2.0
"""A customer's browser, without the browser."""
import base64
import hashlib
import hmac
import itertools
import json
import secrets

from . import pb
from .peer import Peer


def identity(secret, **claims):
    """What the site's server signs for a customer who is logged in there."""
    text = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
    mac = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


class Chat(Peer):
    up, down = pb.ChatUp, pb.ChatDown

    def __init__(self, address, account, origin="https://shop.example", hello=None, **kw):
        super().__init__(address, path=f"/v1/chat?account={account}", origin=origin, **kw)
        self.hello = pb.ChatHello(**(hello or {}))
        self._ids = itertools.count(1)
        self._prefix = secrets.token_hex(4)
        self.welcome = None

    async def open(self):
        await super().open()
        await self.put(pb.ChatUp(hello=self.hello))
        self.welcome = await self.wait("welcome")

    async def say(self, text, id=None):
        """Says it and waits until it is durable: the entry's number."""
        id = id or f"{self._prefix}-{next(self._ids)}"
        await self.put(pb.ChatUp(say=pb.ChatSay(id=id, text=text)))
        return (await self.wait("ack", lambda a: a.id == id)).entry

    async def answer(self, text):
        return await self.wait("entry", lambda e: e.text == text and not e.own)
