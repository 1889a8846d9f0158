# SPDX-License-Identifier: Apache-2.0
"""A Dovecot of its own for a test: own configuration, mailboxes and ports; any user, one password; a Postfix may ask it for that
password (SASL at auth_port). The system's is never touched."""
import contextlib
import imaplib
import os
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

from .mailbox import PATIENCE
from .ports import free_port
from .postfix import until

CONF = """
base_dir = {dir}/run
state_dir = {dir}/lib
log_path = {dir}/log
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
protocols = imap
listen = 127.0.0.1
default_internal_user = dovecot
default_login_user = dovenull
default_internal_group = dovecot
mail_location = maildir:{dir}/mail/%u
mail_max_userip_connections = 50
first_valid_uid = 1
namespace inbox {{
  inbox = yes
  mailbox Done {{
    auto = create
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={dir}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service auth {{
  inet_listener {{
    port = {auth_port}
  }}
}}
protocol imap {{
  imap_capability = {capability}
}}
"""


class Dovecot:
    def __init__(self, idle=True, tls=False):
        if os.getuid() != 0:
            pytest.skip("Dovecot changes users for its parts, so it is started by root only")
        self.password, self.tls = "correct-horse", tls
        self.capability = "" if idle else "IMAP4rev1 LITERAL+ MOVE"
        self.dir = tempfile.mkdtemp(prefix="tl-dovecot-")
        os.chmod(self.dir, 0o755)
        os.mkdir(f"{self.dir}/mail")
        shutil.chown(f"{self.dir}/mail", "mail", "mail")
        self.port = self.tls_port = self.auth_port = 0
        self.process = None
        self.ssl, self.certificate = "no", ""
        if tls:
            self.ssl = "yes"
            self.make_certificate()

    def make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost", "-keyout", f"{self.dir}/key.pem", "-out", f"{self.dir}/cert.pem"],
                       check=True, capture_output=True)
        self.certificate = f"ssl_cert = <{self.dir}/cert.pem\nssl_key = <{self.dir}/key.pem"

    def start(self):
        for _ in range(3):  # somebody may take a port before Dovecot does
            self.port = self.port or free_port()
            self.tls_port = self.tls_port or (free_port() if self.tls else 0)
            self.auth_port = self.auth_port or free_port()
            with open(f"{self.dir}/dovecot.conf", "w", encoding="utf-8") as f:
                f.write(CONF.format(**vars(self)))
            self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", f"{self.dir}/dovecot.conf"], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with contextlib.suppress(AssertionError):
                until(self.greets, "Dovecot greets", PATIENCE / 3)
                return self
            self.stop()
            self.port = self.tls_port = self.auth_port = 0
        raise AssertionError(f"Dovecot never came up:\n{self.log()}")

    def greets(self):
        assert self.process.poll() is None, "ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as s:
            return s.recv(100).startswith(b"* OK")
        return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)

    def __enter__(self):
        return self.start()

    def __exit__(self, *why):
        if why[0]:
            print(f"---- Dovecot:\n{self.log()[-6000:]}")
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        try:
            with open(f"{self.dir}/log", encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    # ---- a mailbox as its owner sees it ----

    @contextlib.contextmanager
    def box(self, user, folder="INBOX"):
        c = imaplib.IMAP4("127.0.0.1", self.port)
        try:
            assert c.login(user, self.password)[0] == "OK"
            assert c.select(folder)[0] == "OK"
            yield c
        finally:
            with contextlib.suppress(Exception):
                c.logout()

    def append(self, user, mail, folder="INBOX"):
        with self.box(user) as c:
            done = c.append(folder, None, None, mail)
            assert done[0] == "OK", done

    def flags(self, user, folder="INBOX"):
        """Of each mail, in order."""
        with self.box(user, folder) as c:
            answer = c.fetch("1:*", "(FLAGS)")[1] if c.untagged_responses["EXISTS"] != [b"0"] else []
        return [line.decode() for line in answer if line]

    def renumber(self, user):
        """As if the mailbox had been restored from elsewhere: another UIDVALIDITY, other UIDs."""
        self.stop()
        for name in os.listdir(f"{self.dir}/mail/{user}"):
            if name.startswith("dovecot"):
                path = f"{self.dir}/mail/{user}/{name}"
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        until(lambda: self.later_second(user), "another second, which UIDVALIDITY is made of")
        self.start()

    def later_second(self, user):
        import time
        return int(time.time()) > int(os.stat(f"{self.dir}/mail/{user}").st_mtime) + 1
