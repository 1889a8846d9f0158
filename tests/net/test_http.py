# SPDX-License-Identifier: Apache-2.0
"""HTTP: what is answered, what is refused, and what an unfriendly client cannot do."""
import json
import os
import shutil
import signal
import ssl
import subprocess
import warnings

import pytest
from conftest import TIMEOUT, get, make_certificate, post

STRICT = {
    "two different lengths": "Content-Length: 3\r\nContent-Length: 4\r\n",
    "the same length twice": "Content-Length: 3\r\nContent-Length: 3\r\n",
    "a list of lengths": "Content-Length: 3, 3\r\n",
    "a signed length": "Content-Length: +3\r\n",
    "a negative length": "Content-Length: -3\r\n",
    "a hexadecimal length": "Content-Length: 0x3\r\n",
    "an empty length": "Content-Length:\r\n",
    "a length beyond counting": "Content-Length: 99999999999999999999\r\n",
    "length beside chunked": "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    "another coding": "Transfer-Encoding: gzip, chunked\r\n",
    "chunked twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "identity": "Transfer-Encoding: identity\r\n",
    "a folded line": "A: b\r\n c\r\nContent-Length: 3\r\n",
    "a space before the colon": "Content-Length : 3\r\n",
    "a bare LF": "A: b\nContent-Length: 3\r\n",
    "a bare CR": "A: b\rc\r\nContent-Length: 3\r\n",
    "a NUL": "A: b\0c\r\nContent-Length: 3\r\n",
    "no name": ": b\r\nContent-Length: 3\r\n",
    "no colon": "Ab\r\nContent-Length: 3\r\n",
    "a second Host": "Host: other\r\nContent-Length: 3\r\n",
}


@pytest.mark.parametrize("name", STRICT)
def test_lenient_framing_is_refused_and_closed(server, name):
    conn = server.connect()
    reply = conn.ask(f"POST /echo HTTP/1.1\r\nHost: h\r\n{STRICT[name]}\r\nabcGET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
    assert reply.status == 400 and reply.problem()["code"] == "bad_request"
    assert reply.headers["connection"] == "close"
    assert conn.at_end(), "nothing after it may be read as a request"


@pytest.mark.parametrize("head,status", [
    ("GET /hello HTTP/1.1\r\n\r\n", 400),  # no Host
    ("GET /hello HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("GET  /hello HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /hello\r\nHost: h\r\n\r\n", 400),
    ("GET /hel lo HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET hello HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /hello HTTP/2.0\r\nHost: h\r\n\r\n", 505),
    ("GET /hello HTTP/1.1.1\r\nHost: h\r\n\r\n", 505),
    ("BREW /hello HTTP/1.1\r\nHost: h\r\n\r\n", 501),
    ("G\xe4T /hello HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /hello HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 417),
    ("\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET / HTTP/1.1\nHost: h\n\n", 400),
])
def test_malformed_head(server, head, status):
    assert server.connect().ask(head).status == status


def test_one_empty_line_before_a_request_is_forgiven(server):
    assert server.connect().ask("\r\n" + get("/hello")).body == b"hello"


def test_absolute_form(server):
    assert server.ask("GET http://h/hello HTTP/1.1\r\nHost: h\r\n\r\n").body == b"hello"


def test_http_1_0_is_answered_and_closed(server):
    conn = server.connect()
    assert conn.ask("GET /hello HTTP/1.0\r\n\r\n").body == b"hello"
    assert conn.at_end()


def test_pipelined_requests_are_answered_in_order(server):
    conn = server.connect()
    conn.send(b"".join(post("/echo", str(i)) for i in range(200)))
    assert [conn.reply().body for _ in range(200)] == [str(i).encode() for i in range(200)]


def test_pipelining_behind_a_waiting_request(server):
    conn = server.connect()
    conn.send(get("/held") + get("/hello"))
    server.until(lambda: server.get("/holding").body == b"1")
    server.post("/release", "")
    assert conn.reply().body == b"released"
    assert conn.reply().body == b"hello"


def test_head_has_no_body(server):
    conn = server.connect()
    reply = conn.ask(get("/hello", method="HEAD"), head=True)
    assert reply.status == 200 and reply.headers["content-length"] == "5"
    assert conn.ask(get("/hello")).body == b"hello", "nothing lay between"


def test_byte_by_byte(server):
    conn = server.connect()
    for byte in post("/echo", "slow but fine"):
        conn.send(bytes([byte]))
    assert conn.reply().body == b"slow but fine"


def test_unknown_path_and_method(server):
    assert server.get("/nothing").problem()["code"] == "not_found"
    reply = server.ask(get("/hello", method="DELETE"))
    assert reply.status == 405 and reply.headers["allow"] == "GET, HEAD, PUT"


@pytest.mark.parametrize("path", ["/path/../hello", "/path/%2e%2e/x", "/../../etc/passwd", "/path//x", "//path/x",
                                  "/path/%00", "/path/a%2fb", "/path/a%2Fb", "/path/a%5cb", "/path/./x", "/path/%zz",
                                  "/path/%", "/path/%ff", "/path/%0a", "*"])
def test_path_that_means_another_is_refused(server, path):
    assert server.get(path).problem()["code"] == "invalid_path"


def test_path_is_decoded_once(server):
    assert server.get("/path/a%20b/%C3%A4/%252e?q=x%20y+z%26").body == "/path/a b/ä/%2e|a b/ä/%2e|x y z&".encode()
    assert server.get("/path/x?q=%f0").problem()["code"] == "invalid_parameter"


def test_page_and_number_parameters(server):
    assert server.get("/page").body == b"50 "
    assert server.get("/page?limit=7&cursor=abc").body == b"7 abc"
    for query in ("limit=0", "limit=501", "limit=x", "limit=", "limit=-1", "cursor=" + "x" * 513):
        assert server.get("/page?" + query).status == 400, query
    assert server.get("/number/18446744073709551615").body == b"18446744073709551615"
    assert server.get("/number/18446744073709551616").status == 404
    assert server.get("/number/1x").problem()["field"] == "n"


def test_body_limits(server):
    assert server.post("/small", "x" * 100).status == 200
    reply = server.post("/small", "x" * 101)
    assert reply.status == 413 and reply.headers["connection"] == "close"
    chunked = get("/small", "Transfer-Encoding: chunked", method="POST")
    assert server.ask(chunked + "32\r\n" + "x" * 50 + "\r\n32\r\n" + "x" * 50 + "\r\n0\r\n\r\n").status == 200
    assert server.ask(chunked + "32\r\n" + "x" * 50 + "\r\n33\r\n" + "x" * 51 + "\r\n0\r\n\r\n").status == 413
    assert server.ask(get("/echo", "Content-Length: 99999999999", method="POST")).status == 413
    big = "x" * (1 << 20)
    assert server.post("/echo", big).body == big.encode()
    assert server.post("/echo", big + "x").status == 413


def test_chunked_bodies(server):
    conn = server.connect()
    head = get("/echo", "Transfer-Encoding: chunked", method="POST")
    body = "5;name=value\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
    for byte in (head + body).encode():
        conn.send(bytes([byte]))
    assert conn.reply().body == b"hello world"
    assert conn.ask(get("/hello")).body == b"hello"
    for bad in ("5\nhello\n0\n\n", "g\r\n", "-1\r\n", "5\r\nhelloX\r\n", "123456789\r\n", "\r\n", "5 \r\nhello\r\n",
                "1;" + "x" * 5000 + "\r\nx\r\n0\r\n\r\n", "0\r\n" + "x: y\r\n" * 2000 + "\r\n"):
        conn = server.connect()
        assert conn.ask(head + bad).status == 400, bad[:20]
        assert conn.at_end()


def test_head_limits(server):
    assert server.get("/hello", "A: " + "x" * 16000).status == 200
    assert server.get("/hello", "A: " + "x" * 17000).status == 431
    assert server.get("/" + "x" * 17000).status == 414
    assert server.get("/hello", *[f"A{i}: b" for i in range(100)]).status == 431


def test_expect_100_continue(server):
    conn = server.connect()
    conn.send(get("/echo", "Expect: 100-continue", "Content-Length: 2", method="POST"))
    assert conn.reply().status == 100
    assert conn.ask("ok").body == b"ok"
    # a body that would be refused is not asked for
    assert server.ask(get("/small", "Expect: 100-continue", "Content-Length: 200", method="POST")).status == 413


def test_slow_head_is_cut_at_the_absolute_deadline(start):
    server = start("head_ms=300")
    conn = server.connect()
    conn.send("GET /hello HTTP/1.1\r\n")
    conn.sock.settimeout(0.02)
    data = b""
    for _ in range(1000):  # each byte comes well within any inactivity limit
        try:
            conn.send("A")
            data += conn.sock.recv(4096)
        except TimeoutError:
            continue
        except OSError:
            break
        if data:
            break
    assert data.startswith(b"HTTP/1.1 408 "), data
    assert server.metric_despite("throughline_http_timeouts_total") == 1


def test_slow_body_is_cut_at_the_absolute_deadline(start):
    server = start("body_ms=300")
    conn = server.connect()
    conn.send(get("/echo", "Content-Length: 100000", method="POST"))
    conn.sock.settimeout(0.02)
    data = b""
    for _ in range(1000):
        try:
            conn.send("A")
            data += conn.sock.recv(4096)
        except TimeoutError:
            continue
        except OSError:
            break
        if data:
            break
    assert data.startswith(b"HTTP/1.1 408 "), data


def test_silent_connection_is_closed(start):
    server = start("head_ms=200")
    assert server.connect().at_end()


def test_idle_connection_is_closed(start):
    server = start("idle_ms=200")
    conn = server.connect()
    assert conn.ask(get("/hello")).status == 200
    assert conn.at_end()


def test_flood_beyond_max_connections(start):
    server = start("max_connections=20")
    held = [server.connect() for _ in range(20)]
    assert all(c.ask(get("/hello")).status == 200 for c in held)
    flood = [server.connect() for _ in range(200)]
    refused = 0
    for conn in flood:
        try:
            reply = conn.reply()
        except ConnectionResetError:
            reply = None
        assert reply is None or (reply.status == 503 and reply.headers["retry-after"] == "1")
        refused += reply is not None
    assert refused > 0, "some are told why"
    assert all(c.ask(get("/hello")).body == b"hello" for c in held), "who is inside goes on"
    page = held[0].ask(get("/metrics")).body.decode()
    assert "throughline_http_refused_total 200\n" in page
    held[0].close()
    held[1].close()
    server.until(lambda: (c := server.connect()).ask(get("/hello")).status == 200)


def test_memory_is_bounded_while_a_request_waits(server):
    conn = server.connect()
    conn.send(get("/held"))
    server.until(lambda: server.get("/holding").body == b"1")
    before = server.rss()
    conn.sock.settimeout(0.3)
    sent = 0
    try:
        while sent < 64 << 20:
            sent += conn.sock.send(b"x" * 65536)
    except TimeoutError:
        pass
    assert sent < 64 << 20, "the server stopped reading"
    assert server.rss() - before < 4 << 20


def test_memory_is_bounded_when_replies_are_not_read(server):
    conn = server.connect()
    before = server.rss()
    conn.sock.settimeout(0.3)
    request, sent = post("/echo", "x" * 1000) * 60, 0
    try:
        while sent < 64 << 20:
            sent += conn.sock.send(request)
    except TimeoutError:
        pass
    assert sent < 64 << 20, "the server stopped reading"
    assert server.rss() - before < 8 << 20


def test_client_that_takes_no_reply_is_cut(start):
    server = start("write_ms=200")
    conn = server.connect()
    conn.send(get("/big"))
    server.until(lambda: server.metric("throughline_http_slow_readers_total") == 1)
    server.until(lambda: server.metric("throughline_http_connections") == 1)


def test_request_deadline(server):
    conn = server.connect()
    reply = conn.ask(get("/held/briefly"))
    assert reply.status == 503 and reply.problem()["code"] == "deadline" and reply.headers["retry-after"] == "1"
    assert conn.ask(get("/hello")).body == b"hello"
    assert server.post("/release", "").body == b"0 of 1", "the owner finds nobody"


def test_client_that_leaves_is_noticed_while_its_request_waits(server):
    conn = server.connect()
    conn.send(get("/held"))
    server.until(lambda: server.get("/holding").body == b"1")
    conn.close()
    server.until(lambda: server.get("/holding").body == b"0")
    assert server.post("/release", "").body == b"0 of 1"


def test_half_close_after_the_request_still_gets_the_reply(server):
    import socket

    conn = server.connect()
    conn.send(get("/hello"))
    conn.sock.shutdown(socket.SHUT_WR)
    assert conn.reply().body == b"hello"
    assert conn.at_end()


def test_reply_is_not_lost_when_the_body_was_not_read(server):
    conn = server.connect()
    conn.send(get("/admin", "Content-Length: 1000000", method="POST"))
    reply = conn.reply()
    assert reply.status == 401 and reply.headers["connection"] == "close"
    conn.close()


def test_problem_documents(server):
    reply = server.get("/nothing", "X-Request-Id: abc-1")
    assert json.loads(reply.body) == {"type": "/problems/not_found", "title": "There is no such resource", "status": 404,
                                      "code": "not_found", "request": "abc-1"}
    assert reply.headers["x-request-id"] == "abc-1"
    assert reply.headers["cache-control"] == "no-store"
    for insane in ("a b", 'x"y', "x" * 65, "ä"):
        given = server.get("/nothing", "X-Request-Id: " + insane).headers["x-request-id"]
        assert given != insane and len(given) > 8
    first, second = (server.get("/hello").headers["x-request-id"] for _ in range(2))
    assert first != second


def test_security_headers(server):
    headers = server.get("/hello").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "server" not in headers and "date" in headers


def test_files(server):
    page = server.get("/page/")
    assert page.body == b"<p>hi" and page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-cache"
    again = server.get("/page/", "If-None-Match: " + page.headers["etag"])
    assert again.status == 304 and again.body == b"" and again.headers["etag"] == page.headers["etag"]
    script = server.get("/page/app.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert server.ask(post("/page/", "")).status == 405


ROLES = {"/any": "gateway agent supervisor admin", "/gateway": "gateway", "/agent": "agent supervisor",
         "/supervisor": "supervisor", "/admin": "admin"}


@pytest.mark.parametrize("path", ROLES)
@pytest.mark.parametrize("role", ["gateway", "agent", "supervisor", "admin"])
def test_role_matrix(server, path, role):
    reply = server.get(path, f"Authorization: Bearer secret-{role}")
    if role in ROLES[path].split():
        assert reply.status == 200 and reply.body.decode().split()[2] == role
    else:
        assert reply.problem()["code"] == "forbidden"


def test_missing_and_wrong_tokens(server):
    reply = server.get("/any")
    assert reply.status == 401 and reply.headers["www-authenticate"] == 'Bearer realm="throughline"'
    for value in ("Basic c2VjcmV0", "Bearer", "Bearer ", "Bearer a b"):
        assert server.get("/any", "Authorization: " + value).status == 401
    reply = server.get("/any", "Authorization: Bearer wrong")
    assert reply.status == 401 and 'error="invalid_token"' in reply.headers["www-authenticate"]
    assert server.get("/any", "Authorization: bearer secret-admin").status == 200


def test_failures_are_counted_and_slowed_and_never_logged(start):
    server = start()
    statuses = [server.get("/any", "Authorization: Bearer hunter2").status for _ in range(15)]
    assert statuses == [401] * 10 + [429] * 5
    assert server.get("/any", "Authorization: Bearer secret-agent").status == 200, "a valid token always works"
    assert server.metric("throughline_auth_failures_total") == 15
    server_log = server.stop()
    assert "auth_failed" in server_log and "hunter2" not in server_log and "secret" not in server_log


def test_messages_by_content_type_and_accept(server):
    event = {"id": "e1"}
    reply = server.post("/event", json.dumps(event), "Content-Type: application/json; charset=utf-8")
    assert reply.status == 200 and reply.headers["content-type"] == "application/json"
    assert json.loads(reply.body) == event
    reply = server.post("/event", json.dumps(event), "Accept: application/x-protobuf")
    assert reply.headers["content-type"] == "application/x-protobuf"
    back = server.post("/event", reply.body, "Content-Type: application/x-protobuf")
    assert json.loads(back.body) == event
    for accept in ("*/*", "application/json, application/x-protobuf;q=0.9", "text/html", "application/*"):
        assert server.post("/event", "{}", "Accept: " + accept).headers["content-type"] == "application/json", accept
    assert server.post("/event", "{}", "Content-Type: text/plain").status == 415
    problem = server.post("/event", '{"nonsense": 1}').problem()
    assert problem["code"] == "invalid_body" and problem["detail"].startswith("unknown_field: ")
    assert server.post("/event", '{"id": 5}').problem()["field"] == "id"
    assert server.post("/event", "{").problem()["detail"].startswith("malformed_json: line 1")
    assert server.post("/event", b"\xff\xff\xff", "Content-Type: application/x-protobuf").status == 400


def test_tls(start, certificate, trust):
    server = start("tls=%s,%s" % certificate)
    reply = server.ask(get("/hello"), tls=trust)
    assert reply.body == b"hello" and "max-age" in reply.headers["strict-transport-security"]
    big = "x" * (1 << 20)
    assert server.ask(post("/echo", big), tls=trust).body == big.encode()
    conn = server.connect(tls=trust)
    assert conn.sock.version() in ("TLSv1.2", "TLSv1.3")
    conn.send(b"".join(post("/echo", str(i)) for i in range(50)))
    assert [conn.reply().body for _ in range(50)] == [str(i).encode() for i in range(50)]
    assert conn.ask("GET /hello HTTP/1.0\r\n\r\n").status == 200
    assert conn.sock.recv(10) == b"", "close_notify came"


def test_tls_refuses_old_versions_and_plain_text(start, certificate, trust):
    server = start("tls=%s,%s" % certificate)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(certificate[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        server.connect(tls=old)
    plain = server.connect()
    plain.send(get("/hello"))
    assert plain.at_end(), "not a word in plain text"
    assert server.ask(get("/hello"), tls=trust).status == 200


def test_tls_without_handshake_is_closed(start, certificate):
    server = start("tls=%s,%s" % certificate, "head_ms=200")
    assert server.connect().at_end()


def test_tls_slow_reader_memory_is_bounded(start, certificate, trust):
    server = start("tls=%s,%s" % certificate)
    conn = server.connect(tls=trust)
    assert conn.ask(get("/hello")).status == 200
    before = server.rss()
    conn.sock.settimeout(0.3)
    request, sent = post("/echo", "x" * 1000) * 60, 0
    try:
        while sent < 64 << 20:
            conn.sock.sendall(request)
            sent += len(request)
    except TimeoutError:
        pass
    assert sent < 64 << 20
    assert server.rss() - before < 8 << 20


def test_drain_finishes_what_is_in_hand(start):
    server = start("grace=600000")
    idle, held, other = server.connect(), server.connect(), server.connect()
    assert idle.ask(get("/hello")).status == 200 and other.ask(get("/hello")).status == 200
    held.send(get("/held"))
    server.until(lambda: server.get("/holding").body == b"1")
    other.send("POST /release HTTP/1.1\r\n")  # a head half sent counts as in hand
    server.until(lambda: server.get("/holding").body == b"1")
    server.process.send_signal(signal.SIGTERM)
    assert idle.at_end()
    with pytest.raises(ConnectionRefusedError):
        server.connect()
    reply = other.ask("Host: h\r\nContent-Length: 0\r\n\r\n")
    assert reply.body == b"1 of 1" and reply.headers["connection"] == "close"
    reply = held.reply()
    assert reply.body == b"released" and reply.headers["connection"] == "close"
    held.close()
    other.close()
    assert server.process.wait(TIMEOUT) == 0


def test_listens_on_ipv6(start):
    server = start("listen=[::1]:0")
    assert server.address.startswith("[::1]:") and not server.address.endswith(":0")
    assert server.get("/hello").body == b"hello"


def test_listens_on_every_address(start):
    server = start("listen=:0")
    port = server.address.rsplit(":", 1)[1]
    server.address = "127.0.0.1:" + port
    assert server.get("/hello").body == b"hello"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "::1:80", "[::1:80",
                                     "[]:80", "192.0.2.1:80", "no.such.host.invalid:80", ""])
def test_address_that_cannot_be_listened_on(address):
    done = subprocess.run([os.environ["TL_NET_SERVER"], "listen=" + address], capture_output=True, timeout=TIMEOUT)
    assert done.returncode == 1 and done.stdout == b"" and done.stderr.startswith(address.encode() + b": ")


def test_certificates_are_read_again(start, certificate, trust, tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    shutil.copy(certificate[0], cert)
    shutil.copy(certificate[1], key)
    server = start(f"tls={cert},{key}")
    serial = server.connect(tls=trust).sock.getpeercert()["serialNumber"]
    key.write_text("broken")
    server.process.send_signal(signal.SIGHUP)
    assert server.process.stdout.readline().decode().startswith(f"{key}: ")
    assert server.connect(tls=trust).sock.getpeercert()["serialNumber"] == serial, "the former stays"
    make_certificate(cert, key)
    server.process.send_signal(signal.SIGHUP)
    assert server.process.stdout.readline() == b"reloaded\n"
    fresh = ssl.create_default_context(cafile=cert)
    assert server.connect(tls=fresh).sock.getpeercert()["serialNumber"] != serial


def test_certificate_that_cannot_be_read(tmp_path):
    done = subprocess.run([os.environ["TL_NET_SERVER"], f"tls={tmp_path}/no,{tmp_path}/no"], capture_output=True, timeout=TIMEOUT)
    assert done.returncode == 1 and done.stderr.startswith(f"{tmp_path}/no: ".encode())
