// SPDX-License-Identifier: Apache-2.0
//
// Several offers of one work at once: the first to accept has it.

#include "fixture.h"

static struct router_queue offering_to(uint32_t n)
{
    struct router_queue q = world_queue_def("all");
    q.offer_to = n;
    return q;
}

// Ann, Bob and Cleo, idle in this order, each with room for one.
static void configure(struct world *w, struct router_config c, struct router_queue q)
{
    static const char *const agents[] = {"ann", "bob", "cleo"};
    c.queues = &q;
    c.queues_n = 1;
    world_configure(w, &c);
    for (size_t i = 0; i < 3; i++) {
        world_agent(w, agents[i], "", 1, 0);
        w->at += 1000;
        comes(w, agents[i]);
    }
    world_forget(w);
}

static uint64_t epoch_of(const struct world *w, const char *agent)
{
    struct router_offer_view o;
    assert_true(router_offer_to(w->r, world_work(w, 1), agent, &o));
    return o.epoch;
}

static void answers(struct world *w, const char *agent, enum router_act act, uint64_t epoch)
{
    struct router_command c = world_command(agent, act);
    c.work = world_work(w, 1);
    c.epoch = epoch;
    world_commands(w, c);
}

static void test_the_first_to_accept_has_it(void **state)
{
    struct world *w = *state;
    configure(w, world_rules_def(), offering_to(2));
    says(w, 1, ROUTER_CHAT);
    expect(w, "decision c1 ann\n"
              "offer c1 to ann NEW\n"
              "decision c1 bob\n"
              "offer c1 to bob NEW\n"
              "c1 is OFFERED NEW\n");
    uint64_t ann = epoch_of(w, "ann"), bob = epoch_of(w, "bob");
    assert_int_equal(world_load(w, "ann"), 1);
    answers(w, "ann", ROUTER_ACT_ACCEPT, bob);
    expect(w, "refused NOT_YOURS\n");
    answers(w, "bob", ROUTER_ACT_ACCEPT, bob);
    expect(w, "done\n"
              "offer of c1 to ann ended TAKEN\n"
              "assign c1 to bob\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "ann"), 0);
    answers(w, "ann", ROUTER_ACT_ACCEPT, ann);
    answers(w, "ann", ROUTER_ACT_DECLINE, ann);
    expect(w, "refused OFFER_PAST\n"
              "refused OFFER_PAST\n");
}

static void test_the_next_best_takes_the_place_of_who_declines(void **state)
{
    struct world *w = *state;
    configure(w, world_rules_def(), offering_to(2));
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    declines(w, "ann", 1);
    expect(w, "done\n"
              "offer of c1 to ann ended DECLINED\n"
              "decision c1 cleo\n"
              "offer c1 to cleo NEW\n"
              "c1 is OFFERED NEW\n");
    declines(w, "bob", 1);
    expect(w, "done\n"
              "offer of c1 to bob ended DECLINED\n"
              "c1 is OFFERED NEW\n");
    declines(w, "cleo", 1);
    expect(w, "done\n"
              "offer of c1 to cleo ended DECLINED\n"
              "decision c1 nobody\n"
              "c1 is QUEUED DECLINED\n");
}

static void test_time_outs_count_for_each(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    c.timeouts_to_away = 1;
    configure(w, c, offering_to(2));
    says(w, 1, ROUTER_CHAT);
    world_wait(w, 10000);
    extends(w, "ann", 1);
    world_forget(w);
    world_wait(w, 20000);
    expect(w, "offer of c1 to bob ended TIMED_OUT\n"
              "bob is AWAY\n"
              "decision c1 cleo\n"
              "offer c1 to cleo NEW\n"
              "c1 is OFFERED NEW\n");
    world_wait(w, 10000);
    expect(w, "offer of c1 to ann ended TIMED_OUT\n"
              "ann is AWAY\n"
              "c1 is OFFERED NEW\n");
}

static void test_a_lost_desk_ends_its_own_offer(void **state)
{
    struct world *w = *state;
    configure(w, world_rules_def(), offering_to(3));
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    loses(w, "desk-bob");
    expect(w, "bob is LOST\n"
              "offer of c1 to bob ended WENT_AWAY\n"
              "c1 is OFFERED NEW\n");
    opens(w, "bob", "desk-bob", "boot"); // not blamed: asked again
    expect(w, "bob is AVAILABLE\n"
              "decision c1 bob\n"
              "offer c1 to bob NEW\n"
              "c1 is OFFERED NEW\n");
}

static void test_what_nobody_has_been_offered_goes_first(void **state)
{
    struct world *w = *state;
    configure(w, world_rules_def(), offering_to(2));
    says(w, 1, ROUTER_CHAT);
    says(w, 2, ROUTER_CHAT);
    says(w, 3, ROUTER_CHAT); // waits: all are asked
    world_forget(w);
    accepts(w, "ann", 1);
    expect(w, "done\n"
              "offer of c1 to bob ended TAKEN\n"
              "assign c1 to ann\n"
              "decision c3 bob\n" // and not a second offer of c2
              "offer c3 to bob NEW\n"
              "c1 is ASSIGNED ACCEPTED\n"
              "c3 is OFFERED NEW\n");
}

static void test_who_knows_the_customer_is_asked_alone_for_a_while(void **state)
{
    struct world *w = *state;
    struct router_queue q = offering_to(2);
    q.prefer_known_ms = 5000;
    configure(w, world_rules_def(), q);
    struct router_happened h = world_words(1, ROUTER_CHAT);
    h.last_agent = "cleo";
    world_happens(w, h);
    expect(w, "decision c1 cleo\n"
              "offer c1 to cleo NEW\n"
              "c1 is OFFERED NEW\n");
    world_wait(w, 5000);
    expect(w, "decision c1 ann\n"
              "offer c1 to ann NEW\n"
              "c1 is OFFERED NEW\n");
}

static void test_what_is_accepted_by_itself_is_offered_to_one(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    c.channels[ROUTER_CHAT].auto_accept = true;
    configure(w, c, offering_to(3));
    says(w, 1, ROUTER_CHAT);
    expect(w, "decision c1 ann\n"
              "offer c1 to ann NEW\n"
              "assign c1 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

static void test_a_hang_up_ends_all(void **state)
{
    struct world *w = *state;
    configure(w, world_rules_def(), offering_to(2));
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    closes_chat(w, 1);
    expect(w, "offer of c1 to ann ended ABANDONED\n"
              "offer of c1 to bob ended ABANDONED\n"
              "c1 is CLOSED ABANDONED\n");
}

static void test_each_goes_on_with_another_channel_or_not(void **state)
{
    struct world *w = *state;
    configure(w, world_rules_def(), offering_to(2));
    world_agent(w, "ann", "", 1, CHANNEL_BIT(ROUTER_CHAT));
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    says(w, 1, ROUTER_SMS);
    expect(w, "offer of c1 to ann ended CHANNEL_SWITCH\n"
              "decision c1 cleo\n"
              "offer c1 to cleo NEW\n"
              "c1 is OFFERED NEW\n");
}

static void test_who_has_an_offer_is_named_so(void **state)
{
    struct world *w = *state;
    configure(w, world_rules_def(), offering_to(8));
    says(w, 1, ROUTER_CHAT);
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    assert_int_equal(d->excluded[ROUTER_EX_OFFERED], 3);
    assert_int_equal(d->candidates[0].exclusion, ROUTER_EX_OFFERED);
}

static void test_nine_are_too_many(void **state)
{
    struct world *w = *state;
    struct router_queue q = offering_to(ROUTER_OFFERS_MAX + 1);
    world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_PUT, .queue_put = q});
    expect(w, "refused INVALID\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_the_first_to_accept_has_it),
        story(test_the_next_best_takes_the_place_of_who_declines),
        story(test_time_outs_count_for_each),
        story(test_a_lost_desk_ends_its_own_offer),
        story(test_what_nobody_has_been_offered_goes_first),
        story(test_who_knows_the_customer_is_asked_alone_for_a_while),
        story(test_what_is_accepted_by_itself_is_offered_to_one),
        story(test_a_hang_up_ends_all),
        story(test_each_goes_on_with_another_channel_or_not),
        story(test_who_has_an_offer_is_named_so),
        story(test_nine_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
