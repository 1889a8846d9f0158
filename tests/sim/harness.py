# SPDX-License-Identifier: Apache-2.0
"""Runs the simulator on scenarios that are written as dictionaries."""
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("THROUGHLINE", f"{ROOT}/build/release/bin/throughline")


def value(v):
    if isinstance(v, dict):
        return "{ " + ", ".join(f"{k} = {value(x)}" for k, x in v.items()) + " }"
    return json.dumps(v) if isinstance(v, (str, list)) else repr(v)


def toml(scenario):
    lines = [f"{k} = {value(v)}" for k, v in scenario.items() if k not in ("policy", "pool", "class")]
    for head, table in [("[policy]", scenario.get("policy", {}))] + [(f"[[{k}]]", t) for k in ("pool", "class") for t in scenario[k]]:
        lines += [head] + [f"{k} = {value(v)}" for k, v in table.items()]
    return "\n".join(lines) + "\n"


def run(*args):
    return subprocess.run([BIN, *map(str, args)], capture_output=True, text=True, timeout=600, check=False)


def simulate(folder, scenario, **top):
    path = os.path.join(folder, f"{os.getpid()}.toml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(toml({**scenario, **top}))
    done = run("sim", "--json", path)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def at(report, path):
    for part in path.split("."):
        report = report[int(part)] if part.isdigit() else report[part]
    return report
