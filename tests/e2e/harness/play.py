# SPDX-License-Identifier: Apache-2.0
"""Plays a page of the documentation as a reader would: each code block is typed, as written, into a terminal of its own.

    play.py PAGE.md [ROOT]      in a copy of the tree, in a network of its own where the kernel permits

The page tells by comments that a reader does not see what goes where:

    <!-- terminal NAME -->      the next block goes to this terminal, which is a shell
    <!-- type NAME -->          the next block goes to the program that runs there
    <!-- see NAME: WORDS -->    go on when these words have been shown there since the last block typed anywhere
    <!-- leave NAME -->         Ctrl-C
"""
import ctypes
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

PATIENCE = float(os.environ.get("TL_PATIENCE", "180"))
PS1 = "play$ "


def default_signals():
    """As a login gives them: who runs this in the background may have had hang-ups and interrupts ignored, which shells and their programs inherit."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


class Terminal:
    def __init__(self, name, folder):
        self.name, self.shown, self.mark = name, "", 0
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("TL_", "THROUGHLINE_"))}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            default_signals()
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment | {"PS1": PS1, "TERM": "dumb", "HISTFILE": ""})
        os.set_inheritable(self.fd, False)  # the last to close it hangs up: no other terminal's shell may hold it
        self.until(PS1)

    def type(self, text):
        for line in text.rstrip("\n").split("\n"):
            os.write(self.fd, line.encode() + b"\n")

    def read(self, seconds):
        """What it shows within this time is added; False when there is nothing."""
        try:
            part = os.read(self.fd, 65536) if select.select([self.fd], [], [], max(0, seconds))[0] else b""
        except OSError:
            part = b""
        self.shown += part.decode(errors="replace").replace("\r", "")
        return part != b""

    def from_now_on(self):
        while self.read(0):
            pass
        self.mark = len(self.shown)

    def until(self, words):
        deadline = time.monotonic() + PATIENCE
        while words not in self.shown[self.mark:]:
            if not self.read(deadline - time.monotonic()):
                raise SystemExit(f"{self.name} never showed {words!r}:\n{self.shown[-4000:]}")

    def end(self):
        """What runs there, then the shell: the shell leads its session, its program a group of its own. A hang-up alone would leave a daemon
        there, which reads its configuration again."""
        deadline, asked = time.monotonic() + PATIENCE, None
        while (group := os.tcgetpgrp(self.fd)) not in (self.pid, 0) and time.monotonic() < deadline:
            if group != asked:
                os.killpg(group, signal.SIGTERM)
                asked = group
            self.read(0.1)
        if group not in (self.pid, 0):
            os.killpg(group, signal.SIGKILL)
        os.killpg(self.pid, signal.SIGHUP)
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def own_network():
    """127.0.0.1 and its port 8080 for us alone; without the right to do so, those of the machine."""
    uid = os.getuid()
    if ctypes.CDLL(None).unshare(0x10000000 | 0x40000000) != 0:  # a user namespace, in which we may have a network namespace
        return
    with open("/proc/self/setgroups", "w", encoding="ascii") as f:
        f.write("deny")
    with open("/proc/self/uid_map", "w", encoding="ascii") as f:
        f.write(f"0 {uid} 1")
    with socket.socket() as s:  # ifup lo
        fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))


def copy_of(root):
    """The tree without what it made, but for the build, which is only looked at."""
    folder = tempfile.mkdtemp(prefix="throughline-play-")
    ignore = shutil.ignore_patterns("build", "data", ".git", "node_modules", "__pycache__")
    shutil.copytree(root, folder, dirs_exist_ok=True, ignore=ignore, symlinks=True)
    os.symlink(f"{root}/build", f"{folder}/build")
    return folder


def play(page, folder):
    terminals, to = {}, None
    step = re.compile(r"<!-- (terminal|type|leave) (\w+) -->|<!-- see (\w+): (.+?) -->|```\w*\n(.*?)```", re.S)
    with open(page, encoding="utf-8") as f:
        text = f.read()
    try:
        for m in step.finditer(text):
            act, name, where, words, block = m.groups()
            if act == "terminal" and name not in terminals:
                terminals[name] = Terminal(name, folder)
            if act in ("terminal", "type"):
                to = terminals[name]
            elif act == "leave":
                terminals[name].from_now_on()
                os.write(terminals[name].fd, b"\x03")
                terminals[name].until(PS1)
            elif where:
                terminals[where].until(words)
                print(f"{where} shows {words!r}")
            elif block and to:
                for t in terminals.values():
                    t.from_now_on()
                print(f"{to.name} types {block.strip()!r}")
                to.type(block)
                to = None
    finally:
        for t in terminals.values():
            t.end()
    return len(terminals)


def main(page, root):
    own_network()
    folder = copy_of(os.path.realpath(root))
    try:
        if not play(page, folder):
            raise SystemExit(f"{page}: nothing to play")
    finally:
        subprocess.run(["rm", "-rf", folder], check=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ".")
