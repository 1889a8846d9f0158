#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How often the simulator's intervals hold what theory says: every case, with many seeds, each case with seeds of its own.

    tests/sim/coverage.py [SEEDS [CONTACTS [CASE...]]]      with the release build, or the program named by THROUGHLINE
"""
import sys
import tempfile

from cases import CASES
from harness import at, simulate


def main(argv):
    seeds = int(argv[1]) if len(argv) > 1 else 20
    contacts = int(argv[2]) if len(argv) > 2 else 200000
    all_held = all_n = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in argv[3:] or CASES:
            scenario, known = CASES[name]()
            base = 1000 * (1 + list(CASES).index(name))
            held, n, worst = 0, 0, (0.0, "")
            for seed in range(base, base + seeds):
                report = simulate(folder, scenario, seed=seed, contacts=contacts)
                for path, theory in known.items():
                    got = at(report, path)
                    if got["half_width"] < 1e-12 and abs(got["value"] - theory) < 1e-6:
                        continue  # what cannot be otherwise tells nothing
                    off = abs(got["value"] - theory) / max(got["half_width"], 1e-300)
                    held, n, worst = held + (off <= 1), n + 1, max(worst, (off, f"{path} seed {seed}"))
            all_held, all_n = all_held + held, all_n + n
            print(f"{name:26} {held:6} of {n:6}  {100 * held / max(n, 1):5.1f} %  furthest {worst[0]:.2f} half-widths: {worst[1]}", flush=True)
    print(f"{'all':26} {all_held:6} of {all_n:6}  {100 * all_held / all_n:5.1f} %")


if __name__ == "__main__":
    main(sys.argv)
