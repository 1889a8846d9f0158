# SPDX-License-Identifier: Apache-2.0
"""The simulator agrees with theory within its own intervals.

Seeds are fixed, so the outcome is always the same. Among some 400 figures a few stand outside of a 95 % interval by right; none may stand far
outside, and at least nine in ten must stand inside. coverage.py tells over many seeds that 95 % do.
"""
import functools
import tempfile

import pytest

from cases import CASES
from harness import at, simulate

CONTACTS = 60000
FAR = 2.4  # half-widths: one in some 8,000 by chance


@functools.lru_cache(None)
def built(name):
    return CASES[name]()


@functools.lru_cache(None)
def simulated(name):
    with tempfile.TemporaryDirectory() as folder:
        return simulate(folder, built(name)[0], seed=list(CASES).index(name) + 1, contacts=CONTACTS)


def distances(name, known=None):
    """Each figure's distance from theory, in half-widths."""
    out = {}
    for path, theory in (known or built(name)[1]).items():
        got = at(simulated(name), path)
        off = abs(got["value"] - theory)
        if got["half_width"] > 1e-12:
            out[path] = off / got["half_width"]
        elif off > 1e-6:
            out[path] = float("inf")  # what is always the same must be right
    return out


@pytest.mark.parametrize("name", CASES)
def test_figures(name):
    for path, distance in distances(name).items():
        assert distance < FAR, f"{path} is {at(simulated(name), path)}, theory says {built(name)[1][path]}"


def test_most_intervals_hold_the_truth():
    all_distances = [d for name in CASES for d in distances(name).values()]
    inside = sum(d <= 1 for d in all_distances)
    assert inside >= 0.9 * len(all_distances), f"{inside} of {len(all_distances)}"


def differ(a, b):
    """Some rules are by nature alike: who draws one of the free agents does as who takes the longest idle, in the long run."""
    return any(abs(a[k] - b[k]) > 0.05 * max(abs(a[k]), abs(b[k])) for k in a)


@pytest.mark.parametrize("group", ["n_design_", "unequal_", "slots_l", "resolution_a"])
def test_a_rule_is_not_taken_for_another(group):
    """What theory says of one policy is far outside of the intervals of another: the test above can fail."""
    theory = {n: built(n)[1] for n in CASES if n.startswith(group)}
    pairs = [(a, b) for a in theory for b in theory if differ(theory[a], theory[b])]
    assert pairs
    for name, other in pairs:
        assert max(distances(name, theory[other]).values()) > FAR, f"{name} passes for {other}"
