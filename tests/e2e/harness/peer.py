# SPDX-License-Identifier: Apache-2.0
"""A WebSocket peer that speaks one message type up and one down, in either subprotocol, and keeps all it hears in a mailbox."""
import asyncio

import websockets

from . import pb
from .mailbox import Mailbox, PATIENCE


class Peer:
    path, up, down = None, None, None

    def __init__(self, address, token=None, proto=False, name=None, path=None, **connect):
        self.address, self.token, self.proto = address, token, proto
        self.box = Mailbox(name or type(self).__name__)
        self.connect = connect
        self.path = path or self.path
        self.socket = self._reader = None

    async def __aenter__(self):
        await self.open()
        return self

    async def __aexit__(self, *exc):
        await self.leave()

    async def open(self):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers.update(self.connect.pop("headers", {}))
        self.socket = await websockets.connect(
            f"ws://{self.address}{self.path}", subprotocols=["throughline.v1.proto" if self.proto else "throughline.v1.json"],
            extra_headers=headers, max_size=None, open_timeout=PATIENCE, ping_interval=None, close_timeout=PATIENCE, **self.connect)
        self._reader = asyncio.create_task(self._read())

    async def leave(self):
        if self.socket:
            await self.socket.close()
            await asyncio.gather(self._reader, *getattr(self, "_reporting", ()), return_exceptions=True)

    def cut(self):
        """As when the network is lost: no closing handshake."""
        self.socket.transport.abort()

    async def _read(self):
        try:
            async for frame in self.socket:
                assert isinstance(frame, bytes) == self.proto, "the frame's kind is the subprotocol's"
                message = self.down()
                if self.proto:
                    message.ParseFromString(frame)
                else:
                    pb.from_json(frame, message)
                self.heard(message)
        except websockets.ConnectionClosed:
            pass
        finally:
            self.box.close(self.socket.close_code, self.socket.close_reason)

    def heard(self, message):
        self.box.put(message)

    async def put(self, message):
        await self.socket.send(message.SerializeToString() if self.proto else pb.to_json(message))

    async def put_raw(self, frame):
        await self.socket.send(frame)

    @property
    def seen(self):
        return self.box.seen

    async def wait(self, field, matches=lambda m: True, after=0):
        """The first message whose oneof carries `field` and for which matches(its content) holds: that content."""
        carries = lambda m: m.HasField(field) and matches(getattr(m, field))
        return getattr(await self.box.wait(carries, field, after), field)

    def all(self, field, matches=lambda m: True):
        return [getattr(m, field) for m in self.seen if m.HasField(field) and matches(getattr(m, field))]
