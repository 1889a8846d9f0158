# SPDX-License-Identifier: Apache-2.0
"""A private Redis with the function library, and short words for calling it.

Owns how tests speak to the functions; knows no expected result but the invariants of the log (check_log), which hold after
whatever happened.
"""
import os
import pathlib
import subprocess
import sys
import time

import redis

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "daemon/store/functions").glob("*.lua"))
OK, AGAIN, CONFLICT, FENCED, ABSENT = range(5)
CHAT, SMS, EMAIL, VOICE, SOCIAL = range(1, 6)
QUEUED, SENDING, UNKNOWN, SENT, FAILED, DELIVERED, READ = range(1, 8)
DECISION, WORK, OUTBOX, CLOSED, TAKE_BACK = range(1, 6)
LINK, DISMISS, MERGE, UNMERGE, ATTRIBUTES = range(1, 6)
CONTACT, DRY = 1, 2
STOP, START, HELP = 1, 2, 3
HANDLE_STOPPED, HANDLE_GONE = 1, 2
HOUR = 3600 * 1000

FAULT_STATE = """
local fault = { count = 0, at = 0, mode = "" }
redis.register_function("tl1_fault", function(_, args)
    fault.at, fault.mode = tonumber(args[1]), args[2]
    local count = fault.count
    fault.count = 0
    return count
end)
"""

# before: the call does not happen. after: it happens, and fails all the same. from: neither does any later one.
FAULT_CALL = """
    call = function(...)
        fault.count = fault.count + 1
        local hit = fault.at > 0 and (fault.count == fault.at or fault.mode == "from" and fault.count > fault.at)
        if hit and fault.mode ~= "after" then
            error("injected")
        end
        local reply = redis.call(...)
        if hit then
            error("injected")
        end
        return reply
    end
"""


def library(faults=False):
    text = "".join(p.read_text() for p in SOURCES)
    if not faults:
        return text
    head, line, tail = text.partition("    call = redis.call\n")
    assert line, "the line that binds redis.call"
    first, newline, rest = head.partition("\n")
    return first + newline + FAULT_STATE + rest + FAULT_CALL + tail


def make_protos(where):
    out = where / "py"
    out.mkdir()
    protos = sorted((ROOT / "proto/throughline/v1").glob("*.proto"))
    subprocess.run(["protoc", f"-I{ROOT / 'proto'}", f"--python_out={out}", *map(str, protos)], check=True)
    sys.path.insert(0, str(out))


class Server:
    def __init__(self, where, *options):
        self.path = str(where / "redis.sock")
        self.child = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--dir", str(where), "--save", "",
             "--stream-node-max-bytes", "1024", *options], stdout=subprocess.DEVNULL)
        self.wait()

    def wait(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                if os.path.exists(self.path) and self.connect().ping():
                    return
            except redis.ConnectionError:
                pass
            assert self.child.poll() is None and time.monotonic() < deadline, "redis-server did not start"

    def connect(self):
        return redis.Redis(unix_socket_path=self.path)

    def stop(self):
        self.child.terminate()
        self.child.wait(20)


class Tenant:
    """One tenant's functions and keys."""

    def __init__(self, connection, name="main"):
        from throughline.v1 import log_pb2
        self.r = connection
        self.t = f"tl:{{{name}}}:"
        self.inputs_key = self.t + "inputs"
        self.Input = log_pb2.Input

    def call(self, function, *args):
        return self.r.fcall("tl1_" + function, 1, self.inputs_key, *args)

    def key(self, name):
        return self.t + name

    def placed(self, answer, digest, sent):
        """[status, input, conversation, customer]; what was stored just now is answered as one text, with what was added to the input that
        was sent."""
        if isinstance(answer, list):
            return answer
        answer, nul, added = answer.partition(b"\0")
        *numbers, again = answer.split(b",")
        assert again == digest.encode()
        assert nul
        id = numbers[0] + b"-0"
        assert self.r.xrange(self.inputs_key, id, id) == [(id, {b"i": sent + added})]
        return [OK, *map(int, numbers)]

    # ---- calls ----

    def words(self, id, handle, channel=SMS, account="acc", digest="d", flags=CONTACT, join=24 * HOUR, reopen=72 * HOUR,
              name="", entry=True):
        """The keys and the arguments of one event."""
        from throughline.v1 import conversation_pb2
        words = conversation_pb2.Entry(external_id=id, handle=handle, account=account) if entry else None
        body = self.Input(has_entry=entry, boot="b")
        body.happened.handle, body.happened.account = handle, account
        body.happened.call = id  # the marker by which tests find it
        return ([self.key(f"seen:{account}:{id}"), self.key(f"handle:{handle}")],
                [digest, f"{channel},{flags},{join},{reopen},3600", name, words.SerializeToString() if words else b"",
                 body.SerializeToString()])

    def event(self, id, handle, channel=SMS, account="acc", digest="d", threads=(), verified=(), claimed=(), turn="",
              **more):
        """One event alone: by the call that the daemon takes for it."""
        keys, words = self.words(id, handle, channel, account, digest, **more)
        if not (threads or verified or claimed):
            return self.events((keys, words), turn=turn)[0]
        return self.placed(self.r.fcall("tl1_ingest", 3, self.inputs_key, *keys, *words, turn, account, len(threads),
                                        len(verified), len(claimed), *threads, *verified, *claimed), digest, words[4])

    def events(self, *several, turn=""):
        """Several at once, each as words() makes it."""
        keys = [k for mine, _ in several for k in mine]
        words = [w for _, mine in several for w in mine]
        answers = self.r.fcall("tl1_ingest_many", 1 + len(keys), self.inputs_key, *keys, *words, turn)
        return [self.placed(a, mine[0], mine[4]) for a, (_, mine) in zip(answers, several, strict=True)]

    def consent(self, id, handle, state, word="STOP", account="acc", digest="d"):
        keys, words = self.words(id, handle, SMS, account, digest, flags=0)
        return self.placed(self.r.fcall("tl1_consent", 3, self.inputs_key, *keys, *words, "", account, 0, 0, 0, account, state, word),
                           digest, words[4])

    def command(self, key, conversation=0, text=None):
        from throughline.v1 import conversation_pb2
        entry = b""
        if text is not None:
            words = conversation_pb2.Entry(external_id=key)
            words.author.agent, words.message.text = "ann", text
            entry = words.SerializeToString()
        body = self.Input(has_entry=text is not None)
        body.command.client_id, body.command.agent = key, "ann"
        return self.call("command", key, conversation, entry, body.SerializeToString())

    def append(self, lease=("", 0, 0), expect=0):
        return self.call("append", *lease, expect, self.Input(boot="x", tick={}).SerializeToString())

    def said(self, **attributes):
        """What is said of a customer, as their hash has it."""
        from throughline.v1 import log_pb2
        return b"".join(log_pb2.Placement(attributes={key: attributes[key]}).SerializeToString() for key in sorted(attributes))

    def identity(self, key, act, customer, other=0, handle="", attributes=b""):
        body = self.Input()
        body.customer_changed.customer, body.customer_changed.other = int(customer), int(other)
        body.customer_changed.agent = "ann"
        return self.call("identity", key, act, customer, other, handle, "ann", body.SerializeToString(), attributes)

    def lease(self, name="leader", holder="boot1", nonce=77, seen=(0, 0, 0)):
        status, record = self.call("lease_take", name, *seen, holder, nonce, "")
        return status, (name, *record.split()[:2])

    def apply(self, lease, expected, upto, *ops):
        flat = []
        for op in ops:
            flat += [op["kind"], op.get("input", 0), op.get("effect", 0), op.get("id", 0), op.get("conversation", 0),
                     op.get("customer", 0), op.get("text", ""), op.get("text2", ""), int(op.get("flag", 0)),
                     op.get("bytes", b"")]
        return self.call("apply", *lease, expected, upto, *flat)

    # ---- what stands there ----

    def log(self):
        """number -> Input"""
        out = {}
        for stream_id, fields in self.r.xrange(self.inputs_key):
            number, sequence = stream_id.split(b"-")
            assert sequence == b"0" and set(fields) == {b"i"}
            out[int(number)] = self.Input.FromString(fields[b"i"])
        return out

    def timeline(self, conversation):
        from throughline.v1 import conversation_pb2
        return {int(i.split(b"-")[0]): conversation_pb2.Entry.FromString(f[b"e"])
                for i, f in self.r.xrange(self.key(f"conv:{conversation}:log"))}

    def pairs(self, function, id):
        status, *flat = self.call(function, id)
        return status, dict(zip(flat[::2], flat[1::2]))

    def entries(self, reply):
        """Ten words each, as `due` answers."""
        names = ("id", "state", "attempt", "due", "owner", "account", "reason", "external", "delivery",
                 "class")
        return [dict(zip(names, reply[i:i + 10])) for i in range(1, len(reply), 10)]

    def numbers(self, pattern):
        return sorted(int(k.split(b":")[-1]) for k in self.r.keys(self.key(pattern))
                      if k.split(b":")[-1].isdigit())


def is_filler(i):
    return i.WhichOneof("kind") == "tick" and not i.boot


def check_log(s, known=(), taken_back=()):
    """What must hold at any time once a call came through. known: markers that were acknowledged; each stands exactly once.
    taken_back: entries that may be gone."""
    log = s.log()
    assert list(log) == list(range(1, len(log) + 1)), "numbers are dense"
    at = 0
    for i in log.values():
        assert i.at_ms >= at and i.wall_ms > 0
        at = i.at_ms
    markers = [i.happened.call or i.command.client_id for i in log.values()]
    for marker in known:
        assert markers.count(marker) == 1, marker
    placed = {n: i.placed.conversation for n, i in log.items() if i.has_entry}
    found = {}
    for conversation in {int(k.split(b":")[3]) for k in s.r.keys(s.key("conv:*:log"))}:
        for n, entry in s.timeline(conversation).items():
            assert n not in found
            found[n] = conversation
            assert entry.external_id == markers[n - 1] and entry.wall_ms == log[n].wall_ms
    for n in set(taken_back) - set(found):
        placed.pop(n)
    assert found == placed, "an entry for each input that has one, where it was placed"
    check_places(s, log)


def check_places(s, log):
    """Every customer and conversation was made by the input whose number it bears, and all that names them finds them."""
    opened = {n for n, i in log.items() if i.placed.opened}
    assert set(s.numbers("conv:*")) == opened
    assert {int(m) for m in s.r.zrange(s.key("convs"), 0, -1)} == opened
    customers = set(s.numbers("cust:*"))
    assert all(not is_filler(log[c]) for c in customers)
    for key in s.r.keys(s.key("handle:*")):
        owner = s.r.get(key).split(b":")[0].decode()
        handle = key.decode()[len(s.key("handle:")):]
        fields = s.r.hgetall(s.key("cust:" + owner))
        assert b"alias" not in fields and b"h:" + handle.encode() in fields
    for c in customers:
        fields = s.r.hgetall(s.key(f"cust:{c}"))
        for item in filter(None, fields.get(b"recent", b"").split(b";")):
            assert int(item.split(b",")[0]) in opened and int(item.split(b",")[1]) <= len(log)
        for conv in s.r.lrange(s.key(f"cust:{c}:convs"), 0, -1):
            assert int(conv) in opened
        assert (b"alias" in fields) == (sum(s.r.hexists(s.key(f"cust:{o}"), f"m:{c}") for o in customers) == 1)
    for key in s.r.keys(s.key("seen:*")) + s.r.keys(s.key("done:*")):
        n = int(s.r.get(key).split(b",")[0])
        assert not is_filler(log[n]), "no memory of what was not committed"
    for key in s.r.keys(s.key("thread:*")):
        assert int(s.r.get(key)) in opened
