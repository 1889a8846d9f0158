// SPDX-License-Identifier: Apache-2.0
//
// Entry rules: by channel, account, intent and language, each by itself and together; the first queue that matches takes it.

#include "fixture.h"

// The last queue, without rules, is "rest"; before it the one of the test.
static void queues(struct world *w, const struct router_queue *def)
{
    struct router_queue rest = world_queue_def("rest");
    world_queue(w, &rest);
    world_queue(w, def);
}

static void expect_in(struct world *w, struct router_happened h, const char *queue)
{
    struct router_work_view v;
    world_happens(w, h);
    assert_true(router_work(w->r, world_work(w, h.conversation), &v));
    assert_string_equal(v.queue, queue);
}

static struct router_happened about(uint64_t conversation, const char *intent)
{
    struct router_happened h = world_words(conversation, ROUTER_CHAT);
    h.intent = intent;
    return h;
}

static void test_by_channel(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("texts");
    q.channels = CHANNEL_BIT(ROUTER_SMS) | CHANNEL_BIT(ROUTER_EMAIL);
    queues(w, &q);
    expect_in(w, world_words(1, ROUTER_SMS), "texts");
    expect_in(w, world_words(2, ROUTER_EMAIL), "texts");
    expect_in(w, world_words(3, ROUTER_CHAT), "rest");
}

static void test_by_account(void **state)
{
    struct world *w = *state;
    static const char *const accounts[] = {"brand-a", "brand-b"};
    struct router_queue q = world_queue_def("brands");
    q.accounts = accounts;
    q.accounts_n = 2;
    queues(w, &q);
    struct router_happened h = world_words(1, ROUTER_CHAT);
    h.account = "brand-b";
    expect_in(w, h, "brands");
    expect_in(w, world_words(2, ROUTER_CHAT), "rest");
}

static void test_by_intent_and_what_lies_below_it(void **state)
{
    struct world *w = *state;
    static const char *const intents[] = {"billing"};
    struct router_queue q = world_queue_def("billing");
    q.intents = intents;
    q.intents_n = 1;
    queues(w, &q);
    expect_in(w, about(1, "billing"), "billing");
    expect_in(w, about(2, "billing.refund"), "billing");
    expect_in(w, about(3, "billings"), "rest"); // begins alike, and is another
    expect_in(w, about(4, ""), "rest");
}

static void test_by_language(void **state)
{
    struct world *w = *state;
    static const char *const languages[] = {"de", "fr"};
    struct router_queue q = world_queue_def("abroad");
    q.languages = languages;
    q.languages_n = 2;
    queues(w, &q);
    struct router_happened h = world_words(1, ROUTER_CHAT);
    h.language = "fr";
    expect_in(w, h, "abroad");
    h.conversation = 2;
    h.language = "en";
    expect_in(w, h, "rest");
}

static void test_all_rules_of_the_first_queue_that_matches(void **state)
{
    struct world *w = *state;
    static const char *const billing[] = {"billing"};
    struct router_queue q = world_queue_def("billing-by-text");
    q.intents = billing;
    q.intents_n = 1;
    q.channels = CHANNEL_BIT(ROUTER_SMS);
    queues(w, &q);
    q = world_queue_def("billing"); // put later, so behind it
    q.intents = billing;
    q.intents_n = 1;
    world_queue(w, &q);
    struct router_happened h = about(1, "billing");
    expect_in(w, h, "billing");
    h = world_words(2, ROUTER_SMS);
    h.intent = "billing";
    expect_in(w, h, "billing-by-text");
    expect_in(w, world_words(3, ROUTER_SMS), "rest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_by_channel),
        story(test_by_account),
        story(test_by_intent_and_what_lies_below_it),
        story(test_by_language),
        story(test_all_rules_of_the_first_queue_that_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
