# SPDX-License-Identifier: Apache-2.0
"""What the command line says, and when: to people on standard output, of what went wrong on standard error."""
import json

from harness.stories import MAIL, TEL, stored, words
from harness.terminal import columns_of, screen


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
