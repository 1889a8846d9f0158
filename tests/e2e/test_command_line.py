# SPDX-License-Identifier: Apache-2.0
"""What the command line says, and when: to people on standard output, of what went wrong on standard error."""
import json
import subprocess

from harness.daemon import BIN
from harness.mailbox import eventually
from harness.stories import MAIL, TEL, stored, words
from harness.terminal import Terminal, columns_of, screen


# ---- say ----


def test_say_shows_the_words_once_they_are_stored(daemon):
    done = daemon.cli("say", "--as", TEL, "--on", "sms", "--once", "hello", "there")
    assert done.returncode == 0 and done.stdout.split("\n")[1:] == ["you: hello there", ""], done
    refused = daemon.cli("say", "--as", "tel:nobody", "--on", "sms", "--once", "hello", "there", check=False)
    assert refused.returncode == 65 and "you:" not in refused.stdout and "from" in refused.stderr, refused


# ---- conversations ----


def test_conversations_say_whom_they_are_with(daemon):
    """By name where one is known, by the handle always; no body, and no wider than a small terminal."""
    http = daemon.http()
    stored(http.post_event(words("sms", TEL, "very private words", display_name="王小明 Exempel", intent="billing")))
    placed = stored(http.post_event(words("mail", MAIL, "more private words")))
    named, nameless = f"王小明 Exempel, {TEL}", MAIL
    whole = daemon.cli("conversations").stdout
    assert named in whole and nameless in whole and "private" not in whole
    rows = json.loads(daemon.cli("--json", "conversations").stdout)
    assert [(r.get("customerName", ""), r["customerHandle"]) for r in rows] == [("", MAIL), ("王小明 Exempel", TEL)]
    lines = screen(daemon, 80, "conversations")
    assert len(lines) == 3 and max(map(columns_of, lines)) <= 80 and "王小明" in lines[2] and lines[1].endswith("open"), lines
    assert f"({nameless})" in daemon.cli("conversations", str(placed.conversation)).stdout


# ---- desk ----


async def test_a_desk_holds_all_that_the_agent_has(world, tmp_path):
    """However much that is: none of it goes by in silence."""
    many, shown = 70, tmp_path / "shown"
    daemon = world(lambda c: c["agent"][0].update(capacity=many))
    for n in range(many):
        stored(daemon.http().post_event(words("sms", f"tel:+4915199{n:05}", f"word {n}")))
    with open(shown, "wb") as out:
        desk = subprocess.Popen([f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "ann", "--auto"], stdin=subprocess.PIPE,
                                stdout=out)
    await eventually(lambda: shown.read_text().count("you have work") == many, "she has it all")
    desk.communicate(b"/list\n", timeout=60)
    assert desk.returncode == 0 and shown.read_text().count("  conversation ") == many


async def test_many_lines_at_once_all_reach_the_customer(daemon):
    """More than the daemon takes unanswered; an error about one of them holds up none of the others."""
    lines = [f"line {n}" for n in range(150)]
    desk = Terminal(f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "ann")
    placed = stored(daemon.http().post_event(words("sms", TEL, "hello")))
    await desk.shows("/accept or /decline")
    desk.type("/accept\r")
    await desk.shows("you have work")
    for line in lines:
        desk.type(f"/note {line}\r")
    noted = await eventually(lambda: (n := [e.message.text for e in daemon.timeline(placed.conversation) if e.note]) and len(n) >= len(lines) and n,
                             desk.picture)
    assert noted == lines and desk.end() == 0
