# SPDX-License-Identifier: Apache-2.0
"""Dictionaries as TOML: as much of it as our configuration uses."""
import json


def value(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, (int, float)):
        return str(v)
    if isinstance(v, str):
        return json.dumps(v, ensure_ascii=False)
    if isinstance(v, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {value(x)}" for k, x in v.items()) + " }"
    return "[" + ", ".join(value(x) for x in v) + "]"


def render(tables):
    """Plain values first, then one [table] per dictionary and one [[table]] per element of a list of dictionaries."""
    def body(table):
        return "".join(f"{k} = {value(v)}\n" for k, v in table.items())

    def is_list(v):
        return isinstance(v, list) and v and isinstance(v[0], dict)

    out = body({k: v for k, v in tables.items() if not isinstance(v, dict) and not is_list(v)})
    for name, v in tables.items():
        if isinstance(v, dict):
            out += f"\n[{name}]\n{body(v)}"
        elif is_list(v):
            out += "".join(f"\n[[{name}]]\n{body(row)}" for row in v)
    return out
