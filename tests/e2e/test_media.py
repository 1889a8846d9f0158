# SPDX-License-Identifier: Apache-2.0
"""Files: kept by hash, named in messages, shown by links that hold for a time, to browsers in no form that could run."""
import hashlib

from harness import pb
from harness.http import Http

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
PAGE = b"<html><script>alert(1)</script></html>"


def keep(daemon, data, content_type, role="gateway"):
    return daemon.http(role).call("POST", "/v1/media", data, headers={"Content-Type": content_type})


def send(daemon, number, url, name, content_type):
    event = pb.Event(id=f"m{number}", account="mail", **{"from": "email:ann@example.org"},
                     message=pb.Message(text="see", attachments=[pb.Attachment(name=name, content_type=content_type, url=url)]))
    return daemon.http().post_event(event)


def shown(daemon, result):
    entry = daemon.timeline(result.conversation)[-1]
    return entry.message.attachments[0]


def test_a_file_is_kept_once_and_shown_by_a_link(daemon):
    first, again = keep(daemon, PNG, "image/png"), keep(daemon, PNG, "image/png")
    assert first.status == again.status == 201, (first, again)
    a = first.message(pb.Attachment())
    assert a.sha256 == hashlib.sha256(PNG).hexdigest() and a.url == f"media:{a.sha256}" and a.size == len(PNG)
    link = shown(daemon, send(daemon, 1, a.url, "bü ro.png", "image/png")).url
    assert link.startswith(f"/v1/media/{a.sha256}?tenant=main&until="), link
    anybody = Http(daemon.address)
    answer = anybody.get(link)
    assert answer.status == 200 and answer.body == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == "inline; filename=\"b__ ro.png\"; filename*=UTF-8''b%C3%BC%20ro.png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer.headers["Content-Security-Policy"]
    part = anybody.get(link, headers={"Range": "bytes=8-15"})
    assert part.status == 206 and part.body == PNG[8:16] and part.headers["Content-Range"] == f"bytes 8-15/{len(PNG)}"
    assert anybody.get(link, headers={"Range": f"bytes={len(PNG)}-"}).code == "range_not_satisfiable"
    assert anybody.call("HEAD", link).headers["Content-Length"] == str(len(PNG))
    assert anybody.get(f"/v1/media/{a.sha256}").status in (400, 403)
    for old, new in (("tenant=main", "tenant=other"), ("image%2Fpng", "text%2Fhtml"), (a.sha256, a.sha256[::-1]), ("until=", "until=9")):
        assert anybody.get(link.replace(old, new, 1)).code in ("forbidden", "invalid_parameter")


def test_nothing_that_a_browser_would_run_is_shown(daemon):
    a = keep(daemon, PAGE, "image/png").message(pb.Attachment())  # called an image
    answer = Http(daemon.address).get(shown(daemon, send(daemon, 1, a.url, "x.png", "image/png")).url)
    assert answer.status == 200 and answer.body == PAGE
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_what_is_not_kept_says_why(world):
    def small(config):
        config["media"] = {"file_max": 4096, "total_max": 1048576, "deny": ["application/x-msdownload"]}
    daemon = world(small)
    assert keep(daemon, b"MZ" + bytes(100), "text/plain").code == "unprocessable"
    assert keep(daemon, bytes(5000), "text/plain").code == "body_too_large"
    assert keep(daemon, b"", "text/plain").code == "invalid_body"
    for n in range(300):
        answer = keep(daemon, n.to_bytes(2, "big") * 2000, "text/plain")
        if answer.status == 503:
            break
    assert answer.code == "unavailable" and 1048576 - 4096 * 2 < n * 4000 <= 1048576, (n, answer)
    assert daemon.http().call("POST", "/v1/media", b"x", headers={"Content-Type": "a/b"}, token="wrong").status == 401
    refused = send(daemon, 1, "media:beef", "x", "a/b")
    assert refused.error.code == "invalid_field" and refused.error.field == "message.attachments[0].url"


async def test_an_agent_sends_a_file_that_a_gateway_can_fetch(daemon):
    url = keep(daemon, PNG, "image/png", "gateway").message(pb.Attachment()).url
    async with daemon.gateway("mail") as gateway, daemon.desk("ann") as ann:
        conversation = send(daemon, 1, url, "in.png", "image/png").conversation
        seen = await ann.take()
        assert Http(daemon.address).get(seen.timeline[0].message.attachments[0].url).body == PNG
        file = pb.Attachment(name="out.png", content_type="image/png", url=url)
        await ann.do(send=pb.Send(conversation=conversation, message=pb.Message(text="and back", subject="Re: it", attachments=[file])))
        delivery = await gateway.delivered_text("and back")
        assert Http(daemon.address).get(delivery.message.attachments[0].url).body == PNG
