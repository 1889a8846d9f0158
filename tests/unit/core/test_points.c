// SPDX-License-Identifier: Apache-2.0
// The hashes that the live daemon logged for its state, met by another fold.
#include "daemon/core/points.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static enum points_met hash_of(struct points *p, const struct router *r, uint64_t input, uint64_t hash)
{
    Throughline__V1__StateHash h = THROUGHLINE__V1__STATE_HASH__INIT;
    Throughline__V1__Input m = THROUGHLINE__V1__INPUT__INIT;
    h.input = input;
    h.hash = hash;
    m.kind_case = THROUGHLINE__V1__INPUT__KIND_STATE_HASH;
    m.state_hash = &h;
    return points_meet(p, r, input + 1, &m);
}

static void checkpoint(struct points *p, const struct router *r, uint64_t input)
{
    Throughline__V1__Checkpoint c = THROUGHLINE__V1__CHECKPOINT__INIT;
    Throughline__V1__Input m = THROUGHLINE__V1__INPUT__INIT;
    m.kind_case = THROUGHLINE__V1__INPUT__KIND_CHECKPOINT;
    m.checkpoint = &c;
    assert_int_equal(points_meet(p, r, input, &m), POINTS_NOTHING);
}

static void test_a_hash_is_that_of_its_checkpoint(void **state)
{
    (void)state;
    struct points p = {0};
    struct router *r = router_new();
    checkpoint(&p, r, 10);
    assert_int_equal(hash_of(&p, r, 10, router_hash(r)), POINTS_SAME);
    assert_int_equal(hash_of(&p, r, 10, router_hash(r) + 1), POINTS_DIFFER);
    assert_int_equal(hash_of(&p, r, 9, router_hash(r)), POINTS_NOTHING); // of a checkpoint that was not folded here
    assert_int_equal(points_meet(&p, r, 12, NULL), POINTS_NOTHING);
    router_free(r);
}

static void test_the_latest_are_known(void **state)
{
    (void)state;
    struct points p = {0};
    struct router *r = router_new();
    for (uint64_t i = 1; i <= POINTS_MAX + 1; i++)
        checkpoint(&p, r, i);
    assert_int_equal(hash_of(&p, r, 1, router_hash(r)), POINTS_NOTHING);
    assert_int_equal(hash_of(&p, r, 2, router_hash(r)), POINTS_SAME);
    assert_int_equal(hash_of(&p, r, POINTS_MAX + 1, 0), POINTS_DIFFER);
    router_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_hash_is_that_of_its_checkpoint),
                                       cmocka_unit_test(test_the_latest_are_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
