# SPDX-License-Identifier: Apache-2.0
"""`throughline archive`: the log's inputs in a folder of segments that notices whatever is done to it, and from which `replay` reads."""
import json
import os
import subprocess

from harness.daemon import BIN
from harness.stories import TEL, stored, words


def archive(daemon, folder, *options, code=0):
    done = daemon.cli("--json", "archive", str(folder), *options, check=False)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if not code else done.stderr


def replay(*paths, code=0):
    done = subprocess.run([f"{BIN}/throughline", "--json", "replay", *paths], capture_output=True, text=True, timeout=60, check=False)
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
    assert archive(daemon, young) == {"last": 0, "added": 0, "segments": 0}, "what is young may still be voided"
    first, second = await two_segments(daemon, folder)
    names = segments(folder)
    assert len(names) == 2 and names[0] == f"{1:020}.log" and first < int(names[1][:20]) <= second
    told = replay(folder)
    assert told["inputs"] >= second and told["differences"] == 0 and told["overall"]["recorded"]["works"] == 1
    # With the rest from the log, which begins before the archive's end.
    third = stored(daemon.http().post_event(words("sms", "tel:+4915100000009", "three"))).entry
    rest = tmp_path / "rest"
    with open(rest, "wb") as f:
        subprocess.run([f"{BIN}/throughline", "--data-dir", daemon.data, "log", "--after", str(first)], stdout=f, check=True, timeout=60)
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
    assert not any(f.startswith("new.") for f in os.listdir(main))
