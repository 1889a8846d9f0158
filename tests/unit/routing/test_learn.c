// SPDX-License-Identifier: Apache-2.0
//
// What is learned of who solves what: counts, the estimate, who is back within the window, and what people do about it.

#include "fixture.h"

#include <string.h>

static struct router_queue learning(void)
{
    struct router_queue q = world_queue_def("all");
    q.select = ROUTER_RESOLUTION;
    q.learn = true;
    q.learn_prior = 10;
    q.wrap_up_ms = 0;
    return q;
}

static void queue_learns(struct world *w, const char *const *intents, size_t n)
{
    struct router_queue q = learning(), other = world_queue_def("other");
    q.intents = intents;
    q.intents_n = n;
    world_queue(w, &other); // the last takes what no other does
    world_queue(w, &q);
}

static void two_agents(struct world *w)
{
    world_agent(w, "ann", "", 1, 0);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "ann");
    comes(w, "bob");
}

static void asks_about(struct world *w, uint64_t conversation, uint64_t customer, const char *intent)
{
    struct router_happened h = world_words(conversation, ROUTER_CHAT);
    h.customer = customer;
    h.intent = intent;
    world_happens(w, h);
}

// The agent to whom it is offered accepts and closes it; their name.
static const char *solves(struct world *w, uint64_t conversation, bool resolved)
{
    static char agent[16];
    strcpy(agent, world_agent_of(w, conversation));
    accepts(w, agent, conversation);
    struct router_command c = world_command(agent, ROUTER_ACT_CLOSE);
    c.work = world_work(w, conversation);
    c.resolved = resolved;
    world_commands(w, c);
    return agent;
}

static struct router_lesson_view lesson(const struct world *w, const char *agent, const char *intent)
{
    struct router_lesson_view v;
    for (size_t i = 0; router_lesson_at(w->r, agent, i, &v); i++) {
        if (strcmp(v.intent, intent) == 0)
            return v;
    }
    return (struct router_lesson_view){0};
}

static void learned(struct world *w, enum router_learned act, const char *agent, const char *queue, uint64_t work)
{
    struct router_input in = {.kind = ROUTER_IN_LEARNED};
    in.learned.act = act;
    in.learned.agent = agent;
    in.learned.queue = queue;
    in.learned.work = work;
    world_step(w, &in);
}

static void test_who_solved_more_comes_first(void **state)
{
    struct world *w = *state;
    queue_learns(w, NULL, 0);
    two_agents(w);
    asks_about(w, 1, 101, "");
    assert_string_equal(solves(w, 1, false), "ann"); // nothing known: the lower id
    asks_about(w, 2, 102, "");
    assert_string_equal(solves(w, 2, true), "bob");
    asks_about(w, 3, 103, "");
    assert_string_equal(world_agent_of(w, 3), "bob");
    struct router_lesson_view ann = lesson(w, "ann", ""), bob = lesson(w, "bob", "");
    assert_int_equal(ann.tried, 1);
    assert_int_equal(ann.estimate, 10 * 500000 / 11);
    assert_int_equal(bob.solved, 1);
    assert_int_equal(bob.estimate, (10 * 500000 + 1000000) / 11);
}

static void test_topics_are_learned_apart(void **state)
{
    static const char *const intents[] = {"refund", "order"};
    struct world *w = *state;
    queue_learns(w, intents, 2);
    two_agents(w);
    w->at += 1000;
    asks_about(w, 1, 101, "refund.late");
    assert_string_equal(solves(w, 1, true), "ann");
    asks_about(w, 2, 102, "order");
    assert_string_equal(solves(w, 2, false), "bob"); // ann's refund says nothing of orders, and bob is idle for longer
    assert_int_equal(lesson(w, "ann", "refund").solved, 1);
    assert_int_equal(lesson(w, "ann", "order").tried, 0);
    w->at += 1000;
    asks_about(w, 3, 103, "refund");
    assert_string_equal(solves(w, 3, true), "ann");
    asks_about(w, 4, 104, "order");
    assert_string_equal(world_agent_of(w, 4), "ann"); // bob failed one
}

static void test_back_on_the_same_topic_takes_it_back(void **state)
{
    static const char *const intents[] = {"refund", "order"};
    struct world *w = *state;
    queue_learns(w, intents, 2);
    two_agents(w);
    asks_about(w, 1, 101, "refund");
    solves(w, 1, true);
    asks_about(w, 2, 101, "order"); // about something else
    assert_int_equal(lesson(w, "ann", "refund").solved, 1);
    asks_about(w, 3, 101, "refund"); // in another conversation, within the window
    assert_int_equal(lesson(w, "ann", "refund").solved, 0);
    assert_int_equal(lesson(w, "ann", "refund").tried, 1);
}

static void test_back_after_the_window_does_not(void **state)
{
    struct world *w = *state;
    struct router_config rules = world_rules_def();
    rules.learn_ms = 60000;
    world_configure(w, &rules);
    queue_learns(w, NULL, 0);
    two_agents(w);
    asks_about(w, 1, 101, "");
    solves(w, 1, true);
    world_wait(w, 60000);
    asks_about(w, 2, 101, "");
    assert_int_equal(lesson(w, "ann", "").solved, 1);
}

static void test_a_contested_close_does_not_count(void **state)
{
    struct world *w = *state;
    queue_learns(w, NULL, 0);
    two_agents(w);
    asks_about(w, 1, 101, "");
    uint64_t work = world_work(w, 1);
    solves(w, 1, false);
    world_forget(w);
    learned(w, ROUTER_LEARNED_CONTEST, "bob", "", work);
    expect(w, "refused NOT_YOURS\n");
    learned(w, ROUTER_LEARNED_CONTEST, "ann", "", work);
    assert_int_equal(lesson(w, "ann", "").tried, 0);
    learned(w, ROUTER_LEARNED_CONTEST, "ann", "", work);
    expect(w, "refused WRONG_STATE\n");
    learned(w, ROUTER_LEARNED_RESTORE, "ann", "", work);
    assert_int_equal(lesson(w, "ann", "").tried, 1);
    learned(w, ROUTER_LEARNED_CONTEST, "ann", "", work + 1000);
    expect(w, "refused UNKNOWN_WORK\n");
}

static void test_reset_forgets_one_agent(void **state)
{
    struct world *w = *state;
    queue_learns(w, NULL, 0);
    two_agents(w);
    asks_about(w, 1, 101, "");
    solves(w, 1, true);
    asks_about(w, 2, 102, "");
    solves(w, 2, true);
    world_forget(w);
    learned(w, ROUTER_LEARNED_RESET, "ann", "none such", 0);
    expect(w, "refused UNKNOWN_QUEUE\n");
    struct router_lesson_view ann = lesson(w, "ann", ""), bob = lesson(w, "bob", "");
    assert_int_equal(ann.solved + bob.solved, 2);
    learned(w, ROUTER_LEARNED_RESET, "ann", "all", 0);
    assert_int_equal(lesson(w, "ann", "").tried, 0);
    assert_int_equal(lesson(w, "bob", "").tried, bob.tried);
    asks_about(w, 3, 101, ""); // whose close is forgotten: nothing is taken back
    assert_int_equal(lesson(w, "bob", "").solved, bob.solved);
}

// Sixty contacts: the mean of all follows, and with it the estimate of who has shown nothing yet.
static void test_the_mean_follows(void **state)
{
    struct world *w = *state;
    queue_learns(w, NULL, 0);
    two_agents(w);
    for (uint64_t c = 1; c <= 60; c++) {
        asks_about(w, c, 100 + c, "");
        solves(w, c, true);
        world_forget(w);
        w->at += 1000;
    }
    struct router_lesson_view ann = lesson(w, "ann", ""), bob = lesson(w, "bob", "");
    struct router_lesson_view most = ann.tried > bob.tried ? ann : bob;
    assert_int_equal(ann.tried + bob.tried, 60);
    assert_true(most.mean > 900000 && most.mean < 1000000);
    assert_true(most.estimate > most.mean);
}

// After a thousand attempts what is old weighs half.
static void test_old_attempts_fade(void **state)
{
    struct world *w = *state;
    queue_learns(w, NULL, 0);
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    for (uint64_t c = 1; c <= 1001; c++) {
        asks_about(w, c, 100 + c, "");
        solves(w, c, c <= 1000);
        world_forget(w);
        w->at += 1;
    }
    assert_int_equal(lesson(w, "ann", "").tried, 501);
    assert_int_equal(lesson(w, "ann", "").solved, 500);
}

static void test_what_was_learned_outlives_a_change_of_the_queue(void **state)
{
    static const char *const intents[] = {"refund", "order"}, *const fewer[] = {"order"};
    struct world *w = *state;
    queue_learns(w, intents, 2);
    two_agents(w);
    asks_about(w, 1, 101, "refund");
    solves(w, 1, true);
    asks_about(w, 2, 102, "order");
    const char *agent = solves(w, 2, true);
    queue_learns(w, fewer, 1);
    assert_int_equal(lesson(w, "ann", "refund").tried, 0);
    assert_int_equal(lesson(w, agent, "order").solved, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_who_solved_more_comes_first),
        story(test_topics_are_learned_apart),
        story(test_back_on_the_same_topic_takes_it_back),
        story(test_back_after_the_window_does_not),
        story(test_a_contested_close_does_not_count),
        story(test_reset_forgets_one_agent),
        story(test_the_mean_follows),
        story(test_old_attempts_fade),
        story(test_what_was_learned_outlives_a_change_of_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
