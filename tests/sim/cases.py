# SPDX-License-Identifier: Apache-2.0
"""Scenarios whose figures are known without simulating: each is (scenario, {path in the report: what it must be}).

Every one of them is run by test_theory.py; coverage.py runs them with many seeds; docs/reference/simulation.md tells the outcome.
"""
from chain import Chain
from theory import accumulating, barrer, cobham, crommelin, erlang_a, erlang_b, mmn, mmnk, pollaczek

CASES = {}


def case(build):
    CASES[build.__name__] = build
    return build


def one(pool, cls, **top):
    return {"pool": [{"name": "A", **pool}], "class": [{"name": "c1", "service_mean": 60.0, **cls}], **top}


def named(pools, classes, **top):
    return {"pool": [{"name": "ABCD"[i], **p} for i, p in enumerate(pools)],
            "class": [{"name": f"c{i + 1}", "service_mean": 60.0, **c} for i, c in enumerate(classes)], **top}


def solved(scenario, *only):
    """All figures of the chain, or those that begin with one of `only`."""
    found = Chain(scenario).figures()
    return scenario, {k: v for k, v in found.items() if not only or k.startswith(only)}


@case
def erlang_c():
    t = mmn(8, 0.11, 60, 20)
    return one({"count": 8}, {"rate": 0.11}, service_level=20), {
        "overall.p_wait": t["p_wait"], "overall.mean_wait": t["mean_wait"], "overall.mean_sojourn": t["mean_sojourn"],
        "overall.service_level.of_entered": t["within"], "overall.service_level.of_answered": t["within"],
        "pools.0.occupancy": t["occupancy"], "overall.p_abandon": 0.0, "overall.p_block": 0.0, "overall.queue_length": t["queue_length"],
        "overall.speed_of_answer.mean": t["mean_wait"], **{f"overall.speed_of_answer.{p}": t[p] for p in ("p50", "p90", "p95", "p99")}}


@case
def one_agent():
    t = mmn(1, 0.0125, 60, 45)
    return one({"count": 1}, {"rate": 0.0125}, service_level=45), {
        "overall.speed_of_answer.p90": t["p90"],
        "overall.p_wait": t["p_wait"], "overall.mean_wait": t["mean_wait"], "overall.service_level.of_entered": t["within"]}


@case
def erlang_a_():
    t = erlang_a(5, 0.1, 60, 120, 20)
    return one({"count": 5}, {"rate": 0.1, "patience_mean": 120.0}, service_level=20), {
        "overall.p_wait": t["p_wait"], "overall.mean_wait": t["mean_wait"], "overall.p_abandon": t["p_abandon"],
        "pools.0.occupancy": t["occupancy"],
        **{f"overall.service_level.{k}": t[k] for k in ("of_entered", "less_abandoned", "plus_abandoned", "of_answered")}}


@case
def erlang_a_impatient():
    t = erlang_a(3, 0.1, 60, 20, 10)
    return one({"count": 3}, {"rate": 0.1, "patience_mean": 20}, service_level=10), {
        "overall.mean_wait": t["mean_wait"], "overall.p_abandon": t["p_abandon"],
        "overall.service_level.less_abandoned": t["less_abandoned"], "overall.service_level.of_answered": t["of_answered"]}


@case
def erlang_b_():
    lost = erlang_b(5, 4.0)
    return one({"count": 5}, {"rate": 4 / 60}, waiting_places=0), {
        "overall.p_block": lost, "overall.p_wait": 0.0, "overall.mean_wait": 0.0, "pools.0.occupancy": 4 * (1 - lost) / 5}


@case
def finite_room():
    t = mmnk(4, 6, 0.075, 60)
    return one({"count": 4}, {"rate": 0.075}, waiting_places=6), {
        "overall.p_block": t["p_block"], "overall.p_wait": t["p_wait"], "overall.mean_wait": t["mean_wait"],
        "pools.0.occupancy": t["occupancy"]}


@case
def finite_room_impatient():
    return solved(one({"count": 3}, {"rate": 0.08, "patience_mean": 90.0}, waiting_places=4))


@case
def two_priorities():
    t = cobham(3, [0.015, 0.025], 60)
    return named([{"count": 3}], [{"rate": 0.015, "priority": 1}, {"rate": 0.025, "priority": 2}], policy={"order": "priority"}), {
        "classes.0.mean_wait": t[0], "classes.1.mean_wait": t[1], "classes.0.p_wait": mmn(3, 0.04, 60)["p_wait"]}


@case
def priorities_impatient():
    return solved(named([{"count": 3}], [{"rate": 0.02, "priority": 7, "patience_mean": 100}, {"rate": 0.04, "priority": 2, "service_mean": 40}],
                        policy={"order": "priority"}, waiting_places=12))


@case
def growing_priorities():
    t = accumulating(3, [0.02, 0.022], [4.0, 1.0], 60)
    return named([{"count": 3}], [{"rate": 0.02, "cost": 4}, {"rate": 0.022, "cost": 1}], policy={"order": "cost"}), {
        "classes.0.mean_wait": t[0], "classes.1.mean_wait": t[1]}


@case
def growing_priorities_three():
    t = accumulating(5, [0.02, 0.03, 0.025], [1.0, 10.0, 3.0], 60)
    return named([{"count": 5}], [{"rate": 0.02, "cost": 1}, {"rate": 0.03, "cost": 10}, {"rate": 0.025, "cost": 3.0}], policy={"order": "cost"}), {
        f"classes.{i}.mean_wait": t[i] for i in range(3)}


N_POOLS = [{"count": 2, "skills": {"billing": 5, "tech": 1, "mail": 1}, "speed": 1.25}, {"count": 2, "skills": {"billing": 3}}]
N_CLASSES = [{"rate": 0.035, "needs": ["billing"]}, {"rate": 0.02, "needs": ["tech"]}]


def n_design(select):
    return solved(named(N_POOLS, N_CLASSES, policy={"select": select}, waiting_places=5))


@case
def n_design_longest_idle():
    return n_design("longest_idle")


@case
def n_design_fewest_skills():
    return n_design("fewest_skills")


@case
def n_design_most_skilled():
    return n_design("most_skilled")


@case
def n_design_random():
    return n_design("random")


@case
def n_design_priority():
    classes = [{**N_CLASSES[0], "priority": 2}, {**N_CLASSES[1], "priority": 1, "patience_mean": 200}]
    return solved(named(N_POOLS, classes, policy={"select": "fewest_skills", "order": "priority"}, waiting_places=5))


@case
def n_design_costly():
    """A cost so much higher is a priority."""
    scenario, known = solved(named(N_POOLS, [{**N_CLASSES[0], "priority": 2}, {**N_CLASSES[1], "priority": 1}],
                                   policy={"select": "fewest_skills", "order": "priority"}, waiting_places=5))
    scenario["policy"]["order"] = "cost"
    scenario["class"][1]["cost"] = 1e8
    return scenario, known


@case
def pooled():
    t = mmn(10, 0.14, 60, 20)
    return named([{"count": 5}, {"count": 5}], [{"rate": 0.07}, {"rate": 0.07}], service_level=20), {
        "overall.mean_wait": t["mean_wait"], "classes.0.mean_wait": t["mean_wait"], "overall.service_level.of_entered": t["within"],
        "pools.0.occupancy": t["occupancy"], "pools.0.share": 0.5}


@case
def apart():
    t = mmn(5, 0.07, 60, 20)
    return named([{"count": 5, "skills": {"a": 3}}, {"count": 5, "skills": {"b": 3}}], [{"rate": 0.07, "needs": ["a"]}, {"rate": 0.07, "needs": ["b"]}],
                 service_level=20), {
        "overall.mean_wait": t["mean_wait"], "classes.1.mean_wait": t["mean_wait"], "overall.service_level.of_entered": t["within"]}


def unequal(select):
    return solved(named([{"count": 2, "speed": 2.0}, {"count": 3, "speed": 0.5}], [{"rate": 0.05}], policy={"select": select}, waiting_places=30))


@case
def unequal_fastest():
    return unequal("fastest")


@case
def unequal_longest_idle():
    return unequal("longest_idle")


@case
def unequal_random():
    return unequal("random")


@case
def come_back():
    """With one chance for all, an unresolved contact only makes the service longer."""
    resolution, rate = 0.7, 0.05
    t = mmn(6, rate, 60 / resolution)
    return one({"count": 6, "resolution": resolution}, {"rate": rate}), {
        "overall.p_wait": t["p_wait"], "overall.mean_wait": t["mean_wait"], "overall.mean_sojourn": t["mean_sojourn"],
        "overall.resolved_per_attempt": resolution, "overall.first_contact_resolution": resolution, "pools.0.occupancy": t["occupancy"]}


def solve_it(weight):
    pools = [{"count": 2, "resolution": 0.9, "speed": 0.8}, {"count": 2, "resolution": 0.6, "speed": 1.3}]
    return solved(named(pools, [{"rate": 0.03}], policy={"select": "resolution", "weight_speed": weight}, waiting_places=6))


@case
def resolution_alone():
    return solve_it(0)


@case
def resolution_and_speed():
    return solve_it(1.0)


@case
def come_back_n_design():
    """Comes back to another: order of those who wait, then the freed agent among all that are free."""
    pools = [{"count": 1, "skills": {"a": 5, "b": 1}, "resolution": 0.5}, {"count": 2, "skills": {"a": 1}, "resolution": 0.8, "speed": 0.7}]
    return solved(named(pools, [{"rate": 0.012, "needs": ["a"]}, {"rate": 0.004, "needs": ["b"]}], waiting_places=4))


@case
def come_back_impatient():
    pools = [{"count": 2, "resolution": 0.5}]
    return solved(named(pools, [{"rate": 0.02, "patience_mean": 100}], waiting_places=4))


@case
def slots():
    t = mmn(6, 0.08, 60)
    return one({"count": 2, "concurrency": 3}, {"rate": 0.08}, policy={"select": "least_loaded"}), {
        "overall.p_wait": t["p_wait"], "overall.mean_wait": t["mean_wait"], "pools.0.occupancy": t["occupancy"]}


def slots_of(select):
    pools = [{"count": 2, "concurrency": 3, "speed": 0.5}, {"count": 2, "concurrency": 1, "speed": 1.5}]
    return solved(named(pools, [{"rate": 0.05}], policy={"select": select}, waiting_places=2))


@case
def slots_least_loaded():
    return slots_of("least_loaded")


@case
def slots_longest_idle():
    return slots_of("longest_idle")


@case
def skill_level():
    """Each agent does first what they know best."""
    pools = [{"count": 1, "skills": {"a": 5, "b": 2}}, {"count": 1, "skills": {"a": 1, "b": 4}, "speed": 1.5}]
    return solved(named(pools, [{"rate": 0.016, "needs": ["a"]}, {"rate": 0.02, "needs": ["b"], "service_mean": 45}],
                        policy={"select": "most_skilled", "order": "skill_level"}, waiting_places=6))


@case
def two_needs():
    pools = [{"count": 1, "skills": {"a": 2, "b": 3, "c": 1}}, {"count": 2, "skills": {"a": 4}}, {"count": 1, "skills": {"b": 5}}]
    return solved(named(pools, [{"rate": 0.02, "needs": ["a"]}, {"rate": 0.01, "needs": ["b"]}, {"rate": 0.006, "needs": ["a", "b"]}],
                        policy={"select": "fewest_skills"}, waiting_places=4))


@case
def loss_lognormal():
    """What is lost does not depend on the service time's shape (B. Sevastyanov, 1957)."""
    lost = erlang_b(8, 6.0)
    return one({"count": 8}, {"rate": 0.1, "service_shape": "lognormal", "service_cv": 1.5}, waiting_places=0), {
        "overall.p_block": lost, "pools.0.occupancy": 6 * (1 - lost) / 8}


@case
def one_agent_lognormal():
    t = pollaczek(0.01, 60, 1.3)
    return one({"count": 1}, {"rate": 0.01, "service_shape": "lognormal", "service_cv": 1.3}), {
        "overall.p_wait": t["p_wait"], "overall.mean_wait": t["mean_wait"], "pools.0.occupancy": t["occupancy"]}


@case
def constant_service():
    t = crommelin(3, 0.0375, 60)
    return one({"count": 3}, {"rate": 0.0375, "service_shape": "constant"}), {
        "overall.p_wait": t["p_wait"], "overall.mean_wait": t["mean_wait"], "pools.0.occupancy": t["occupancy"]}


@case
def constant_patience():
    t = barrer(4, 0.08, 60, 45, 20)
    return one({"count": 4}, {"rate": 0.08, "patience_mean": 45, "patience_shape": "constant"}), {
        "overall.p_wait": t["p_wait"], "overall.mean_wait": t["mean_wait"], "overall.p_abandon": t["p_abandon"],
        "overall.service_level.of_entered": t["of_entered"], "pools.0.occupancy": t["occupancy"]}
