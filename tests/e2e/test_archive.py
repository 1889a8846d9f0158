# SPDX-License-Identifier: Apache-2.0
"""`throughline archive`: the log's inputs in a folder of segments that notices whatever is done to it, and from which `replay` reads."""
import json
import os
import subprocess

from harness import pb
from harness.daemon import BIN
from harness.mailbox import PATIENCE, eventually
from harness.processes import redis_socket
from harness.stories import TEL, stored, words, work_of


def archive(daemon, folder, *options, code=0):
    done = daemon.cli("--json", "archive", str(folder), *options, check=False)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if not code else done.stderr


def replay(*paths, code=0):
    done = subprocess.run([f"{BIN}/throughline", "--json", "replay", *paths], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == code, (done.returncode, done.stderr)
    return json.loads(done.stdout) if not code else done.stderr


def segments(folder):
    return sorted(n for n in os.listdir(folder) if n.endswith(".log"))


async def two_segments(daemon, folder):
    folder.mkdir()
    entries = []
    for text in ("one", "two"):
        entries.append(stored(daemon.http().post_event(words("sms", TEL, text))).entry)
        assert archive(daemon, folder, "--keep-back", "0")["last"] >= entries[-1]
    return entries


async def test_it_grows_and_is_replayed(daemon, tmp_path):
    folder = tmp_path / "archive"
    young = tmp_path / "young"
    young.mkdir()
    assert archive(daemon, young) == {"last": 0, "added": 0, "segments": 0, "after": 0, "state": 0}, "what is young may still be voided"
    first, second = await two_segments(daemon, folder)
    names = segments(folder)
    assert len(names) == 2 and names[0] == f"{1:020}.log" and first < int(names[1][:20]) <= second
    told = replay(folder)
    assert told["inputs"] >= second and told["differences"] == 0 and told["overall"]["recorded"]["works"] == 1
    # With the rest from the log, which begins before the archive's end.
    third = stored(daemon.http().post_event(words("sms", "tel:+4915100000009", "three"))).entry
    rest = tmp_path / "rest"
    with open(rest, "wb") as f:
        subprocess.run([f"{BIN}/throughline", "--data-dir", daemon.data, "log", "--after", str(first)], stdout=f, check=True, timeout=PATIENCE)
    told = replay(folder, rest)
    assert told["inputs"] >= third and told["sameState"] and told["overall"]["recorded"]["works"] == 2


async def test_what_is_done_to_it_is_noticed(daemon, tmp_path):
    folder = tmp_path / "archive"
    await two_segments(daemon, folder)
    one, two = (folder / n for n in segments(folder))
    whole, after = one.read_bytes(), two.read_bytes()

    def refused(path, content, why):
        kept = path.read_bytes()
        path.write_bytes(content)
        assert why in replay(folder, code=65)
        assert why in archive(daemon, folder, "--keep-back", "0", code=65)
        path.write_bytes(kept)
    refused(one, whole[:-1], "has not the length")
    refused(one, whole + b"x", "has not the length")
    refused(one, whole[:-1] + bytes([whole[-1] ^ 1]), "has not the content")
    refused(one, b"", "no head of a segment")
    refused(two, whole, "does not follow the segment before")
    refused(two, after.replace(after.split()[6][:64], b"f" * 64, 1), "after another segment")
    assert replay(folder)["differences"] == 0
    for n in states(folder):
        (folder / f"{n:020}.state").unlink()
    one.unlink()
    assert "does not follow the segment before" in replay(folder, code=65)


async def test_two_logs_are_not_mixed(daemon, tmp_path):
    folder = tmp_path / "archive"
    await two_segments(daemon, folder)
    names = segments(folder)
    for name in names[1:]:
        (folder / name).unlink()
    daemon.stop()
    subprocess.run(["rm", "-r", daemon.data], check=True)
    daemon.secrets.clear()
    daemon.start()
    stored(daemon.http().post_event(words("sms", TEL, "of another log")))
    assert "it is another log" in archive(daemon, folder, "--keep-back", "0", code=1)
    assert segments(folder) == names[:1]
    assert "cannot write into the folder" in archive(daemon, tmp_path / "none", code=65)


def states(folder):
    return [int(n[:20]) for n in sorted(os.listdir(folder)) if n.endswith(".state")]


async def test_one_made_by_hand_holds_states(daemon, tmp_path):
    """So the past is folded from there, and the oldest segments may go."""
    folder = tmp_path / "archive"
    folder.mkdir()
    async with daemon.desk("ann") as ann:
        first = stored(daemon.http().post_event(words("sms", TEL, "one", intent="billing")))
        await ann.take()
        begun = archive(daemon, folder, "--keep-back", "0")
        assert begun["state"] == begun["last"] >= first.entry and begun["after"] == 0
        assert archive(daemon, folder, "--keep-back", "0")["state"] > 0
        second = stored(daemon.http().post_event(words("sms", "tel:+4915100000009", "two", intent="billing")))
        work = await work_of(daemon, second.conversation)
        await ann.take(lambda o: o.context.work.id == work)
        ended = archive(daemon, folder, "--keep-back", "0")
    assert states(folder)[-1] == ended["last"] and len(states(folder)) == len(segments(folder)) >= 2
    whole = replay(folder)
    assert (whole["after"], whole["differences"], whole["overall"]["recorded"]["works"]) == (0, 0, 2)
    why = ("why", str(work), "--decision", f"{work}.0", "--archive", str(folder))
    told = json.loads(daemon.cli("--json", *why).stdout)
    assert told["winner"] == "ann"

    # Without the inputs before the state nothing can be folded but from there.
    gone = begun["last"]
    for name in segments(folder):
        if int(name[:20]) <= gone:
            (folder / name).unlink()
    for name in (n for n in os.listdir(folder) if n.endswith(".state") and int(n[:20]) < gone):
        (folder / name).unlink()
    assert json.loads(daemon.cli("--json", *why).stdout) == told
    done = subprocess.run([f"{BIN}/throughline", "--json", "replay", folder], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0 and f"begins after input {gone}: work that was open then is followed, but counted nowhere" in done.stderr
    late = json.loads(done.stdout)
    assert (late["after"], late["differences"], late["sameState"], late["overall"]["recorded"]["works"]) == (gone, 0, True, 1)
    # The work that was open then is followed: nothing of it comes out otherwise, but with another configuration it may.
    assert f"{begun['last']}" in done.stderr
    state = folder / f"{gone:020}.state"
    state.write_bytes(state.read_bytes()[:-1])
    assert "is damaged" in replay(folder, code=65)
    state.unlink()
    assert "one is missing" in replay(folder, code=65)


async def test_a_late_archive_is_replayed_with_another_configuration(daemon, tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    stored(daemon.http().post_event(words("sms", TEL, "one", intent="billing")))
    begun = archive(daemon, folder, "--keep-back", "0")["last"]
    async with daemon.desk("ann") as ann, daemon.desk("bert"):
        await ann.take()
        second = stored(daemon.http().post_event(words("sms", "tel:+4915100000009", "two", intent="billing")))
        work = await work_of(daemon, second.conversation)
        await eventually(lambda: daemon.admin.read(f"/v1/work/{work}", pb.Work()).agent, "it is offered")
        archive(daemon, folder, "--keep-back", "0")
    for name in segments(folder):
        if int(name[:20]) <= begun:
            (folder / name).unlink()
    daemon.config["agent"] = [a for a in daemon.config["agent"] if a["id"] != "ann"]
    daemon.write_config()
    told = replay(folder, "--config", str(daemon.file))
    assert told["after"] == begun and told["overall"]["replayed"]["works"] == 1 and told["differences"] == 1


async def test_of_a_log_that_was_trimmed_one_begins_with_the_newest_state(world, tmp_path):
    folder, mine = tmp_path / "kept", tmp_path / "mine"
    mine.mkdir()
    daemon = world(keeping(folder))
    stored(daemon.http().post_event(words("sms", TEL, "one")))
    daemon.until(lambda: (folder / "main").exists() and states(folder / "main"), "a snapshot is archived")
    newest = states(folder / "main")[-1]
    subprocess.run(["redis-cli", "-s", redis_socket(daemon), "XTRIM", "tl:{main}:inputs", "MINID", f"{newest}-0"], check=True, timeout=PATIENCE,
                   stdout=subprocess.DEVNULL)
    second = stored(daemon.http().post_event(words("sms", "tel:+4915100000009", "two"))).entry
    done = daemon.cli("--json", "archive", str(mine), "--keep-back", "0")
    begun = json.loads(done.stdout)
    assert begun["after"] >= newest and begun["last"] >= second and f"begins after input {begun['after']}" in done.stderr
    assert archive(daemon, mine, "--keep-back", "0")["after"] == begun["after"]
    told = replay(mine)
    assert told["after"] == begun["after"] and told["sameState"] and told["inputs"] >= second


# ---- kept by the daemon ----

def keeping(folder, every=1):
    def change(config):
        folder.mkdir(exist_ok=True)
        config["archive"] = {"dir": str(folder), "every_seconds": every}
    return change


def until(daemon, folder, entry):
    """What comes after it has the log go on, so that there is something to archive."""
    daemon.until(lambda: replayable(folder) >= entry, "archives")


def replayable(folder):
    return replay(folder / "main")["inputs"] if (folder / "main").exists() and segments(folder / "main") else 0


async def test_the_daemon_keeps_it(world, tmp_path):
    folder = tmp_path / "kept"
    daemon = world(keeping(folder))
    first = stored(daemon.http().post_event(words("sms", TEL, "one"))).entry
    until(daemon, folder, first)
    second = stored(daemon.http().post_event(words("sms", TEL, "two"))).entry
    until(daemon, folder, second)
    assert len(segments(folder / "main")) > 1
    told = replay(folder / "main")
    assert told["differences"] == 0 and told["overall"]["recorded"]["works"] == 1
    metrics = daemon.admin.get("/metrics").body.decode()
    assert 'throughline_log_archive_ok{tenant="main"} 1' in metrics, metrics
    assert "not archived" not in daemon.admin.get("/readyz?verbose").body.decode()
    # A hand that archives beside it does no harm.
    assert archive(daemon, folder / "main", "--keep-back", "0")["last"] >= second


async def test_a_folder_that_is_not_its_own_is_told(world, tmp_path):
    folder = tmp_path / "kept"
    (folder / "main").mkdir(parents=True)
    (folder / "main" / f"{1:020}.log").write_bytes(b"of somebody else\n")
    daemon = world(keeping(folder))
    stored(daemon.http().post_event(words("sms", TEL, "one")))
    daemon.until(lambda: "not archived" in daemon.admin.get("/readyz?verbose").body.decode(), "tells")
    answer = daemon.admin.get("/readyz?verbose")
    assert answer.status == 200 and "no head of a segment" in answer.body.decode()
    assert 'throughline_log_archive_ok{tenant="main"} 0' in daemon.admin.get("/metrics").body.decode()


async def test_killed_while_it_archives(world, tmp_path):
    """Whatever a kill leaves, the next run of the daemon goes on with it, and nothing is missing or twice."""
    folder = tmp_path / "kept"
    daemon = world(keeping(folder))
    main = folder / "main"
    for n in range(5):
        for k in range(40):
            last = stored(daemon.http().post_event(words("sms", f"tel:+49151000{k:05}", f"{n} {k}"))).entry
        had = len(segments(main)) if main.exists() else 0
        # At the first sign that it is at work: a file half-written, or one just named.
        daemon.until(lambda: main.exists() and (any(f.startswith("new.") for f in os.listdir(main)) or len(segments(main)) > had), "archives")
        daemon.kill()
        if segments(main):
            assert replay(main)["differences"] == 0
        daemon.start()
    until(daemon, folder, last)
    assert replay(main)["overall"]["recorded"]["works"] == 40
    daemon.until(lambda: not any(f.startswith("new.") for f in os.listdir(main)), "ends what is under way, and sweeps")
