// SPDX-License-Identifier: Apache-2.0
//
// Who gets it: skills with levels, known agents first, suited and longest idle, priority then age, nobody blocked by what they
// could not take; and the record of why.

#include "fixture.h"

static void queue_needing(struct world *w, const char *name, const char *skill, uint32_t level, const char *intent)
{
    struct router_queue q = world_queue_def(name);
    struct router_skill needs = {skill, level};
    q.requires = &needs;
    q.requires_n = 1;
    q.intents = &intent;
    q.intents_n = *intent ? 1 : 0;
    world_queue(w, &q);
}

static void says_for(struct world *w, uint64_t conversation, const char *intent, uint32_t priority,
                     const char *last_agent)
{
    struct router_happened h = world_words(conversation, ROUTER_CHAT);
    h.intent = intent;
    h.priority = priority;
    h.last_agent = last_agent;
    world_happens(w, h);
}

static void expect_lacks(const struct router_candidate *c, enum router_exclusion why, uint32_t has)
{
    assert_int_equal(c->exclusion, why);
    assert_int_equal(c->shortfalls_n, 1);
    assert_string_equal(c->shortfalls[0].skill, "billing");
    assert_int_equal(c->shortfalls[0].needs, 3);
    assert_int_equal(c->shortfalls[0].has, has);
}

static void test_level_is_required(void **state)
{
    struct world *w = *state;
    queue_needing(w, "billing", "billing", 3, "");
    world_agent(w, "ann", "billing=2", 2, 0);
    comes(w, "ann");
    world_forget(w);
    says(w, 1, ROUTER_CHAT);
    expect(w, "decision c1 nobody\n"
              "c1 is QUEUED NEW\n");
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    assert_int_equal(d->candidates_n, 1);
    expect_lacks(&d->candidates[0], ROUTER_EX_SKILL, 2);
    world_agent(w, "ann", "billing=3", 2, 0); // she has learned
    router_explain(w->r, world_work(w, 1));
    accepts(w, "ann", 1);
    expect(w, "done\n"
              "assign c1 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

// That somebody is offline, or takes no chats, does not hide that they lack the skill too.
static void test_shortfalls_are_named_besides(void **state)
{
    struct world *w = *state;
    queue_needing(w, "billing", "billing", 3, "");
    world_agent(w, "ann", "billing=2", 2, 0);
    world_agent(w, "bob", "", 2, CHANNEL_BIT(ROUTER_VOICE));
    world_agent(w, "cal", "billing=3", 2, 0);
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    assert_int_equal(d->candidates_n, 3);
    expect_lacks(&d->candidates[0], ROUTER_EX_OFFLINE, 2);
    expect_lacks(&d->candidates[1], ROUTER_EX_CHANNEL, 0);
    assert_int_equal(d->candidates[2].exclusion, ROUTER_EX_OFFLINE);
    assert_int_equal(d->candidates[2].shortfalls_n, 0);
    assert_int_equal(d->excluded[ROUTER_EX_SKILL], 0);
}

static void test_suited_takes_the_better(void **state)
{
    struct world *w = *state;
    queue_needing(w, "billing", "billing", 2, "");
    world_agent(w, "ann", "billing=3", 2, 0);
    world_agent(w, "bob", "billing=5", 2, 0);
    comes(w, "ann");
    w->at += 1000;
    comes(w, "bob");
    world_forget(w);
    says(w, 1, ROUTER_CHAT);
    expect(w, "decision c1 bob\n"
              "offer c1 to bob NEW\n"
              "c1 is OFFERED NEW\n");
}

static void test_longest_idle(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("all");
    q.select = ROUTER_LONGEST_IDLE;
    world_queue(w, &q);
    world_agent(w, "ann", "", 3, 0);
    world_agent(w, "bob", "", 3, 0);
    comes(w, "bob");
    w->at += 1000;
    comes(w, "ann");
    world_forget(w);
    says(w, 1, ROUTER_CHAT);
    says(w, 2, ROUTER_CHAT); // bob is being asked: he is not idle
    expect(w, "decision c1 bob\n"
              "offer c1 to bob NEW\n"
              "c1 is OFFERED NEW\n"
              "decision c2 ann\n"
              "offer c2 to ann NEW\n"
              "c2 is OFFERED NEW\n");
}

static void test_known_agent_first(void **state)
{
    struct world *w = *state;
    queue_needing(w, "billing", "billing", 1, "");
    world_agent(w, "ann", "billing=1", 1, 0);
    world_agent(w, "bob", "billing=5", 2, 0);
    comes(w, "ann");
    comes(w, "bob");
    world_forget(w);
    says_for(w, 1, "", 0, "ann");
    expect(w, "decision c1 ann\n"
              "offer c1 to ann NEW\n"
              "c1 is OFFERED NEW\n");
    says_for(w, 2, "", 0, "ann"); // she is full, and the queue does not wait for her
    expect(w, "decision c2 bob\n"
              "offer c2 to bob NEW\n"
              "c2 is OFFERED NEW\n");
}

static void known_agent_is_full(struct world *w)
{
    struct router_queue q = world_queue_def("all");
    q.prefer_known_ms = 20000;
    world_queue(w, &q);
    world_agent(w, "ann", "", 1, 0);
    world_agent(w, "bob", "", 2, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    comes(w, "bob");
    says_for(w, 2, "", 0, "ann");
    world_forget(w);
}

static void test_known_agent_is_waited_for(void **state)
{
    struct world *w = *state;
    known_agent_is_full(w);
    world_wait(w, 19000);
    closes(w, "ann", 1);
    world_forget(w);
    wraps_up(w, "ann", 1);
    expect(w, "done\n"
              "unassign c1 from ann WRAPPED_UP\n"
              "decision c2 ann\n"
              "offer c2 to ann NEW\n"
              "c1 is CLOSED WRAPPED_UP\n"
              "c2 is OFFERED NEW\n");
}

static void test_known_agent_is_not_waited_for_long(void **state)
{
    struct world *w = *state;
    known_agent_is_full(w);
    world_wait(w, 19999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "decision c2 bob\n"
              "offer c2 to bob NEW\n"
              "c2 is OFFERED NEW\n");
}

static void test_known_agent_leaves(void **state)
{
    struct world *w = *state;
    known_agent_is_full(w);
    becomes(w, "ann", ROUTER_AWAY);
    expect(w, "done\n"
              "ann is AWAY\n"
              "decision c2 bob\n"
              "offer c2 to bob NEW\n"
              "c2 is OFFERED NEW\n");
}

static void test_priority_then_age(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 1, 0);
    says_for(w, 1, "", 5, "");
    w->at += 10;
    says_for(w, 2, "", 2, "");
    w->at += 10;
    says_for(w, 3, "", 2, "");
    world_forget(w);
    comes(w, "ann");
    expect(w, "ann is AWAY\n"
              "done\n"
              "ann is AVAILABLE\n"
              "decision c2 ann\n"
              "offer c2 to ann NEW\n"
              "c2 is OFFERED NEW\n");
}

static void test_nobody_blocks_the_line(void **state)
{
    struct world *w = *state;
    queue_needing(w, "rest", "talk", 1, "");
    queue_needing(w, "billing", "billing", 3, "billing");
    world_agent(w, "ann", "talk=1", 1, 0);
    says_for(w, 1, "billing", 1, "");
    says_for(w, 2, "billing.refund", 1, "");
    says_for(w, 3, "", 9, "");
    comes(w, "ann");
    assert_int_equal(world_load(w, "ann"), 1);
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, 3, &v));
    assert_int_equal(v.state, ROUTER_OFFERED);
    assert_true(router_work_of_conversation(w->r, 2, &v));
    assert_string_equal(v.queue, "billing");
}

static void test_record_is_bounded(void **state)
{
    struct world *w = *state;
    char id[8];
    for (int i = 0; i < 40; i++) {
        id[0] = 'a';
        id[1] = (char)('0' + i / 10);
        id[2] = (char)('0' + i % 10);
        id[3] = '\0';
        world_agent(w, id, "", 1, i % 2 ? CHANNEL_BIT(ROUTER_VOICE) : 0);
        comes(w, id);
    }
    struct router_effects out;
    struct router_input in = {.kind = ROUTER_IN_HAPPENED, .number = ++w->number, .at = w->at};
    in.happened = world_words(1, ROUTER_CHAT);
    assert_true(router_step(w->r, &in, &out));
    const struct router_decision *d = out.v[0].decision;
    assert_int_equal(d->candidates_n, 11); // the winner and ten runners-up
    assert_int_equal(d->considered, 40);
    assert_int_equal(d->excluded[ROUTER_QUALIFIED], 20);
    assert_int_equal(d->excluded[ROUTER_EX_CHANNEL], 20);
    assert_string_equal(d->candidates[0].agent, d->winner);
    assert_int_equal(d->candidates[10].exclusion, ROUTER_QUALIFIED);
    assert_int_equal(router_explain(w->r, world_work(w, 1))->candidates_n, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_level_is_required),
        story(test_shortfalls_are_named_besides),
        story(test_suited_takes_the_better),
        story(test_longest_idle),
        story(test_known_agent_first),
        story(test_known_agent_is_waited_for),
        story(test_known_agent_is_not_waited_for_long),
        story(test_known_agent_leaves),
        story(test_priority_then_age),
        story(test_nobody_blocks_the_line),
        story(test_record_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
