# SPDX-License-Identifier: Apache-2.0
"""What queueing theory says, in closed form where there is one. Times in any unit; a rate is per unit.

Sources: Erlang B and C: A. K. Erlang, 1917. Erlang A: C. Palm, 1937; its balance equations are solved here. Non-preemptive priorities: A. Cobham, 1954.
Priorities that grow with the wait: L. Kleinrock, 1964; for several servers D. Stanford, P. Taylor, I. Ziedins, 2014.
Service of any shape by one server: F. Pollaczek, 1930. Constant service by several: C. Crommelin, 1932. Constant patience: D. Barrer, 1957.
"""
import math


def erlang_b(n, a):
    b = 1.0
    for k in range(1, n + 1):
        b = a * b / (k + a * b)
    return b


def erlang_c(n, a):
    b = erlang_b(n, a)
    return n * b / (n - a * (1 - b))


def mmn(n, rate, mean, within=0.0):
    """Endless waiting room, nobody gives up."""
    a = rate * mean
    c = erlang_c(n, a)
    drain = (n - a) / mean
    return {
        "p_wait": c,
        "mean_wait": c / drain,
        "mean_sojourn": c / drain + mean,
        "occupancy": a / n,
        "within": 1 - c * math.exp(-drain * within),
        "queue_length": rate * c / drain,
        **{f"p{p}": max(0.0, math.log(c / (1 - p / 100)) / drain) for p in (50, 90, 95, 99)},
    }


def birth_death(up, down, last):
    """Stationary distribution of 0..last; up(k) leads from k to k + 1, down(k) from k to k - 1."""
    p = [1.0]
    for k in range(last):
        p.append(p[-1] * up(k) / down(k + 1))
    total = math.fsum(p)
    return [x / total for x in p]


def mmnk(n, places, rate, mean):
    """A waiting room of so many places; who finds it full is turned away."""
    p = birth_death(lambda k: rate, lambda k: min(k, n) / mean, n + places)
    entered = 1 - p[-1]
    waiting = sum((k - n) * x for k, x in enumerate(p) if k > n)
    return {
        "p_block": p[-1],
        "p_wait": sum(p[n:-1]) / entered,
        "mean_wait": waiting / (rate * entered),
        "occupancy": rate * entered * mean / n,
    }


def served_within(n, mean, patience, ahead, within):
    """For one who finds so many ahead in the queue: the chances to be served, and to have given up, within the time. By uniformisation."""
    top = n / mean + (ahead + 1) / patience
    state, served, gone = [0.0] * ahead + [1.0], 0.0, 0.0
    weight, k = math.exp(-top * within), 0
    out, left, total = [0.0, 0.0], 1.0, 0.0
    while total < 1 - 1e-13 and k < 100000:
        out[0] += weight * served
        out[1] += weight * gone
        total += weight
        after, s, g = [0.0] * (ahead + 1), served, gone
        for j, x in enumerate(state):
            down, give_up = (n / mean + j / patience) / top, 1 / patience / top
            if j:
                after[j - 1] += x * down
            else:
                s += x * down
            g += x * give_up
            after[j] += x * (1 - down - give_up)
        state, served, gone = after, s, g
        k += 1
        weight *= top * within / k
    return out


def erlang_a(n, rate, mean, patience, within=0.0):
    """Everybody gives up in the end; `patience` on average."""
    p = birth_death(lambda k: rate, lambda k: min(k, n) / mean + max(k - n, 0) / patience, n + 400)
    waiting = sum((k - n) * x for k, x in enumerate(p) if k > n)
    answered, gone = sum(p[:n]), 0.0
    for k in range(n, n + 400):
        if p[k] > 1e-12:
            s, g = served_within(n, mean, patience, k - n, within)
            answered += p[k] * s
            gone += p[k] * g
    lost = waiting / patience / rate
    return {
        "p_wait": sum(p[n:]),
        "mean_wait": waiting / rate,
        "p_abandon": lost,
        "occupancy": (rate * (1 - lost)) * mean / n,
        "of_entered": answered,
        "less_abandoned": answered / (1 - gone),
        "plus_abandoned": answered + gone,
        "of_answered": answered / (1 - lost),
    }


def pollaczek(rate, mean, cv):
    """One server, endless room; cv is the service time's standard deviation over its mean."""
    rho = rate * mean
    return {"p_wait": rho, "mean_wait": rho * mean * (1 + cv * cv) / (2 * (1 - rho)), "occupancy": rho}


def crommelin(n, rate, mean):
    """Constant service: whoever is in service now has left a service time later, and those who came meanwhile are there."""
    a, last = rate * mean, n + 60
    come = [math.exp(-a)]
    for k in range(last):
        come.append(come[-1] * a / (k + 1))
    p = [1 / (last + 1)] * (last + 1)
    for _ in range(1000):
        idle = sum(p[:n + 1])
        new = [idle * come[k] + sum(p[n + j] * come[k - j] for j in range(1, min(k, last - n) + 1)) for k in range(last + 1)]
        total = math.fsum(new)
        new = [x / total for x in new]
        moved, p = max(abs(x - y) for x, y in zip(new, p)), new
        if moved < 1e-12:
            break
    return {"p_wait": sum(p[n:]), "mean_wait": sum((k - n) * x for k, x in enumerate(p) if k > n) / rate, "occupancy": a / n}


def barrer(n, rate, mean, patience, within):
    """Patience is the same for all. The wait that one without patience would have has a density of two exponential parts."""
    a, drain = rate * mean, n / mean
    below = [1.0]  # chances of n - 1, n - 2 ... busy and nobody waiting, over that of n - 1
    for k in range(n - 1, 0, -1):
        below.append(below[-1] * k / a)
    grow = rate - drain
    until = lambda x: rate * x if grow == 0 else rate * math.expm1(grow * x) / grow  # the density's integral from 0, x <= patience
    beyond = rate * math.exp(grow * patience) / drain
    total = sum(below) + until(patience) + beyond
    mean_wait = rate * (patience * math.exp(grow * patience) / grow - math.expm1(grow * patience) / grow ** 2) + patience * beyond
    lost = beyond / total
    return {"p_wait": (until(patience) + beyond) / total, "p_abandon": lost, "mean_wait": mean_wait / total,
            "of_entered": (sum(below) + until(within)) / total, "occupancy": a * (1 - lost) / n}


def cobham(n, rates, mean):
    """Mean waits by class, the first class first, nobody interrupted, equal service."""
    a = sum(rates) * mean
    residual, sigma, waits = erlang_c(n, a) * mean / n, 0.0, []
    for rate in rates:
        before = sigma
        sigma += rate * mean / n
        waits.append(residual / ((1 - before) * (1 - sigma)))
    return waits


def accumulating(n, rates, costs, mean):
    """Mean waits where each class gains priority at its own pace while it waits; equal service."""
    order = sorted(range(len(rates)), key=lambda i: costs[i])
    rho = [rates[i] * mean / n for i in order]
    b = [costs[i] for i in order]
    together = erlang_c(n, sum(rates) * mean) * mean / n / (1 - sum(rho))
    waits = []
    for p in range(len(order)):
        over = together - sum(rho[i] * waits[i] * (1 - b[i] / b[p]) for i in range(p))
        under = 1 - sum(rho[i] * (1 - b[p] / b[i]) for i in range(p + 1, len(order)))
        waits.append(over / under)
    result = [0.0] * len(order)
    for place, i in enumerate(order):
        result[i] = waits[place]
    return result
