// SPDX-License-Identifier: Apache-2.0
// What is said of an estimated wait: bounds in words' precision, rounded so that the interval holds what it says.
#include "daemon/faces/waits.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct wait_told told(int64_t low, int64_t high)
{
    return waits_round(
        &(struct router_wait){.kind = ROUTER_WAIT_KNOWN, .low = low, .middle = (low + high) / 2, .high = high});
}

static void test_bounds_are_rounded_outwards(void **state)
{
    (void)state;
    static const struct {
        int64_t low, high;
        uint32_t from, to;
    } cases[] = {
        {0, 0, 0, 30},
        {0, 30000, 0, 30},
        {29999, 30001, 0, 60},
        {30000, 60000, 30, 60},
        {125000, 299999, 120, 300},
        {3599999, 3600001, 2700, 5400},
        {10800000, 10800000, 10800, 10800},
        {10800001, 10800001, 10800, 0}, // longer than is told
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wait_told t = told(cases[i].low, cases[i].high);
        assert_int_equal(t.kind, ROUTER_WAIT_KNOWN);
        assert_int_equal(t.from, cases[i].from);
        assert_int_equal(t.to, cases[i].to);
    }
}

static void test_who_waits_long_is_offered_to_be_called_back(void **state)
{
    (void)state;
    struct router_wait known = {.kind = ROUTER_WAIT_KNOWN, .low = 1, .middle = 60000, .high = 999999};
    struct router_wait nobody = {.kind = ROUTER_WAIT_NOBODY}, learning = {.kind = ROUTER_WAIT_LEARNING};
    assert_true(waits_call_back(&known, 0, 59999));
    assert_false(waits_call_back(&known, 0, 60000));
    assert_true(waits_call_back(&known, 60000, 60000)); // so far
    assert_true(waits_call_back(&nobody, 0, 60000));
    assert_false(waits_call_back(&learning, 59999, 60000));
    assert_true(waits_call_back(&learning, 60000, 60000));
    assert_false(waits_call_back(&nobody, 60000, 0)); // nobody is
}

static void test_small_changes_are_none(void **state)
{
    (void)state;
    struct wait_told a = told(121000, 290000), b = told(179999, 241000), c = told(180000, 241000);
    assert_true(waits_same(&a, &b));
    assert_false(waits_same(&b, &c));
}

static void test_what_is_not_known_has_no_bounds(void **state)
{
    (void)state;
    struct wait_told t = waits_round(&(struct router_wait){.kind = ROUTER_WAIT_NOBODY, .low = 1, .high = 99999});
    assert_int_equal(t.kind, ROUTER_WAIT_NOBODY);
    assert_int_equal(t.from + t.to, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bounds_are_rounded_outwards),
                                       cmocka_unit_test(test_who_waits_long_is_offered_to_be_called_back),
                                       cmocka_unit_test(test_small_changes_are_none),
                                       cmocka_unit_test(test_what_is_not_known_has_no_bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
