// SPDX-License-Identifier: Apache-2.0
//
// What came of it: the words that a queue allows, whether one is needed, and what wrap-up may still say.

#include "fixture.h"

static const char *const words[] = {"solved", "refund"};

static void configure(struct world *w, size_t words_n, bool required, uint32_t wrap_up_ms)
{
    struct router_queue q = world_queue_def("all");
    q.dispositions = words;
    q.dispositions_n = words_n;
    q.disposition_required = required;
    q.wrap_up_ms = wrap_up_ms;
    world_queue(w, &q);
}

static void ann_has(struct world *w, size_t words_n, bool required, uint32_t wrap_up_ms)
{
    world_rules(w, 30000, 3);
    configure(w, words_n, required, wrap_up_ms);
    world_agent(w, "ann", "", 4, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    world_forget(w);
}

static const char *disposition(const struct world *w)
{
    static struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, 1, &v));
    return v.disposition;
}

static void test_only_words_of_the_list(void **state)
{
    struct world *w = *state;
    ann_has(w, 2, false, 10000);
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "sold");
    expect(w, "refused NO_DISPOSITION\n");
    assert_string_equal(world_agent_of(w, 1), "ann");
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "refund");
    expect(w, "done\n"
              "c1 closed by ann: refund\n"
              "c1 is WRAP_UP CLOSED\n");
    assert_string_equal(disposition(w), "refund");
}

static void test_none_will_do_where_none_is_required(void **state)
{
    struct world *w = *state;
    ann_has(w, 2, false, 10000);
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "");
    assert_string_equal(disposition(w), "");
}

static void test_where_one_is_required_without_a_list_any_will_do(void **state)
{
    struct world *w = *state;
    ann_has(w, 0, true, 0);
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "");
    expect(w, "refused NO_DISPOSITION\n");
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "whatever");
    assert_int_equal(world_load(w, "ann"), 0);
}

static void test_wrap_up_names_and_corrects_it(void **state)
{
    struct world *w = *state;
    ann_has(w, 2, false, 10000);
    closes_with(w, "ann", ROUTER_ACT_DISPOSITION, 1, "solved");
    expect(w, "refused WRONG_STATE\n");
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "");
    world_forget(w);
    closes_with(w, "ann", ROUTER_ACT_DISPOSITION, 1, "solved");
    expect(w, "done\n"
              "c1 closed by ann: solved\n"
              "c1 is WRAP_UP CLOSED\n");
    closes_with(w, "ann", ROUTER_ACT_DISPOSITION, 1, "nonsense");
    expect(w, "refused NO_DISPOSITION\n");
    closes_with(w, "ann", ROUTER_ACT_DISPOSITION, 1, "refund");
    assert_string_equal(disposition(w), "refund");
    wraps_up(w, "ann", 1);
    world_forget(w);
    closes_with(w, "ann", ROUTER_ACT_DISPOSITION, 1, "solved");
    expect(w, "refused UNKNOWN_WORK\n");
}

static void test_what_is_required_cannot_be_taken_back(void **state)
{
    struct world *w = *state;
    ann_has(w, 2, true, 10000);
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "solved");
    world_forget(w);
    closes_with(w, "ann", ROUTER_ACT_DISPOSITION, 1, "");
    expect(w, "refused NO_DISPOSITION\n");
    assert_string_equal(disposition(w), "solved");
}

static void test_a_customer_who_comes_back_makes_it_open_again(void **state)
{
    struct world *w = *state;
    ann_has(w, 2, true, 10000);
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "solved");
    says(w, 1, ROUTER_CHAT);
    assert_string_equal(disposition(w), "");
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "refund");
    assert_string_equal(disposition(w), "refund");
}

static void test_the_list_that_holds_is_the_one_of_now(void **state)
{
    struct world *w = *state;
    ann_has(w, 2, true, 10000);
    configure(w, 1, true, 10000);
    world_forget(w);
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "refund");
    expect(w, "refused NO_DISPOSITION\n");
    closes_with(w, "ann", ROUTER_ACT_CLOSE, 1, "solved");
    assert_string_equal(disposition(w), "solved");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_only_words_of_the_list),
        story(test_none_will_do_where_none_is_required),
        story(test_where_one_is_required_without_a_list_any_will_do),
        story(test_wrap_up_names_and_corrects_it),
        story(test_what_is_required_cannot_be_taken_back),
        story(test_a_customer_who_comes_back_makes_it_open_again),
        story(test_the_list_that_holds_is_the_one_of_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
