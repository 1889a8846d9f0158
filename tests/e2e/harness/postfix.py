# SPDX-License-Identifier: Apache-2.0
"""A Postfix of its own for a test: own configuration, queue and data directory, a port that was free; the system's is never touched. And the other
sides of mail: swaks, which hands mail in, and a sink, which takes what goes out."""
import contextlib
import os
import re
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time

import pytest

from .mailbox import PATIENCE
from .ports import free_port

MAIN = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.tl.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = tl.test
virtual_transport = {inward}
recipient_delimiter = +
default_transport = {outward}
smtpd_recipient_restrictions = permit_mynetworks, reject
message_size_limit = {message_max}
smtputf8_enable = yes
maillog_file = {dir}/mail.log
maillog_file_prefixes = {dir}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
bounce_queue_lifetime = 1h
{more}
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       1       1       qmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
showq     unix  n       -       n       -       -       showq
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
lmtp      unix  -       -       n       -       -       lmtp
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
virtual   unix  -       n       n       -       -       virtual
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
postlog   unix-dgram n  -       n       -       1       postlogd
"""


def until(probe, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    pause = threading.Event()
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < deadline, f"never: {what() if callable(what) else what}"
        pause.wait(0.05)


class Postfix:
    """inward, outward: transports like lmtp:inet:127.0.0.1:2424, for tl.test and for every other domain."""

    def __init__(self, inward, outward="error:no outside delivery", message_max=41943040, more=""):
        if os.getuid() != 0:
            pytest.skip("Postfix changes users for its parts, so it is started by root only")
        self.inward, self.outward, self.message_max, self.more = inward, outward, message_max, more
        self.dir = tempfile.mkdtemp(prefix="tl-postfix-")
        os.chmod(self.dir, 0o755)  # its parts are different users
        for part in ("queue", "data"):
            os.mkdir(f"{self.dir}/{part}")
        shutil.chown(f"{self.dir}/data", "postfix")
        with open(f"{self.dir}/mail.log", "w", encoding="utf-8"):
            shutil.chown(f"{self.dir}/mail.log", "postfix")  # what looks after the queue before its logger runs writes here as postfix
        self.port = None

    def main(self):
        """main.cf, with each setting once: of a second one each of its programs warns, and so many words at once have been seen to shut up its
        logger, which waits for itself to read on."""
        settings = {line.split(" =")[0]: line for line in MAIN.format(**vars(self)).splitlines() if line}
        return "\n".join(settings.values()) + "\n"

    def run(self, *words):
        return subprocess.run(["/usr/sbin/postfix", "-c", self.dir, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)

    def start(self):
        for _ in range(3):  # somebody may take the port before Postfix does
            self.port = free_port()
            with open(f"{self.dir}/main.cf", "w", encoding="utf-8") as f:
                f.write(self.main())
            with open(f"{self.dir}/master.cf", "w", encoding="utf-8") as f:
                f.write(MASTER.format(port=self.port).lstrip())
            done = self.run("start")
            assert done.returncode == 0, done.stdout + done.stderr + self.log()
            with contextlib.suppress(AssertionError):
                until(self.greets, "Postfix greets", PATIENCE / 3)
                return self
            self.stop()
        raise AssertionError(f"Postfix never came up:\n{self.log()}")

    def deliver_to(self, inward):
        """Mail for tl.test goes there from now on."""
        self.inward = inward
        with open(f"{self.dir}/main.cf", "w", encoding="utf-8") as f:
            f.write(self.main())
        assert self.run("reload").returncode == 0, self.log()

    def greets(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as s:
            return s.recv(100).startswith(b"220 mx.tl.test")
        return False

    def master(self):
        """The process id of its master, 0 = it does not run."""
        try:
            with open(f"{self.dir}/queue/pid/master.pid", encoding="ascii") as f:
                pid = int(f.read())
            with open(f"/proc/{pid}/cmdline", encoding="ascii") as f:
                return pid if "master" in f.read() else 0
        except (FileNotFoundError, ValueError):
            return 0

    def stop(self):
        if self.master():
            self.run("stop")

    def end(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *why):
        if why[0]:
            print(f"---- Postfix:\n{self.log()[-6000:]}")
        self.end()

    # ---- what it says ----

    def log(self):
        try:
            with open(f"{self.dir}/mail.log", encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def outcomes(self, recipient):
        """What was logged of deliveries to this address: (status, what the other side said), oldest first."""
        return re.findall(rf"to=<{re.escape(recipient)}>.*? status=(\w+) \((.*)\)", self.log())

    def outcome(self, recipient, status):
        return until(lambda: [said for s, said in self.outcomes(recipient) if s == status],
                     lambda: f"{status} of {recipient}: {self.outcomes(recipient)}")[0]

    def queued(self):
        done = subprocess.run(["/usr/sbin/postqueue", "-c", self.dir, "-j"], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done
        return [line for line in done.stdout.splitlines() if line.strip()]

    def flush(self):
        subprocess.run(["/usr/sbin/postqueue", "-c", self.dir, "-f"], timeout=PATIENCE, check=False)

    # ---- mail into it ----

    def swaks(self, *to, sender="ann@example.org", **kw):
        """Hands a mail in by swaks; it must be taken."""
        words = ["swaks", "--server", "127.0.0.1", "--port", str(self.port), "--from", sender, "--to", ",".join(to), "--hide-all"]
        for name, value in kw.items():
            words += [f"--{name.replace('_', '-')}", *([value] if isinstance(value, str) else value)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"


class Sink(socketserver.ThreadingTCPServer):
    """An LMTP server that keeps what it takes: (sender, recipient, mail)."""
    daemon_threads = allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), SinkSession)
        self.mails, self.port = [], self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.shutdown()
        self.server_close()

    def mail(self, matches=lambda m: True):
        return until(lambda: [m for m in self.mails if matches(m)], "the mail in the sink")[0]


class SinkSession(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def data(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return None
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def handle(self):
        self.say("220 sink LMTP")
        sender, recipients = "", []
        for line in iter(lambda: self.rfile.readline().decode("utf-8", "replace").strip(), ""):
            word = line.upper()
            if word.startswith("LHLO"):
                self.say("250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES")
            elif word.startswith("MAIL"):
                sender, recipients = re.search("<(.*?)>", line)[1], []
                self.say("250 2.1.0 ok")
            elif word.startswith("RCPT"):
                recipients.append(re.search("<(.*?)>", line)[1])
                self.say("250 2.1.5 ok")
            elif word == "DATA":
                self.say("354 go")
                mail = self.data()
                if mail is None:
                    return
                for recipient in recipients:
                    self.server.mails.append((sender, recipient, mail))
                    self.say("250 2.0.0 kept")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")
