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


async def two_segments(daemon, folder):
    folder.mkdir()
    entries = []
    for text in ("one", "two"):
        entries.append(stored(daemon.http().post_event(words("sms", TEL, text))).entry)
        assert archive(daemon, folder, "--keep-back", "0")["last"] >= entries[-1]
    return entries


async def test_it_grows_and_is_replayed(daemon, tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    assert archive(daemon, folder) == {"last": 0, "added": 0, "segments": 0}, "what is young may still be voided"
    folder.rmdir()
    first, second = await two_segments(daemon, folder)
    names = sorted(os.listdir(folder))
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
    one, two = (folder / n for n in sorted(os.listdir(folder)))
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
    names = sorted(os.listdir(folder))
    for name in names[1:]:
        (folder / name).unlink()
    daemon.stop()
    subprocess.run(["rm", "-r", daemon.data], check=True)
    daemon.secrets.clear()
    daemon.start()
    stored(daemon.http().post_event(words("sms", TEL, "of another log")))
    assert "it is another log" in archive(daemon, folder, "--keep-back", "0", code=1)
    assert sorted(os.listdir(folder)) == names[:1]
    assert "cannot read the folder" in archive(daemon, tmp_path / "none", code=65)
