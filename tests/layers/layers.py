#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The house rules that a compiler does not know: who may include whom, what the pure core may call, how long things may grow.

    layers.py rules ROOT        every rule over the sources under ROOT
    layers.py symbols LIBRARY   what the routing library needs from outside

Prints one line per violation and ends with 1 if there is any. test_layers.py plants violations and sees them caught.
"""
import os
import re
import subprocess
import sys

# Folder -> folders whose headers it may include. The longest matching folder counts; "" is what the protobuf compiler made.
BASE = ["", "proto", "daemon/base"]
MAY_INCLUDE = {
    "proto": ["", "proto"],
    "routing": ["routing"],
    "channels": ["", "channels", "proto"],
    "daemon/base": ["daemon/base"],
    "daemon/config": BASE + ["daemon/config", "channels", "routing"],
    "daemon/store": BASE + ["daemon/store"],
    "daemon/archive": BASE + ["daemon/archive"],
    "daemon/net": BASE + ["daemon/net"],
    "daemon/core": BASE + ["daemon/core", "daemon/config", "daemon/store", "daemon/archive", "routing", "channels"],
    "daemon/media": BASE + ["daemon/media", "daemon/config", "daemon/net"],
    "daemon/accounts": BASE + ["daemon/accounts", "daemon/media", "daemon/core", "daemon/config", "daemon/store", "daemon/net", "channels"],
    "daemon/faces": BASE + ["daemon/faces", "daemon/media", "daemon/core", "daemon/config", "daemon/store", "daemon/archive", "daemon/net", "routing", "channels"],
    "daemon": None,  # main: anything
    "cli": ["", "cli", "proto", "routing", "daemon/config", "daemon/archive"],  # and PURE_PARTS
    "tests": None,
}

# Parts of the daemon that are pure as well: how a log's bytes become the router's inputs.
PURE_PARTS = {"daemon/core/input.h", "daemon/core/scratch.h", "daemon/core/decision.h", "daemon/core/past.h",
              "daemon/core/points.h"}

# A library's header -> the only folders that may see it.
ONLY_IN = [
    (r"hiredis/", ["daemon/store", "tests"]),
    (r"wslay/", ["daemon/net", "cli", "tests"]),
    (r"(event2/http|evhttp)", ["daemon/net", "tests"]),
    (r"jansson\.h", ["proto", "channels", "cli", "tests"]),
    (r"gmime/", ["channels", "tests"]),
    (r"toml", ["daemon/config", "tests"]),
    (r"curl/", ["cli", "daemon/net", "tests"]),
    (r"histedit\.h", ["cli"]),
    (r"zlib\.h", ["daemon/archive", "tests"]),
    (r"(event2/|event\.h)", ["daemon/base", "daemon/net", "daemon/store", "tests"]),
]

# Headers that the pure core may use; what it may call is checked on the library itself.
PURE_HEADERS = {"assert.h", "inttypes.h", "limits.h", "stdbool.h", "stddef.h", "stdint.h", "stdlib.h", "string.h"}

PURE_SYMBOLS = re.compile(
    r"^(mem(cpy|move|set|cmp|chr)|str(cmp|ncmp|len|nlen|chr|rchr|dup|ndup)|malloc|calloc|aligned_alloc|realloc|reallocarray|free|qsort|bsearch"
    r"|abort|__assert_fail|__stack_chk_fail|__mem\w+_chk|_GLOBAL_OFFSET_TABLE_"
    r"|__(asan|ubsan|tsan|sanitizer|sancov|start_|stop_|gcov|llvm)\w*|_?_?llvm_\w+)$")

SOURCES = (".c", ".h", ".cpp", ".hpp", ".lua", ".proto", ".py", ".ts", ".mjs", ".cmake", ".sh", ".def")
FOLDERS = ["proto", "routing", "channels", "daemon", "cli", "web", "tests", "examples", "deploy", "cmake", "docs"]
SKIPPED = {"build", "node_modules", "dist", "__pycache__", ".git", ".pytest_cache"}
LINES_MAX = 400
FUNCTION_MAX = 50
# A test tells a story, a table of cases is long.
TEST_LINES_MAX = 600
TEST_FUNCTION_MAX = 100
# Longer on purpose; each with its reason.
MAY_BE_LONG = {
    "tests/model/twin.c": "the naive router, in one piece so that it shares nothing with the real one",
}
# Naming what it looks for, this file would find itself.
SELF = ("tests/layers/layers.py", "tests/layers/test_layers.py")
WAITS = re.compile(r"\b(sleep|usleep|nanosleep|thrd_sleep|waitForTimeout)\s*\(")
MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
PATHS = re.compile(r"(?<![\w.])/(work|root|home/\w+)/")
FLOATING = re.compile(r"\b(float|double)\b")


def folder_of(path, table):
    parts = path.split("/")[:-1]
    for n in range(len(parts), 0, -1):
        if "/".join(parts[:n]) in table:
            return "/".join(parts[:n])
    return None


def sources(root):
    for folder in FOLDERS:
        for top, dirs, files in os.walk(os.path.join(root, folder)):
            dirs[:] = sorted(d for d in dirs if d not in SKIPPED)
            for name in sorted(files):
                path = os.path.relpath(os.path.join(top, name), root)
                if name.endswith(SOURCES) or name == "CMakeLists.txt":
                    yield path


def without_comments(text):
    keep_lines = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', keep_lines, text, flags=re.S)


def check_includes(path, text):
    here = folder_of(path, MAY_INCLUDE)
    for n, line in enumerate(text.split("\n"), 1):
        m = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if not m:
            continue
        quoted, what = m.group(1) == '"', m.group(2)
        for pattern, only in ONLY_IN:
            if re.match(pattern, what) and not any(path.startswith(o + "/") for o in only):
                yield n, f"{what} is for {', '.join(only)} only"
                break
        if here == "routing" and not quoted and what not in PURE_HEADERS:
            yield n, f"the pure core does not use <{what}>"
        if quoted and here and MAY_INCLUDE[here] is not None:
            theirs = "" if what.endswith(".pb-c.h") else folder_of(what, MAY_INCLUDE)
            if theirs is None and not what.startswith("tests/"):
                continue  # a library's header in quotes
            if theirs not in MAY_INCLUDE[here] and not (here in ("cli", "daemon/config") and what in PURE_PARTS):
                yield n, f"{here} does not include {what}"


def check_lengths(path, text):
    test = path.startswith("tests/")
    lines_max, function_max = (TEST_LINES_MAX, TEST_FUNCTION_MAX) if test else (LINES_MAX, FUNCTION_MAX)
    lines = text.split("\n")
    if len(lines) - 1 > lines_max and path not in MAY_BE_LONG and not path.endswith((".proto", ".def")):
        yield len(lines) - 1, f"{len(lines) - 1} lines, at most {lines_max}: is there a second room in it?"
    if not path.endswith((".c", ".h", ".cpp")):
        return
    start = None
    for n, line in enumerate(lines, 1):
        if line == "{":
            start = n
        elif line == "}" and start:
            if n - start - 1 >= function_max:
                yield start, f"function of {n - start - 1} lines, fewer than {function_max} wanted"
            start = None


def check_words(path, text):
    if path in SELF:
        return
    head = "\n".join(text.split("\n")[:3])
    if "SPDX-License-Identifier: Apache-2.0" not in head and text.strip():
        yield 1, "no SPDX line"
    for n, line in enumerate(text.split("\n"), 1):
        if MARKS.search(line):
            yield n, "a note to do later: do it, or write it down as an issue"
        if PATHS.search(line):
            yield n, "a path of somebody's machine"
        if path.startswith("tests/") and WAITS.search(line) and not re.search("not to synchronise|poll", line):
            yield n, "a test waits for a condition, not for time to pass"


def check_purity(path, text):
    if not path.startswith("routing/") or not path.endswith((".c", ".h")):
        return
    for n, line in enumerate(without_comments(text).split("\n"), 1):
        if FLOATING.search(line):
            yield n, "no floating point in the pure core"


def unread_keys(root):
    """A key of the configuration that nobody reads is a promise that nobody keeps."""
    path, used = "daemon/config/config_keys.def", ""
    if not os.path.exists(os.path.join(root, path)):
        return
    for other in sources(root):
        if other.startswith("daemon/") and other.endswith(".c") and (not other.startswith("daemon/config/") or other.endswith("_routing.c")):
            with open(os.path.join(root, other), encoding="utf-8") as f:
                used += f.read()
    with open(os.path.join(root, path), encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            m = re.match(r"KEY\((\w+), (\w+),", line)
            if m and not re.search(rf"\b{m.group(1)}\.{m.group(2)}\b", used):
                yield f"{path}:{n}: nobody reads {m.group(1)}.{m.group(2)}"


CHECKS = [check_includes, check_lengths, check_words, check_purity]


def rules(root):
    found = []
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as f:
            text = f.read()
        for check in CHECKS:
            found += [f"{path}:{n}: {why}" for n, why in check(path, text)]
    return found + list(unread_keys(root))


def names(library, *options):
    out = subprocess.run(["nm", *options, library], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in out.split("\n") if re.search(r"(^|\s)[A-Za-z] \S+$", line)}


def symbols(library):
    wanted = names(library, "-u")
    if not wanted:
        return [f"{library}: nothing in it"]
    return [f"{library}: calls {s}" for s in sorted(wanted - names(library, "--defined-only")) if not PURE_SYMBOLS.match(s)]


def main(argv):
    if len(argv) != 3 or argv[1] not in ("rules", "symbols"):
        sys.exit(__doc__)
    found = rules(argv[2]) if argv[1] == "rules" else symbols(argv[2])
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
