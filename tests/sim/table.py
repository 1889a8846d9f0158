#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table of docs/reference/simulation.md: what theory says and what the simulator finds, a million contacts each.

    tests/sim/table.py [CONTACTS [CASE...]]      with the release build, or the program named by THROUGHLINE
"""
import sys
import tempfile

from cases import CASES
from harness import at, simulate

FIGURES = ("p_wait", "mean_wait", "of_entered", "p_abandon", "p_block", "mean_sojourn", "first_contact_resolution", "share", "occupancy")


def main(argv):
    contacts = int(argv[1]) if len(argv) > 1 else 1000000
    print("| case | figure | theory | simulated |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in argv[2:] or CASES:
            scenario, known = CASES[name]()
            report = simulate(folder, scenario, seed=1, contacts=contacts)
            told = [p for p in known if p.split(".")[-1] in FIGURES and at(report, p)["half_width"] > 0]
            if len(scenario["class"]) == 1:
                told = [p for p in told if not p.startswith("classes.")]
            waits = [p for p in told if p.endswith("mean_wait")][-2:]
            others = [p for p in told if not p.endswith("mean_wait")]
            percentiles = [p for p in known if p.endswith(".p90")]
            for path in waits + others[:2 if waits else 3] + percentiles:
                got = at(report, path)
                print(f"| {name.strip('_')} | {path} | {known[path]:.5g} | {got['value']:.5g} ± {got['half_width']:.2g} |", flush=True)


if __name__ == "__main__":
    main(sys.argv)
