# SPDX-License-Identifier: Apache-2.0
"""What the command line says, and when: to people on standard output, of what went wrong on standard error."""
import json
import os
import subprocess

from harness.daemon import BIN
from harness.mailbox import PATIENCE, eventually
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
    try:
        await eventually(lambda: shown.read_text().count("you have work") == many, "she has it all")
        desk.communicate(b"/list\n", timeout=PATIENCE)
    finally:
        desk.kill()
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


async def test_a_line_of_blanks_says_nothing(daemon):
    desk = Terminal(f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "ann")
    placed = stored(daemon.http().post_event(words("sms", TEL, "hello")))
    await desk.shows("/accept or /decline")
    for line in ("/accept  ", "  ", "/note  ", "/note   among us  ", "to you"):
        desk.type(f"{line}\r")
    said = await eventually(lambda: (n := [e.message.text for e in daemon.timeline(placed.conversation)]) and "to you" in n and n, desk.picture)
    assert said == ["hello", "among us", "to you"] and desk.end() == 0
    say = Terminal(f"{BIN}/throughline", "--data-dir", daemon.data, "say", "--as", TEL, "--on", "sms")
    await say.shows("Ctrl-C ends")
    say.type("  \rand that\r")
    said = await eventually(lambda: (n := [e.message.text for e in daemon.timeline(placed.conversation)]) and "and that" in n and n, say.picture)
    assert said == ["hello", "among us", "to you", "and that"] and say.end() == 0


# ---- sim ----


def test_columns_that_do_not_fit_follow_below(daemon, tmp_path):
    """On a terminal; in a pipe all stand side by side."""
    path = tmp_path / "three.toml"
    path.write_text("contacts = 2000\n[[pool]]\nname = 'all'\ncount = 5\nskills = { a = 1, b = 1, c = 1 }\n" + "".join(
        f"[[class]]\nname = 'class-{n}'\nrate = 0.01\nservice_mean = 60.0\nneeds = ['{n}']\n" for n in "abc"), encoding="utf-8")
    names = ("all", "class-a", "class-b", "class-c")
    lines = screen(daemon, 80, "sim", str(path))[1:]
    heads = [line.split()[1:] for line in lines if line.startswith("contacts")]
    assert max(map(columns_of, lines)) <= 80 and heads == [list(names[:2]), list(names[2:])]
    assert [line.split()[1:] for line in daemon.cli("sim", str(path)).stdout.splitlines() if line.startswith("contacts")] == [list(names)]


# ---- what goes wrong ----


def test_nothing_is_shown_before_a_refusal(daemon):
    """The reason stands on standard error, once."""
    for words_, code, why in ((("desk", "--as", "nobody"), 1, "no such agent is configured"),
                              (("--token", "wrong", "desk", "--as", "ann"), 77, "does not know this token"),
                              (("--token", "wrong", "tail"), 77, "does not know this token"),
                              (("agents", ""), 64, "an id or a name is empty"), (("learned", ""), 64, "an id or a name is empty"),
                              (("dead-letters", "resend", ""), 64, "an id or a name is empty"), (("desk", "--as", ""), 64, "needs --as AGENT"),
                              (("say", "--as", "", "--on", "sms", "x"), 64, "needs --as HANDLE")):
        with subprocess.Popen([f"{BIN}/throughline", "--data-dir", daemon.data, *words_], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as done:
            told = done.stderr.read()  # with its input still open
            assert done.stdout.read() == "" and why in told and len([line for line in told.split("\n") if line.startswith("throughline")]) == 1
        assert done.returncode == code, (words_, told)


def test_empty_variables_are_none(daemon):
    empty = os.environ | {"THROUGHLINE_URL": "", "THROUGHLINE_TOKEN": ""}
    assert subprocess.run([f"{BIN}/throughline", "--data-dir", daemon.data, "agents"], env=empty, capture_output=True, check=False).returncode == 0


def test_what_cannot_be_written_is_no_success(daemon):
    for words_ in (("--help",), ("status",), ("--json", "status"), ("log",)):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([f"{BIN}/throughline", "--data-dir", daemon.data, *words_], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert (done.returncode, done.stderr) == (70, "throughline: cannot write all of it\n"), words_


def test_a_stream_ends_when_its_reader_leaves(daemon):
    """As in `throughline tail | head -1`, whether or not anything more comes."""
    for words_ in (("tail",), ("say", "--as", TEL, "--on", "sms")):
        with subprocess.Popen([f"{BIN}/throughline", "--data-dir", daemon.data, *words_], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as stream:
            stream.stdout.close()
            assert stream.stderr.read() == b""  # it ends, and says nothing
        assert stream.returncode in (0, 70)


def test_help_is_of_what_there_is(daemon):
    """-h as --help; of a command that there is not, no help but a refusal; and after -- all is text."""
    for words_ in (("--help",), ("-h",), ("help",)):
        assert "\n  status  " in daemon.cli(*words_).stdout
    for words_ in (("status", "--help"), ("status", "-h"), ("help", "status")):
        assert daemon.cli(*words_).stdout.startswith("usage: throughline status\n")
    for words_ in (("help", "stauts"), ("stauts", "--help"), ("stauts",), ("-x", "status")):
        done = daemon.cli(*words_, check=False)
        assert (done.returncode, done.stdout) == (64, "") and words_[-1 if words_[0] == "help" else 0] in done.stderr
    assert daemon.cli("say", "--as", TEL, "--on", "sms", "--once", "--", "say", "--help").stdout.endswith("you: say --help\n")
