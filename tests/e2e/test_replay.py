# SPDX-License-Identifier: Apache-2.0
"""`throughline replay`: a log of real runs folds to the very same with its own configuration, and tells what another would have made of it."""
import copy
import datetime
import json
import struct
import subprocess

from harness import pb
from harness.config import usual
from harness.daemon import BIN
from harness.mailbox import PATIENCE
from harness.stories import MAIL, TEL, call, hang_up, stored, words
from harness.toml import render


def replay(log, *options, json_=True, code=0):
    done = subprocess.run([f"{BIN}/throughline", *(["--json"] if json_ else []), "replay", log, *options],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == code, (done.returncode, done.stderr, done.stdout)
    return json.loads(done.stdout) if json_ and not code else done.stdout + done.stderr


def other_file(tmp_path, change):
    config = copy.deepcopy(usual())
    change(config)
    path = tmp_path / "new.toml"
    path.write_text(render(config | {"data_dir": str(tmp_path / "nowhere")}), encoding="utf-8")
    return path


def without_ann(config):
    config["agent"][0]["skills"] = {"tech": 1}


async def finish(desk, work, resolved):
    await desk.do(close=pb.Close(work=work, resolved=resolved))
    await desk.do(wrap_up_done=pb.WrapUpDone(work=work))


async def morning(daemon, tmp_path):
    """Ann has one and declines one, which Bert takes; a caller gives up; one is still open. The log, and the works by name."""
    http, works = daemon.http(), {}
    async with daemon.desk("ann") as ann, daemon.desk("bert") as bert:
        works["ann"] = stored(http.post_event(words("sms", TEL, "my bill", intent="billing"))).entry
        context = await ann.take(lambda o: o.context.work.id == works["ann"])
        await ann.say(context.conversation.id, "let me see")
        await finish(ann, works["ann"], True)
        works["declined"] = stored(http.post_event(words("mail", MAIL, "my other bill", intent="billing"))).entry
        offer = await ann.offer(lambda o: o.context.work.id == works["declined"])
        await ann.do(decline=pb.Decline(work=works["declined"], epoch=offer.epoch, reason="busy"))
        await bert.take(lambda o: o.context.work.id == works["declined"])
        await finish(bert, works["declined"], False)
        works["gone"] = stored(http.post_event(call("phone", "tel:+4915100000001", "c1", intent="billing"))).entry
        await ann.offer(lambda o: o.context.work.id == works["gone"])
        stored(http.post_event(hang_up("phone", "tel:+4915100000001", "c1")))
        await ann.wait("offer_ended", lambda e: e.work == works["gone"])
        works["open"] = stored(http.post_event(words("wa", "whatsapp:4915100000002", "a bill", intent="billing"))).entry
        await ann.take(lambda o: o.context.work.id == works["open"])
    log = tmp_path / "log.bin"
    with open(log, "wb") as f:
        subprocess.run([f"{BIN}/throughline", "--data-dir", daemon.data, "log"], stdout=f, check=True, timeout=PATIENCE)
    return log, works


async def test_its_own_configuration_changes_nothing(daemon, tmp_path):
    log, _ = await morning(daemon, tmp_path)
    for options in ((), ("--config", daemon.file)):
        same = replay(log, *options)
        assert same["differences"] == 0 and same["sameState"] is not bool(options), same
        assert same["setAside"] == same["supposed"] == 0
        assert same["overall"]["recorded"] == same["overall"]["replayed"]
        assert same["assignments"] == {"same": 3, "another": 0, "onlyRecorded": 0, "onlyReplayed": 0, "waitedLonger": 0, "joined": 0, "moved": []}
    recorded = same["overall"]["recorded"]
    assert {k: recorded[k] for k in ("works", "answered", "abandoned", "open", "resolved")} == {
        "works": 4, "answered": 3, "abandoned": 1, "open": 1, "resolved": 0.5}
    assert {row["name"]: row["recorded"]["works"] for row in same["channels"]} == {"sms": 1, "email": 1, "voice": 1, "social": 1}
    assert "no difference" in replay(log, json_=False)


async def test_another_configuration(daemon, tmp_path):
    log, works = await morning(daemon, tmp_path)
    other = other_file(tmp_path, without_ann)
    told = replay(log, "--config", other)
    moved = {int(m["work"]): (m["recorded"], m["replayed"]) for m in told["assignments"]["moved"]}
    # Whether Bert would have answered the caller in time depends on how many milliseconds everybody took here.
    answered = 1 if moved.pop(works["gone"], None) == ("", "bert") else 0
    assert moved == {works["ann"]: ("ann", "bert"), works["open"]: ("ann", "bert")}
    assert told["assignments"]["another"] == 2 and told["assignments"]["same"] == 1
    assert told["assignments"]["onlyReplayed"] == answered and told["assignments"]["onlyRecorded"] == 0
    replayed = told["overall"]["replayed"]
    assert replayed["abandoned"] == 1 - answered and replayed["answered"] == 3 + answered
    assert told["setAside"] > 0 and told["supposed"] > 0
    assert replay(log, "--config", other) == told
    page = replay(log, "--config", other, json_=False)
    assert f"work {works['ann']}: ann, would be bert" in page and "billing" in page
    counted = dict(line.split(None, 1)[::-1] for line in page.splitlines() if line[:9].strip().isdigit() and "would have" in line)
    assert counted["would have gone to another"] == "2" and counted["would have had somebody"] == str(answered)


async def test_between_two_times(daemon, tmp_path):
    log, works = await morning(daemon, tmp_path)
    bytes_, at, walls = log.read_bytes(), 0, {}
    while at < len(bytes_):
        number, size = struct.unpack_from("<QI", bytes_, at)
        walls[number] = pb.Input.FromString(bytes_[at + 12:at + 12 + size]).wall_ms
        at += 12 + size

    def told_at(work):
        return datetime.datetime.fromtimestamp(walls[works[work]] / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    other = other_file(tmp_path, without_ann)
    late = replay(log, "--config", other, "--from", told_at("gone"))
    assert {int(m["work"]) for m in late["assignments"]["moved"]} - {works["gone"]} == {works["open"]}
    assert late["overall"]["recorded"]["works"] == 2
    early = replay(log, "--config", other, "--to", told_at("ann"))
    assert early["overall"]["recorded"]["works"] == 1


def test_what_cannot_be_replayed(tmp_path):
    log = tmp_path / "log.bin"
    log.write_bytes(struct.pack("<QI", 1, 99) + b"short")
    assert "damaged after input 0" in replay(log, code=65)
    log.write_bytes(struct.pack("<QI", 7, 0))
    assert "begins with input 7, not 1" in replay(log, code=65)
    assert "--from yesterday" in replay(log, "--from", "yesterday", code=64)
    assert replay(log, "--config", other_file(tmp_path, lambda c: c["queue"][0].update(select="nobody")), code=78)
