# SPDX-License-Identifier: Apache-2.0
"""An input voided by hand: every node goes round it, those too that have folded it, and so does the offline fold of an exported log."""
import json
import subprocess

from harness import pb
from harness.daemon import BIN
from harness.mailbox import PATIENCE, eventually
from harness.stories import TEL, stored, texts, words


def fold(daemon, path):
    """The exported log, folded offline."""
    with open(path, "wb") as f:
        subprocess.run([f"{BIN}/throughline", "--data-dir", daemon.data, "log"], stdout=f, check=True, timeout=PATIENCE)
    done = subprocess.run([f"{BIN}/throughline", "--json", "fold", str(path), "--check"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def test_every_node_goes_round_it(daemon, tmp_path):
    async with daemon.desk("ann") as ann:
        placed = stored(daemon.http().post_event(words("sms", TEL, "do not read this", id="m1")))
        await ann.offer()
        seen = len(ann.seen)
        said = daemon.cli("skip", str(placed.entry), "--reason", "it hangs the fold").stdout
        assert f"input {placed.entry} is void" in said
        # Its work never was: Ann is greeted afresh, without it.
        welcome = await ann.wait("welcome", after=seen)
        assert not welcome.contexts and not welcome.offers
        assert daemon.admin.get(f"/v1/work/{placed.entry}").status == 404
        assert texts(daemon.timeline(placed.conversation)) == ["do not read this"]
        # The next word is work as ever, in the same conversation.
        again = stored(daemon.http().post_event(words("sms", TEL, "but this", id="m2")))
        assert again.conversation == placed.conversation
        context = await ann.take(lambda o: o.context.work.id == again.entry)
        assert texts(context.timeline) == ["do not read this", "but this"]
    assert daemon.cli("skip", str(placed.entry)).returncode == 0  # once more does nothing
    listed = json.loads(daemon.cli("--json", "skip").stdout)
    assert [(row["input"], row["reason"]) for row in listed] == [(str(placed.entry), "by hand")]
    trail = daemon.admin.get("/v1/audit").message(pb.AuditList()).entries
    assert ("log.skip", str(placed.entry), "it hangs the fold") in [(a.action, a.target, a.detail) for a in trail]
    daemon.restart()
    assert daemon.admin.get(f"/v1/work/{placed.entry}").status == 404

    # The exported log folds to the state that the daemon has, by every hash that it logged.
    def met():
        folded = fold(daemon, tmp_path / "log")
        return folded["hashesCompared"] and folded
    folded = await eventually(met, "a logged hash")
    assert folded["skipped"] == 1 and folded["hashesDiffering"] == 0


def test_what_cannot_be_skipped(daemon):
    last = int(json.loads(daemon.cli("--json", "status").stdout)["input"])
    for words_ in (("skip", "0"), ("skip", "x"), ("skip", "1", "2")):
        assert daemon.cli(*words_, check=False).returncode == 64
    missing = daemon.cli("skip", str(last + 1000), check=False)
    assert missing.returncode == 1 and "no such input" in missing.stderr
    assert daemon.admin.send("POST", f"/v1/log/{last}/skip", pb.Skipped(input=last + 1)).status == 400
    assert daemon.admin.send("POST", f"/v1/log/{last}/skip", pb.Skipped(reason="x" * 201)).status == 400
    assert json.loads(daemon.cli("--json", "skip").stdout) == []
