# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven over its DevTools socket, and a web site for it to visit."""
import asyncio
import contextlib
import functools
import http.server
import json
import os
import shutil
import signal
import subprocess
import threading

import websockets

from .mailbox import PATIENCE, eventually

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page:
    """One tab."""

    def __init__(self, socket, session):
        self.socket, self.session = socket, session
        self.errors = []
        self._answers, self._next = {}, 0
        self._reader = asyncio.create_task(self._read())

    async def _read(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for frame in self.socket:
                m = json.loads(frame)
                if "id" in m and m["id"] in self._answers:
                    self._answers.pop(m["id"]).set_result(m)
                elif m.get("method") == "Runtime.exceptionThrown":
                    self.errors.append(m["params"]["exceptionDetails"])

    async def call(self, method, **params):
        self._next += 1
        answer = self._answers[self._next] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": self._next, "method": method, "params": params, "sessionId": self.session}))
        m = await asyncio.wait_for(answer, PATIENCE)
        assert "error" not in m, m
        return m["result"]

    async def run(self, script):
        r = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in r, r
        return r["result"].get("value")

    async def until(self, condition):
        await eventually(functools.partial(self.run, condition), condition)

    async def type(self, text):
        await self.call("Input.insertText", text=text)

    async def press(self, key):
        for kind in ("rawKeyDown", "char", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=13,
                            **({"text": "\r"} if kind == "char" else {}))

    async def reload(self):
        await self.call("Page.reload")


class Browser:
    def __init__(self, directory):
        self.profile = f"{directory}/chromium"
        self.process = self.socket = self.site = None

    async def __aenter__(self):
        assert CHROMIUM, "no chromium found"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-background-networking", "--remote-debugging-port=0", f"--user-data-dir={self.profile}"]
        self.process = subprocess.Popen([CHROMIUM, *options, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=os.environ | {"HOME": self.profile}, start_new_session=True)
        try:
            await self.connect()
        except BaseException:
            self.end()
            raise
        return self

    async def connect(self):
        port = f"{self.profile}/DevToolsActivePort"
        number, path = await eventually(lambda: os.path.exists(port) and len(s := open(port, encoding="ascii").read().split()) == 2 and s,
                                        "chromium listens")
        self.socket = await websockets.connect(f"ws://127.0.0.1:{number}{path}", max_size=None, open_timeout=PATIENCE, ping_interval=None)

    def end(self):
        """It and the processes it started, which share its group."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    async def __aexit__(self, *exc):
        await self.socket.close()
        self.end()
        if self.site:
            self.site.shutdown()
            self.site.server_close()

    async def serve(self, page):
        """A site with one page, the text that page() gives: its origin."""
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = page().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        self.site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.site.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.site.server_port}"

    async def open(self, url):
        async def call(number, method, **params):
            await self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
            while (m := json.loads(await self.socket.recv())).get("id") != number:
                pass
            return m["result"]

        target = (await call(1, "Target.createTarget", url="about:blank"))["targetId"]
        session = (await call(2, "Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        page = Page(self.socket, session)
        page._next = 10
        await page.call("Runtime.enable")
        await page.call("Page.enable")
        await page.call("Page.navigate", url=url)
        return page
