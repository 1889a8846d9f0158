# SPDX-License-Identifier: Apache-2.0
"""What the documentation tells a newcomer to type does what it says: every page with commands is played in real terminals."""
import glob
import os
import re
import subprocess
import sys

import pytest

from harness import pb

PLAY = os.path.join(os.path.dirname(__file__), "harness/play.py")


def pages():
    return sorted([f"{pb.ROOT}/README.md"] + glob.glob(f"{pb.ROOT}/docs/**/*.md", recursive=True))


def read(page):
    with open(page, encoding="utf-8") as f:
        return f.read()


def played():
    return [p for p in pages() if "<!-- terminal " in read(p)]


@pytest.fixture(scope="module")
def release():
    """The pages tell of the release build, which may have to be made first, as they say."""
    if not os.path.exists(f"{pb.ROOT}/build/release/bin/throughlined"):
        subprocess.run([f"{pb.ROOT}/run", "--build-only"], timeout=1500, check=True)


@pytest.mark.newcomer
@pytest.mark.usefixtures("release")
@pytest.mark.parametrize("page", played(), ids=lambda p: os.path.relpath(p, pb.ROOT))
def test_commands_do_what_the_page_says(page):
    done = subprocess.run(["nohup", sys.executable, PLAY, page, pb.ROOT], capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", pages(), ids=lambda p: os.path.relpath(p, pb.ROOT))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", read(page)):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert os.path.exists(os.path.join(os.path.dirname(page), target)), target


def test_every_shell_block_is_played():
    """A command that no test runs will be wrong one day: each ```sh block stands behind a terminal mark."""
    for page in pages():
        for before in re.split(r"```sh\n", read(page))[:-1]:
            assert re.search(r"<!-- (terminal|type) \w+ -->\s*$", before), f"{page}: a block that is not played after:\n{before[-200:]}"
