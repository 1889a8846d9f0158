# SPDX-License-Identifier: Apache-2.0
"""Terminals: a program in one, whose screen is read, and what a command prints on one of some width."""
import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios

import pyte
import wcwidth

from .daemon import BIN
from .mailbox import PATIENCE, eventually

ROWS, COLUMNS = 30, 60


class Terminal:
    """A program in a terminal, and what its screen shows."""

    def __init__(self, *command):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, os.environ | {"TERM": "xterm", "LC_ALL": "C.UTF-8"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.set_blocking(self.fd, False)
        os.set_inheritable(self.fd, False)

    def lines(self):
        try:
            self.stream.feed(os.read(self.fd, 65536))
        except (BlockingIOError, OSError):
            pass
        return [line.rstrip() for line in self.screen.display]

    def picture(self):
        return "\n".join(self.lines())

    def last(self):
        return ([line for line in self.lines() if line] or [""])[-1]

    def type(self, text):
        os.write(self.fd, text.encode())

    async def shows(self, text):
        await eventually(lambda: any(text in line for line in self.lines()), self.picture)

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def screen(daemon, columns, *command):
    """What a command prints on a terminal so wide, as lines."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    done = subprocess.run([f"{BIN}/throughline", "--data-dir", daemon.data, *command], stdout=there, check=True, timeout=PATIENCE,
                          env=os.environ | {"TERM": "dumb", "LC_ALL": "C.UTF-8"})
    os.close(there)
    text = b""
    with contextlib.suppress(OSError):  # the end: nobody has the other side any more
        while part := os.read(here, 65536):
            text += part
    os.close(here)
    assert done.returncode == 0
    return text.decode().replace("\r", "").splitlines()


def columns_of(line):
    """How wide it is on a terminal."""
    return wcwidth.wcswidth(line)
