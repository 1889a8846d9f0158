// SPDX-License-Identifier: Apache-2.0
//
// Entry rules on attributes: what an event, or the customer's record, says of the customer.

#include "fixture.h"

#include <stdio.h>

static const char *const high[] = {"gold", "platinum"}, *const any[] = {"*"};
static const struct router_attribute_rule tier = {"tier", high, 2}, region = {"region", any, 1};

// The last queue, without rules, is "rest"; before it the one of the test.
static void queue_for(struct world *w, const struct router_attribute_rule *rules, size_t n)
{
    struct router_queue rest = world_queue_def("rest"), q = world_queue_def("best");
    q.attributes = rules;
    q.attributes_n = n;
    world_queue(w, &rest);
    world_queue(w, &q);
}

static void happens(struct world *w, uint64_t conversation, struct router_attribute said, struct router_attribute own)
{
    struct router_happened h = world_words(conversation, ROUTER_CHAT);
    h.attributes = &said;
    h.attributes_n = said.key != NULL;
    h.customer_attributes = &own;
    h.customer_attributes_n = own.key != NULL;
    world_happens(w, h);
}

static void expect_in(struct world *w, uint64_t conversation, const char *queue)
{
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, conversation, &v));
    assert_string_equal(v.queue, queue);
}

static const struct router_attribute nothing = {0}, gold = {"tier", "gold"}, tin = {"tier", "tin"};

static void test_each_key_has_one_of_its_values(void **state)
{
    struct world *w = *state;
    const struct router_attribute_rule rules[] = {tier, region};
    queue_for(w, rules, 2);
    const struct router_attribute north = {"region", "north"};
    happens(w, 1, gold, north);
    expect_in(w, 1, "best");
    happens(w, 2, tin, north);
    expect_in(w, 2, "rest");
    happens(w, 3, gold, nothing); // no region at all
    expect_in(w, 3, "rest");
    happens(w, 4, nothing, nothing);
    expect_in(w, 4, "rest");
    happens(w, 5, (struct router_attribute){"tier", "goldfish"}, north);
    expect_in(w, 5, "rest");
}

static void test_any_value_is_enough_where_a_star_stands(void **state)
{
    struct world *w = *state;
    queue_for(w, &region, 1);
    happens(w, 1, (struct router_attribute){"region", ""}, nothing);
    expect_in(w, 1, "best");
    happens(w, 2, gold, nothing);
    expect_in(w, 2, "rest");
}

static void test_what_the_event_says_goes_before_the_record(void **state)
{
    struct world *w = *state;
    queue_for(w, &tier, 1);
    happens(w, 1, nothing, gold);
    expect_in(w, 1, "best");
    happens(w, 2, tin, gold);
    expect_in(w, 2, "rest");
    happens(w, 3, gold, tin);
    expect_in(w, 3, "best");
}

static void removes(struct world *w, const char *queue)
{
    world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_REMOVED, .queue_removed = {queue}});
}

// What was said is kept; the rules are asked again when the queue where it waits goes.
static void test_rules_are_asked_again_of_what_was_said_since(void **state)
{
    struct world *w = *state;
    struct router_queue rest = world_queue_def("rest"), by_tier = world_queue_def("best"),
                        texts = world_queue_def("chats");
    texts.channels = CHANNEL_BIT(ROUTER_CHAT);
    by_tier.attributes = &tier;
    by_tier.attributes_n = 1;
    world_queue(w, &rest);
    world_queue(w, &texts);
    world_queue(w, &by_tier);
    happens(w, 1, tin, nothing);
    happens(w, 1, gold, nothing); // later, and so it counts
    happens(w, 1, nothing, tin);  // by the record, and so it does not
    happens(w, 2, gold, nothing);
    happens(w, 2, tin, nothing);
    happens(w, 3, nothing, gold);
    happens(w, 3, nothing, nothing); // the record says so no longer
    for (uint64_t i = 1; i <= 3; i++)
        expect_in(w, i, "chats");
    removes(w, "chats");
    expect_in(w, 1, "best");
    expect_in(w, 2, "rest");
    expect_in(w, 3, "rest");
}

static void many(struct world *w, uint64_t conversation, size_t n, enum router_channel channel)
{
    static char keys[ROUTER_ATTRIBUTES_MAX + 1][8];
    struct router_attribute v[ROUTER_ATTRIBUTES_MAX + 1];
    for (size_t i = 0; i < n; i++) {
        snprintf(keys[i], sizeof keys[i], "k%02zu", n - i);
        v[i] = (struct router_attribute){keys[i], "v"};
    }
    struct router_happened h = world_words(conversation, channel);
    h.attributes = v;
    h.attributes_n = n;
    world_happens(w, h);
}

// Of more than a work can have those of the latest contact stay, and of the others the first in order of key.
static void test_the_latest_stay(void **state)
{
    struct world *w = *state;
    struct router_queue rest = world_queue_def("rest"), texts = world_queue_def("chats"), q = world_queue_def("best");
    const struct router_attribute_rule rules[] = {{"tier", any, 1}, {"k15", any, 1}}, lost = {"k16", any, 1};
    texts.channels = CHANNEL_BIT(ROUTER_CHAT);
    world_queue(w, &rest);
    world_queue(w, &texts);
    q.attributes = &lost;
    q.attributes_n = 1;
    world_queue(w, &q);
    q = world_queue_def("second");
    q.attributes = rules;
    q.attributes_n = 2;
    world_queue(w, &q);
    many(w, 1, ROUTER_ATTRIBUTES_MAX, ROUTER_CHAT);
    happens(w, 1, gold, nothing);
    removes(w, "chats");
    expect_in(w, 1, "second");
}

static void test_what_is_out_of_bounds_is_refused(void **state)
{
    struct world *w = *state;
    world_forget(w);
    many(w, 1, ROUTER_ATTRIBUTES_MAX + 1, ROUTER_CHAT);
    expect(w, "refused INVALID\n");
    happens(w, 1, (struct router_attribute){"", "no key"}, nothing);
    expect(w, "refused INVALID\n");
    struct router_queue q = world_queue_def("best");
    const struct router_attribute_rule none = {"tier", any, 0}, twice[] = {tier, tier};
    q.attributes = &none;
    q.attributes_n = 1;
    world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_PUT, .queue_put = q});
    expect(w, "refused INVALID\n");
    q.attributes = twice;
    q.attributes_n = 2;
    world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_PUT, .queue_put = q});
    expect(w, "refused INVALID\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_each_key_has_one_of_its_values),
        story(test_any_value_is_enough_where_a_star_stands),
        story(test_what_the_event_says_goes_before_the_record),
        story(test_rules_are_asked_again_of_what_was_said_since),
        story(test_the_latest_stay),
        story(test_what_is_out_of_bounds_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
