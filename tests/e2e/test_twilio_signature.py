# SPDX-License-Identifier: Apache-2.0
"""Signatures against Twilio's own library, without a daemon: what it signs, in whatever form, our adapter takes; what it would not take,
neither do we."""
import random
import subprocess
import urllib.parse

from harness.daemon import BIN
from harness.mailbox import PATIENCE
from harness.vendors import Vendor

PROGRAM = f"{BIN}/channel_fixtures"
BASES = ["https://tl.example.test", "https://tl.example.test:443", "https://tl.example.test:8443", "http://tl.example.test", "http://tl.example.test:80",
         "https://[2001:db8::1]", "https://[2001:db8::1]:8443", "https://xn--bcher-kva.example"]
QUERIES = ["", "?", "?a=1&b=2", "?ch=O'Reilly", "?a=%27x%27&b=x+y", "?a=b%20c&empty=&bare", "?x=1&x=2", "?u=%C3%A4", "?a=(b)!*~", "?delivery=7.0"]
WORDS = ["", "x", "héllo wörld", "a&b=c", "  spaces  ", "100%", "+15550001111", "😀", "line\r\nline", "'\"<>", "A" * 500, "\u00e9", "e\u0301", "a\tb"]


def case(draw):
    names = draw.sample(["Body", "From", "To", "MessageSid", "a", "A", "B", "ä", "Zed", "NumMedia"], draw.randint(0, 6))
    fields = {n: draw.choice(WORDS) if draw.random() < 0.8 else draw.choices(WORDS, k=draw.randint(1, 4)) for n in names}
    return draw.choice(BASES), "/hooks/twilio/sms-us" + draw.choice(QUERIES), fields


def other_port(url):
    """As Twilio may have written it: with the standard port, or without."""
    scheme, rest = url.split("://")
    host, slash, path = rest.partition("/")
    standard = {"https": ":443", "http": ":80"}[scheme]
    if host.endswith(standard):
        return f"{scheme}://{host.removesuffix(standard)}{slash}{path}"
    return url if host.rpartition("]")[2].count(":") else f"{scheme}://{host}{standard}{slash}{path}"


def fixture(base, target, fields, signature):
    body = urllib.parse.urlencode(fields, doseq=True).replace("\\", "\\\\")
    return f"request POST {target}\nheader Content-Type: application/x-www-form-urlencoded\nheader X-Twilio-Signature: {signature}\n" + (f"|{body}\n" if body else "")


def verdicts(folder, base, cases):
    """What the adapter says of each: one fixture with many steps for each base."""
    out = []
    for start in range(0, len(cases), 60):
        head = f"account sms-us\npublic-url {base}\nset account_sid AC00000000000000000000000000000001\nset auth_token secret-token\n"
        (folder / "case.in").write_text(head + "".join(fixture(base, *c) for c in cases[start:start + 60]), encoding="utf-8")
        subprocess.run([PROGRAM, "--accept", "twilio", str(folder)], check=True, capture_output=True, timeout=PATIENCE)
        lines = (folder / "case.expect").read_text(encoding="utf-8").splitlines()
        out += [line for line in lines if line in ("genuine", "forged", "unsigned")]
    return out


def test_as_the_library_signs(tmp_path):
    draw, library = random.Random(1), Vendor("twilio")
    by_base = {}
    for _ in range(300):
        base, target, fields = case(draw)
        signed = draw.choice([base + target, other_port(base + target)])
        signature = library.ask("sign", token="secret-token", url=signed, fields=fields)
        by_base.setdefault(base, []).append((target, fields, signature))
        # and with one thing changed
        change = draw.randrange(4)
        if change == 0:
            at = draw.randrange(len(signature) - 1)
            signature = signature[:at] + draw.choice([c for c in "ABab01+/" if c != signature[at]]) + signature[at + 1:]
        elif change == 1:
            target += "x"
        elif change == 2:
            fields = fields | {"Body": draw.choice(WORDS) + "!"}
        else:
            fields = fields | {"more": "1"}
        by_base[base].append((target, fields, signature))
    seen = {"genuine": 0, "forged": 0}
    for base, cases in by_base.items():
        for (target, fields, signature), verdict in zip(cases, verdicts(tmp_path, base, cases), strict=True):
            theirs = library.ask("valid", token="secret-token", signature=signature, url=base + target, fields=fields)
            assert verdict == ("genuine" if theirs else "forged"), (base, target, fields, signature)
            seen[verdict] += 1
    assert min(seen.values()) > 200, seen
    library.close()
