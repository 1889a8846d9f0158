#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tells every story of docs/explanation/stories anew and compares it with what stands there.

    golden.py STORY            ends with 1 and a diff where a story is told otherwise
    golden.py --write STORY    shows the same diff and writes it: read it before you commit it

STORY: the built program bin/story.
"""
import difflib
import glob
import os
import subprocess
import sys

STORIES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../docs/explanation/stories")


def tell(program, path):
    done = subprocess.run([program, path], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stderr}{path}: the story cannot be told")
    return done.stdout


def main(args):
    write = args[:1] == ["--write"]
    program = args[-1] if args else sys.exit(__doc__)
    paths = [p for p in sorted(glob.glob(f"{STORIES}/*.md")) if "```story" in open(p, encoding="utf-8").read()]
    changed = 0
    for path in paths:
        with open(path, encoding="utf-8") as f:
            was = f.read()
        now = tell(program, path)
        if now == was:
            continue
        changed += 1
        sys.stdout.writelines(difflib.unified_diff(was.splitlines(True), now.splitlines(True), path, "as told now"))
        if write:
            with open(path, "w", encoding="utf-8") as f:
                f.write(now)
    if not paths:
        sys.exit("no stories")
    print(f"{len(paths)} stories, {changed} told otherwise{' and written' if write and changed else ''}")
    return 1 if changed and not write else 0


sys.exit(main(sys.argv[1:]))
