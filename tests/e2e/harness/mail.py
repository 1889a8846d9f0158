# SPDX-License-Identifier: Apache-2.0
"""Mail accounts, letters, and what became of them."""
import socket

from . import pb
from .mailbox import PATIENCE
from .postfix import until


def account(name, **settings):
    return {"name": name, "kind": "email", "address": f"{name}@tl.test", "secret": "mail-secret-for-tests-0123"} | settings


def with_mail(config):
    """support@tl.test and sales@tl.test, by LMTP."""
    config["lmtp"] = {"listen": "127.0.0.1:0"}
    config["account"] += [account(name) for name in ("support", "sales")]


def lmtp_address(daemon):
    with open(f"{daemon.data}/lmtp", encoding="utf-8") as f:
        host, _, port = f.read().strip().rpartition(":")
    return host, int(port)


def letter(sender, text, message_id, to="support@tl.test", subject="A question", headers=""):
    return (f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-Id: {message_id}\r\n"
            f"Date: Wed, 25 Nov 2026 12:00:00 +0000\r\n{headers}\r\n{text}\r\n")


def stories(daemon, address, least=0):
    """Every entry that came from this address, over all conversations, once there are as many: what is durable is shown when the node has folded it."""
    def found():
        listed = daemon.admin.read("/v1/conversations?limit=500", pb.ConversationList())
        entries = [e for c in listed.conversations for e in daemon.timeline(c.id) if e.handle == f"email:{address}"]
        return (entries,) if len(entries) >= least else None
    return until(found, f"{least} entries of {address}")[0]


class Wire:
    """LMTP by hand."""
    def __init__(self, daemon):
        self.socket = socket.create_connection(lmtp_address(daemon), PATIENCE)
        self.file = self.socket.makefile("rb")
        self.greeting = self.answer()

    def answer(self):
        lines = []
        while not lines or lines[-1][3:4] == b"-":
            lines.append(self.file.readline())
            if not lines[-1]:
                return ""
        return lines[-1].decode().strip()

    def say(self, text, answers=1):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())
        said = [self.answer() for _ in range(answers)]
        return said[0] if answers == 1 else said

    def close(self):
        self.file.close()
        self.socket.close()


def hand_in(daemon, sender, recipients, mail):
    """What each recipient is told at the end."""
    w = Wire(daemon)
    try:
        assert w.say("LHLO mx.test\r\n").startswith("250")
        assert w.say(f"MAIL FROM:<{sender}>\r\n").startswith("250")
        at_once = [w.say(f"RCPT TO:<{r}>\r\n") for r in recipients]
        taken = sum(a.startswith("250") for a in at_once)
        if not taken:
            return at_once
        assert w.say("DATA\r\n").startswith("354")
        stuffed = "".join("." + line if line.startswith(".") else line for line in mail.splitlines(keepends=True))
        w.socket.sendall((stuffed + ".\r\n").encode())
        after = [w.answer() for _ in range(taken)]
        return [after.pop(0) if a.startswith("250") else a for a in at_once]
    finally:
        w.close()


def with_mailbox(config, server, **settings):
    """support@tl.test by IMAP."""
    config["account"].append(account("support", **({
        "imap": f"imap://127.0.0.1:{server.port}", "imap_user": "support", "imap_password": "correct-horse",
        "imap_poll_seconds": 1} | settings)))
