# SPDX-License-Identifier: Apache-2.0
"""A real Kannel of its own: bearerbox and smsbox with the lines of docs/how-to/connect-kannel.md, and fakesmsc as the phone. They are this
test's processes, on loopback, with ports of their own; they are ended by their ids."""
import contextlib
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from . import pb
from .mailbox import PATIENCE, eventually
from .ports import free_ports

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
PAGE = f"{pb.ROOT}/docs/how-to/connect-kannel.md"
SECRET, PASSWORD, SENDER = "0123456789abcdef-secret", "kannel-password", "12345"


def page_lines(what):
    with open(PAGE, encoding="utf-8") as f:
        return re.search(rf"<!-- kannel {what} -->\n```\n(.*?)```", f.read(), re.S)[1]


CONFIGURATION = """group = core
admin-port = {admin}
admin-password = admin
admin-interface = 127.0.0.1
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
store-type = file
store-location = "{directory}/store"
store-dump-freq = 1
dlr-storage = internal
sms-resend-freq = 1

group = smsc
smsc = fake
smsc-id = fake-1
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {boxes}
sendsms-interface = 127.0.0.1
sendsms-port = {sendsms}
access-log = "{directory}/access.log"
{smsbox}
{groups}
"""


class Kannel:
    def __init__(self, directory):
        self.directory = str(directory)
        os.makedirs(self.directory, exist_ok=True)
        self.admin, self.boxes, self.smsc, self.sendsms = free_ports(4)
        self.bearerbox = self.smsbox = None
        self.phone = Phone(self)

    def account(self, address, **more):
        """The rows of the page's section 2, for a daemon that is reached at this address."""
        return {"name": "sms-1", "kind": "kannel", "secret": SECRET, "username": "throughline", "password": PASSWORD, "sender": SENDER,
                "sendsms_url": f"http://127.0.0.1:{self.sendsms}/cgi-bin/sendsms", "callback_url": f"http://{address}", **more}

    def configure(self, address, **change):
        """change: what replaces a line's value, by its name."""
        smsbox = page_lines("smsbox").replace("http-queue-delay = 10", "http-queue-delay = 1")
        groups = page_lines("groups").replace("127.0.0.1:8080", address)
        for name, value in change.items():
            line = name.replace("_", "-")
            groups, n = re.subn(rf"^{line} = .*$", f"{line} = {value}", groups, flags=re.M)
            assert n, line
        with open(f"{self.directory}/kannel.conf", "w", encoding="utf-8") as f:
            f.write(CONFIGURATION.format(directory=self.directory, smsbox=smsbox, groups=groups, **{
                k: getattr(self, k) for k in ("admin", "boxes", "smsc", "sendsms")}))

    # ---- life ----

    def _run(self, name):
        log = open(f"{self.directory}/{name}.log", "ab")
        with log:
            return subprocess.Popen([f"/usr/sbin/{name}", "-v", "1", f"{self.directory}/kannel.conf"], stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log, cwd=self.directory)

    def status(self):
        with contextlib.suppress(OSError, urllib.error.URLError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/status.txt?password=admin", timeout=PATIENCE) as answer:
                return answer.read().decode()
        return ""

    def answers(self):
        """Whether smsbox takes messages: a request without credentials is refused."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.sendsms}/cgi-bin/sendsms", timeout=PATIENCE)
        except urllib.error.HTTPError as e:
            return e.code == 403
        except OSError:
            return False
        return False

    def start(self):
        """What of it does not run."""
        if not self.bearerbox:
            self.bearerbox = self._run("bearerbox")
            self._until(lambda: self.status() != "", "bearerbox answers", lambda: self.bearerbox)
        if not self.smsbox:
            self.smsbox = self._run("smsbox")
        self._until(lambda: "smsbox:" in self.status() and self.answers(), "smsbox is connected", lambda: self.smsbox)
        return self

    def _until(self, probe, what, process):
        deadline = time.monotonic() + PATIENCE
        while not probe():
            assert process().poll() is None, f"ended before {what}:\n{self.log()}"
            assert time.monotonic() < deadline, f"never: {what}\n{self.log()}"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process().wait(0.05)

    def kill(self):
        self.kill_some(("smsbox", "bearerbox"))

    def kill_some(self, boxes):
        for name in boxes:
            end(getattr(self, name))
            setattr(self, name, None)

    def stop(self):
        self.phone.off()
        self.kill()

    def log(self):
        text = ""
        for name in ("bearerbox", "smsbox"):
            with contextlib.suppress(FileNotFoundError):
                with open(f"{self.directory}/{name}.log", encoding="utf-8", errors="replace") as f:
                    text += f"---- {name}:\n{f.read()[-4000:]}"
        return text


def end(process, how=signal.SIGKILL):
    if process and process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Phone:
    """fakesmsc. Kannel's fake connection takes one of it at a time, and it says what it was started with: one run for each message."""

    def __init__(self, kannel):
        self.kannel, self.process, self.runs = kannel, None, 0
        self.logs = []

    def on(self, message=None):
        """Switches it on, with a message to send ("FROM TO text words")."""
        self.off()
        self.logs.append(f"{self.kannel.directory}/phone-{len(self.logs)}.log")
        with open(self.logs[-1], "wb") as log:
            self.process = subprocess.Popen(
                [FAKESMSC, "-H", "127.0.0.1", "-r", str(self.kannel.smsc), "-i", "0.01", "-v", "0", "-m", "1" if message else "0",
                 message or "1 1 text none"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def off(self):
        end(self.process, signal.SIGTERM)
        self.process = None

    async def say(self, number, text):
        """Plain words as they are, others as UTF-16; long ones in two parts that the operator would have made."""
        ascii_words = text.isascii()
        kind = "text" if ascii_words else "ucs2"
        self.on(f"{number} {SENDER} {kind} {text if ascii_words else urllib.parse.quote(text.encode('utf-16-be'), safe='')}")
        await eventually(lambda: "sent message 1" in self.read(), "the phone has sent it")

    async def say_part(self, number, reference, total, index, text):
        header = bytes([5, 0, 3, reference, total, index])
        quoted = "".join(f"%{b:02x}" for b in header)
        self.on(f"{number} {SENDER} udh-text {quoted} {text}")
        await eventually(lambda: "sent message 1" in self.read(), "the phone has sent it")

    def read(self, log=None):
        with open(log or self.logs[-1], encoding="utf-8", errors="replace") as f:
            return f.read()

    def heard(self):
        """Everything it has received, in order: (from, to, words). Parts come with their header: (from, to, words, header)."""
        got = []
        for log in self.logs:
            for line in re.findall(r"Got message \d+: <(.*)>$", self.read(log), re.M):
                sender, to, kind, rest = line.split(" ", 3)
                if kind == "text":
                    got.append((sender, to, rest))
                elif kind in ("ucs-2", "ucs2"):
                    got.append((sender, to, urllib.parse.unquote_to_bytes(rest.replace("+", " ")).decode("utf-16-be")))
                elif kind == "udh":
                    header, _, words = rest.split(" ", 2)
                    got.append((sender, to, urllib.parse.unquote_to_bytes(words.replace("+", " ")), urllib.parse.unquote_to_bytes(header)))
        return got

    async def hears(self, text):
        return await eventually(lambda: next((m for m in self.heard() if m[2] == text), None), f"the phone gets {text!r}: {self.heard()}")
