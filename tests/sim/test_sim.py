# SPDX-License-Identifier: Apache-2.0
"""The simulator's manners: what it says of wrong files, what it counts, what the same seed means."""
import json
import os
import pathlib
import resource
import subprocess

import pytest

from harness import BIN, at, run, simulate, toml
from theory import mmn

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BASE = {
    "contacts": 4000,
    "pool": [{"name": "A", "count": 2, "skills": {"a": 5, "b": 2}}, {"name": "B", "count": 1, "skills": {"b": 3}}],
    "class": [{"name": "x", "rate": 0.03, "needs": ["a"], "service_mean": 50.0, "patience_mean": 100.0},
              {"name": "y", "rate": 0.02, "needs": ["b"], "service_mean": 40}],
    "waiting_places": 5,
}
SELECTS = ["longest_idle", "least_loaded", "fewest_skills", "most_skilled", "fastest", "resolution", "random"]
ORDERS = ["fifo", "priority", "skill_level", "cost"]


def write(folder, name, scenario, **top):
    path = folder / name
    path.write_text(toml({**scenario, **top}))
    return path


@pytest.mark.parametrize("path", sorted((HERE / "bad").glob("*.toml")), ids=lambda p: p.stem)
def test_wrong_files(path):
    done = subprocess.run([BIN, "sim", path.name], cwd=path.parent, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (78, "", path.with_suffix(".expect").read_text())


def test_a_wrong_file_among_two(tmp_path):
    good = write(tmp_path, "good.toml", BASE)
    done = run("sim", "--json", "--compare", good, HERE / "bad" / "policy.toml")
    assert (done.returncode, done.stdout) == (78, "") and "policy.toml:" in done.stderr


@pytest.mark.parametrize("args", [["sim"], ["sim", "a", "b"], ["sim", "--compare", "a"], ["sim", "--fast", "a"]])
def test_usage(args):
    done = run(*args)
    assert (done.returncode, done.stdout) == (64, "") and "usage: throughline sim" in done.stderr


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("select", SELECTS)
def test_every_rule_gives_the_same_twice_and_loses_nobody(tmp_path, select, order):
    path = write(tmp_path, "s.toml", BASE, policy={"select": select, "order": order, "weight_speed": 0.5})
    first = run("sim", "--json", path)
    assert first.returncode == 0, first.stderr
    assert run("sim", "--json", path).stdout == first.stdout
    report = json.loads(first.stdout)
    for scope in [report["overall"], *report["classes"]]:
        assert scope["offered"] == scope["answered"] + scope["abandoned"] + scope["blocked"]
    for count in ("offered", "answered", "abandoned", "blocked"):
        assert report["overall"][count] == sum(c[count] for c in report["classes"])
    assert report["overall"]["offered"] == 3800


def test_another_seed_is_another_world(tmp_path):
    assert simulate(tmp_path, BASE, seed=1)["overall"] != simulate(tmp_path, BASE, seed=2)["overall"]


def test_form_of_the_report(tmp_path):
    report = simulate(tmp_path, BASE)
    assert list(report) == ["seed", "contacts", "overall", "classes", "pools"]
    assert (report["seed"], report["contacts"]) == (1, 4000)
    figures = ["offered", "answered", "abandoned", "blocked", "mean_wait", "p_wait", "p_abandon", "p_block", "service_level", "speed_of_answer", "queue_length", "mean_sojourn",
               "resolved_per_attempt", "first_contact_resolution"]
    assert list(report["overall"]) == figures
    assert [list(c) for c in report["classes"]] == [["name", *figures]] * 2
    assert list(report["overall"]["service_level"]) == ["of_entered", "less_abandoned", "plus_abandoned", "of_answered"]
    assert list(report["overall"]["speed_of_answer"]) == ["mean", "p50", "p90", "p95", "p99"]
    assert [list(p) for p in report["pools"]] == [["name", "occupancy", "occupancy_min", "occupancy_max", "share"]] * 2
    assert list(report["overall"]["mean_wait"]) == ["value", "half_width"]
    for pool in report["pools"]:
        assert pool["occupancy_min"] <= pool["occupancy"]["value"] <= pool["occupancy_max"]


def test_figures_agree_with_each_other(tmp_path):
    """Little's law and what must be in order, whatever theory says."""
    report = simulate(tmp_path, BASE, contacts=100000)
    rate = sum(c["rate"] for c in BASE["class"])
    for scope, share in [(report["overall"], 1), *((c, k["rate"] / rate) for c, k in zip(report["classes"], BASE["class"]))]:
        entered = 1 - scope["p_block"]["value"]
        assert scope["queue_length"]["value"] == pytest.approx(rate * share * entered * scope["mean_wait"]["value"], rel=0.03)
        waits = [scope["speed_of_answer"][p]["value"] for p in ("p50", "p90", "p95", "p99")]
        assert waits == sorted(waits) and waits[0] <= scope["speed_of_answer"]["mean"]["value"] <= waits[2]
    assert report["overall"]["queue_length"]["value"] == pytest.approx(sum(c["queue_length"]["value"] for c in report["classes"]))


def test_the_service_level_is_a_percentile_read_backwards(tmp_path):
    answer = simulate(tmp_path, BASE, contacts=50000)["overall"]["speed_of_answer"]
    assert answer["p50"]["value"] == 0  # more than half do not wait
    for percentile, share in (("p90", 0.9), ("p95", 0.95), ("p99", 0.99)):
        report = simulate(tmp_path, BASE, contacts=50000, service_level=answer[percentile]["value"])
        assert report["overall"]["service_level"]["of_answered"]["value"] == pytest.approx(share, abs=0.002)


def test_nothing_to_divide_by(tmp_path):
    nobody = {"contacts": 100, "waiting_places": 0, "pool": [{"name": "A", "skills": {"b": 1}}],
              "class": [{"name": "x", "rate": 1, "needs": ["a"], "service_mean": 1}]}
    report = simulate(tmp_path, nobody)
    assert report["overall"]["p_block"] == {"value": 1, "half_width": 0}
    for figure in ("mean_wait", "p_wait", "p_abandon", "mean_sojourn", "resolved_per_attempt", "first_contact_resolution"):
        assert report["overall"][figure] is None
    assert set(report["overall"]["speed_of_answer"].values()) == {None}
    assert report["overall"]["queue_length"] == {"value": 0, "half_width": 0}
    assert report["pools"][0]["share"] is None
    assert report["pools"][0]["occupancy"] == {"value": 0, "half_width": 0}


def test_a_single_contact(tmp_path):
    report = simulate(tmp_path, BASE, contacts=1, warmup=0)
    assert report["overall"]["offered"] == 1
    assert report["overall"]["p_wait"] == {"value": 0, "half_width": None}
    assert report["pools"][0]["occupancy"] is None and report["pools"][0]["occupancy_min"] is None


def test_numbers_may_be_decimals_or_not(tmp_path):
    same = json.loads(json.dumps(BASE))
    same["pool"][0]["count"] = 2.0
    same["class"][1]["service_mean"] = 40.0
    assert simulate(tmp_path, same, contacts=4000.0) == simulate(tmp_path, BASE)


def test_policies_see_the_same_world(tmp_path):
    """With an agent for everybody all that is left of a contact are its own draws: when it comes, what it needs, how long it takes."""
    plenty = {**BASE, "pool": [{"name": "A", "count": 200, "skills": {"a": 1, "b": 1}}, {"name": "B", "count": 200, "skills": {"a": 2, "b": 3}}]}
    reports = [simulate(tmp_path, plenty, policy={"select": s}) for s in SELECTS]
    assert all(r["overall"] == reports[0]["overall"] and r["classes"] == reports[0]["classes"] for r in reports)
    assert len({json.dumps(r["pools"]) for r in reports}) > 1


def test_compare(tmp_path):
    slow, fast = write(tmp_path, "a.toml", BASE, policy={"order": "fifo"}), write(tmp_path, "b.toml", BASE, policy={"order": "skill_level"})
    done = run("sim", "--json", "--compare", slow, fast)
    assert done.returncode == 0, done.stderr
    both = json.loads(done.stdout)
    assert list(both) == ["a", "b", "difference"]
    assert both["a"] == json.loads(run("sim", "--json", slow).stdout)
    assert both["b"] == json.loads(run("sim", "--json", fast).stdout)
    for path in ("overall.mean_wait", "classes.1.p_wait", "pools.0.share", "overall.service_level.of_entered",
                 "overall.speed_of_answer.p90", "classes.0.queue_length"):
        a, b, d = (at(both[k], path) for k in ("a", "b", "difference"))
        assert d["value"] == pytest.approx(b["value"] - a["value"], abs=1e-9)
        assert d["half_width"] < a["half_width"] + b["half_width"]
    alike = json.loads(run("sim", "--json", "--compare", slow, slow).stdout)["difference"]
    assert alike["overall"]["mean_wait"] == {"value": 0, "half_width": 0}
    assert alike["only_a"] == alike["only_b"] == {"classes": [], "pools": []}


def test_compare_names_what_has_no_pair(tmp_path):
    x, y = BASE["class"]
    a = write(tmp_path, "a.toml", BASE)
    b = write(tmp_path, "b.toml", {**BASE, "class": [x, {**y, "name": "z"}], "pool": [*BASE["pool"], {"name": "C", "count": 1, "skills": {"b": 1}}]})
    difference = json.loads(run("sim", "--json", "--compare", a, b).stdout)["difference"]
    assert [c["name"] for c in difference["classes"]] == ["x"]
    assert (difference["only_a"], difference["only_b"]) == ({"classes": ["y"], "pools": []}, {"classes": ["z"], "pools": ["C"]})
    told = [line for line in run("sim", "--compare", a, b).stdout.split("\n") if line.startswith("not compared")]
    assert told == [f"not compared: class y is in {a} only", f"not compared: class z is in {b} only", f"not compared: pool C is in {b} only"]


APART = {"contacts": 60000, "pool": [{"name": "A", "count": 5, "skills": {"a": 3}}, {"name": "B", "count": 5, "skills": {"b": 3}}],
         "class": [{"name": name, "rate": 0.0007, "needs": [name], "service_mean": 6000.0, "target": 600} for name in "ab"]}


def with_steps(*steps):
    return {**APART, "class": [{**c, "steps": list(steps)} for c in APART["class"]]}


def test_a_step_that_nobody_lives_to_see_changes_nothing(tmp_path):
    with_step, without = (simulate(tmp_path, s, contacts=5000) for s in (with_steps("2592000 s: any"), APART))
    for figure in ("mean_wait", "p_wait", "in_target", "mean_sojourn"):  # with steps, time is counted in milliseconds
        assert with_step["overall"][figure]["value"] == pytest.approx(without["overall"][figure]["value"], rel=1e-6), figure


def test_a_step_after_a_moment_pools(tmp_path):
    """Two lines of five that help each other after a second of 6000 are, but for it, one line of ten; theory knows its wait."""
    theory, report = mmn(10, 0.0014, 6000, 600), simulate(tmp_path, with_steps("1 s: any"))
    for figure, true in (("mean_wait", theory["mean_wait"]), ("in_target", theory["within"])):
        found = report["overall"][figure]
        assert abs(found["value"] - true) < 2.4 * found["half_width"] + true / 100, figure
    assert report["overall"]["in_target"]["value"] > simulate(tmp_path, APART)["overall"]["in_target"]["value"] + 0.1


def test_a_step_before_a_breach_is_for_those_who_would_be_late(tmp_path):
    early, breach = (simulate(tmp_path, with_steps(step), contacts=20000) for step in ("1 s: any", "breach: any"))
    never = simulate(tmp_path, APART, contacts=20000)
    in_target = [r["overall"]["in_target"]["value"] for r in (never, breach)]
    assert in_target[0] + 0.05 < in_target[1]
    assert breach["overall"]["mean_wait"]["value"] > early["overall"]["mean_wait"]["value"]  # experts are waited for


def test_short_times_with_a_target(tmp_path):
    """Milliseconds would be a quarter of a service time here, and arrivals fall together with ends."""
    theory = mmn(2, 400, 0.004, 0.01)
    report = simulate(tmp_path, {"contacts": 200000, "pool": [{"name": "A", "count": 2}],
                                 "class": [{"name": "c", "rate": 400, "service_mean": 0.004, "target": 0.01}]})
    for figure, true in (("p_wait", theory["p_wait"]), ("mean_wait", theory["mean_wait"]), ("in_target", theory["within"])):
        found = report["overall"][figure]
        assert abs(found["value"] - true) < 2.4 * found["half_width"], figure


def test_a_shape_keeps_the_mean_and_has_its_spread(tmp_path):
    """With an agent for everybody a sojourn is a service; by Little's law their mean is that of the work in hand."""
    for shape, cv in (("constant", 0.0), ("lognormal", 0.4), ("lognormal", 2.0), ("exponential", 1.0)):
        plenty = {"contacts": 50000, "pool": [{"name": "A", "count": 100}], "class": [{"name": "c", "rate": 1, "service_mean": 20.0, "service_shape": shape,
                  **({"service_cv": cv} if shape == "lognormal" else {})}]}
        sojourn = simulate(tmp_path, plenty)["overall"]["mean_sojourn"]
        assert abs(sojourn["value"] - 20) <= 2.4 * sojourn["half_width"] + 1e-6
        # 20 batches tell the spread to about a sixth
        assert sojourn["half_width"] == pytest.approx(2.093 * 20 * cv / 47500 ** 0.5, rel=0.6, abs=1e-6)


def warned(folder, rates, **top):
    """Class a is for pool A alone, b for both, c waits but a moment."""
    scenario = {"contacts": 2000, "pool": [{"name": "A", "count": 2, "skills": {"a": 1, "b": 1}, "speed": 2}, {"name": "B", "count": 3, "skills": {"b": 1}, "resolution": 0.5}],
                "class": [{"name": n, "rate": r, "service_mean": 10, "needs": [n], **more} for n, r, more in zip("abc", rates, ({}, {}, {"patience_mean": 1}))]}
    done = run("sim", "--json", write(folder, "w.toml", scenario, **top))
    assert done.returncode == 0 and json.loads(done.stdout)["contacts"] == 2000
    return done.stderr


@pytest.mark.parametrize("rates, told", [
    ((0.3, 0.2, 9.0), None),
    ((0.39, 0.155, 0.1), None),
    ((0.4, 0.1, 0.1), "class a and all that only its agents can do keep 4 slots busy, and there are 4:"),
    ((0.3, 0.25, 0.1), "class b and all that only its agents can do keep 5.5 slots busy, and there are 5.5:"),
])
def test_a_scenario_that_cannot_be_borne_is_warned_of(tmp_path, rates, told):
    assert told in warned(tmp_path, rates) if told else warned(tmp_path, rates) == ""
    assert warned(tmp_path, rates, waiting_places=5) == ""


def test_all_classes_together_are_too_much(tmp_path):
    """No class alone is: each has two of the three pools."""
    scenario = {"contacts": 2000, "pool": [{"name": n, "skills": dict.fromkeys(skills, 1)} for n, skills in (("A", "ab"), ("B", "bc"), ("C", "ca"))],
                "class": [{"name": n, "rate": 0.011, "service_mean": 100, "needs": [n]} for n in "abc"]}
    done = run("sim", write(tmp_path, "w.toml", scenario))
    assert done.returncode == 0 and "w.toml:1:1: warning: all classes keep 3.3 slots busy, and there are 3:" in done.stderr


def test_compare_wants_the_same_contacts(tmp_path):
    done = run("sim", "--compare", write(tmp_path, "a.toml", BASE), write(tmp_path, "b.toml", BASE, contacts=5000))
    assert (done.returncode, done.stdout) == (78, "") and "the same in both" in done.stderr


def test_memory_does_not_grow_with_the_contacts(tmp_path, monkeypatch):
    # The address sanitizer keeps what was freed for a while; not here.
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0")

    def peak(contacts):
        simulate(tmp_path, BASE, contacts=contacts)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # KiB, the largest child so far

    few = peak(2000)
    assert peak(100000) < few + 4096


@pytest.mark.parametrize("path", sorted((ROOT / "examples" / "sim").glob("*.toml")), ids=lambda p: p.stem)
def test_examples_run(path, tmp_path):
    short = tmp_path / path.name
    short.write_text("\n".join("contacts = 2000" if line.startswith("contacts") else line for line in path.read_text().split("\n")))
    done = run("sim", "--json", short)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["contacts"] == 2000


def test_a_table_for_people(tmp_path):
    done = run("sim", write(tmp_path, "s.toml", BASE))
    assert done.returncode == 0 and os.path.basename("s.toml") in done.stdout
    for word in ("mean_wait", "service_level.of_entered", "occupancy", "+-", "pools"):
        assert word in done.stdout
