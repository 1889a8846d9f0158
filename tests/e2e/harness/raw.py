# SPDX-License-Identifier: Apache-2.0
"""Bytes on a socket, for what no proper client would send."""
import base64
import os
import socket
import struct

from .mailbox import PATIENCE


class Raw:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()

    def put(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def try_put(self, data):
        """False once the other side has closed."""
        try:
            self.put(data)
            return True
        except (ConnectionError, socket.timeout):
            return False

    def rest(self):
        """All that comes until the other side closes."""
        got = b""
        try:
            while part := self.socket.recv(65536):
                got += part
        except ConnectionError:
            pass
        return got

    def some(self):
        try:
            return self.socket.recv(65536)
        except ConnectionError:
            return b""

    def head(self):
        """Up to the end of a response's headers."""
        got = b""
        while b"\r\n\r\n" not in got:
            part = self.some()
            if not part:
                break
            got += part
        return got

    def upgrade(self, path, token=None, protocol="throughline.v1.json", **headers):
        version = headers.pop("Sec_WebSocket_Version", "13")
        lines = [f"GET {path} HTTP/1.1", "Host: test", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Version: {version}",
                 f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", f"Sec-WebSocket-Protocol: {protocol}"]
        lines += [f"Authorization: Bearer {token}"] if token else []
        lines += [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
        self.put("\r\n".join(lines) + "\r\n\r\n")
        return self.head()

    def frame(self, opcode, payload=b"", fin=True, masked=True, reserved=0):
        head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
        bit = 0x80 if masked else 0
        n = len(payload)
        head += bytes([bit | n]) if n < 126 else bytes([bit | 126]) + struct.pack(">H", n) if n < 65536 else bytes([bit | 127]) + struct.pack(">Q", n)
        mask = os.urandom(4)
        return head + (mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)) if masked else payload)

    def close_code(self):
        """Reads frames until the other side's close frame; its code, or None when the socket just ended."""
        data = b""
        while True:
            part = self.some()
            data += part
            at = 0
            while len(data) - at >= 2:
                n, skip = data[at + 1] & 0x7F, 2
                if n == 126:
                    n, skip = struct.unpack(">H", data[at + 2:at + 4])[0], 4
                elif n == 127:
                    n, skip = struct.unpack(">Q", data[at + 2:at + 10])[0], 10
                if len(data) - at < skip + n:
                    break
                if data[at] & 0x0F == 8:
                    return struct.unpack(">H", data[at + skip:at + skip + 2])[0] if n >= 2 else None
                at += skip + n
            data = data[at:]
            if not part:
                return None


def status_of(response):
    return int(response.split(b" ", 2)[1]) if response.startswith(b"HTTP/1.") else None
