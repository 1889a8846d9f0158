# SPDX-License-Identifier: Apache-2.0
"""The sample gateway does what its page says, also when it or the daemon is killed in between."""
import os
import subprocess
import sys

from harness import pb
from harness.mailbox import eventually
from harness.stories import TEL, texts

SAMPLE = f"{pb.ROOT}/examples/gateway/gateway.py"


class Sample:
    def __init__(self, daemon, folder):
        self.daemon, self.folder = daemon, str(folder)
        self.process = None

    def __enter__(self):
        url = f"ws://{self.daemon.address}"
        self.process = subprocess.Popen([sys.executable, SAMPLE, url, self.daemon.token("gateway"), "sms", self.folder])
        return self

    def __exit__(self, *exc):
        self.process.kill()
        self.process.wait()

    def say(self, handle, id, text):
        os.makedirs(f"{self.folder}/in/{handle}", exist_ok=True)
        path = f"{self.folder}/in/{handle}/{id}.txt"
        with open(f"{path}.tmp", "w", encoding="utf-8") as f:
            f.write(text)
        os.replace(f"{path}.tmp", path)
        return path

    def heard(self, handle):
        folder = f"{self.folder}/out/{handle}"
        names = sorted(n for n in os.listdir(folder) if n.endswith(".txt")) if os.path.isdir(folder) else []
        return [open(f"{folder}/{n}", encoding="utf-8").read() for n in names]


async def test_words_both_ways(daemon, tmp_path):
    assert sum(1 for _ in open(SAMPLE, encoding="utf-8")) < 100
    with Sample(daemon, tmp_path) as sample:
        async with daemon.desk("ann") as ann:
            path = sample.say(TEL, "m1", "hällo")
            context = await ann.take()
            assert texts(context.timeline) == ["hällo"]
            await eventually(lambda: not os.path.exists(path), "acknowledged")
            await ann.say(context.conversation.id, "grüß Gott")
            await eventually(lambda: sample.heard(TEL) == ["grüß Gott"], "delivered")
            await ann.wait("delivery", lambda d: d.state == pb.DELIVERY_STATE_SENT)


async def test_kills_lose_and_double_nothing(daemon, tmp_path):
    async with daemon.desk("ann") as ann:
        with Sample(daemon, tmp_path) as sample:
            for n in range(40):
                sample.say(TEL, f"m{n:02}", f"words {n:02}")
            context = await ann.take()
        for n in range(40, 60):
            sample.say(TEL, f"m{n:02}", f"words {n:02}")
        with Sample(daemon, tmp_path) as sample:
            await eventually(lambda: os.listdir(f"{tmp_path}/in/{TEL}") == [], "all acknowledged")
            entries = await eventually(lambda: len(t := texts(daemon.timeline(context.conversation.id))) > 59 and t, "all shown")
            assert sorted(entries) == [f"words {n:02}" for n in range(60)]
            await ann.say(context.conversation.id, "one")
            await eventually(lambda: "one" in sample.heard(TEL), "delivered")
        await ann.say(context.conversation.id, "two")
        with Sample(daemon, tmp_path) as sample:
            await eventually(lambda: sample.heard(TEL) == ["one", "two"], "both, once")
