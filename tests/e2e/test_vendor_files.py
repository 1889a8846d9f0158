# SPDX-License-Identifier: Apache-2.0
"""Pictures that a vendor keeps: fetched with the account's credentials, shown by our own links, never from where nobody should be sent."""
import base64
import http.server
import ssl
import subprocess
import threading

import pytest
from harness import pb
from harness.http import Http
from harness.postfix import until

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


class Vendor(http.server.ThreadingHTTPServer):
    """Answers a path as `paths` says: a list of (status, headers, body), the last of them for ever."""
    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), VendorRequest)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url, self.paths, self.asked = f"https://localhost:{self.server_address[1]}", {}, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class VendorRequest(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path not in self.server.paths:  # the daemon also asks what it missed
            self.send_error(404)
            return
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        answers = self.server.paths[self.path]
        status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def vendor(tmp_path):
    v = Vendor(tmp_path)
    yield v
    v.shutdown()
    v.server_close()


@pytest.fixture
def daemon(world, vendor, tmp_path):
    def with_vendor(config):
        config["outbound"] = {"ca_file": f"{tmp_path}/cert.pem"}
        config["server"]["public_url"] = "https://desk.example.test"
        config["media"] = {"file_max": 100000}
        config["account"].append({"name": "mms", "kind": "twilio", "account_sid": "AC" + "0" * 32, "auth_token": "f" * 32,
                                  "sender": "+15550002222", "api_url": vendor.url})
    return world(with_vendor)


def come(daemon, url, n=1):
    """A message with a picture at this address; the link that its entry shows."""
    event = pb.Event(id=f"MM{n}", account="mms", **{"from": "tel:+15550001111"},
                     message=pb.Message(text="look", attachments=[pb.Attachment(content_type="image/png", url=url)]))
    result = daemon.http().post_event(event)
    link = daemon.timeline(result.conversation)[-1].message.attachments[0].url
    assert link.startswith("https://desk.example.test/v1/media/of/"), link
    return link.removeprefix("https://desk.example.test")


def follow(daemon, link):
    """The end of it: not 503 any more."""
    def settled():
        answer = Http(daemon.address).get(link)
        return answer if answer.status != 503 else None
    return until(settled, "what became of the file")


def test_a_picture_is_fetched_when_somebody_looks(daemon, vendor):
    vendor.paths["/Media/ME1"] = [(200, {"Content-Type": "image/png"}, PNG)]
    link = come(daemon, f"{vendor.url}/Media/ME1")
    first = Http(daemon.address).get(link)
    assert first.status == 503 and first.headers["Retry-After"]
    found = follow(daemon, link)
    assert found.status == 302, found
    answer = Http(daemon.address).get(found.headers["Location"])
    assert answer.status == 200 and answer.body == PNG and answer.headers["Content-Type"] == "image/png"
    login = base64.b64encode(b"AC" + b"0" * 32 + b":" + b"f" * 32).decode()
    assert vendor.asked == [("/Media/ME1", f"Basic {login}")]
    daemon.restart()
    assert follow(daemon, link).status == 302 and len(vendor.asked) == 1
    assert Http(daemon.address).get(link.replace("ME1", "ME2")).code == "forbidden"


def test_a_vendor_that_is_busy_is_asked_again(daemon, vendor):
    vendor.paths["/m"] = [(503, {}, b"busy"), (429, {}, b""), (200, {}, PNG)]
    assert follow(daemon, come(daemon, f"{vendor.url}/m")).status == 302
    assert len(vendor.asked) == 3


def test_nobody_is_led_to_where_nobody_should_go(daemon, vendor):
    local = f"https://127.0.0.1:{vendor.server_address[1]}/inside"
    vendor.paths["/inside"] = [(200, {}, PNG)]
    vendor.paths["/moved"] = [(307, {"Location": local}, b"")]
    vendor.paths["/named"] = [(307, {"Location": f"{vendor.url}/inside"}, b"")]
    vendor.paths["/plain"] = [(302, {"Location": "http://example.org/x"}, b"")]
    links = [come(daemon, url, n) for n, url in enumerate([f"{vendor.url}/plain", local, f"{vendor.url}/moved", f"{vendor.url}/named",
                                                           "https://169.254.169.254/latest", "https://[::1]/x"])]
    answers = [Http(daemon.address).get(link) for link in links]
    assert all(a.status == 503 for a in answers)
    first = follow(daemon, links[0])
    assert first.code == "not_found" and "302" in first.json()["detail"], first
    until(lambda: all(f"/{p}" in [a for a, _ in vendor.asked] for p in ("moved", "named")), "the two that lead inside")
    for link in links[1:]:
        assert follow(daemon, link).code == "not_found"
    # What is refused is refused for good: nobody is led there again and again.
    assert sorted(path for path, _ in vendor.asked) == ["/moved", "/named", "/plain"], vendor.asked


def test_what_is_not_kept_says_why(daemon, vendor):
    vendor.paths |= {"/gone": [(404, {}, b"no")], "/large": [(200, {}, bytes(100001))], "/program": [(200, {"Content-Type": "image/png"}, b"MZ\x90")]}
    for n, (path, why) in enumerate({"/gone": "says 404", "/large": "file_max", "/program": "media.deny"}.items()):
        answer = follow(daemon, come(daemon, vendor.url + path, n))
        assert answer.code == "not_found" and why in answer.json()["detail"], answer
