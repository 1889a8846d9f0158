#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole gateway: it joins a folder of text files to throughline, standing for whatever your vendor's interface is.

    gateway.py ws://127.0.0.1:8080 TOKEN ACCOUNT FOLDER

FOLDER/in/<handle>/<id>.txt appears: the customer <handle> has said this. What agents answer is written to FOLDER/out/<handle>/<id>.txt.
Needs python3-websockets. What makes it correct, whatever is killed:
  - an event is sent again under the same id until it is acknowledged: throughline stores it once;
  - a delivery is written under its id, so doing it twice changes nothing: we may promise `deduplicates`.
"""
import asyncio
import json
import os
import sys

import websockets

CREDIT = 100  # deliveries we take before granting more


class Gateway:
    def __init__(self, account, folder):
        self.account, self.folder = account, folder

    async def serve(self, url, token):
        headers = {"Authorization": f"Bearer {token}"}
        async for self.socket in websockets.connect(f"{url}/v1/gateway", extra_headers=headers, subprotocols=["throughline.v1.json"]):
            self.sequence, self.in_flight = 0, {}  # sequence -> file
            self.credit, self.jobs = asyncio.Semaphore(0), set()
            try:
                await self.put(hello={"accounts": [self.account], "deduplicates": True, "credit": CREDIT})
                async for frame in self.socket:
                    down = json.loads(frame)
                    if "welcome" in down:
                        self.grant(down["welcome"]["credit"])
                        self.begin(self.watch())
                    elif "ack" in down:
                        self.acknowledged(int(down["ack"]["upto"]), down["ack"].get("exceptions", []))
                    elif "delivery" in down:
                        self.begin(self.deliver(down["delivery"]))
                    elif "credit" in down:
                        self.grant(down["credit"]["more"])
            except websockets.ConnectionClosed:
                pass  # connect again, and send again what was not acknowledged
            finally:
                for job in self.jobs:
                    job.cancel()

    def begin(self, job):
        """Beside the reading, which must go on: it is what brings credit."""
        task = asyncio.create_task(job)
        self.jobs.add(task)
        task.add_done_callback(self.jobs.discard)

    async def put(self, **up):
        await self.socket.send(json.dumps(up))

    async def put_numbered(self, **up):
        await self.credit.acquire()
        self.sequence += 1
        await self.put(sequence=self.sequence, **up)
        return self.sequence

    def grant(self, more):
        for _ in range(more):
            self.credit.release()

    async def watch(self):
        """Sends each new file once per connection."""
        while True:
            for top, _, names in os.walk(f"{self.folder}/in"):
                for path in (f"{top}/{name}" for name in sorted(names) if name.endswith(".txt")):
                    if path not in self.in_flight.values():
                        with open(path, encoding="utf-8") as f:
                            event = {"id": os.path.basename(path)[:-4], "account": self.account,
                                     "from": os.path.basename(top), "message": {"text": f.read()}}
                        self.in_flight[await self.put_numbered(event=event)] = path
            await asyncio.sleep(0.1)

    def acknowledged(self, upto, exceptions):
        again = {int(e["sequence"]) for e in exceptions if e["result"]["status"] == "EVENT_STATUS_UNKNOWN"}
        for sequence in [s for s in self.in_flight if s <= upto]:
            path = self.in_flight.pop(sequence)
            if sequence not in again:  # what is not known to be durable is found and sent again; the rest is settled
                os.unlink(path)

    async def deliver(self, delivery):
        folder = f"{self.folder}/out/{os.path.basename(delivery['to'])}"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/{delivery['id']}.tmp", "w", encoding="utf-8") as f:
            f.write(delivery.get("message", {}).get("text", ""))
        os.replace(f"{folder}/{delivery['id']}.tmp", f"{folder}/{delivery['id']}.txt")
        await self.put_numbered(report={"delivery": delivery["id"], "state": "DELIVERY_STATE_SENT"})
        await self.put(credit={"more": 1})


if __name__ == "__main__":
    asyncio.run(Gateway(sys.argv[3], sys.argv[4]).serve(sys.argv[1], sys.argv[2]))
