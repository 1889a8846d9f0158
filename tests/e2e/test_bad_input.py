# SPDX-License-Identifier: Apache-2.0
"""docs/reference/bad-input.md, the part that is plain HTTP: each test is named after its row."""
import ast
import glob
import os
import re

import pytest

from harness import pb
from harness.http import Http
from harness.raw import Raw, status_of
from harness.stories import TEL, event, stored, texts, words

HERE = os.path.dirname(__file__)


def test_every_row_has_its_test_and_every_test_its_row():
    with open(f"{pb.ROOT}/docs/reference/bad-input.md", encoding="utf-8") as f:
        rows = re.findall(r"^\| ([a-z0-9-]+) \| (?!what comes)", f.read(), re.M)
    tests = set()
    for path in glob.glob(f"{HERE}/test_bad_*.py"):
        with open(path, encoding="utf-8") as f:
            tests |= {n.name for n in ast.parse(f.read()).body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
    tests = {t[5:].replace("_", "-") for t in tests if t.startswith("test_") and "every_row" not in t}
    assert len(rows) == len(set(rows)) and set(rows) == tests


def post(daemon, body, content_type="application/json", **kw):
    return daemon.http().call("POST", "/v1/events", body, {"Content-Type": content_type, **kw})


def refused(result, code=None, field=None):
    assert result.status == pb.EVENT_STATUS_REFUSED, result
    assert code is None or result.error.code == code, result
    assert field is None or result.error.field == field, result
    assert result.error.detail
    return result


def test_no_token(daemon):
    anybody = Http(daemon.address)
    for method, path in (("POST", "/v1/events"), ("GET", "/v1/agents"), ("GET", "/v1/status"), ("DELETE", "/v1/agents/ann")):
        answer = anybody.call(method, path)
        assert (answer.status, answer.code) == (401, "unauthorized"), path
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_wrong_token(daemon):
    good = daemon.http()
    thief = Http(daemon.address, "tl_" + "a" * 52)
    answers = [thief.get("/v1/agents") for _ in range(14)]
    assert [a.status for a in answers[:10]] == [401] * 10
    assert (answers[-1].status, answers[-1].code) == (429, "too_many_requests")
    assert answers[-1].headers["Retry-After"]
    stored(good.post_event(words("sms", TEL, "from the same address")))
    for odd in ("", "Basic YTpi", "Bearer", "Bearer a b", "bearer\x7f"):
        assert Http(daemon.address).call("GET", "/v1/agents", headers={"Authorization": odd}).status in (400, 401, 429)


# Who may what; everything that is not here is for admin alone. GETs on things that do not exist answer 404 to who may ask.
SHARED = {"agent": False, "gateway": False, "supervisor": True, "admin": True}
ONLY_ADMIN = {"agent": False, "gateway": False, "supervisor": False, "admin": True}
RIGHTS = {
    ("POST", "/v1/events"): {"agent": False, "gateway": True, "supervisor": False, "admin": True},
    ("GET", "/v1/status"): SHARED, ("GET", "/v1/agents"): SHARED, ("GET", "/v1/agents/ann"): SHARED,
    ("PUT", "/v1/agents/ann"): ONLY_ADMIN, ("DELETE", "/v1/agents/none"): ONLY_ADMIN,
    ("GET", "/v1/agents/ann/learned"): {**SHARED, "agent": True}, ("GET", "/v1/agents/bert/learned"): SHARED,
    ("POST", "/v1/agents/ann/learned/reset"): SHARED, ("POST", "/v1/agents/ann/learned/1/contest"): {**SHARED, "agent": True},
    ("POST", "/v1/agents/bert/learned/1/contest"): SHARED, ("POST", "/v1/agents/ann/learned/1/restore"): SHARED,
    ("GET", "/v1/queues"): SHARED, ("PUT", "/v1/queues/general"): ONLY_ADMIN, ("DELETE", "/v1/queues/none"): ONLY_ADMIN,
    ("GET", "/v1/conversations"): SHARED, ("GET", "/v1/conversations/1"): SHARED,
    ("GET", "/v1/conversations/1/timeline"): SHARED, ("GET", "/v1/customers/1"): SHARED,
    ("GET", "/v1/work"): SHARED, ("GET", "/v1/work/1"): SHARED, ("GET", "/v1/work/1/why"): SHARED,
    ("GET", "/v1/decisions"): SHARED, ("GET", "/v1/decisions/1.0"): SHARED, ("GET", "/v1/dead-letters"): SHARED,
    ("POST", "/v1/dead-letters/1.0/resend"): SHARED, ("GET", "/v1/tokens"): ONLY_ADMIN, ("POST", "/v1/tokens"): ONLY_ADMIN,
    ("DELETE", "/v1/tokens/none"): ONLY_ADMIN, ("GET", "/v1/audit"): ONLY_ADMIN, ("GET", "/v1/config/diff"): ONLY_ADMIN,
    ("GET", "/v1/config"): ONLY_ADMIN, ("GET", "/v1/config/lint"): ONLY_ADMIN,
    ("GET", "/v1/log"): ONLY_ADMIN,
}


def test_wrong_role(daemon):
    tokens = {"agent": daemon.token("agent", "ann"), "gateway": daemon.token("gateway"),
              "supervisor": daemon.token("supervisor"), "admin": daemon.admin.token}
    for (method, path), may in RIGHTS.items():
        for role, allowed in may.items():
            answer = Http(daemon.address, tokens[role]).call(method, path, headers={"Content-Type": "application/json"})
            assert (answer.status != 403) == allowed, (method, path, role, answer)
            assert answer.status not in (401, 500, 501), (method, path, role, answer)


def two_tenants(config):
    config["tenants"] = ["main", "other"]
    config["account"].append({"name": "other-sms", "tenant": "other", "channel": "sms"})
    config["queue"].append({"name": "general", "tenant": "other"})
    config["agent"].append({"id": "zoe", "tenant": "other"})


def test_other_tenant(world):
    daemon = world(two_tenants)
    with open(f"{daemon.data}/admin-other.token", encoding="utf-8") as f:
        other = Http(daemon.address, f.readline().strip())
    placed = stored(daemon.http().post_event(words("sms", TEL, "ours")))
    anns = Http(daemon.address, daemon.token("supervisor", "ann"))
    ours = next(t.id for t in daemon.admin.read("/v1/tokens", pb.TokenList()).tokens if t.role == "supervisor")
    for path in (f"/v1/conversations/{placed.conversation}", f"/v1/conversations/{placed.conversation}/timeline",
                 f"/v1/customers/{placed.customer}", f"/v1/work/{placed.conversation}", f"/v1/work/{placed.conversation}/why", "/v1/agents/ann"):
        assert other.get(path).status == 404, path
    assert other.call("DELETE", f"/v1/tokens/{ours}").status == 404
    assert anns.get("/v1/agents").status == 200
    assert list(other.read("/v1/conversations", pb.ConversationList()).conversations) == []
    assert [a.agent.id for a in other.read("/v1/agents", pb.AgentList()).agents] == ["zoe"]
    for http, account in ((other, "sms"), (daemon.http(), "other-sms")):
        refused(http.post_event(words(account, TEL, "not mine")), "unknown_account", "account")
    stored(other.post_event(words("other-sms", TEL, "theirs")))
    assert texts(daemon.timeline(placed.conversation)) == ["ours"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b'{"id": 7}', b'{"message": []}', b'{"priority": -1}',
                                  b'{"occurredAt": "yesterday"}', b'{"authentication": "MAYBE"}', b'{"id": "a"} x', b"{'id': 'a'}",
                                  b'{"verifiedHandles": "a"}', b'{"message": {"text": "a"}, "typing": {}}', b'{"events": {}}'], ids=str)
def test_malformed_json(daemon, body):
    answer = post(daemon, body)
    assert (answer.status, answer.code) == (400, "invalid_body")


def test_unknown_field(daemon):
    for body, field in ((b'{"id": "a", "acount": "sms"}', "acount"), (b'{"message": {"txt": "a"}}', "message.txt"),
                        (b'{"events": [{}, {"acount": "sms"}]}', "events[1].acount")):
        answer = post(daemon, body)
        *parent, name = field.split(".")
        assert answer.code == "invalid_body" and name in answer.json()["detail"], answer
        assert answer.json().get("field", "") == ".".join(parent), answer
    assert post(daemon, b'{"id": "a", "id": "b"}').code == "invalid_body"


def test_deep_json(daemon):
    for body in (b"[" * 1000, b'{"message":' * 1000, b'{"a":' * 100000, b'{"events":' + b"[" * 100000):
        assert post(daemon, body).code == "invalid_body"


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05abc", b"\x08\x01" * 3 + b"\x0b", bytes(range(200, 256))],
                         ids=["tag", "length", "cut", "group", "noise"])
def test_malformed_protobuf(daemon, body):
    answer = post(daemon, body, "application/x-protobuf")
    assert (answer.status, answer.code) == (400, "invalid_body")


def test_huge_body(daemon):
    limit = 8 << 20
    head = f"POST /v1/events HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {daemon.token('gateway')}\r\nContent-Type: application/json\r\n"
    with Raw(daemon.address) as raw:
        raw.put(head + f"Content-Length: {limit + 1}\r\n\r\n")
        assert status_of(raw.head()) == 413  # before a byte of it is sent
    with Raw(daemon.address) as raw:
        raw.put(head + "Content-Length: 99999999999999999999\r\n\r\n")
        assert status_of(raw.head()) in (400, 413)
    with Raw(daemon.address) as raw:
        raw.put(head + "Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
        while raw.try_put(chunk):  # would go on for ever: the other side ends it
            pass
        got = raw.rest()
        assert got == b"" or status_of(got) == 413
    answer = Http(daemon.address, daemon.admin.token).call("PUT", "/v1/agents/ann", b" " * ((1 << 20) + 1), {"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_huge_head(daemon):
    for head in ("X: " + "a" * 20000, "\r\n".join(f"X{n}: a" for n in range(5000))):
        with Raw(daemon.address) as raw:
            raw.try_put(f"GET /livez HTTP/1.1\r\nHost: t\r\n{head}\r\n\r\n")
            assert status_of(raw.head()) in (431, 400)


def test_media_type(daemon):
    for kind in ("text/plain", "application/xml", "application/jsonx", "multipart/form-data; boundary=x"):
        answer = post(daemon, b"{}", kind)
        assert (answer.status, answer.code) == (415, "unsupported_media_type"), kind


def test_invalid_utf8(daemon):
    for bad in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"):
        assert post(daemon, b'{"id":"a","account":"sms","from":"tel:+4915112345678","message":{"text":"' + bad + b'"}}').code == "invalid_body"
        packed = words("sms", TEL, "??????").SerializeToString().replace(b"??????", bad.ljust(6, b"a"))
        answer = post(daemon, packed, "application/x-protobuf")
        if answer.status == 200:
            refused(answer.message(pb.EventResult()), field="message.text")
        else:
            assert answer.code == "invalid_body"
    answer = post(daemon, b'{"id":"a","account":"sms","from":"tel:+4915112345678","message":{"text":"a\\u0000b"}}')
    assert answer.status == 400 or refused(answer.message(pb.EventResult()))


def test_unknown_account(daemon):
    for account in ("", "nowhere", "SMS", "sms ", "../sms", "a" * 100):
        result = refused(daemon.http().post_event(words(account, TEL, "hello")), field="account")
        assert result.error.code in ("unknown_account", "invalid_field", "required", "too_long"), result


def test_bad_handle(daemon):
    for handle in ("", "tel", "tel:", "tel:12", "tel:0049151", "tel:+0491511234567", "tel:+49x15112345", "email:", "email:a", "email:a@", "email:@b",
                   "email:a b@c", ":x", "x" * 300, "tel:+4915112345678\n"):
        refused(daemon.http().post_event(words("sms", handle, "hello")), field="from")


def test_too_long(daemon):
    def big(**kw):
        return event("sms", TEL, **({"message": pb.Message(text="a")} | kw))

    cases = {
        "id": big(id="i" * 201), "message.text": big(message=pb.Message(text="a" * 65537)),
        "message.subject": big(message=pb.Message(text="a", subject="s" * 1025)), "threads": big(threads=[f"t{n}" for n in range(17)]),
        "threads[0]": big(threads=["t" * 201]), "attributes": big(attributes={f"k{n}": "v" for n in range(17)}),
        "intent": big(intent="i" * 65), "display_name": big(display_name="d" * 201), "priority": big(priority=10),
        "unparsed.raw": event("sms", TEL, unparsed=pb.Unparsed(reason="odd", raw=b"r" * 65537)),
    }
    for field, bad in cases.items():
        result = refused(daemon.http().post_event(bad))
        assert result.error.field.split("[")[0] == field.split("[")[0], (field, result)
    for empty in (event("sms", TEL), event("sms", TEL, id="")):
        refused(daemon.http().post_event(empty))
    answer = daemon.http().send("POST", "/v1/events", pb.EventBatch(events=[words("sms", TEL, "x")] * 501))
    assert answer.status == 400 and answer.json()["field"] == "events"


def test_duplicate(daemon):
    http = daemon.http()
    first = stored(http.post_event(words("sms", TEL, "once", id="d1")))
    for proto in (False, True):
        again = http.post_event(words("sms", TEL, "once", id="d1"), proto)
        assert again.status == pb.EVENT_STATUS_DUPLICATE
        assert (again.conversation, again.entry, again.customer) == (first.conversation, first.entry, first.customer)
    # The key is (account, id): another account's is another event.
    stored(http.post_event(words("wa", "social:1", "once", id="d1")))
    assert texts(daemon.timeline(first.conversation)) == ["once"]


def test_same_id_other_body(daemon):
    http = daemon.http()
    first = stored(http.post_event(words("sms", TEL, "the first", id="d2")))
    refused(http.post_event(words("sms", TEL, "the second", id="d2")), "conflict")
    refused(http.post_event(words("sms", "tel:+4917099999999", "the first", id="d2")), "conflict")
    assert texts(daemon.timeline(first.conversation)) == ["the first"]


SMUGGLED = {
    "two lengths": "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "length list": "Content-Length: 2, 3\r\n\r\n{}x",
    "length and chunks": "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
    "signed length": "Content-Length: +2\r\n\r\n{}",
    "hex length": "Content-Length: 0x2\r\n\r\n{}",
    "space before colon": "Content-Length : 2\r\n\r\n{}",
    "folded header": "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "bare LF": "X: a\nContent-Length: 2\r\n\r\n{}",
    "NUL in header": "X: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "no name": ": a\r\nContent-Length: 2\r\n\r\n{}",
    "odd chunk size": "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "negative chunk": "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "huge chunk": "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "chunk without end": "Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n",
}


def test_smuggling(daemon):
    token = daemon.token("gateway")
    follow = f"POST /v1/events HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\nContent-Length: 2\r\n\r\n{{}}"
    for name, tail in SMUGGLED.items():
        with Raw(daemon.address) as raw:
            raw.try_put(f"POST /v1/events HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{tail}{follow}")
            got = raw.rest()  # the connection is closed: nothing behind can be taken for a request
            assert got.count(b"HTTP/1.1 ") == 1 and status_of(got) in (400, 413, 501), (name, got[:300])
    for line in ("GET  /livez HTTP/1.1", "GET /livez", "GET /livez HTTP/2.0", "GET /livez HTTP/1.1 x", "\x16\x03\x01", "G\0T / HTTP/1.1"):
        with Raw(daemon.address) as raw:
            raw.try_put(f"{line}\r\nHost: t\r\n\r\n")
            assert status_of(raw.rest()) in (400, 505, None), line


def test_bad_target(daemon):
    for target in ("/v1/agents/%00", "/../../etc/passwd", "/desk/../../etc/passwd", "/desk/%2e%2e/%2e%2e/etc/passwd", "/%", "/%zz", "/desk//etc/passwd",
                   "http://elsewhere.example/livez", "/" + "a" * 9000, "*", "livez"):
        with Raw(daemon.address) as raw:
            raw.try_put(f"GET {target} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nAuthorization: Bearer {daemon.admin.token}\r\n\r\n")
            got = raw.rest()
            assert status_of(got) in (400, 404, 414, 431) or b"root:" not in got and status_of(got) == 200 and "elsewhere" in target, (target, got[:200])


def test_method(daemon):
    for method, path in (("PATCH", "/v1/events"), ("GET", "/v1/events"), ("POST", "/livez"), ("DELETE", "/v1/status")):
        answer = daemon.admin.call(method, path)
        assert answer.status == 405 and answer.headers["Allow"], (method, path, answer)
    for method in ("TRACE", "CONNECT", "BREW", "get"):
        with Raw(daemon.address) as raw:
            raw.put(f"{method} /livez HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            assert status_of(raw.rest()) in (400, 405, 501), method
