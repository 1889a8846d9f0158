# SPDX-License-Identifier: Apache-2.0
"""What must hold afterwards. Every function takes the world as it ended and yields one line per violation; an empty verdict is what we want.

The evidence is the clients' own records and the bytes in Redis, read without any code of the daemon.
"""
import collections
import re

from harness import pb

from . import kannel


def number(seq):
    """incarnation:input.n -> (input, n)."""
    m = re.fullmatch(r".+:(\d+)\.(\d+)", seq)
    return (int(m[1]), int(m[2])) if m else None


class Evidence:
    """Redis, read whole."""

    def __init__(self, redis, tenant="main"):
        prefix = f"tl:{{{tenant}}}:"
        self.timelines = {}  # conversation -> [(number, Entry)]
        for key in redis.scan_iter(f"{prefix}conv:*:log", count=1000):
            conversation = int(key.decode().split(":")[-2])
            self.timelines[conversation] = [(int(id.split(b"-")[0]), pb.Entry.FromString(f[b"e"])) for id, f in redis.xrange(key)]
        self.by_external = collections.defaultdict(list)  # (account, event id) -> [(conversation, number)]
        self.by_client = collections.defaultdict(list)    # client id -> [(conversation, number)]
        for conversation, entries in self.timelines.items():
            for n, e in entries:
                if e.external_id:
                    self.by_external[e.account, e.external_id].append((conversation, n))
                if e.client_id:
                    self.by_client[e.author.agent, e.client_id].append((conversation, n))
        self.outbox = {}
        for key in redis.scan_iter(f"{prefix}outbox:*", count=1000):
            fields = redis.hgetall(key)
            self.outbox[key.decode().split(":")[-1]] = int(fields[b"state"])
        self.inputs = [int(id.split(b"-")[0]) for id, _ in redis.xrange(f"{prefix}inputs")]


def events_once(world, ev):
    for g in world.gateways:
        yield from (f"{g.name}: refused {r.id}: {r.error.detail}" for r in g.refused)
        yield from (f"{g.name}: never acknowledged: {id}" for id in g.open)
        for id, event in g.acked.items():
            places = ev.by_external[event.account, id]
            if len(places) != 1:
                yield f"acknowledged event {id} stands {len(places)} times in the timelines: {places}"


def order_kept(world, ev):
    for g in world.gateways:
        last = {}
        for id, event in g.acked.items():
            places = ev.by_external[event.account, id]
            if len(places) != 1:
                continue
            key = (event.account, getattr(event, "from"))
            place = (int(id.rsplit("-", 1)[1]), places[0][1])
            last.setdefault(key, []).append(place)
        for key, places in last.items():
            places.sort()
            numbers = [n for _, n in places]
            if numbers != sorted(numbers):
                yield f"{key}: stored out of order"


def log_dense(world, ev):
    if ev.inputs != list(range(ev.inputs[0], ev.inputs[0] + len(ev.inputs))):
        yield "the log's numbers have gaps"
    numbers = [n for entries in ev.timelines.values() for n, _ in entries]
    if len(numbers) != len(set(numbers)):
        yield "two timeline entries have one number"
    if numbers and max(numbers) > ev.inputs[-1]:
        yield "a timeline entry has no input"


def intervals(desk):
    """[(work, conversation, from, to)] in log positions; `to` None = still. An end that was missed during an outage is taken
    as early as possible, at the last update before it, so that no overlap is claimed that was none."""
    held, out, last = {}, [], (0, 0)
    for seq, u in desk.log:
        at = number(seq) or last
        if u.HasField("assigned"):
            held.setdefault(u.assigned.work.id, (u.assigned.work.conversation, at))
        ended = u.unassigned.work if u.HasField("unassigned") else \
            u.work.id if u.HasField("work") and (u.work.state == pb.WORK_STATE_CLOSED or u.work.agent != desk.name) else 0
        if ended in held:
            conversation, since = held.pop(ended)
            out.append((ended, conversation, since, at))
        if u.HasField("welcome") and not u.welcome.resumed:
            now = {c.work.id: c for c in u.welcome.contexts if c.work.agent == desk.name and c.work.state in
                   (pb.WORK_STATE_ASSIGNED, pb.WORK_STATE_WRAP_UP)}
            for work in [w for w in held if w not in now]:
                conversation, since = held.pop(work)
                out.append((work, conversation, since, last))
            for work, context in now.items():
                held.setdefault(work, (context.conversation.id, at))
        last = at
    return out + [(w, c, since, None) for w, (c, since) in held.items()]


def one_holder(world, ev):
    spans = collections.defaultdict(list)
    for d in world.desks:
        for work, _, since, until in intervals(d):
            spans[work].append((since, until or (1 << 62, 0), d.name))
    for work, list_ in spans.items():
        list_.sort()
        for (_, until, a), (since, _, b) in zip(list_, list_[1:]):
            if since < until and a != b:
                yield f"work {work} was held by {a} and {b} at once"


def shown(desk):
    """(conversation, number) of every entry that this desk was shown, wherever."""
    out = set()
    for _, u in desk.log:
        if u.HasField("entry"):
            out.add((u.entry.conversation, u.entry.entry.number))
        contexts = [u.offer.context] if u.HasField("offer") else list(u.welcome.contexts) + [o.context for o in u.welcome.offers] \
            if u.HasField("welcome") else [u.assigned.context] if u.HasField("assigned") else []
        for c in contexts:
            out.update((c.conversation.id, e.number) for e in c.timeline)
    return out


def desks_complete(world, ev):
    for d in world.desks:
        has = shown(d)
        for work, conversation, since, until in intervals(d):
            for n, _ in ev.timelines.get(conversation, []):
                if n > since[0] and (until is None or n < until[0]) and (conversation, n) not in has:
                    yield f"{d.name} held work {work} but was never shown entry {n} of conversation {conversation}"


def none_unseen(world, ev):
    seen = set().union(*(shown(d) for d in world.desks))
    for g in world.gateways:
        for id, event in g.acked.items():
            for place in ev.by_external[event.account, id]:
                if place not in seen:
                    yield f"event {id}, entry {place[1]} of conversation {place[0]}, was shown to nobody"


def words_once(world, ev):
    carried = collections.Counter()
    deliveries = collections.Counter()
    for g in world.gateways:
        for id, entry in g.carried:
            deliveries[id] += 1
            carried[entry] += 1
    yield from (f"delivery {id} was carried out {n} times" for id, n in deliveries.items() if n > 1)
    yield from (f"entry {n} went out as {c} deliveries" for n, c in carried.items() if c > 1)
    elsewhere = {n for entries in ev.timelines.values() for n, e in entries if e.account == kannel.ACCOUNT}
    unknown = {id for id, state in ev.outbox.items() if state == pb.DELIVERY_STATE_UNKNOWN}
    for d in world.desks:
        for client_id in d.words:
            places = ev.by_client[d.name, client_id]
            if client_id in d.done and len(places) != 1:
                yield f"{d.name}: done {client_id} stands {len(places)} times in the timelines"
            if client_id in d.refusals and places:
                yield f"{d.name}: refused {client_id} stands in a timeline"
            if client_id in d.done and places and not carried[places[0][1]] and places[0][1] not in elsewhere and not any(
                    id.startswith(f"{d.done[client_id].input}.") for id in unknown):
                yield f"{d.name}: {client_id}, entry {places[0][1]}, never went out"
        yield from (f"{d.name}: never answered: {c}" for c in d.pending)
        yield from (f"{d.name}: {e.code} {e.field}: {e.detail}" for e in d.errors)


def mail_once(world, ev):
    if world.post:
        yield from world.post.violations(ev)


def state_sound(world, ev):
    agents = world.read("/v1/agents?limit=500", pb.AgentList()).agents
    for a in agents:
        if a.load > a.agent.capacity:
            yield f"{a.agent.id}: load {a.load} of capacity {a.agent.capacity}"
    works = world.read("/v1/work?limit=500", pb.WorkList()).work
    present = {a.agent.id for a in agents if a.presence == pb.PRESENCE_STATE_AVAILABLE}
    for w in works:
        if w.state in (pb.WORK_STATE_ASSIGNED, pb.WORK_STATE_OFFERED) and w.agent not in present:
            yield f"work {w.id} is with {w.agent}, who is not there"
    per = collections.Counter(w.conversation for w in works)
    yield from (f"conversation {c} has {n} open works" for c, n in per.items() if n > 1)


CHECKS = [events_once, order_kept, log_dense, one_holder, desks_complete, none_unseen, words_once, mail_once, state_sound]


def judge(world, redis):
    ev = Evidence(redis)
    checks = CHECKS + (kannel.CHECKS if world.kannel else [])
    return [f"{check.__name__}: {line}" for check in checks for line in check(world, ev)], ev
