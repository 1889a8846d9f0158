# SPDX-License-Identifier: Apache-2.0
"""Twilio as seen from a daemon: its REST API, played, with the answers that a test wants; its webhooks, signed by its own library. What the
played API gives and takes is held against that library too (tests/vendors/twilio.cjs)."""
import base64
import email.utils
import http.server
import itertools
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from .mailbox import PATIENCE

SID, TOKEN, NUMBER = "AC00000000000000000000000000000001", "tl-auth-token", "+15550002222"
PUBLIC = "https://tl.example.test"
MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages.json"


class Api:
    """Messages.json: POST answers 201 and a sid unless `script` holds something else (a status and a body, or "cut"); GET lists `inbox`."""

    def __init__(self):
        self.sent, self.asked, self.script, self.inbox = [], [], [], []
        self.page = 1000
        self._sids = itertools.count(1)
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                api.post(self)

            def do_GET(self):
                api.get(self)

            def log_message(self, *a):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def account(self, **more):
        return {"name": "sms-us", "kind": "twilio", "account_sid": SID, "auth_token": TOKEN, "sender": NUMBER, "api_url": self.url, **more}

    def _answer(self, request, status, body, headers=()):
        data = body.encode()
        request.send_response(status)
        for name, value in [("Content-Type", "application/json"), ("Content-Length", str(len(data))), *headers]:
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)

    def _let_in(self, request):
        wanted = "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") == wanted and request.path.split("?")[0] == MESSAGES:
            return True
        self._answer(request, 401, '{"code": 20003, "message": "Authenticate", "status": 401}')
        return False

    def post(self, request):
        fields = urllib.parse.parse_qs(request.rfile.read(int(request.headers["Content-Length"])).decode(), keep_blank_values=True)
        if not self._let_in(request):
            return
        self.sent.append(fields)
        step = self.script.pop(0) if self.script else None
        if step == "cut":
            request.close_connection = True
            request.connection.close()
        elif step:
            status, body, *headers = step
            self._answer(request, status, json.dumps(body), headers)
        else:
            sid = f"SM{next(self._sids):032x}"
            fields["sid"] = sid
            self._answer(request, 201, json.dumps({"sid": sid, "status": "queued", "to": fields["To"][0], "error_code": None}))

    def get(self, request):
        if not self._let_in(request):
            return
        query = urllib.parse.parse_qs(request.path.partition("?")[2])
        self.asked.append(query)
        start = int(query.get("Page", ["0"])[0]) * self.page
        newest_first = [m for m in reversed(self.inbox) if m["to"] == query.get("To", [m["to"]])[0]]
        page = newest_first[start:start + self.page]
        more = start + self.page < len(newest_first)
        after = f"{MESSAGES}?PageSize={self.page}&Page={start // self.page + 1}&PageToken=PA{start}" if more else None
        self._answer(request, 200, json.dumps({"messages": page, "next_page_uri": after, "page_size": self.page, "uri": request.path}))

    def receive(self, number, text, sid, ago=0, **more):
        """A message that Twilio has, whether or not its webhook reached anybody."""
        self.inbox.append({"sid": sid, "from": number, "to": NUMBER, "body": text, "direction": "inbound", "status": "received",
                           "num_media": "0", "num_segments": "1", "messaging_service_sid": None, "account_sid": SID,
                           "date_sent": email.utils.formatdate(time.time() - ago).replace("-0000", "+0000"), **more})

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def message(sid, text, number="+15550001111", **more):
    return {"ToCountry": "US", "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": SID, "From": number, "To": NUMBER, "Body": text,
            "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01", "FromCity": "", **more}


def status(sid, state, number="+15550001111", **more):
    return {"MessageSid": sid, "SmsSid": sid, "MessageStatus": state, "SmsStatus": state, "AccountSid": SID, "To": number, "From": NUMBER,
            "ApiVersion": "2010-04-01", **more}


class Webhooks:
    """Calls the daemon as Twilio does: by the path of the public address, with a signature over that address."""

    def __init__(self, daemon, library):
        self.daemon, self.library = daemon, library

    def call(self, path, fields, signature=None):
        """(status, content type, body)."""
        signature = signature or self.library.ask("sign", token=TOKEN, url=PUBLIC + path, fields=fields)
        request = urllib.request.Request(f"http://{self.daemon.address}{path}", data=urllib.parse.urlencode(fields).encode(), method="POST", headers={
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "X-Twilio-Signature": signature})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.headers["Content-Type"], e.read().decode()

    def incoming(self, sid, text, **more):
        return self.call("/hooks/twilio/sms-us", message(sid, text, **more))
