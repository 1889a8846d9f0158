#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signs a request as Twilio does, to write fixtures: twilio_sign.py TOKEN URL [BODY]; prints the header. Shares nothing with channels/."""
import base64
import hashlib
import hmac
import sys
from urllib.parse import parse_qsl


def signature(token, url, body=""):
    fields = parse_qsl(body, keep_blank_values=True, encoding="latin-1")
    data = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), data.encode("latin-1"), hashlib.sha1).digest()).decode()


if __name__ == "__main__":
    print("X-Twilio-Signature: " + signature(*sys.argv[1:]))
