# SPDX-License-Identifier: Apache-2.0
"""A vendor on loopback that does what the test tells it: takes our requests, answers, keeps silent, cuts; and signs what it sends us."""
import asyncio
import base64
import collections
import hashlib
import hmac
import json
import time

from .http import Http

SECRET = "webhook-secret-for-tests"
Request = collections.namedtuple("Request", "method path headers body")


class Vendor:
    """answer(request) -> bytes of a whole HTTP answer, "cut" (closes without one) or "silent"."""

    def __init__(self):
        self.requests, self.server, self.writers = [], None, []
        self.answer = lambda request: self.reply(204)
        self.changed = asyncio.Condition()

    @staticmethod
    def reply(status, body="", **headers):
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body.encode())}"] + [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = "http://127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for w in self.writers:
            w.close()

    async def serve(self, reader, writer):
        self.writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.split("\r\n")
                method, path, _ = first.split(" ")
                headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines if ": " in line)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                request = Request(method, path, headers, body)
                async with self.changed:
                    self.requests.append(request)
                    self.changed.notify_all()
                what = self.answer(request)
                if asyncio.iscoroutine(what):
                    what = await what
                if what == "cut":
                    break
                if what != "silent":
                    writer.write(what)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def wait(self, matches=lambda r: True, n=1):
        async with self.changed:
            await self.changed.wait_for(lambda: sum(map(matches, self.requests)) >= n)
        return [r for r in self.requests if matches(r)][n - 1]

    def texts(self):
        return [json.loads(r.body)["message"]["text"] for r in self.requests]


def sign(body, id="m1", secret=SECRET, at=None):
    at = int(at or time.time())
    mac = hmac.new(secret.encode(), f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": "v1," + base64.b64encode(mac).decode()}


def post(daemon, event, account="hook", headers=None, **kw):
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return Http(daemon.address).call("POST", f"/hooks/webhook/{account}", body,
                                        {"Content-Type": "application/json", **(sign(body, **kw) if headers is None else headers)})


def accounts(vendor, **more):
    """A change of the usual configuration: the account "hook" at this vendor."""
    def change(config):
        config["account"].append({"name": "hook", "kind": "webhook", "channel": "sms", "secret": SECRET,
                                  "deliver_url": vendor.url + "/deliver", **more})
    return change
