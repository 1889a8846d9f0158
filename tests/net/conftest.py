# SPDX-License-Identifier: Apache-2.0
"""Starts tests/net/server.c and speaks to it byte by byte. TL_NET_SERVER names the program."""
import os
import re
import signal
import socket
import ssl
import subprocess

import pytest

TIMEOUT = 180  # of any single wait; only a broken server ever reaches it


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def problem(self):
        import json

        assert self.headers["content-type"] == "application/problem+json"
        document = json.loads(self.body)
        assert document["status"] == self.status and document["type"] == "/problems/" + document["code"]
        return document


class Conn:
    """One TCP connection."""

    def __init__(self, address, tls=None):
        host, port = address.rsplit(":", 1)
        self.sock = socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        self.file = self.sock.makefile("rb")

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())
        return self

    def reply(self, head=False):
        line = self.file.readline()
        if not line:
            return None
        match = re.fullmatch(rb"HTTP/1\.1 (\d{3}) [ -~]*\r\n", line)
        assert match, line
        headers = {}
        while (line := self.file.readline()) != b"\r\n":
            name, value = line.decode().rstrip("\r\n").split(": ", 1)
            headers[name.lower()] = value
        status = int(match[1])
        length = 0 if head or status in (101, 204, 304) or status < 200 else int(headers["content-length"])
        return Reply(status, headers, self.file.read(length))

    def ask(self, data, head=False):
        return self.send(data).reply(head)

    def at_end(self):
        """The server closed: nothing but the end comes."""
        try:
            return self.file.read() == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.file.close()
        self.sock.close()


class Server:
    def __init__(self, *settings):
        self.process = subprocess.Popen([os.environ["TL_NET_SERVER"], *settings], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE,
                                        env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1"})
        self.address = self.process.stdout.readline().decode().strip()
        assert self.address, self.process.stderr.read()
        self.conns = []

    def connect(self, tls=None):
        conn = Conn(self.address, tls)
        self.conns.append(conn)
        return conn

    def ask(self, data, tls=None):
        conn = self.connect(tls)
        reply = conn.ask(data)
        conn.close()
        return reply

    def get(self, path, *headers):
        return self.ask(get(path, *headers))

    def post(self, path, body, *headers):
        return self.ask(post(path, body, *headers))

    def metric(self, name):
        for line in self.get("/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise KeyError(name)

    def metric_despite(self, name):
        """Of a server whose time limit may end this question too, where the machine is slow: the value, less what that added."""
        late = 0
        while (reply := self.get("/metrics")) is None or reply.status != 200:
            assert reply is None or reply.status == 408, reply
            late += 1
        line, = (line for line in reply.body.decode().splitlines() if line.startswith(name + " "))
        return float(line.split()[-1]) - late

    def rss(self):
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def until(self, condition):
        """Asks again and again: each question is a round trip through the server's loop, so no sleep is needed."""
        import time

        end = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < end, "it never came"

    def stop(self):
        for conn in self.conns:
            conn.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=TIMEOUT)
        assert self.process.returncode == 0, err.decode()
        assert b"Sanitizer" not in err and b"runtime error" not in err, err.decode()
        return err.decode()


def get(path, *headers, method="GET"):
    return "".join([f"{method} {path} HTTP/1.1\r\nHost: h\r\n", *(h + "\r\n" for h in headers), "\r\n"])


def post(path, body, *headers, method="POST"):
    body = body if isinstance(body, bytes) else body.encode()
    return get(path, f"Content-Length: {len(body)}", *headers, method=method).encode() + body


@pytest.fixture
def start():
    servers = []

    def make(*settings):
        servers.append(Server(*settings))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def server(start):
    return start()


def make_certificate(cert, key):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost"], check=True, capture_output=True)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def trust(certificate):
    return ssl.create_default_context(cafile=certificate[0])
