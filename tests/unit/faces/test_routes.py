#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every route of the faces stands in docs/reference/api.md with who may use it, and in openapi.yaml; and nothing else does. Every frame of a stream
stands in asyncapi.yaml as in the contract."""
import glob
import re
import sys

ROOT = sys.argv[1]
ROLES = {"0": "anybody", "AUTH_ADMIN": "admin", "ADMIN_READ": "supervisor, admin", "AUTH_SUPERVISOR | AUTH_ADMIN": "supervisor, admin",
         "AUTH_GATEWAY | AUTH_ADMIN": "gateway, admin", "AUTH_AGENT | ADMIN_READ": "agent, supervisor, admin",
         "AUTH_GATEWAY | AUTH_AGENT | AUTH_SUPERVISOR | AUTH_ADMIN": "gateway, agent, supervisor, admin"}
# Their tokens come in the first message, because a browser cannot send the header.
IN_HELLO = {"/v1/gateway": "gateway, admin", "/v1/desk": "agent, supervisor, admin"}
PAGES = {"/", "/demo", "/demo/", "/demo/demo.css"}  # for browsers, not part of the API


def text(path):
    with open(f"{ROOT}/{path}", encoding="utf-8") as f:
        return f.read()


code = {}
for path in sorted(glob.glob(f"{ROOT}/daemon/faces/*.c") + glob.glob(f"{ROOT}/daemon/accounts/*.c")):
    with open(path, encoding="utf-8") as f:
        for method, pattern, roles in re.findall(
                r'\.method = HTTP_(\w+),\s*\.pattern = "([^"]+)",\s*\.roles = ([^,]+?),', f.read()):
            if pattern not in PAGES:
                code[method, pattern] = IN_HELLO.get(pattern) or ROLES[roles]
assert len(code) > 30, code

page = {(m, p): roles for m, p, roles in re.findall(r"^\| `(\w+) ([^`]+)` \| ([^|]+?) \|", text("docs/reference/api.md"), re.M)}
assert page == code, f"api.md and the code differ: {sorted(set(page.items()) ^ set(code.items()))}"

spec, path, paths = set(), None, []
for line in text("docs/reference/openapi.yaml").split("\n"):
    if match := re.match(r"  (/\S*):$", line):
        path = match[1]
        paths.append(path)
    elif path and (match := re.match(r"    (get|put|post|delete):", line)):
        spec.add((match[1].upper(), path))
assert len(paths) == len(set(paths)), f"openapi.yaml has a path twice, of which a reader keeps one: {sorted(p for p in paths if paths.count(p) > 1)}"
streams = {("GET", p) for p in ("/v1/gateway", "/v1/desk", "/v1/chat", "/v1/tail")}
assert spec == set(code) - streams, f"openapi.yaml and the code differ: {sorted(spec ^ (set(code) - streams))}"
asynchronous = text("docs/reference/asyncapi.yaml")
for _, path in streams:
    assert f"address: {path}" in asynchronous, f"asyncapi.yaml lacks {path}"

SCALARS = {"string": "type: string", "uint64": "type: string, format: uint64", "uint32": "type: integer", "bool": "type: boolean"}


def contract(message):
    """The members of a message, as asyncapi.yaml should have them: {name: what it is}."""
    for file in ("gateway", "desk", "chat"):
        if found := re.search(rf"^message {message} \{{\n(.*?)^\}}", text(f"proto/throughline/v1/{file}.proto"), re.S | re.M):
            members = re.findall(r"^\s+(\w+) (\w+) = \d+;", found[1], re.M)
            return {re.sub(r"_(\w)", lambda m: m[1].upper(), name): SCALARS.get(kind, f"type: object, title: {kind}") for kind, name in members}
    raise AssertionError(f"no message {message}")


frames = 0
for message in ("GatewayUp", "GatewayDown", "DeskCommand", "DeskUpdate", "ChatUp", "ChatDown"):
    part = re.search(rf"name: {message}\n.*?properties:\n((?: {{12}}[^\n]*\n)+)", asynchronous, re.S)
    assert part, f"asyncapi.yaml lacks {message}"
    told = dict(re.findall(r"^ {12}(\w+): \{(.*)\}$", part[1], re.M))
    should = contract(message)
    assert told == should, f"asyncapi.yaml and the contract differ in {message}: {sorted(set(told.items()) ^ set(should.items()))}"
    frames += len(told)
print(f"{len(code)} routes, {frames} members of frames")
