// SPDX-License-Identifier: Apache-2.0
//
// What would have had to differ: every reason is named, the changes are the fewest, and whoever makes them for real is chosen, or is behind
// for just the reason that was told.

#include "fixture.h"

#include <stdio.h>
#include <string.h>

static const struct router_candidate *of(const struct router_decision *d, const char *agent)
{
    for (size_t i = 0; i < d->candidates_n; i++) {
        if (strcmp(d->candidates[i].agent, agent) == 0)
            return &d->candidates[i];
    }
    fail_msg("no candidate %s", agent);
    return NULL;
}

static const struct router_candidate *now(struct world *w, const char *agent)
{
    return of(router_explain(w->r, world_work(w, 1)), agent);
}

static void expect_change(const struct router_candidate *c, size_t i, enum router_change_kind kind, const char *name,
                          uint32_t from, uint32_t to)
{
    assert_true(i < c->changes_n);
    assert_int_equal(c->changes[i].kind, kind);
    assert_string_equal(c->changes[i].name, name);
    assert_int_equal(c->changes[i].from, from);
    assert_int_equal(c->changes[i].to, to);
}

// Its first words, and the record of the decision that they lead to.
static const struct router_decision *decides(struct world *w)
{
    struct router_effects out;
    struct router_input in = {.kind = ROUTER_IN_HAPPENED, .happened = world_words(1, ROUTER_CHAT)};
    in.number = ++w->number;
    in.at = w->at;
    in.wall = 1700000000000 + w->at;
    assert_true(router_step(w->r, &in, &out));
    assert_null(router_check(w->r));
    assert_int_equal(out.v[0].kind, ROUTER_DECISION);
    return out.v[0].decision;
}

static void queue_needs(struct world *w, const char *needs)
{
    struct router_queue q = world_queue_def("all");
    q.needs = needs;
    world_queue(w, &q);
}

static void test_a_level_is_missing_and_nothing_else(void **state)
{
    struct world *w = *state;
    queue_needs(w, "billing >= 3");
    world_agent(w, "ann", "billing=4", 1, 0);
    world_agent(w, "bob", "billing=2", 1, 0);
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    const struct router_candidate *bob = now(w, "bob");
    assert_int_equal(bob->exclusions, 1u << ROUTER_EX_SKILL);
    assert_int_equal(bob->changes_n, 1);
    expect_change(bob, 0, ROUTER_CHANGE_SKILL, "billing", 2, 3);
    assert_int_equal(bob->behind, ROUTER_BEHIND_NOBODY);
    world_agent(w, "bob", "billing=3", 1, 0);
    assert_string_equal(world_agent_of(w, 1), "bob"); // told, done, chosen
}

static void test_every_reason_is_named(void **state)
{
    struct world *w = *state;
    queue_needs(w, "billing >= 3 and team = north");
    world_agent(w, "bob", "billing=2", 2, CHANNEL_BIT(ROUTER_SMS));
    comes(w, "bob");
    becomes(w, "bob", ROUTER_AWAY);
    says(w, 1, ROUTER_CHAT);
    const struct router_candidate *bob = now(w, "bob");
    assert_int_equal(bob->exclusion, ROUTER_EX_AWAY);
    assert_int_equal(bob->exclusions, 1u << ROUTER_EX_AWAY | 1u << ROUTER_EX_CHANNEL | 1u << ROUTER_EX_SKILL);
    assert_int_equal(bob->changes_n, 4);
    expect_change(bob, 0, ROUTER_CHANGE_PRESENCE, "", 0, 0);
    expect_change(bob, 1, ROUTER_CHANGE_CHANNEL, "", 0, 0);
    assert_int_equal(bob->changes[1].channel, ROUTER_CHAT);
    expect_change(bob, 2, ROUTER_CHANGE_SKILL, "billing", 2, 3);
    expect_change(bob, 3, ROUTER_CHANGE_TEAM, "north", 0, 0);
}

static void test_the_cheapest_of_several_ways(void **state)
{
    struct world *w = *state;
    queue_needs(w, "(a >= 5 and b >= 5) or (c >= 2 and not team = south) or not (d >= 2 or human)");
    world_agent_put(w, (struct router_agent){.id = "bob", .team = "south"}, "a=1 c=1 d=3");
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    const struct router_candidate *bob = now(w, "bob");
    assert_int_equal(bob->changes_n, 2);
    expect_change(bob, 0, ROUTER_CHANGE_SKILL, "c", 1, 2);
    expect_change(bob, 1, ROUTER_CHANGE_OTHER_TEAM, "south", 0, 0);
    world_agent_put(w, (struct router_agent){.id = "bob", .team = "south"}, "a=1 d=2");
    bob = now(w, "bob"); // three for c and the team, three for d and being a bot: the first of equals
    expect_change(bob, 0, ROUTER_CHANGE_LESS_SKILL, "d", 2, 1);
    expect_change(bob, 1, ROUTER_CHANGE_BOT, "", 0, 0);
    assert_int_equal(bob->behind, ROUTER_BEHIND_NOBODY);
}

static void test_what_contradicts_itself(void **state)
{
    struct world *w = *state;
    queue_needs(w, "a >= 3 and not a >= 2");
    world_agent(w, "bob", "a=1", 1, 0);
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    assert_int_equal(now(w, "bob")->behind, ROUTER_BEHIND_NEVER);
}

static void test_units_too_few(void **state)
{
    struct world *w = *state;
    world_rules(w, 30000, 3);
    queue_needs(w, "");
    world_agent(w, "bob", "", 4, 0);
    world_agent(w, "cid", "", 2, 0);
    comes(w, "bob");
    says(w, 2, ROUTER_CHAT);
    accepts(w, "bob", 2);
    says(w, 3, ROUTER_CHAT);
    accepts(w, "bob", 3);
    comes(w, "cid");
    calls(w, 1, "call");
    const struct router_candidate *bob = now(w, "bob");
    assert_int_equal(bob->exclusions, 1u << ROUTER_EX_CAPACITY);
    expect_change(bob, 0, ROUTER_CHANGE_ROOM, "", 2, 1); // one unit too few
    assert_int_equal(bob->behind, ROUTER_BEHIND_NOBODY);
    expect_change(now(w, "cid"), 0, ROUTER_CHANGE_CAPACITY, "", 2, 3);
    closes(w, "bob", 3);
    wraps_up(w, "bob", 3);
    assert_string_equal(world_agent_of(w, 1), "bob");
}

static void test_places(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    c.channels[ROUTER_CHAT].max = 1;
    c.channels[ROUTER_VOICE].exclusive = true;
    world_configure(w, &c);
    queue_needs(w, "");
    world_agent(w, "bob", "", 9, 0);
    world_agent(w, "cid", "", 9, CHANNEL_BIT(ROUTER_VOICE));
    comes(w, "cid");
    calls(w, 2, "call");
    accepts(w, "cid", 2);
    world_agent(w, "cid", "", 9, 0);
    comes(w, "bob");
    says(w, 3, ROUTER_CHAT);
    accepts(w, "bob", 3);
    says(w, 1, ROUTER_CHAT);
    const struct router_candidate *bob = now(w, "bob");
    assert_int_equal(bob->exclusions, 1u << ROUTER_EX_OCCUPIED);
    expect_change(bob, 0, ROUTER_CHANGE_PLACE, "", 1, 0);
    assert_int_equal(bob->changes[0].channel, ROUTER_CHAT);
    assert_int_equal(now(w, "cid")->changes[0].channel, ROUTER_VOICE);
}

static void test_who_declined(void **state)
{
    struct world *w = *state;
    world_rules(w, 30000, 3);
    queue_needs(w, "");
    world_agent(w, "bob", "", 1, 0);
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    declines(w, "bob", 1);
    world_wait(w, 1000);
    const struct router_candidate *bob = now(w, "bob");
    assert_int_equal(bob->exclusions, 1u << ROUTER_EX_DECLINED);
    assert_int_equal(bob->changes[0].kind, ROUTER_CHANGE_PAUSE);
    assert_int_equal(bob->changes[0].ms, 59000);
    world_wait(w, 59000);
    assert_string_equal(world_agent_of(w, 1), "bob");
    declines(w, "bob", 1);
    expect_change(now(w, "bob"), 0, ROUTER_CHANGE_ASKED, "", 2, 1);
}

// ---- why another goes before ----

static void expect_behind(const struct router_candidate *c, enum router_behind why, int64_t by)
{
    assert_int_equal(c->behind, why);
    assert_int_equal(c->behind_by, by);
}

static void test_behind_by_points_idleness_and_id(void **state)
{
    struct world *w = *state;
    queue_needs(w, "a >= 1");
    world_agent(w, "ann", "a=3", 1, 0);
    world_agent(w, "bob", "a=3", 1, 0);
    world_agent(w, "cid", "a=1", 1, 0);
    world_agent(w, "dan", "", 1, 0);
    world_agent(w, "eve", "a=3", 1, 0);
    comes(w, "ann");
    comes(w, "bob");
    w->at += 5000;
    comes(w, "cid");
    comes(w, "dan");
    comes(w, "eve");
    w->at += 1000;
    const struct router_decision *d = decides(w);
    assert_string_equal(d->winner, "ann");
    expect_behind(of(d, "ann"), ROUTER_BEHIND_NOBODY, 0);
    expect_behind(of(d, "bob"), ROUTER_BEHIND_ID, 0);
    expect_behind(of(d, "eve"), ROUTER_BEHIND_IDLE, 5000);
    expect_behind(of(d, "cid"), ROUTER_BEHIND_SCORE, 2);
    expect_behind(of(d, "dan"), ROUTER_BEHIND_SCORE, 2); // even with a=1
}

static void test_behind_by_being_asked(void **state)
{
    struct world *w = *state;
    queue_needs(w, "");
    world_agent(w, "ann", "", 2, 0);
    world_agent(w, "bob", "", 2, 0);
    comes(w, "ann");
    says(w, 2, ROUTER_CHAT);
    comes(w, "bob");
    const struct router_decision *d = decides(w);
    assert_string_equal(d->winner, "bob");
    expect_behind(of(d, "ann"), ROUTER_BEHIND_ASKED, 0);
}

static void test_behind_who_is_known_and_who_is_named(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("all");
    q.prefer_known_ms = 60000;
    world_queue(w, &q);
    world_agent(w, "ann", "", 1, 0);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "ann");
    says(w, 2, ROUTER_CHAT);
    accepts(w, "ann", 2);
    comes(w, "bob");
    struct router_happened h = world_words(1, ROUTER_CHAT);
    h.last_agent = "ann";
    world_happens(w, h);
    expect_behind(now(w, "bob"), ROUTER_BEHIND_HELD, 0);
    assert_int_equal(router_explain(w->r, world_work(w, 1))->hold_ms, 60000);
    expect_behind(now(w, "ann"), ROUTER_BEHIND_NOBODY, 0); // with room
    closes(w, "ann", 2);
    wraps_up(w, "ann", 2);
    assert_string_equal(world_agent_of(w, 1), "ann");
    expect_behind(now(w, "bob"), ROUTER_BEHIND_KNOWN, 0);
    accepts(w, "ann", 1);
    becomes(w, "bob", ROUTER_AVAILABLE);
    to_agent(w, "ann", 1, "bob");
    assert_string_equal(world_agent_of(w, 1), "bob");
    expect_behind(now(w, "ann"), ROUTER_BEHIND_PASSED, 0);
    assert_string_equal(router_explain(w->r, world_work(w, 1))->wanted, "bob");
    assert_string_equal(router_explain(w->r, world_work(w, 1))->former, "ann");
}

static void test_behind_the_drawn(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("all");
    q.select = ROUTER_RANDOM;
    world_queue(w, &q);
    world_agent(w, "ann", "", 1, 0);
    world_agent(w, "bob", "", 1, 0);
    world_agent(w, "cid", "", 1, 0);
    comes(w, "ann");
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    assert_int_equal(of(d, strcmp(d->winner, "ann") == 0 ? "bob" : "ann")->behind, ROUTER_BEHIND_DRAW);
    assert_int_equal(of(d, "cid")->behind, ROUTER_BEHIND_DRAW);
}

// ---- decisions that name everybody ----

static void test_everybody_is_named_and_nothing_else_changes(void **state)
{
    struct world *w = *state;
    queue_needs(w, "a >= 2");
    for (int i = 0; i < 40; i++) {
        char id[8] = {'a', (char)('0' + i / 10), (char)('0' + i % 10)};
        world_agent(w, id, i % 2 ? "a=2" : "a=1", 1, 0);
        comes(w, id);
    }
    uint64_t before = router_hash(w->r);
    router_name_everybody(w->r, true);
    assert_true(router_hash(w->r) == before);
    const struct router_decision *d = decides(w);
    assert_int_equal(d->candidates_n, 40);
    assert_string_equal(d->winner, "a01");
    assert_string_equal(d->winner, d->candidates[0].agent);
    assert_int_equal(d->excluded[ROUTER_EX_SKILL], 20);
    assert_int_equal(of(d, "a39")->behind, ROUTER_BEHIND_ID);
    expect_change(of(d, "a38"), 0, ROUTER_CHANGE_SKILL, "a", 1, 2);
    d = router_glance(w->r, world_work(w, 1));
    assert_int_equal(d->candidates_n, ROUTER_CANDIDATES_MAX);
    assert_int_equal(d->excluded[ROUTER_EX_SKILL], 20);
    assert_int_equal(d->candidates[31].exclusion, ROUTER_EX_SKILL);
}

// Which of several would do depends on what is required besides.
static void test_the_fewest_of_all_together(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("all");
    q.needs = "(bot or s >= 3) and human and (t >= 1 or s >= 2)"; // a bot is cheaper, but no human
    world_queue(w, &q);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    const struct router_candidate *c = now(w, "bob");
    assert_int_equal(c->behind, ROUTER_BEHIND_NOBODY);
    assert_int_equal(c->changes_n, 1);
    expect_change(c, 0, ROUTER_CHANGE_SKILL, "s", 0, 3);
}

// One team is no other.
static void test_another_team_is_one_change(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("all");
    struct router_agent a = {.id = "bob", .name = "", .team = "south"};
    q.needs = "not team = south and team = north";
    world_queue(w, &q);
    world_agent_put(w, a, "");
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    const struct router_candidate *c = now(w, "bob");
    assert_int_equal(c->changes_n, 1);
    expect_change(c, 0, ROUTER_CHANGE_TEAM, "north", 0, 0);
}

// Very many alternatives that lead nowhere are not searched to the end.
static void test_a_hopeless_requirement_takes_no_long_time(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("all");
    static char text[ROUTER_NEEDS_MAX];
    size_t n = 0;
    for (int i = 0; n + 60 < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "(a%d or b%d) and ", i, i);
    strcpy(text + n, "z and not z");
    q.needs = text;
    world_queue(w, &q);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    assert_int_equal(now(w, "bob")->behind, ROUTER_BEHIND_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_a_level_is_missing_and_nothing_else),
        story(test_every_reason_is_named),
        story(test_the_cheapest_of_several_ways),
        story(test_what_contradicts_itself),
        story(test_units_too_few),
        story(test_places),
        story(test_who_declined),
        story(test_behind_by_points_idleness_and_id),
        story(test_behind_by_being_asked),
        story(test_behind_who_is_known_and_who_is_named),
        story(test_behind_the_drawn),
        story(test_everybody_is_named_and_nothing_else_changes),
        story(test_the_fewest_of_all_together),
        story(test_another_team_is_one_change),
        story(test_a_hopeless_requirement_takes_no_long_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
