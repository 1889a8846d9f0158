// SPDX-License-Identifier: Apache-2.0
//
// Requirements as expressions: how they are read, who meets them, what is preferred, and how they relax with time down to a floor.

#include "fixture.h"

#include <string.h>

static void assert_wrong(const char *text, const char *expected, size_t where)
{
    const char *why;
    size_t at;
    assert_false(router_needs_ok(text, &why, &at));
    assert_string_equal(why, expected);
    assert_int_equal(at, where);
}

static void test_what_can_be_read(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "any",
                                       "billing",
                                       "billing>=3",
                                       " billing >= 3 and ( lang.de >= 2 or lang.en >= 4 ) ",
                                       "not bot and team = north or is = night-shift",
                                       "human and not (team=a or team=b)",
                                       "order >= 2", // begins like a word of the language
                                       "not not billing"};
    const char *why;
    size_t at;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(router_needs_ok(good[i], &why, &at));
}

static void test_what_is_wrong_and_where(void **state)
{
    (void)state;
    char deep[64] = {0}, longest[ROUTER_NEEDS_MAX + 2] = {0};
    memset(deep, '(', 40);
    memset(longest, 'a', sizeof longest - 1);
    assert_wrong("billing >= 6", "a level is 1 to 5", 11);
    assert_wrong("billing >= 33", "a level is 1 to 5", 11);
    assert_wrong("billing and", "a skill is missing here", 11);
    assert_wrong("and billing", "a skill is missing here", 0);
    assert_wrong("billing sales", "it should end here, or go on with and, or", 8);
    assert_wrong("(billing", "a bracket is not closed", 8);
    assert_wrong("team north", "after team and is comes = and a name", 5);
    assert_wrong("team = ", "a name is missing or too long", 7);
    assert_wrong("billing or any", "a skill is missing here", 11);
    assert_wrong("Billing", "a skill is missing here", 0);
    assert_wrong(deep, "it is nested too deeply", 16);
    assert_wrong(longest, "it is too long", 0);
}

static void queue_needs(struct world *w, const char *needs)
{
    struct router_queue q = world_queue_def("all");
    q.needs = needs;
    world_queue(w, &q);
}

static enum router_exclusion stands(struct world *w, const char *agent)
{
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    for (size_t i = 0; i < d->candidates_n; i++) {
        if (strcmp(d->candidates[i].agent, agent) == 0)
            return d->candidates[i].exclusion;
    }
    return ROUTER_EXCLUSION_UNSET;
}

static void test_expression(void **state)
{
    struct world *w = *state;
    queue_needs(w, "billing >= 3 and (lang.de >= 2 or lang.en >= 4)");
    world_agent(w, "ann", "billing=3 lang.de=2", 9, 0);
    world_agent(w, "bob", "billing=3 lang.en=4", 9, 0);
    world_agent(w, "cat", "billing=3 lang.de=1 lang.en=3", 9, 0);
    world_agent(w, "dan", "billing=2 lang.de=5", 9, 0);
    says(w, 1, ROUTER_CHAT);
    comes(w, "cat");
    comes(w, "dan");
    assert_int_equal(stands(w, "cat"), ROUTER_EX_SKILL);
    assert_int_equal(stands(w, "dan"), ROUTER_EX_SKILL);
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    assert_int_equal(d->candidates[2].shortfalls_n, 2); // either would do
    assert_string_equal(d->candidates[2].shortfalls[0].skill, "lang.de");
    assert_int_equal(d->candidates[2].shortfalls[1].needs, 4);
    comes(w, "ann");
    comes(w, "bob");
    assert_int_equal(stands(w, "ann"), ROUTER_QUALIFIED);
    assert_int_equal(stands(w, "bob"), ROUTER_QUALIFIED);
}

static void test_team_attribute_and_kind(void **state)
{
    struct world *w = *state;
    static const char *const nights[] = {"days", "nights"};
    queue_needs(w, "team = north and is = nights and human");
    world_agent_put(w, (struct router_agent){.id = "ann", .team = "north", .attributes = nights, .attributes_n = 2},
                    "");
    world_agent_put(w, (struct router_agent){.id = "bob", .team = "south", .attributes = nights, .attributes_n = 2},
                    "");
    world_agent_put(w, (struct router_agent){.id = "cat", .team = "north", .attributes = nights, .attributes_n = 1},
                    "");
    world_agent_put(
        w, (struct router_agent){.id = "dan", .team = "north", .attributes = nights, .attributes_n = 2, .bot = true},
        "");
    static const char *const ids[] = {"dan", "cat", "bob", "ann"};
    for (size_t i = 0; i < 4; i++)
        comes(w, ids[i]);
    says(w, 1, ROUTER_CHAT);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(stands(w, ids[i]), ROUTER_EX_SKILL);
    struct router_work_view v;
    router_work_of_conversation(w->r, 1, &v);
    assert_string_equal(v.agent, "ann");
}

static void test_not(void **state)
{
    struct world *w = *state;
    queue_needs(w, "not (bot or billing >= 4)");
    world_agent(w, "ann", "billing=4", 9, 0);
    world_agent(w, "bob", "billing=3", 9, 0);
    comes(w, "ann");
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    assert_int_equal(stands(w, "ann"), ROUTER_EX_SKILL);
    assert_int_equal(stands(w, "bob"), ROUTER_QUALIFIED);
}

static void test_preferred(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("all");
    struct router_skill billing = {"billing", 1}, french = {"fr", 3};
    q.requires = &billing;
    q.prefers = &french;
    q.requires_n = q.prefers_n = 1;
    world_queue(w, &q);
    world_agent(w, "ann", "billing=4", 1, 0);
    world_agent(w, "bob", "billing=1 fr=4", 1, 0);
    world_agent(w, "cat", "billing=3 fr=2", 1, 0); // not enough to count
    comes(w, "ann");
    comes(w, "bob");
    comes(w, "cat");
    world_forget(w);
    for (uint64_t c = 1; c <= 3; c++)
        says(w, c, ROUTER_CHAT);
    expect(w, "decision c1 bob\noffer c1 to bob NEW\nc1 is OFFERED NEW\n"
              "decision c2 ann\noffer c2 to ann NEW\nc2 is OFFERED NEW\n"
              "decision c3 cat\noffer c3 to cat NEW\nc3 is OFFERED NEW\n");
}

static struct router_queue relaxing(const struct router_relax *steps, size_t n)
{
    static const struct router_skill billing = {"billing", 4};
    struct router_queue q = world_queue_def("all");
    q.requires = &billing;
    q.requires_n = 1;
    q.steps = steps;
    q.steps_n = n;
    q.target_ms = 100000;
    return q;
}

static void expect_relaxed(struct world *w, uint64_t conversation, enum router_cause cause, int64_t ms,
                           uint32_t percent)
{
    struct router_relaxed r = router_explain(w->r, world_work(w, conversation))->relaxed;
    assert_int_equal(r.cause, cause);
    assert_int_equal(r.ms, ms);
    assert_int_equal(r.percent, percent);
}

static uint32_t unmeetable(const struct world *w)
{
    struct router_queue_view v;
    assert_true(router_queue_at(w->r, 0, &v));
    return v.unmeetable;
}

static void test_steps_relax_level_by_level(void **state)
{
    struct world *w = *state;
    const struct router_relax steps[] = {{.after_ms = 30000, .needs = "billing >= 3"},
                                         {.percent = 60, .needs = "billing >= 2"},
                                         {.after_ms = 90000, .needs = "any"}};
    struct router_queue q = relaxing(steps, 3);
    world_queue(w, &q);
    world_agent(w, "ann", "billing=2", 1, 0);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "ann");
    comes(w, "bob");
    world_forget(w);
    says(w, 1, ROUTER_CHAT);
    says(w, 2, ROUTER_CHAT);
    expect_relaxed(w, 2, ROUTER_CAUSE_NONE, 0, 0);
    world_forget(w);
    world_wait(w, 29999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "decision c1 nobody\ndecision c2 nobody\n"); // told anew: another requirement
    expect_relaxed(w, 2, ROUTER_CAUSE_WAITED, 30000, 0);
    world_wait(w, 30000);
    expect_relaxed(w, 2, ROUTER_CAUSE_TARGET, 60000, 60);
    expect(w, "decision c1 ann\noffer c1 to ann NEW\ndecision c2 nobody\nc1 is OFFERED NEW\n");
    world_wait(w, 29000);
    world_forget(w); // the offer to ann has passed
    world_wait(w, 1000);
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    assert_int_equal(d->step, 3);
    assert_string_equal(d->needs, "any");
    assert_int_equal(d->able, 2);
    struct router_work_view v;
    router_work_of_conversation(w->r, 1, &v);
    assert_string_equal(v.agent, "bob"); // the older one first
}

static void test_floor_never_relaxes(void **state)
{
    struct world *w = *state;
    const struct router_relax steps[] = {{.after_ms = 1000, .needs = "any"}};
    struct router_queue q = relaxing(steps, 1);
    q.floor = "human";
    world_queue(w, &q);
    world_agent_put(w, (struct router_agent){.id = "bot", .bot = true}, "billing=5");
    comes(w, "bot");
    says(w, 1, ROUTER_CHAT);
    world_wait(w, 5000);
    assert_int_equal(stands(w, "bot"), ROUTER_EX_SKILL);
    assert_string_equal(router_explain(w->r, world_work(w, 1))->floor, "human");
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    assert_int_equal(stands(w, "ann"), ROUTER_QUALIFIED);
}

static void test_widens_to_another_team(void **state)
{
    struct world *w = *state;
    const struct router_relax steps[] = {{.after_ms = 20000, .needs = "team = own or team = partners"}};
    struct router_queue q = world_queue_def("all");
    q.needs = "team = own";
    q.steps = steps;
    q.steps_n = 1;
    world_queue(w, &q);
    world_agent_put(w, (struct router_agent){.id = "pat", .team = "partners"}, "");
    comes(w, "pat");
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    world_wait(w, 20000);
    expect(w, "decision c1 pat\noffer c1 to pat NEW\nc1 is OFFERED NEW\n");
}

static void test_steps_count_the_age_of_work_that_returns(void **state)
{
    struct world *w = *state;
    const struct router_relax steps[] = {{.after_ms = 20000, .needs = "any"}};
    struct router_queue q = relaxing(steps, 1);
    world_queue(w, &q);
    world_agent(w, "ann", "billing=4", 1, 0);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "ann");
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    world_wait(w, 20000); // offered all the time
    world_forget(w);
    declines(w, "ann", 1);
    expect(
        w,
        "done\noffer of c1 to ann ended DECLINED\ndecision c1 bob\noffer c1 to bob DECLINED\nc1 is OFFERED DECLINED\n");
}

static void test_nobody_can_ever_is_told_at_once(void **state)
{
    struct world *w = *state;
    queue_needs(w, "law >= 5");
    world_agent(w, "ann", "law=4", 1, 0);
    struct router_effects out;
    struct router_input in = {.kind = ROUTER_IN_HAPPENED, .number = ++w->number, .at = w->at};
    in.happened = world_words(1, ROUTER_CHAT);
    assert_true(router_step(w->r, &in, &out));
    assert_int_equal(out.v[0].decision->able, 0);
    assert_int_equal(unmeetable(w), 1);
    world_agent(w, "ann", "law=5", 1, 0); // away, but able
    assert_int_equal(router_explain(w->r, world_work(w, 1))->able, 1);
    assert_int_equal(unmeetable(w), 0);
}

static void test_bad_steps_are_refused(void **state)
{
    struct world *w = *state;
    const struct router_relax bad[][2] = {
        {{.after_ms = 2000, .needs = "any"}, {.after_ms = 2000, .needs = "any"}},
        {{.after_ms = 5000, .needs = "any"}, {.percent = 4, .needs = "any"}},
        {{.after_ms = 1, .percent = 1, .needs = "any"}, {.percent = 50, .needs = "any"}},
        {{.needs = "any"}, {.percent = 50, .needs = "any"}},
        {{.after_ms = 1, .needs = "("}, {.percent = 50, .needs = "any"}}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct router_queue q = relaxing(bad[i], 2);
        world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_PUT, .queue_put = q});
        expect(w, "refused INVALID\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_can_be_read),
        cmocka_unit_test(test_what_is_wrong_and_where),
        story(test_expression),
        story(test_team_attribute_and_kind),
        story(test_not),
        story(test_preferred),
        story(test_steps_relax_level_by_level),
        story(test_floor_never_relaxes),
        story(test_widens_to_another_team),
        story(test_steps_count_the_age_of_work_that_returns),
        story(test_nobody_can_ever_is_told_at_once),
        story(test_bad_steps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
