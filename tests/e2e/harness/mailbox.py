# SPDX-License-Identifier: Apache-2.0
"""All that a peer has received, and waiting for something among it. There is one generous deadline for every wait: a test fails
because something did not happen, never because it was slow."""
import asyncio
import os
import time

# What has not come after so many seconds will never come. It is long, since only a test that fails waits for it: a machine may be busy, and a
# program under a sanitizer.
PATIENCE = float(os.environ.get("TL_PATIENCE", "180"))


class Mailbox:
    def __init__(self, name):
        self.name = name
        self.seen = []
        self.closed = None  # (code, reason) once the peer is gone
        self._news = asyncio.Event()

    def put(self, message):
        self.seen.append(message)
        self._news.set()

    def close(self, code, reason):
        self.closed = (code, reason)
        self._news.set()

    async def wait(self, matches, what, after=0):
        """The first message from position `after` on that matches."""
        deadline = time.monotonic() + PATIENCE
        at = after
        while True:
            while at < len(self.seen):
                if matches(self.seen[at]):
                    return self.seen[at]
                at += 1
            if self.closed:
                raise AssertionError(f"{self.name}: closed {self.closed} before: {what}{self._tail()}")
            await self._more(deadline, what)

    async def wait_closed(self):
        deadline = time.monotonic() + PATIENCE
        while not self.closed:
            await self._more(deadline, "close")
        return self.closed

    async def _more(self, deadline, what):
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), max(0.001, deadline - time.monotonic()))
        except asyncio.TimeoutError:
            raise AssertionError(f"{self.name}: never came: {what}{self._tail()}") from None

    def _tail(self):
        return "\nlast seen:\n" + "\n".join(str(m) for m in self.seen[-6:])


async def eventually(probe, what):
    """The first true answer of a probe (a plain function or a coroutine function), asked again and again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = probe()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < deadline, f"never came true: {what() if callable(what) else what}"
        await asyncio.sleep(0.02)  # between questions, not to synchronise


async def slowest(step, while_):
    """The longest of many steps made while the other goes on. What has to come in time may be expected to only where this was short."""
    other, loop, longest = asyncio.create_task(while_), asyncio.get_running_loop(), 0
    while not other.done():
        at = loop.time()
        await step()
        longest = max(longest, loop.time() - at)
    await other
    return longest
