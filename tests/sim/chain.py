# SPDX-License-Identifier: Apache-2.0
"""A scenario as a Markov chain, solved: all that the simulator's rules say, written a second time and without chance.

A state is (agents with room, by how long ago their last contact ended; agents without; the contacts waiting, by age). An agent is (pool, contacts
in hand by class), a waiting contact (class, whether at its first attempt). Only for small scenarios with a bounded waiting room;
and not for the order by cost, which looks at ages.
"""
import collections


class Chain:
    def __init__(self, scenario):
        self.pools, self.classes = scenario["pool"], scenario["class"]
        self.places = scenario["waiting_places"]
        self.policy = {"select": "longest_idle", "order": "fifo", "weight_speed": 0.0, **scenario.get("policy", {})}
        self.mixed = self.policy["order"] == "priority" and len({c.get("priority", 1) for c in self.classes}) == len(self.classes)
        self.states, self.flows = {}, []
        self.explore()
        self.solve()
        self.measure()

    # ---- rules ----

    def serves(self, pool, cls):
        return all(s in self.pools[pool].get("skills", {}) for s in self.classes[cls].get("needs", []))

    def size(self, pool):
        return self.pools[pool].get("concurrency", 1)

    def levels(self, pool, cls):
        return sum(self.pools[pool]["skills"][s] for s in self.classes[cls].get("needs", []))

    def score(self, agent, cls):
        pool = self.pools[agent[0]]
        return {
            "longest_idle": lambda: 0,
            "random": lambda: 0,
            "least_loaded": lambda: -sum(agent[1]) / self.size(agent[0]),
            "fewest_skills": lambda: -len(pool.get("skills", {})),
            "most_skilled": lambda: self.levels(agent[0], cls),
            "fastest": lambda: pool.get("speed", 1.0),
            "resolution": lambda: pool.get("resolution", 1.0) * pool.get("speed", 1.0) ** self.policy["weight_speed"],
        }[self.policy["select"]]()

    def choose(self, room, cls):
        """Which of the agents with room, as (chance, place)."""
        can = [i for i, a in enumerate(room) if self.serves(a[0], cls)]
        if not can:
            return []
        if self.policy["select"] == "random":
            return [(1 / len(can), i) for i in can]
        best = max(self.score(room[i], cls) for i in can)
        return [(1.0, next(i for i in can if self.score(room[i], cls) == best))]

    def pick(self, pool, queue):
        """Which of those waiting a freed agent takes; None: none that it can."""
        can = [i for i, (cls, _) in enumerate(queue) if self.serves(pool, cls)]
        rank = {
            "fifo": lambda cls: 0,
            "priority": lambda cls: self.classes[cls].get("priority", 1),
            "skill_level": lambda cls: -self.levels(pool, cls),
        }[self.policy["order"]]
        return min(can, key=lambda i: (rank(queue[i][0]), i)) if can else None

    # ---- moves ----

    def state(self, room, full, queue):
        return tuple(room), tuple(sorted(full)), tuple(sorted(queue)) if self.mixed else tuple(queue)

    def hand(self, agent, cls, change):
        hands = list(agent[1])
        hands[cls] += change
        return agent[0], tuple(hands)

    def give(self, room, full, i, cls):
        room, full = list(room), list(full)
        agent = self.hand(room.pop(i), cls, 1)
        if sum(agent[1]) == self.size(agent[0]):
            full.append(agent)
        else:
            room.insert(i, agent)
        return room, full

    def come(self, room, full, queue, cls, first):
        """A contact arrives, or comes back: (chance, state, what happened)."""
        choice = self.choose(room, cls)
        for chance, i in choice:
            now_room, now_full = self.give(room, full, i, cls)
            served = [("serve", room[i][0], cls, first)] + ([("at_once", cls)] if first else [])
            yield chance, self.state(now_room, now_full, queue), served
        if not choice and first and len(queue) >= self.places:
            yield 1.0, self.state(room, full, queue), [("block", cls)]
        elif not choice:
            yield 1.0, self.state(room, full, list(queue) + [(cls, first)]), [("wait", cls)] if first else []

    def end(self, state, i, cls):
        """A contact of this class ends with the agent at this place: of those with room, then of those without."""
        room, full, queue = map(list, state)
        agent = room.pop(i) if i < len(room) else full.pop(i - len(room))
        room.append(self.hand(agent, cls, -1))
        happened = [("end", agent[0], cls)]
        taken = self.pick(agent[0], queue)
        if taken is not None:
            other, first = queue.pop(taken)
            room, full = self.give(room, full, len(room) - 1, other)
            happened.append(("serve", agent[0], other, first))
        resolution = self.pools[agent[0]].get("resolution", 1.0)
        yield resolution, self.state(room, full, queue), happened + [("resolve", agent[0], cls)]
        if resolution < 1:
            for chance, to, more in self.come(room, full, queue, cls, False):
                yield (1 - resolution) * chance, to, happened + more

    def moves(self, state):
        room, full, queue = state
        for cls, c in enumerate(self.classes):
            for chance, to, happened in self.come(room, full, queue, cls, True):
                yield c["rate"] * chance, to, happened
        for i, agent in enumerate(room + full):
            for cls, n in enumerate(agent[1]):
                if n:
                    rate = n * self.pools[agent[0]].get("speed", 1.0) / self.classes[cls]["service_mean"]
                    for chance, to, happened in self.end(state, i, cls):
                        yield rate * chance, to, happened
        for i, (cls, first) in enumerate(queue):
            if self.classes[cls].get("patience_mean"):
                left = queue[:i] + queue[i + 1:]
                yield 1 / self.classes[cls]["patience_mean"], self.state(room, full, left), [("give_up", cls, first)]

    # ---- solution ----

    def explore(self):
        nobody = (0,) * len(self.classes)
        room = [(p, nobody) for p, pool in enumerate(self.pools) for _ in range(pool["count"])]
        self.found = [self.state(room, [], [])]
        self.states[self.found[0]] = 0
        for state in self.found:
            flows = []
            for rate, to, happened in self.moves(state):
                if to not in self.states:
                    self.states[to] = len(self.found)
                    self.found.append(to)
                flows.append((rate, self.states[to], happened))
            self.flows.append(flows)

    def solve(self):
        """Gauss and Seidel, forth and back."""
        n = len(self.found)
        into, out = [[] for _ in range(n)], [0.0] * n
        for i, flows in enumerate(self.flows):
            for rate, to, _ in flows:
                if to != i:
                    into[to].append((i, rate))
                    out[i] += rate
        p = [1 / n] * n
        for _ in range(20000):
            moved = 0.0
            for j in list(range(n)) + list(range(n - 1, -1, -1)):
                new = sum(p[i] * rate for i, rate in into[j]) / out[j]
                moved = max(moved, abs(new - p[j]))
                p[j] = new
            total = sum(p)
            p = [x / total for x in p]
            if moved < 1e-13:
                break
        else:
            raise ArithmeticError("the chain does not settle")
        self.p = p

    def measure(self):
        self.rate = collections.Counter()
        self.in_queue, self.in_hand, self.busy = collections.Counter(), collections.Counter(), collections.Counter()
        for x, (room, full, queue), flows in zip(self.p, self.found, self.flows):
            for rate, _, happened in flows:
                for what in happened:
                    self.rate[what] += x * rate
            for cls, _ in queue:
                self.in_queue[cls] += x
            for pool, hands in room + full:
                self.busy[pool] += x * sum(hands)
                for cls, n in enumerate(hands):
                    self.in_hand[cls] += x * n

    def figures(self):
        """By the paths of the simulator's report."""
        out = {}
        of = lambda kind, *rest: sum(v for k, v in self.rate.items() if k[0] == kind and k[1:1 + len(rest)] == rest)
        for where, some in [("overall", range(len(self.classes)))] + [(f"classes.{i}", [i]) for i in range(len(self.classes))]:
            arrived = sum(self.classes[c]["rate"] for c in some)
            entered = arrived - sum(self.rate["block", c] for c in some)
            gone = sum(self.rate["give_up", c, True] for c in some)
            served = sum(v for k, v in self.rate.items() if k[0] == "serve" and k[2] in some)
            resolved = sum(v for k, v in self.rate.items() if k[0] == "resolve" and k[2] in some)
            first = sum(v * self.pools[k[1]].get("resolution", 1.0) for k, v in self.rate.items() if k[0] == "serve" and k[2] in some and k[3])
            out |= {
                f"{where}.p_block": 1 - entered / arrived,
                f"{where}.p_wait": sum(self.rate["wait", c] for c in some) / entered,
                f"{where}.p_abandon": gone / entered,
                f"{where}.queue_length": sum(self.in_queue[c] for c in some),
                f"{where}.mean_wait": sum(self.in_queue[c] for c in some) / entered,
                f"{where}.resolved_per_attempt": resolved / served,
                f"{where}.first_contact_resolution": first / (entered - gone),
            }
            if not of("give_up"):
                out[f"{where}.mean_sojourn"] = sum(self.in_queue[c] + self.in_hand[c] for c in some) / entered
        for i, pool in enumerate(self.pools):
            out[f"pools.{i}.occupancy"] = self.busy[i] / (pool["count"] * self.size(i))
            out[f"pools.{i}.share"] = of("serve", i) / of("serve")
        return out
