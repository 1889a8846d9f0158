# SPDX-License-Identifier: Apache-2.0
"""What the command line says, and when: to people on standard output, of what went wrong on standard error."""
from harness.stories import TEL


# ---- say ----


def test_say_shows_the_words_once_they_are_stored(daemon):
    done = daemon.cli("say", "--as", TEL, "--on", "sms", "--once", "hello", "there")
    assert done.returncode == 0 and done.stdout.split("\n")[1:] == ["you: hello there", ""], done
    refused = daemon.cli("say", "--as", "tel:nobody", "--on", "sms", "--once", "hello", "there", check=False)
    assert refused.returncode == 65 and "you:" not in refused.stdout and "from" in refused.stderr, refused
