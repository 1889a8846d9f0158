# SPDX-License-Identifier: Apache-2.0
"""Vendors' own libraries as judges: installed once by npm from tests/vendors/package-lock.json into build/vendors, asked over a pipe."""
import fcntl
import filecmp
import json
import os
import shutil
import subprocess
import threading

from . import pb
from .mailbox import PATIENCE

SOURCE, TARGET = f"{pb.ROOT}/tests/vendors", f"{pb.ROOT}/build/vendors"


def install():
    os.makedirs(TARGET, exist_ok=True)
    with open(f"{TARGET}/.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = f"{TARGET}/installed.json"
        if os.path.exists(done) and filecmp.cmp(f"{SOURCE}/package-lock.json", done, shallow=False):
            return
        for name in ("package.json", "package-lock.json"):
            shutil.copy(f"{SOURCE}/{name}", TARGET)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", TARGET], check=True, timeout=PATIENCE * 5,
                       capture_output=True, text=True)
        shutil.copy(f"{SOURCE}/package-lock.json", done)


class Vendor:
    """One of tests/vendors/*.cjs."""

    def __init__(self, name):
        install()
        self.lock = threading.Lock()
        self.process = subprocess.Popen(["node", f"{SOURCE}/{name}.cjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=os.environ | {"NODE_PATH": f"{TARGET}/node_modules"})

    def ask(self, question, **more):
        with self.lock:
            self.process.stdin.write(json.dumps({"ask": question} | more) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
