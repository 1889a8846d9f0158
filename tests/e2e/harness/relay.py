# SPDX-License-Identifier: Apache-2.0
"""An HTTP relay between a vendor's program and the daemon: notes every request and its answer, and loses answers when it is told to."""
import http.client
import http.server
import threading

from .mailbox import PATIENCE


class Relay:
    def __init__(self, target):
        self.target, self.seen, self.lose = target, [], 0  # seen: (path, status)
        relay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                relay.forward(self)

            do_GET = do_POST = forward

            def log_message(self, *a):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forward(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection(self.target, timeout=PATIENCE)
        upstream.request(request.command, request.path, body, {k: v for k, v in request.headers.items() if k.lower() not in ("host", "connection")})
        answer = upstream.getresponse()
        data = answer.read()
        upstream.close()
        self.seen.append((request.path, answer.status))
        if self.lose > 0:
            self.lose -= 1
            request.close_connection = True
            request.connection.close()
            return
        request.send_response(answer.status)
        request.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
