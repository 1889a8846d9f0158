# SPDX-License-Identifier: Apache-2.0
"""`throughline shadow`: beside the live router, on live traffic; the same configuration gives no difference, another the expected ones."""
import contextlib
import json
import os
import signal
import subprocess

from harness.daemon import BIN
from harness.mailbox import PATIENCE
from harness.stories import MAIL, stored, words
from test_replay import finish, other_file, without_ann


class Shadow:
    """A shadow in a process of its own, told to go on until it is stopped."""

    def __init__(self, daemon, file, folder):
        self.daemon, self.folder = daemon, folder
        self.out = open(f"{folder}.out", "ab")
        self.process = subprocess.Popen([f"{BIN}/throughline", "--json", "--data-dir", daemon.data, "shadow", str(file), str(folder), "--every", "1"],
                                        stdout=self.out, stderr=subprocess.STDOUT)

    def report(self):
        done = subprocess.run([f"{BIN}/throughline", "--json", "shadow", "--show", str(self.folder)], capture_output=True, text=True, timeout=PATIENCE, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else {"inputs": 0}

    def until(self, entry):
        def there():
            assert self.process.poll() is None, self.lines(raw=True)
            told.append(self.report())
            return told[-1]["inputs"] >= entry
        told = []
        self.daemon.until(there, "is followed")
        return told[-1]

    def end(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        self.process.wait(PATIENCE)
        self.out.close()

    def lines(self, raw=False):
        with open(f"{self.folder}.out", encoding="utf-8") as f:
            text = f.read()
        return text if raw else [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@contextlib.contextmanager
def shadow(daemon, file, folder):
    s = Shadow(daemon, file, folder)
    try:
        yield s
    finally:
        if s.process.poll() is None:
            s.end()


async def traffic(daemon, ann, first, n):
    """Each customer's matter is answered and closed by Ann; the numbers of the works, and of the last input."""
    works = []
    for k in range(first, first + n):
        event = words("mail", f"email:c{k}@example.org", "my bill", intent="billing") if k % 2 else words("sms", f"tel:+49151000{k:05}", "my bill", intent="billing")
        works.append(stored(daemon.http().post_event(event)).entry)
        await ann.take(lambda o: o.context.work.id == works[-1])
        await finish(ann, works[-1], True)
    return works, int(daemon.admin.get("/v1/status").json()["input"])


async def settled(daemon, s, last, work):
    """The summary, once somebody is supposed to have accepted the work: they do after a while, so it takes inputs of a later time."""
    told = s.until(last)
    while not any(int(m["work"]) == work and m["replayed"] for m in told["assignments"]["moved"]):
        async with daemon.desk("ann"):
            pass
        told = s.until(int(daemon.admin.get("/v1/status").json()["input"]))
    return told


async def test_the_same_configuration_differs_in_nothing(daemon, tmp_path):
    async with daemon.desk("ann") as ann, daemon.desk("bert"):
        await traffic(daemon, ann, 0, 3)
        with shadow(daemon, daemon.file, tmp_path / "same") as s:
            works, last = await traffic(daemon, ann, 10, 10)
            told = s.until(last)
    assert told["differences"] == told["decisionsDiffering"] == told["parted"] == 0, told
    assert told["decisions"] >= 10 and told["setAside"] == told["supposed"] == 0
    assert told["overall"]["recorded"] == told["overall"]["replayed"] and told["overall"]["recorded"]["answered"] >= len(works)
    assert s.lines() == [], s.lines(raw=True)


async def test_another_configuration_differs_as_expected(daemon, tmp_path):
    other = other_file(tmp_path, without_ann)
    async with daemon.desk("ann") as ann, daemon.desk("bert"):
        with shadow(daemon, other, tmp_path / "other") as s:
            works, last = await traffic(daemon, ann, 0, 4)
            told = s.until(last)
            s.end()
            first = s.lines()
            assert s.process.returncode == 0
        # It goes on where it was, and tells nothing twice.
        with shadow(daemon, other, tmp_path / "other") as s:
            more, last = await traffic(daemon, ann, 20, 2)
            s.until(last)
            s.end(signal.SIGKILL)
        os.unlink(tmp_path / "other" / "report.json")
        with shadow(daemon, other, tmp_path / "other") as s:
            told = await settled(daemon, s, last, more[-1])
    assert {int(m["work"]): (m["recorded"], m["replayed"]) for m in told["assignments"]["moved"]} == {w: ("ann", "bert") for w in works + more}
    assert told["restarts"] == 0 and told["decisionsDiffering"] >= 6
    lines = s.lines()
    assert lines[:len(first)] == first
    chosen = [(int(n["work"]), n["live"]["agent"], n["shadow"]["agent"], n["live"]["queue"]) for n in lines]
    assert chosen == [(w, "ann", "bert", "billing") for w in works + more], chosen
    assert all(n["live"]["reason"] == "new" for n in lines)
    with open(tmp_path / "other" / "metrics.prom", encoding="utf-8") as f:
        metrics = f.read()
    assert f'throughline_shadow_assignments{{outcome="another"}} {len(works + more)}' in metrics, metrics
    assert 'throughline_shadow_within_target_ratio{queue="billing",side="shadow"} 1' in metrics
    page = subprocess.run([f"{BIN}/throughline", "shadow", "--show", str(tmp_path / "other")], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    assert f"work {works[0]}: ann, would be bert" in page


async def test_it_begins_with_a_snapshot_and_outlives_the_daemon(world, tmp_path):
    """With an archive each second there are snapshots; what was open then is followed, but not counted."""
    folder = tmp_path / "kept"
    folder.mkdir()
    daemon = world(lambda config: config.update(archive={"dir": str(folder), "every_seconds": 1}))
    async with daemon.desk("ann") as ann, daemon.desk("bert"):
        works, last = await traffic(daemon, ann, 0, 2)
        held = stored(daemon.http().post_event(words("mail", MAIL, "hold on", intent="billing"))).entry
        await ann.take(lambda o: o.context.work.id == held)
        daemon.until(lambda: any(int(p.name[:20]) > held for p in (folder / "main").glob("*.state")), "has a snapshot")  # the folder comes with it
        with shadow(daemon, daemon.file, tmp_path / "late") as s:
            s.until(held)
            more, last = await traffic(daemon, ann, 10, 2)
            await finish(ann, held, True)
            told = s.until(last)
            assert told["start"] > held and told["differences"] == 0, told
            assert told["overall"]["recorded"]["works"] == len(more)
    os.unlink(tmp_path / "late" / "report.json")  # of the one before: the next has to tell by itself that it follows
    with shadow(daemon, other_file(tmp_path, without_ann), tmp_path / "late") as s:  # another configuration: from the newest snapshot
        s.until(last)
        daemon.restart()
        async with daemon.desk("ann") as ann, daemon.desk("bert"):
            more, last = await traffic(daemon, ann, 30, 1)
            told = s.until(last)
    assert {int(m["work"]) for m in told["assignments"]["moved"]} >= set(more), told


async def test_what_cannot_be_shadowed(daemon, tmp_path):
    assert daemon.cli("shadow", daemon.file, check=False).returncode == 64
    bad = other_file(tmp_path, lambda c: c["queue"][0].update(select="nobody"))
    assert daemon.cli("shadow", str(bad), str(tmp_path / "f"), "--once", check=False).returncode == 78
    assert daemon.cli("shadow", "--show", str(tmp_path / "f"), check=False).returncode == 1
    assert daemon.cli("shadow", daemon.file, str(tmp_path / "f"), "--once").stdout == ""
    assert json.loads(daemon.cli("--json", "shadow", "--show", str(tmp_path / "f")).stdout)["differences"] == 0
