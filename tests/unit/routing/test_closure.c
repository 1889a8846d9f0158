// SPDX-License-Identifier: Apache-2.0
//
// Queues that a supervisor closes: where what comes and what waits goes, what is told, and how it ends.

#include "fixture.h"

#define TELLS (1u << ROUTER_NOTICE_EMERGENCY)

static void expect_in(struct world *w, uint64_t conversation, const char *queue)
{
    struct router_work_view v;
    assert_true(router_work(w->r, world_work(w, conversation), &v));
    assert_string_equal(v.queue, queue);
}

static void queue_put(struct world *w, const char *name, const char *overflow, uint32_t channels)
{
    struct router_queue q = world_queue_def(name);
    q.overflow = overflow;
    q.overflow_waiting = *overflow ? 100 : 0;
    q.channels = channels;
    q.tells = TELLS;
    world_queue(w, &q);
}

static void shuts(struct world *w, const char *queue, const char *to, int64_t ms)
{
    struct router_stats s;
    router_stats(w->r, &s);
    supervises(w, (struct router_supervise){
                      .act = ROUTER_CLOSE_QUEUE, .queue = queue, .to = to, .until = ms ? s.wall + ms : 0});
}

// In the order of entry rules: chat, words, rest.
static void three_queues(struct world *w, const char *overflow)
{
    queue_put(w, "rest", "", 0);
    queue_put(w, "chat", overflow, CHANNEL_BIT(ROUTER_CHAT));
    queue_put(w, "words", "", CHANNEL_BIT(ROUTER_CHAT) | CHANNEL_BIT(ROUTER_SMS));
    world_forget(w);
}

static void test_what_waits_is_told_and_moves_with_its_age(void **state)
{
    struct world *w = *state;
    struct router_work_view v;
    three_queues(w, "");
    says(w, 1, ROUTER_CHAT);
    int64_t began = w->at;
    world_wait(w, 5000);
    says(w, 2, ROUTER_CHAT);
    world_forget(w);
    shuts(w, "chat", "", 0);
    expect(w, "decision c1 nobody\n"
              "decision c2 nobody\n"
              "tell c1 by chat that chat is closed by hand\n"
              "tell c2 by chat that chat is closed by hand\n"
              "c1 is QUEUED SUPERVISED\n"
              "c2 is QUEUED SUPERVISED\n");
    expect_in(w, 1, "words"); // by the next entry rule
    expect_in(w, 2, "words");
    assert_true(router_work(w->r, world_work(w, 1), &v));
    assert_int_equal(v.since, began);
    says(w, 3, ROUTER_CHAT);
    expect_in(w, 3, "words");
    expect(w, "decision c3 nobody\n"
              "tell c3 by chat that chat is closed by hand\n"
              "c3 is QUEUED NEW\n");
}

static void test_first_where_the_supervisor_said_then_where_it_overflows(void **state)
{
    struct world *w = *state;
    three_queues(w, "rest");
    shuts(w, "chat", "", 0);
    says(w, 1, ROUTER_CHAT);
    expect_in(w, 1, "rest");
    shuts(w, "chat", "words", 0);
    says(w, 2, ROUTER_CHAT);
    expect_in(w, 2, "words");
    shuts(w, "words", "", 0);
    expect_in(w, 2, "rest"); // what was to be there first is closed, too
    says(w, 3, ROUTER_CHAT);
    expect_in(w, 3, "rest");
    shuts(w, "rest", "", 0);
    says(w, 4, ROUTER_CHAT);
    expect_in(w, 4, "chat"); // nowhere else: nothing is lost
    world_forget(w);
}

static void test_work_at_hand_stays_and_what_comes_back_does_not(void **state)
{
    struct world *w = *state;
    three_queues(w, "");
    world_agent(w, "ann", "", 2, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    shuts(w, "chat", "", 0);
    expect_in(w, 1, "chat");
    becomes(w, "ann", ROUTER_AWAY);
    supervises(w, (struct router_supervise){.act = ROUTER_PULL, .work = world_work(w, 1)});
    expect_in(w, 1, "words");
    world_forget(w);
}

static void test_it_ends_at_its_time_or_by_opening(void **state)
{
    struct world *w = *state;
    struct router_queue_view v;
    three_queues(w, "");
    shuts(w, "chat", "", 60000);
    assert_true(router_queue_at(w->r, 0, &v));
    assert_string_equal(v.closure.by, "sue");
    int64_t since = v.closure.since;
    assert_int_equal(v.closure.until, since + 60000);
    world_wait(w, 59999);
    assert_true(router_queue_at(w->r, 0, &v));
    assert_int_equal(v.closure.since, since);
    says(w, 1, ROUTER_CHAT);
    expect_in(w, 1, "words");
    world_wait(w, 1);
    says(w, 2, ROUTER_CHAT);
    expect_in(w, 2, "chat");
    expect_in(w, 1, "words");
    assert_true(router_queue_at(w->r, 0, &v));
    assert_string_equal(v.closure.by, "");
    shuts(w, "chat", "", 0);
    supervises(w, (struct router_supervise){.act = ROUTER_OPEN_QUEUE, .queue = "chat"});
    says(w, 3, ROUTER_CHAT);
    expect_in(w, 3, "chat");
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_OPEN_QUEUE, .queue = "chat"});
    shuts(w, "nowhere", "", 0);
    shuts(w, "chat", "nowhere", 0);
    shuts(w, "chat", "chat", 0);
    shuts(w, "chat", "", -1);
    expect(w, "refused WRONG_STATE\n"
              "refused UNKNOWN_QUEUE\n"
              "refused UNKNOWN_QUEUE\n"
              "refused INVALID\n"
              "refused INVALID\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_what_waits_is_told_and_moves_with_its_age),
        story(test_first_where_the_supervisor_said_then_where_it_overflows),
        story(test_work_at_hand_stays_and_what_comes_back_does_not),
        story(test_it_ends_at_its_time_or_by_opening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
