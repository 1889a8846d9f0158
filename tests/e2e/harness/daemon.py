# SPDX-License-Identifier: Apache-2.0
"""A throughlined of its own for a test: its configuration, its data directory, its Redis, a port that the kernel chose."""
import contextlib
import os
import signal
import subprocess
import sys
import time

from . import pb
from .chat import Chat
from .desk import Desk
from .gateway import Gateway
from .http import Http
from .mailbox import PATIENCE
from .toml import render

BIN = os.environ.get("TL_BIN") or next(
    (d for d in (f"{pb.ROOT}/build/{p}/bin" for p in ("dev", "asan", "release")) if os.path.exists(f"{d}/throughlined")), "")


class Daemon:
    def __init__(self, directory, config):
        self.directory, self.config = str(directory), config
        self.data = f"{self.directory}/data"
        self.file = f"{self.directory}/throughline.toml"
        self.log = f"{self.directory}/log"
        self.process, self.ending = None, False
        self.secrets = {}
        self.write_config()

    def write_config(self):
        with open(self.file, "w", encoding="utf-8") as f:
            f.write(render(self.config | {"data_dir": self.data}))

    # ---- life ----

    def start(self, environment=None):
        self.ending = False
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.data}/listen")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([f"{BIN}/throughlined", "--config", self.file], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=os.environ | (environment or {}))
        self.until(lambda: os.path.exists(f"{self.data}/listen"), "listens")
        with open(f"{self.data}/listen", encoding="utf-8") as f:
            self.address = f.readline().strip().replace("http://", "")
        self.until(lambda: Http(self.address).get("/readyz").status == 200, "is ready")
        with open(f"{self.data}/admin-main.token", encoding="utf-8") as f:
            self.admin = Http(self.address, f.readline().strip())
        return self

    def until(self, probe, what):
        deadline = time.monotonic() + PATIENCE
        while not (found := probe()):
            assert self.process.poll() is None, f"ended with {self.process.returncode} before it {what}:\n{self.read_log()[-4000:]}"
            assert time.monotonic() < deadline, f"never {what}:\n{self.read_log()[-4000:]}"
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.02)
        return found

    def terminate(self):
        """As systemd does. A second time would mean: at once."""
        self.process.send_signal(signal.SIGTERM)
        self.ending = True

    def stop(self):
        """What a sanitizer has found shows in the exit code."""
        if self.process.poll() is None and not self.ending:
            self.terminate()
        code = self.process.wait(PATIENCE)
        assert code == 0, f"ended with {code}:\n{self.read_log()[-4000:]}"

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def reload(self, **tables):
        """Other values in its file, which it reads again."""
        for name, values in tables.items():
            self.config.setdefault(name, {}).update(values)
        self.write_config()
        before = self.read_log().count("event=reloaded ")
        self.process.send_signal(signal.SIGHUP)
        self.until(lambda: self.read_log().count("event=reloaded ") > before, "reads its file again")

    def read_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    # ---- ways in ----

    def token(self, role, agent=None):
        key = (role, agent)
        if key not in self.secrets:
            def made():
                answer = self.admin.send("POST", "/v1/tokens", pb.Token(role=role, agent=agent or ""))
                return None if answer.status == 503 else answer  # Redis may be slow, or away
            answer = self.until(made, "makes a token")
            assert answer.status == 201, answer
            self.secrets[key] = answer.message(pb.Token()).secret
        return self.secrets[key]

    def http(self, role="gateway"):
        return Http(self.address, self.token(role), self.folded)

    def desk(self, agent, **kw):
        return Desk(self.address, self.token("agent", agent), name=agent, **kw)

    def gateway(self, *accounts, **kw):
        return Gateway(self.address, self.token("gateway"), accounts=accounts, **kw)

    def chat(self, **kw):
        return Chat(self.address, kw.pop("account", "web"), **kw)

    def cli(self, *words, input=None, check=True):
        done = subprocess.run([f"{BIN}/throughline", "--data-dir", self.data, *words], input=input, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        assert not check or done.returncode == 0, f"throughline {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    # ---- what it knows ----

    def folded(self, entry):
        """Waits until it knows of this entry: what is stored is durable at once, and shown when the node has folded it."""
        if entry:
            self.until(lambda: self.admin.read("/v1/status", pb.Status()).input >= entry, f"has folded entry {entry}")

    def agent(self, name):
        return self.admin.read(f"/v1/agents/{name}", pb.AgentStatus())

    def conversation(self, number):
        return self.admin.read(f"/v1/conversations/{number}", pb.Conversation())

    def timeline(self, number):
        return self.admin.read(f"/v1/conversations/{number}/timeline?limit=200", pb.Timeline()).entries

    def customer(self, number):
        return self.admin.read(f"/v1/customers/{number}", pb.Customer())

    def why(self, work, made=lambda decisions: len(decisions) > 0):
        """The decisions about a work, newest first, and every agent asked anew: once what is looked for is among them, since they are written a
        moment after they are made."""
        def told():
            why = self.admin.read(f"/v1/work/{work}/why", pb.Why())
            return why if made(why.decisions) else None
        return self.until(told, f"has the decisions about work {work}")


def check_config(path, *options):
    return subprocess.run([f"{BIN}/throughlined", *options, "--check-config", "--config", str(path)], capture_output=True,
                          text=True, timeout=PATIENCE, check=False)


if not BIN:
    sys.exit("no throughlined found: build it, or name its folder in TL_BIN")
