# SPDX-License-Identifier: Apache-2.0
"""Mail in the world: people who hand mails to a real Postfix, which hands them to the daemon by LMTP. Postfix keeps what it has acknowledged over its own
death, so what it took must be in the timelines once; what it may have taken is handed in again under the same Message-Id."""
import asyncio
import contextlib
import email.message
import email.policy
import os
import random
import signal
import smtplib

from harness.mail import account
from harness.postfix import Postfix

ADDRESS = "support@tl.test"


class Post:
    def __init__(self, seed):
        self.random = random.Random(f"{seed} post")
        self.postfix = Postfix(None, message_max=1000000)
        self.socket = f"{self.postfix.dir}/lmtp"
        self.postfix.inward = f"lmtp:unix:{self.socket}"
        self.over = asyncio.Event()
        self.acked, self.again, self.count, self.quiet = set(), 0, 0, False

    def configure(self, config):
        config["lmtp"] = {"listen": f"unix:{self.socket}"}
        config["account"].append(account("support"))

    # ---- handing in ----

    def letter(self, n):
        m = email.message.EmailMessage()
        m["From"], m["To"], m["Subject"], m["Message-Id"] = f"c{n % 7}@customer.test", ADDRESS, f"mail {n}", f"<{n}@customer.test>"
        m["Auto-Submitted"] = "auto-generated"  # recorded, answered by nobody
        m.set_content(f"words of mail {n}")
        m.add_attachment(os.urandom(2000), maintype="application", subtype="octet-stream", filename="file.bin")
        return m["Message-Id"], m["From"], m.as_bytes(policy=email.policy.SMTP)  # written once: its boundary would be another one each time

    def hand_in(self, sender, letter):
        with smtplib.SMTP("127.0.0.1", self.postfix.port, timeout=20) as c:
            c.sendmail(sender, ADDRESS, letter)

    async def run(self):
        loop, open_ = asyncio.get_running_loop(), None
        while not self.over.is_set():
            if self.quiet and not open_:
                await self.pause(0.2)
                continue
            if not open_:
                self.count += 1
                open_ = self.letter(self.count)
            try:
                id, *letter = open_
                await loop.run_in_executor(None, self.hand_in, *letter)
                self.acked.add(id)
                open_ = None
            except (OSError, smtplib.SMTPException):
                self.again += 1
            await self.pause(self.random.uniform(0.005, 0.05))

    async def pause(self, seconds):
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.over.wait(), seconds)

    # ---- what befalls it ----

    def kill(self):
        """The master and everything it started, at once, as a power cut would."""
        pid = self.postfix.master()
        if pid:
            os.killpg(os.getpgid(pid), signal.SIGKILL)

    def delivered(self):
        self.postfix.flush()
        return not self.postfix.queued()

    # ---- what must hold ----

    def violations(self, ev):
        places = {}
        for entries in ev.timelines.values():
            for n, e in entries:
                if e.account == "support":
                    places.setdefault(e.message.message_id, []).append(n)
        for id in self.acked:
            if len(places.get(id, [])) != 1:
                yield f"mail {id} stands {len(places.get(id, []))} times in the timelines: {places.get(id)}"
        for id, numbers in places.items():
            if len(numbers) != 1:
                yield f"mail {id} stands in the timelines more than once: {numbers}"
