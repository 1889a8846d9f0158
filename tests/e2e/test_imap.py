# SPDX-License-Identifier: Apache-2.0
"""A mailbox at a real Dovecot, read by IMAP: each mail is there once, whatever is cut, restarted or numbered anew, and marked only when it is durable."""
import os
import signal
import socketserver
import threading

import pytest
from harness.config import misses_redis
from harness.dovecot import Dovecot
from harness.http import Http
from harness.mail import letter, stories, with_mailbox
from harness.postfix import until
from harness.processes import redis_of

EVA = "eva@customer.test"


@pytest.fixture
def reading(world):
    def make(dovecot, **settings):
        return world(lambda config: with_mailbox(config, dovecot, **settings))
    return make


def put(dovecot, *texts):
    for text in texts:
        dovecot.append("support", letter(EVA, text, f"<{text.replace(' ', '.')}@customer.test>").encode())


def told(daemon):
    return sorted(e.message.text.strip() for e in stories(daemon, EVA))


def until_told(daemon, *texts):
    until(lambda: told(daemon) == sorted(texts), lambda: f"{sorted(texts)}: {told(daemon)}")


def marked(dovecot, n):
    until(lambda: sum("Seen" in f for f in dovecot.flags("support")) == n, lambda: f"{n} marked: {dovecot.flags('support')}")


def test_what_was_there_and_what_comes(reading):
    with Dovecot() as dovecot:
        put(dovecot, "one", "two")
        daemon = reading(dovecot)
        until_told(daemon, "one", "two")
        marked(dovecot, 2)
        put(dovecot, "three")  # by IDLE
        until_told(daemon, "one", "two", "three")
        marked(dovecot, 3)
        daemon.restart()
        put(dovecot, "four")
        until_told(daemon, "one", "two", "three", "four")


def test_without_idle_it_looks_again(reading):
    with Dovecot(idle=False) as dovecot:
        daemon = reading(dovecot)
        until(lambda: "imap_connected" in daemon.read_log(), "a connection")
        put(dovecot, "polled")
        until_told(daemon, "polled")


class Scripted(socketserver.ThreadingTCPServer):
    """A server that says what it is told to, whatever it hears; to a command by its word, else OK."""
    daemon_threads = allow_reuse_address = True

    def __init__(self, says):
        super().__init__(("127.0.0.1", 0), ScriptedSession)
        self.says, self.heard, self.port = says, [], self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.shutdown()
        self.server_close()


class ScriptedSession(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.server.says.get("greeting", b"* OK hello\r\n"))
        for line in iter(self.rfile.readline, b""):
            tag, _, words = line.decode().strip().partition(" ")
            self.server.heard.append(words)
            said = next((v for k, v in self.server.says.items() if words.startswith(k)), b"")
            self.wfile.write(said + f"{tag} OK done\r\n".encode())


def test_login_without_sasl(reading):
    with Scripted({"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"}) as server:
        reading(server)
        until(lambda: 'LOGIN "support" "correct-horse"' in server.heard, lambda: f"LOGIN: {server.heard}")
        until(lambda: 'SELECT "INBOX"' in server.heard, lambda: f"SELECT: {server.heard}")


@pytest.mark.parametrize("says", [
    {"greeting": b"HTTP/1.1 400 Bad Request\r\n\r\n"},
    {"greeting": b"* BYE too busy\r\n"},
    {"SELECT": b"* OK [UIDVALIDITY 7] x\n"},  # a bare line feed
    {"SELECT": b"* 1 FETCH (" + b"(" * 100 + b"\r\n"},
    {"UID SEARCH": b"* SEARCH 1\r\n", "UID FETCH 1 (RFC822": b"* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n", "UID FETCH": b"* 1 FETCH (UID 1 BODY[] {999999999}\r\n"},
    {"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n"},
])
def test_a_server_that_is_none_is_left_and_tried_again(reading, says):
    with Scripted({"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"} | says) as server:
        daemon = reading(server)
        until(lambda: daemon.read_log().count("imap_lost") >= 2, "two attempts")
        assert Http(daemon.address).get("/readyz").status == 200


def test_mail_is_moved_when_it_is_stored(reading):
    with Dovecot() as dovecot:
        put(dovecot, "a", "b")
        daemon = reading(dovecot, imap_move_to="Done")
        until_told(daemon, "a", "b")
        until(lambda: len(dovecot.flags("support", "Done")) == 2 and not dovecot.flags("support"), "two moved")
        put(dovecot, "c")
        until_told(daemon, "a", "b", "c")


def test_nothing_is_marked_while_redis_is_away(world):
    with Dovecot() as dovecot:
        daemon = world(lambda config: (misses_redis(config), with_mailbox(config, dovecot)))
        until(lambda: "imap_connected" in daemon.read_log(), "a connection")
        redis = redis_of(daemon)
        os.kill(redis, signal.SIGSTOP)
        try:
            put(dovecot, "waits")
            until(lambda: "imap_lost" in daemon.read_log(), "that it cannot be stored")
            assert not any("Seen" in f for f in dovecot.flags("support"))
        finally:
            os.kill(redis, signal.SIGCONT)
        until(lambda: Http(daemon.address).get("/readyz").status == 200, "ready again")
        until_told(daemon, "waits")
        marked(dovecot, 1)


def test_dovecot_goes_and_comes_back(reading):
    with Dovecot() as dovecot:
        daemon = reading(dovecot)
        put(dovecot, "before")
        until_told(daemon, "before")
        dovecot.stop()
        until(lambda: "imap_lost" in daemon.read_log(), "that it is gone")
        dovecot.start()
        put(dovecot, "after")
        until_told(daemon, "before", "after")


def test_numbered_anew_nothing_is_there_twice(reading):
    with Dovecot() as dovecot:
        daemon = reading(dovecot)
        put(dovecot, "x", "y")
        until_told(daemon, "x", "y")
        dovecot.renumber("support")
        put(dovecot, "z")
        until_told(daemon, "x", "y", "z")
        assert "imap_numbered_anew" in daemon.read_log()
        marked(dovecot, 3)


def test_the_daemon_dies_at_any_time_and_nothing_is_there_twice(reading):
    with Dovecot() as dovecot:
        daemon = reading(dovecot)
        texts = [f"mail {n}" for n in range(12)]
        for n in range(0, 12, 3):
            put(dovecot, *texts[n:n + 3])
            until(lambda: len(told(daemon)) > n, "some of it")
            daemon.kill()
            daemon.start()
        until_told(daemon, *texts)


def test_tls_is_for_the_name_that_was_meant(reading, monkeypatch):
    with Dovecot(tls=True) as dovecot:
        put(dovecot, "in secret")
        daemon = reading(dovecot, imap=f"imaps://localhost:{dovecot.tls_port}")
        until(lambda: "self-signed certificate" in daemon.read_log(), "that nobody vouches for it")
        daemon.stop()
        daemon.start({"SSL_CERT_FILE": f"{dovecot.dir}/cert.pem"})
        until_told(daemon, "in secret")
        daemon.stop()
        daemon.config["account"][-1]["imap"] = f"imaps://127.0.0.1:{dovecot.tls_port}"
        daemon.write_config()
        daemon.start({"SSL_CERT_FILE": f"{dovecot.dir}/cert.pem"})
        until(lambda: "mismatch" in daemon.read_log(), "that it is for another name")
