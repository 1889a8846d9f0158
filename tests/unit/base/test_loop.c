// SPDX-License-Identifier: Apache-2.0
// The order of one turn, the graveyard, timers, signals, the clock. Order is asserted, and of time only that nothing comes early.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/loop.h"

#define WORD(s) ((void *)(s))

static struct loop *loop;
static char story[64];

static void note(void *arg)
{
    strncat(story, arg, sizeof story - strlen(story) - 1);
}

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    story[0] = '\0';
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void bury_another(void *arg)
{
    note(arg);
    loop_defer_free(loop, note, WORD("G"));
}

static void act(void *arg)
{
    (void)arg;
    loop_defer_free(loop, bury_another, WORD("g"));
    note(WORD("e"));
    loop_stop(loop);
}

static void test_turn_order(void **state)
{
    (void)state;
    struct loop_timer *t = loop_timer_new(loop, act, NULL);
    loop_at_turn_flush(loop, note, WORD("f"));
    loop_at_turn_end(loop, note, WORD("1"));
    loop_at_turn_end(loop, note, WORD("2"));
    loop_timer_set(t, 0);
    loop_run(loop);
    assert_string_equal(story, "ef12fgG");
    loop_timer_free(t);
}

static void test_forgotten_hooks_do_not_run(void **state)
{
    (void)state;
    char mine[] = "x";
    struct loop_timer *t = loop_timer_new(loop, act, NULL);
    loop_at_turn_end(loop, note, mine);
    loop_at_turn_flush(loop, note, mine);
    loop_at_turn_end(loop, note, WORD("1"));
    loop_forget(loop, mine);
    loop_timer_set(t, 0);
    loop_run(loop);
    assert_string_equal(story, "e1gG");
    loop_timer_free(t);
}

static void stop(void *arg)
{
    note(arg);
    loop_stop(loop);
}

static void test_timers_move_and_stop(void **state)
{
    (void)state;
    struct loop_timer *early = loop_timer_new(loop, note, WORD("early")),
                      *late = loop_timer_new(loop, note, WORD("late")), *end = loop_timer_new(loop, stop, WORD("end"));
    loop_timer_set(early, 0);
    loop_timer_set(late, 0);
    assert_true(loop_timer_pending(late));
    loop_timer_set(late, -1);
    assert_false(loop_timer_pending(late));
    loop_timer_set(end, 3600000);
    loop_timer_set(end, 20); // setting again moves it
    loop_run(loop);
    assert_string_equal(story, "earlyend");
    assert_false(loop_timer_pending(early));
    loop_timer_free(early);
    loop_timer_free(late);
    loop_timer_free(end);
    loop_timer_free(NULL);
}

static int64_t ran_at;

static void ran(void *arg)
{
    (void)arg;
    ran_at = loop_fresh();
    loop_stop(loop);
}

static void test_a_timer_moved_later_waits_the_whole_time(void **state)
{
    (void)state;
    struct loop_timer *t = loop_timer_new(loop, ran, NULL);
    int64_t began = loop_fresh();
    loop_timer_set(t, 10);
    loop_timer_set(t, 50);
    loop_timer_set(t, 40); // earlier than it was moved to, still later than it first was
    loop_run(loop);
    assert_true(ran_at - began >= 40);
    assert_false(loop_timer_pending(t));
    loop_timer_free(t);
}

static struct loop_timer *mine;

static void free_myself(void *arg)
{
    (void)arg;
    loop_timer_free(mine);
    loop_stop(loop);
}

static void test_timer_may_free_itself(void **state)
{
    (void)state;
    mine = loop_timer_new(loop, free_myself, NULL);
    loop_timer_set(mine, 0);
    loop_run(loop);
}

static void test_signal_comes_on_the_loop(void **state)
{
    (void)state;
    loop_on_signal(loop, SIGUSR1, stop, WORD("usr1"));
    raise(SIGUSR1);
    assert_string_equal(story, "");
    loop_run(loop);
    assert_string_equal(story, "usr1");
}

static int64_t first, second;

static void read_clock(void *arg)
{
    (void)arg;
    first = loop_now(loop);
    while (loop_fresh() == first)
        ;
    second = loop_now(loop);
    loop_stop(loop);
}

static void test_clock_stands_still_within_a_turn(void **state)
{
    (void)state;
    struct loop_timer *t = loop_timer_new(loop, read_clock, NULL);
    loop_timer_set(t, 0);
    loop_run(loop);
    assert_int_equal(first, second);
    assert_true(loop_now(loop) > first); // outside a turn it is always fresh
    loop_timer_free(t);
}

static void test_stop_before_run(void **state)
{
    (void)state;
    loop_stop(loop);
    loop_run(loop);
    assert_string_equal(story, "");
}

static void test_free_buries_the_rest(void **state)
{
    (void)state;
    struct loop *other = loop_new();
    loop_defer_free(other, note, WORD("last"));
    loop_free(other);
    assert_string_equal(story, "last");
    loop_free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_turn_order),
        TEST(test_forgotten_hooks_do_not_run),
        TEST(test_timers_move_and_stop),
        TEST(test_a_timer_moved_later_waits_the_whole_time),
        TEST(test_timer_may_free_itself),
        TEST(test_signal_comes_on_the_loop),
        TEST(test_clock_stands_still_within_a_turn),
        TEST(test_stop_before_run),
        TEST(test_free_buries_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
