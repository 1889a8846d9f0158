// SPDX-License-Identifier: Apache-2.0
//
// Customers who do not answer: told, then closed, by the channel's times; and all that ends a silence.

#include "fixture.h"

#define TELLS (1u << ROUTER_NOTICE_SILENT | 1u << ROUTER_NOTICE_SILENT_CLOSED)

static void silence_after(struct world *w, uint32_t tells, uint32_t notice_ms, uint32_t close_ms, uint32_t wrap_up_ms)
{
    struct router_queue q = world_queue_def("rest");
    q.tells = tells;
    q.wrap_up_ms = wrap_up_ms;
    q.silent[ROUTER_CHAT] = (struct router_silence){notice_ms, close_ms};
    world_queue(w, &q);
}

// Ann has the conversation, and has answered just now.
static void answered(struct world *w)
{
    world_agent(w, "ann", "", 2, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    world_forget(w);
}

static void test_who_does_not_answer_is_told_and_then_closed(void **state)
{
    struct world *w = *state;
    silence_after(w, TELLS, 60000, 90000, 30000);
    answered(w);
    world_wait(w, 59999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "tell c1 by chat that rest is silent\n");
    world_wait(w, 29999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "c1 closed by ann: silent\n"
              "tell c1 by chat that rest is silent closed\n"
              "c1 is WRAP_UP SILENT\n");
    says(w, 1, ROUTER_CHAT); // in wrap-up they are back
    expect(w, "assign c1 to ann\n"
              "c1 is ASSIGNED CUSTOMER_BACK\n");
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    world_wait(w, 60000);
    world_forget(w);
    world_wait(w, 30000);
    world_wait(w, 30000);
    expect(w, "c1 closed by ann: silent\n"
              "tell c1 by chat that rest is silent closed\n"
              "c1 is WRAP_UP SILENT\n"
              "unassign c1 from ann WRAPPED_UP\n"
              "c1 is CLOSED WRAPPED_UP\n");
}

static void test_the_customers_word_ends_it_and_the_agents_begins_it_anew(void **state)
{
    struct world *w = *state;
    silence_after(w, TELLS, 60000, 90000, 0);
    answered(w);
    world_wait(w, 60000);
    expect(w, "tell c1 by chat that rest is silent\n");
    says(w, 1, ROUTER_CHAT);
    world_wait(w, 200000); // now the agent is waited for
    expect(w, "");
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    world_wait(w, 59999);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    world_forget(w);
    world_wait(w, 59999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "tell c1 by chat that rest is silent\n"); // of this silence
    world_wait(w, 30000);
    expect(w, "c1 closed by ann: silent\n"
              "tell c1 by chat that rest is silent closed\n"
              "unassign c1 from ann SILENT\n"
              "c1 is CLOSED SILENT\n");
}

static void test_without_words_for_it_the_close_comes_alone(void **state)
{
    struct world *w = *state;
    silence_after(w, 0, 0, 60000, 0);
    answered(w);
    world_wait(w, 60000);
    expect(w, "c1 closed by ann: silent\n"
              "unassign c1 from ann SILENT\n"
              "c1 is CLOSED SILENT\n");
}

static void test_a_notice_alone_closes_nothing(void **state)
{
    struct world *w = *state;
    silence_after(w, TELLS, 60000, 0, 0);
    answered(w);
    world_wait(w, 600000 - 1);
    expect(w, "tell c1 by chat that rest is silent\n");
}

static void test_a_call_is_no_silence(void **state)
{
    struct world *w = *state;
    silence_after(w, TELLS, 60000, 90000, 0);
    answered(w);
    calls(w, 1, "call1");
    sends(w, "ann", 1, ROUTER_CHAT);
    world_forget(w);
    world_wait(w, 200000);
    expect(w, "");
    struct router_queue q = world_queue_def("rest");
    q.silent[ROUTER_VOICE].close_ms = 1000;
    struct router_input in = {.kind = ROUTER_IN_QUEUE_PUT, .queue_put = q};
    world_step(w, &in);
    expect(w, "refused INVALID\n");
}

static void test_who_passes_it_on_ends_it(void **state)
{
    struct world *w = *state;
    silence_after(w, TELLS, 60000, 90000, 0);
    answered(w);
    to_queue(w, "ann", 1, "rest");
    world_forget(w);
    world_wait(w, 59000);
    expect(w, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_who_does_not_answer_is_told_and_then_closed),
        story(test_the_customers_word_ends_it_and_the_agents_begins_it_anew),
        story(test_without_words_for_it_the_close_comes_alone),
        story(test_a_notice_alone_closes_nothing),
        story(test_a_call_is_no_silence),
        story(test_who_passes_it_on_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
