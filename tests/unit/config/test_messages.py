# SPDX-License-Identifier: Apache-2.0
"""What a person reads when the configuration is wrong, word for word: bad/NAME.toml must give bad/NAME.expect."""
import json
import os
import pathlib
import re
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TOOL = os.environ["CONFIG_TOOL"]


def run(*args, cwd=HERE / "bad", env=None):
    return subprocess.run([TOOL, *map(str, args)], cwd=cwd, capture_output=True, text=True, timeout=60,
                          env={**os.environ, **(env or {})})


def check(tmp_path, text, env=None):
    (tmp_path / "t.toml").write_text(text)
    return run("check", "t.toml", cwd=tmp_path, env=env)


@pytest.mark.parametrize("path", sorted((HERE / "bad").glob("*.toml")), ids=lambda p: p.stem)
def test_bad_files(path):
    got = run("check", path.name)
    assert got.stdout == path.with_suffix(".expect").read_text()
    assert got.stderr == ""
    fatal = [line for line in got.stdout.splitlines() if " warning: " not in line]
    assert got.returncode == (78 if fatal else 0)


@pytest.mark.parametrize("path", sorted((HERE / "lint").glob("*.toml")), ids=lambda p: p.stem)
def test_lint(path):
    """lint/RULE.toml has what the rule finds, and beside it what only looks so."""
    got = run("check", path.name, cwd=path.parent)
    assert got.stdout == path.with_suffix(".expect").read_text()
    lines = got.stdout.splitlines()
    assert any(line.endswith(f"[{path.stem}]") for line in lines) or path.stem == "nothing"
    assert all(line.endswith("]") for line in lines)
    assert got.returncode == (78 if any(" warning: " not in line for line in lines) else 0)


def rules():
    return run("rules").stdout.split()


def test_every_rule_of_the_lint_has_a_file():
    """But two that no file can bring about: those are tried in test_lint.c."""
    files = {p.stem for p in (HERE / "lint").glob("*.toml")} - {"nothing"}
    assert files | {"last-queue", "overflow-missing"} == set(rules())
    assert len(rules()) == len(set(rules()))


def test_the_reference_has_every_rule_of_the_lint():
    page = (ROOT / "docs/reference/lint.md").read_text().split("## Rules")[1]
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert rows == rules()


def section(page, heading):
    """From a heading to the next of its rank."""
    return re.split(r"^## ", page.split(f"{heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def test_the_reference_of_routing_has_every_key_of_it():
    """A key counts where a table of its own section names it: in the first column."""
    page = (ROOT / "docs/reference/routing.md").read_text()
    text = (ROOT / "daemon/config/config_keys.def").read_text()
    sections = {"routing": "## All routing: `[routing]`", "queue": "## A queue: `[[queue]]`", "agent": "## An agent: `[[agent]]`",
                "calendar": "### Hours"}
    keys = re.findall(r"^(?:KEY|ROW)\((routing|queue|agent|calendar), (\w+),", text, re.M)
    assert {table for table, _ in keys} == set(sections) and len(keys) > 40
    for table, key in keys:
        named = {k for line in section(page, sections[table]).splitlines() if line.startswith("| `")
                 for k in re.findall(r"`(\w+)`", line.split("|")[1])}
        assert key in named, f"[{table}] {key}"


LIMITS = {"NAME": "a name of {1} bytes at most", "TEXT": "a text of {1} bytes at most", "ZONE": "a time zone", "NEEDS": "an expression of {1} bytes at most",
          "SKILLS": "{1} skills at most, levels 1 to 5", "STEPS": "{1} steps at most", "SLAS": "{1} rows at most", "SILENCES": "{1} rows at most", "WEEKLY": "{1} texts at most",
          "HOLIDAYS": "{1} texts at most", "CHANNELS": "channels", "NAMES": "{1} names at most", "LANGUAGES": "{1} languages at most", "ATTRIBUTES": "{1} keys at most, 1 to 64 texts each",
          "WEIGHTS": "weights 0 to 100", "SWITCH": "`true`, `false`", "HOURS": "hours of the day"}


def limits(key, kind, low, high, words):
    unit = next((f" {u}" for u in ("seconds", "minutes", "hours", "days") if key.endswith(f"_{u}")), "")
    if kind == "INTEGER":
        return f"{int(low)} to {int(high)}{unit}"
    if kind == "DECIMAL":
        return f"{int(low) / 1000:.12g} to {int(high) / 1000:.12g}, in thousandths"
    if kind == "WORDS":
        return "any of " + ", ".join(f"`{w}`" for w in words.strip('"').split("|"))
    if kind == "CHOICE":
        return ", ".join(f"`{w}`" for w in words.strip('"').split("|"))
    return LIMITS[kind].format(low, high)


def option_rows():
    """[table], key, what it may be, its default, of every option of routing, as they stand in the code."""
    keys = (ROOT / "daemon/config/config_keys.def").read_text()
    text = r'"(?:[^"\\]|\\.)*"'
    for table, key, kind, default, low, high, words in re.findall(
            rf"^(?:KEY|ROW)\((routing|queue|agent|calendar), (\w+), (\w+), (NULL|{text}), (\d+), (\d+), (NULL|{text}), ", keys, re.M):
        default = "none" if default == "NULL" else f"`{json.loads(default)}`"
        yield table, key, limits(key, kind, low, high, words), default
    channels = re.findall(rf"^CHANNEL\((\w+), {', '.join([f'({text})'] * 5)}\)", keys, re.M)
    own = dict(zip(("units_def", "idle_def", "join_def", "expire_def", "lost_def"), zip(*[c[1:] for c in channels])))
    code = re.sub(r"\\\n", " ", (ROOT / "daemon/config/config_table.c").read_text().split("#define CHANNEL(name", 1)[1].split("};", 1)[0])
    rules = re.findall(rf"CHANNEL_(?:RULE|KEY)\(\s*name,\s+(\w+),\s+(?:CONFIG_(\w+),\s+)?(\w+|{text}),\s+(\d+),\s+(\d+),", code)
    for key, kind, default, low, high in rules:
        each = [json.loads(d) for d in own.get(default, [default])]
        told = f"`{each[0]}`" if len(set(each)) == 1 else ", ".join(f"{c[0]} `{d}`" for c, d in zip(channels, each))
        yield "channel.NAME", key, limits(key, kind or "INTEGER", low, high, ""), told if told != "``" else "none"


def test_every_option_of_routing_stands_with_its_unit_its_default_and_a_test():
    """docs/reference/routing-keys.md: the first three columns are the code's, the fourth is a test that there is."""
    page = (ROOT / "docs/reference/routing-keys.md").read_text()
    tests = {}
    for path in [*ROOT.glob("tests/unit/*/*.c"), *ROOT.glob("tests/unit/*/*.py"), *ROOT.glob("tests/e2e/*.py")]:
        tests[path.relative_to(ROOT / "tests").as_posix()] = set(re.findall(r"\b(test_\w+)\(", path.read_text()))
    rows = {}
    for heading, part in re.findall(r"^## `\[+([\w.]+)\]+`\n(.*?)(?=^## |\Z)", page, re.M | re.S):
        for row in re.findall(r"^\| (`.*) \|$", part, re.M):
            key, may, default, test = row.split(" | ")
            rows[heading, key.strip("`")] = (may, default)
            file, name = test.strip("`").split(" ")
            assert name in tests.get(file, ()), f"{key}: there is no {test}"
    expected = {(table, key): (may, default) for table, key, may, default in option_rows()}
    assert len(expected) > 65
    for (table, key), columns in expected.items():
        assert rows.get((table, key)) == columns, \
            f"docs/reference/routing-keys.md, [{table}]: | `{key}` | {columns[0]} | {columns[1]} | `FILE TEST` |"
    assert set(rows) == set(expected)


def fences(path):
    """The TOML in a page: fenced as toml, or indented."""
    blocks, block, fenced = [], None, False
    for line in path.read_text().splitlines() + [""]:
        if line.startswith("```"):
            blocks += ["\n".join(block)] if fenced and block is not None else []
            block, fenced = ([], True) if line == "```toml" and not fenced else (None, False)
        elif fenced:
            block.append(line)
        elif line.startswith("    ") or (line == "" and block):
            block = (block or []) + [line[4:]]
        else:
            blocks += ["\n".join(block)] if block else []
            block = None
    return [b for b in blocks if any(line.startswith(("[[", "[")) and line.endswith("]") for line in b.splitlines())]


PAGES = [p for p in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if fences(p)]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_lint_finds_nothing_in_the_pages(page, tmp_path):
    """Examples show what is meant. They are pieces of files: what is missing around them is not the lint's to tell."""
    env = {"SECRET": "x" * 32}
    for text in fences(page):
        text = re.sub(r'"env:\w+"', '"env:SECRET"', text)
        got = check(tmp_path, text, env)
        assert not [line for line in got.stdout.splitlines() if " warning: " in line or line.endswith("]")], got.stdout


def test_the_example_in_the_tree_is_the_one_in_the_code():
    got = run("example")
    assert (ROOT / "config.example.toml").read_text() == got.stdout
    assert got.returncode == 0


def test_the_reference_lists_every_adapters_settings():
    """Made by `config_tool adapters`."""
    page = (ROOT / "docs/reference/channels.md").read_text()
    assert page.split("<!-- adapters -->\n")[1].split("<!-- end of adapters -->")[0] == run("adapters").stdout


def test_the_example_is_a_configuration_without_a_warning():
    got = run("check", ROOT / "config.example.toml")
    assert (got.returncode, got.stdout) == (0, "")


def test_the_example_has_every_key_as_it_would_be_written(tmp_path):
    """Its commented keys, uncommented, are right as well: rows' keys are shown by examples of their values."""
    text = (ROOT / "config.example.toml").read_text()
    rows, keys = {}, None
    for line in text.splitlines():
        if line.startswith("# ---- [["):
            keys = rows.setdefault(line.strip("# -"), [])
        elif keys is not None and line.startswith("#   ") and " = " in line and not line.startswith("#      "):
            keys.append(line[4:])
    rows = {name.replace("[[", "").replace("]]", ""): keys for name, keys in rows.items()}
    adapters = {name: keys for name, keys in rows.items() if "kind = " in name}
    assert set(rows) - set(adapters) == {"account", "calendar", "queue", "message", "agent", "token"}
    env = {"CHAT_SECRET": "x" * 16, "GATEWAY_TOKEN": "y" * 16}
    outbound = ("max_in_flight", "per_second", "ask_minutes")
    account = [k for k in rows["account"] if not k.startswith(("channel", "kind", *outbound))] + ['kind = "chat"']
    token = [k for k in rows["token"] if not k.startswith(("secret", "role"))] + ['role = "agent"']
    queue = [k.replace("overflow_waiting = 0", "overflow_waiting = 9") for k in rows["queue"]]
    message = [k.replace('"closed"', '"emergency"').replace("{opens}", "{until}") for k in rows["message"]]
    duty = ["[[queue]]", 'name = "duty"', 'channels = ["voice"]']
    body = "\n".join(["[[account]]", *account, "[[calendar]]", *rows["calendar"], *duty, "[[queue]]", *queue, "[[message]]", *message,
                      "[[agent]]", *rows["agent"],
                      "[[token]]", *token])
    got = check(tmp_path, body, env)
    assert got.returncode == 0
    assert all(re.search(r" warning: .* \[[a-z-]+]$", line) for line in got.stdout.splitlines()), "beside what the lint finds"


def test_an_unknown_kind_of_account(tmp_path):
    got = check(tmp_path, '[[account]]\nname = "a"\nkind = "webhok"\nchannel = "sms"\n')
    assert got.returncode == 78
    assert 't.toml:3:8: account.kind is not right (expected "gateway", "chat"' in got.stdout
    assert 'did you mean "webhook"?' in got.stdout


def test_accounts_of_adapters(tmp_path):
    text = '[[account]]\nname = "a"\nkind = "webhook"\nchannel = "sms"\nsecret = "env:HOOK"\ntime_zone = "UTC"\n'
    got = check(tmp_path, text, {"HOOK": "0123456789abcdef"})
    assert (got.returncode, got.stdout) == (0, "")
    got = check(tmp_path, text, {"HOOK": "hunter2"})
    assert got.returncode == 78 and "hunter2" not in got.stdout


def test_no_setting_of_an_adapter_hides_a_key_of_every_account():
    text = (ROOT / "config.example.toml").read_text().split("# ---- ")
    names = {part.splitlines()[0]: {line[4:].split(" =")[0] for line in part.splitlines() if line.startswith("#   ")
             and not line.startswith("#      ") and " = " in line} for part in text[1:]}
    common = next(keys for head, keys in names.items() if head.startswith("[[account]] ----"))
    adapters = {head: keys for head, keys in names.items() if "kind = " in head}
    assert adapters
    assert all(not keys & common for keys in adapters.values())


def test_a_missing_file(tmp_path):
    got = run("check", "absent.toml", cwd=tmp_path)
    assert (got.returncode, got.stdout) == (78, "absent.toml: cannot be opened (No such file or directory)\n")


def test_a_folder(tmp_path):
    got = run("check", ".", cwd=tmp_path)
    assert (got.returncode, got.stdout) == (78, ".: cannot be read (Is a directory)\n")


@pytest.mark.parametrize("listen, good", [
    ("127.0.0.1:8080", True), ("localhost:0", True), ("[::1]:65535", True),
    ("8080", False), (":8080", False), ("localhost:99999", False), ("::1:80", False), ("[::1]:80 ", False),
    ("localhost:", False), ("localhost:" + "8" * 99, False), ("localhost:80a", False), ("[]:80", False), ("", False), ("http://x:80", False),
])
def test_addresses(tmp_path, listen, good):
    got = check(tmp_path, f'[server]\nlisten = "{listen}"\n')
    assert (got.returncode == 0) == good, got.stdout
    if not good:
        assert got.stdout.startswith("t.toml:2:10: server.listen is not right (expected HOST:PORT")


@pytest.mark.parametrize("origin, good", [
    ("https://www.example.org", True), ("http://localhost:3000", True),
    ("https://www.example.org/", False), ("www.example.org", False), ("https://", False), ("https://a:b", False),
    ("https://Example.org", False), ("ftp://example.org", False), ("*", False),
])
def test_origins(tmp_path, origin, good):
    got = check(tmp_path, f'[[account]]\nname = "web"\nkind = "chat"\norigins = ["{origin}"]\n')
    assert (got.returncode == 0) == good, got.stdout


def test_no_message_quotes_a_secret(tmp_path):
    (tmp_path / "secret").write_text("hunter2")
    got = check(tmp_path, '[redis]\nmode = "url"\nurl = "http://hunter2@x"\n[[account]]\nname = "w"\nkind = "chat"\n'
                f'identity_secret = "hunter2"\n[[token]]\nid = "a"\nrole = "admin"\nsecret = "hunter2"\n'
                f'[[token]]\nid = "b"\nrole = "admin"\nsecret = "file:{tmp_path}/secret"\n'
                '[[token]]\nid = "c"\nrole = "admin"\nsecret = "env:SHORT"\n', {"SHORT": "hunter2"})
    assert got.returncode == 78 and len(got.stdout.splitlines()) == 5
    assert "hunter2" not in got.stdout


def test_secrets_from_files_lose_their_line_end(tmp_path):
    (tmp_path / "token").write_text("0123456789abcdef\n")
    text = f'[[token]]\nid = "a"\nrole = "admin"\nsecret = "file:{tmp_path}/token"\n'
    assert check(tmp_path, text).returncode == 0


def test_routing_goes_to_the_log_by_tenant(tmp_path):
    (tmp_path / "t.toml").write_text('''
tenants = ["one", "two"]
[routing]
grace_seconds = 7
[channel.voice]
idle_minutes = 2
[channel.email]
away_grace_seconds = 900
[[queue]]
name = "q"
tenant = "two"
requires = { "lang.de" = 2, billing = 3 }
channels = ["voice", "chat"]
[[queue]]
name = "rest"
tenant = "two"
[[agent]]
id = "ann"
tenant = "two"
skills = { billing = 4, "lang.de" = 5 }
[[agent]]
id = "bo"
tenant = "one"
''')
    text, digest = run("routing", "t.toml", "two", cwd=tmp_path).stdout.splitlines()
    m = json.loads(text)
    assert [q["name"] for q in m["queues"]] == ["q", "rest"]
    assert m["queues"][0]["requires"] == [{"name": "billing", "level": 3}, {"name": "lang.de", "level": 2}]
    assert m["queues"][0]["channels"] == ["CHANNEL_CHAT", "CHANNEL_VOICE"]
    assert m["queues"][1] == {"name": "rest", "priority": 5, "select": "suited", "offerTo": 1, "offerSeconds": 30,
                              "wrapUpSeconds": 30, "fromFile": True, "weight": 1000, "targetSeconds": 60, "learnPrior": 20,
                              "callbackRetrySeconds": 900, "callbackAttempts": 3, "callbackDialSeconds": 60,
                              "voicemailWaitSeconds": 600}
    assert [a["id"] for a in m["agents"]] == ["ann"] and m["agents"][0]["name"] == "ann"
    assert (m["graceSeconds"], m["timeoutsToAway"], m["declinePauseSeconds"], m["declineMax"]) == (7, 3, 60, 3)
    assert m["order"] == "priority" and "seed" not in m
    assert m["channels"][3] == {"channel": "CHANNEL_VOICE", "units": 4, "idleSeconds": 120,
                                "lostGraceSeconds": 60}
    assert (m["channels"][2].get("lostGraceSeconds"), m["channels"][2]["awayGraceSeconds"]) == (None, 900)
    assert len(digest) == 64
    again = run("routing", "t.toml", "two", cwd=tmp_path).stdout.splitlines()[1]
    other = run("routing", "t.toml", "one", cwd=tmp_path).stdout.splitlines()[1]
    assert again == digest and other != digest


def test_what_only_a_restart_applies(tmp_path):
    (tmp_path / "a.toml").write_text("")
    (tmp_path / "b.toml").write_text('data_dir = "d"\ntenants = ["main", "x"]\n[server]\nlisten = "127.0.0.1:9"\n'
                                     'idle_seconds = 5\n[redis]\nserver = "r"\n[log]\nlevel = "warn"\n')
    assert run("restart", "a.toml", "b.toml", cwd=tmp_path).stdout.split() == [
        "tenants", "data_dir", "server.listen", "redis.server"]
    assert run("restart", "b.toml", "b.toml", cwd=tmp_path).stdout == ""
