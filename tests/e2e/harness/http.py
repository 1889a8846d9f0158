# SPDX-License-Identifier: Apache-2.0
"""HTTP as a client sees it: one connection per call unless a test wants otherwise."""
import http.client
import json

from . import pb
from .mailbox import PATIENCE


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def message(self, message):
        if self.headers.get("Content-Type", "").startswith("application/x-protobuf"):
            message.ParseFromString(self.body)
            return message
        return pb.from_json(self.body, message)

    @property
    def code(self):
        """Of an RFC 9457 problem document."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        problem = self.json()
        assert problem["status"] == self.status, problem
        return problem["code"]

    def __repr__(self):
        return f"{self.status} {self.body[:400]!r}"


class Http:
    def __init__(self, address, token=None, folded=lambda entry: None):
        self.address, self.token, self.folded = address, token, folded

    def call(self, method, path, body=None, headers=None, token=None):
        all_headers = {}
        secret = self.token if token is None else token
        if secret:
            all_headers["Authorization"] = f"Bearer {secret}"
        all_headers.update(headers or {})
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        try:
            connection.request(method, path, body, all_headers)
            r = connection.getresponse()
            return Answer(r.status, r.headers, r.read())
        finally:
            connection.close()

    def get(self, path, **kw):
        return self.call("GET", path, **kw)

    def read(self, path, message):
        """GET that must succeed, as this message."""
        answer = self.get(path)
        assert answer.status == 200, answer
        return answer.message(message)

    def send(self, method, path, message, proto=False, **kw):
        if proto:
            kw.setdefault("headers", {})["Content-Type"] = f"application/x-protobuf; messageType={message.DESCRIPTOR.full_name}"
            kw["headers"].setdefault("Accept", "application/x-protobuf")
            return self.call(method, path, message.SerializeToString(), **kw)
        kw.setdefault("headers", {})["Content-Type"] = "application/json"
        return self.call(method, path, pb.to_json(message).encode(), **kw)

    def post_event(self, event, proto=False):
        """The EventResult of one event. What is answered is durable; it is waited for until a reader sees it too."""
        answer = self.send("POST", "/v1/events", event, proto)
        assert answer.status == 200, answer
        result = answer.message(pb.EventResult())
        self.folded(result.entry)
        return result

    def post_batch(self, events, proto=False):
        answer = self.send("POST", "/v1/events", pb.EventBatch(events=events), proto)
        assert answer.status == 200, answer
        results = answer.message(pb.EventBatchResult()).results
        self.folded(max(r.entry for r in results))
        return results
