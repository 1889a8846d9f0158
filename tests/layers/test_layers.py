# SPDX-License-Identifier: Apache-2.0
"""A rule that never fires protects nothing: each is shown a house that breaks it, and a house that does not."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import layers  # noqa: E402

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"

# (what the rule must say, path, content)
PLANTED = [
    ("routing does not include proto/json.h", "routing/a.c", SPDX + '#include "proto/json.h"\n'),
    ("routing does not include daemon/base/loop.h", "routing/a.c", SPDX + '#include "daemon/base/loop.h"\n'),
    ("routing does not include throughline/v1/log.pb-c.h", "routing/a.c", SPDX + '#include "throughline/v1/log.pb-c.h"\n'),
    ("the pure core does not use <time.h>", "routing/a.c", SPDX + "#include <time.h>\n"),
    ("the pure core does not use <stdio.h>", "routing/a.h", SPDX + "#include <stdio.h>\n"),
    ("no floating point", "routing/a.c", SPDX + "static const double half = 1;\n"),
    ("proto does not include routing/router.h", "proto/a.c", SPDX + '#include "routing/router.h"\n'),
    ("channels does not include daemon/base/err.h", "channels/a.c", SPDX + '#include "daemon/base/err.h"\n'),
    ("daemon/base does not include proto/json.h", "daemon/base/a.c", SPDX + '#include "proto/json.h"\n'),
    ("daemon/store does not include daemon/core/core.h", "daemon/store/a.c", SPDX + '#include "daemon/core/core.h"\n'),
    ("cli does not include daemon/core/core.h", "cli/a.c", SPDX + '#include "daemon/core/core.h"\n'),
    ("hiredis/hiredis.h is for daemon/store", "daemon/core/a.c", SPDX + "#include <hiredis/hiredis.h>\n"),
    ("event2/http.h is for daemon/net", "daemon/faces/a.c", SPDX + "#include <event2/http.h>\n"),
    ("wslay/wslay.h is for daemon/net", "daemon/faces/a.c", SPDX + "#include <wslay/wslay.h>\n"),
    ("jansson.h is for proto", "daemon/core/a.c", SPDX + "#include <jansson.h>\n"),
    ("no SPDX line", "cli/a.c", "int a;\n"),
    ("401 lines", "cli/a.c", SPDX + "int a;\n" * 400),
    ("function of 50 lines", "cli/a.c", SPDX + "int a(void)\n{\n" + "    a();\n" * 50 + "}\n"),
    ("do it", "cli/a.c", SPDX + "// TO" + "DO: later\n"),
    ("somebody's machine", "docs/a.py", "# " + SPDX + "open('/home/ann/x')\n"),
    ("nobody reads server.listen", "daemon/config/config_keys.def", SPDX + 'KEY(server, listen, TEXT, "a", 1, 2, NULL, RELOAD, "b")\n'),
    ("not for time to pass", "tests/e2e/a.py", "# " + SPDX + "time.sl" + "eep(1)\n"),
]
CLEAN = [
    ("routing/a.c", SPDX + '// never a double\n#include "routing/router.h"\n#include <string.h>\n'),
    ("daemon/store/a.c", SPDX + '#include <hiredis/hiredis.h>\n#include "proto/json.h"\n#include "daemon/base/loop.h"\n'),
    ("daemon/net/a.c", SPDX + "#include <event2/http.h>\n#include <wslay/wslay.h>\n"),
    ("cli/a.c", SPDX + "int a(void)\n{\n" + "    a();\n" * 49 + "}\n" + "int b;\n" * 200),
    ("cli/table.c", SPDX + "static const int t[] = {\n" + "    1,\n" * 300 + "};\n"),
]


def judge(path, content):
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, os.path.dirname(path)))
        with open(os.path.join(root, path), "w", encoding="utf-8") as f:
            f.write(content)
        return layers.rules(root)


def library_of(source):
    """The symbols that a static library of this source needs."""
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "a.c")
        with open(path, "w", encoding="utf-8") as f:
            f.write(source)
        subprocess.run(["cc", "-O1", "-c", path, "-o", path + ".o"], check=True)
        subprocess.run(["ar", "rc", os.path.join(d, "liba.a"), path + ".o"], check=True)
        return layers.symbols(os.path.join(d, "liba.a"))


class Planted(unittest.TestCase):
    def test_each_planted_violation_is_caught(self):
        for says, path, content in PLANTED:
            with self.subTest(says):
                self.assertTrue(any(says in found for found in judge(path, content)), judge(path, content))

    def test_clean_houses_pass(self):
        for path, content in CLEAN:
            with self.subTest(path):
                self.assertEqual(judge(path, content), [])

    def test_a_clock_in_the_core_is_caught(self):
        found = library_of("#include <time.h>\nlong now(void) { return (long)time(NULL); }\n")
        self.assertEqual([f.split(": ")[1] for f in found], ["calls time"])

    def test_other_doors_to_the_world_are_caught(self):
        for call in ("rand()", 'getenv("A")[0]', "getpid()", 'open("/a", 0)', 'printf("a")', "clock()"):
            with self.subTest(call):
                head = "#include <fcntl.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <time.h>\n#include <unistd.h>\n"
                self.assertEqual(len(library_of(head + f"int f(void) {{ return (int)({call}); }}\n")), 1)

    def test_memory_and_strings_are_allowed(self):
        source = ("#include <assert.h>\n#include <stdlib.h>\n#include <string.h>\n"
                  "char *f(const char *s) { assert(s); char *p = malloc(strlen(s) + 1); return p ? strcpy(p, s) : NULL; }\n")
        self.assertEqual([f for f in library_of(source) if "strcpy" not in f], [])

    def test_an_empty_library_is_no_proof(self):
        self.assertIn("nothing in it", library_of("int a;\n")[0])


if __name__ == "__main__":
    unittest.main()
