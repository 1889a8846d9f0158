// SPDX-License-Identifier: Apache-2.0
// Outcomes in any order are acknowledged in sequence, exceptions are told once, a peer that outruns its credit is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "daemon/faces/ack_ring.h"
#include "throughline/v1/event.pb-c.h"

struct told {
    uint64_t sequence[64];
    int status[64];
    size_t n;
};

static void on_exception(void *ctx, uint64_t sequence, Throughline__V1__EventResult *result)
{
    struct told *t = ctx;
    t->sequence[t->n] = sequence;
    t->status[t->n++] = (int)result->status;
    throughline__v1__event_result__free_unpacked(result, NULL);
}

static Throughline__V1__EventResult outcome(Throughline__V1__EventStatus status)
{
    Throughline__V1__EventResult r = THROUGHLINE__V1__EVENT_RESULT__INIT;
    r.status = status;
    r.id = (char *)"m1";
    return r;
}

static void test_contiguous_only(void **state)
{
    struct ack_ring r;
    struct told t = {0};
    (void)state;
    ack_ring_init(&r, 8);
    for (uint64_t s = 1; s <= 4; s++)
        assert_true(ack_ring_take(&r, s));
    ack_ring_settle(&r, 2, NULL);
    ack_ring_settle(&r, 3, NULL);
    assert_int_equal(ack_ring_advance(&r, on_exception, &t), 0);
    ack_ring_settle(&r, 1, NULL);
    assert_int_equal(ack_ring_advance(&r, on_exception, &t), 3);
    assert_int_equal(r.upto, 3);
    assert_int_equal(t.n, 0);
    ack_ring_close(&r);
}

static void test_exceptions_are_told_once(void **state)
{
    struct ack_ring r;
    struct told t = {0};
    Throughline__V1__EventResult refused = outcome(THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_REFUSED);
    Throughline__V1__EventResult unknown = outcome(THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN);
    Throughline__V1__EventResult duplicate = outcome(THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_DUPLICATE);
    (void)state;
    ack_ring_init(&r, 4);
    for (uint64_t s = 1; s <= 3; s++)
        assert_true(ack_ring_take(&r, s));
    ack_ring_settle(&r, 3, &unknown);
    ack_ring_settle(&r, 1, &refused);
    ack_ring_settle(&r, 1, NULL); // the first outcome stands
    ack_ring_settle(&r, 2, &duplicate);
    assert_int_equal(ack_ring_advance(&r, on_exception, &t), 3);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.sequence[0], 1);
    assert_int_equal(t.status[0], THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_REFUSED);
    assert_int_equal(t.sequence[1], 3);
    assert_int_equal(t.status[1], THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN);
    assert_int_equal(ack_ring_advance(&r, on_exception, &t), 0);
    ack_ring_close(&r);
}

static void test_sequence_and_credit(void **state)
{
    struct ack_ring r;
    struct told t = {0};
    (void)state;
    ack_ring_init(&r, 4);
    assert_false(ack_ring_take(&r, 0));
    assert_false(ack_ring_take(&r, 2));
    for (uint64_t s = 1; s <= 4; s++)
        assert_true(ack_ring_take(&r, s));
    assert_false(ack_ring_take(&r, 5)); // four are open
    ack_ring_settle(&r, 9, NULL);       // never taken: ignored
    ack_ring_settle(&r, 1, NULL);
    assert_int_equal(ack_ring_advance(&r, on_exception, &t), 1);
    assert_true(ack_ring_take(&r, 5));
    ack_ring_settle(&r, 1, NULL); // long acknowledged: must not touch the slot's new user
    for (uint64_t s = 2; s <= 4; s++)
        ack_ring_settle(&r, s, NULL);
    assert_int_equal(ack_ring_advance(&r, on_exception, &t), 3);
    assert_int_equal(r.upto, 4);
    ack_ring_close(&r);
}

static void test_any_order_ends_complete(void **state)
{
    struct ack_ring r;
    struct told t = {0};
    uint64_t order[64], random = 12345;
    (void)state;
    ack_ring_init(&r, 64);
    for (unsigned i = 0; i < 64; i++) {
        order[i] = i + 1;
        assert_true(ack_ring_take(&r, i + 1));
    }
    for (unsigned i = 63; i > 0; i--) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned k = (unsigned)(random >> 33) % (i + 1);
        uint64_t swap = order[i];
        order[i] = order[k];
        order[k] = swap;
    }
    uint64_t passed = 0;
    for (unsigned i = 0; i < 64; i++) {
        ack_ring_settle(&r, order[i], NULL);
        passed += ack_ring_advance(&r, on_exception, &t);
        assert_int_equal(passed, r.upto);
    }
    assert_int_equal(passed, 64);
    ack_ring_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contiguous_only),
        cmocka_unit_test(test_exceptions_are_told_once),
        cmocka_unit_test(test_sequence_and_credit),
        cmocka_unit_test(test_any_order_ends_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
