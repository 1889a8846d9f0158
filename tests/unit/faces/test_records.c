// SPDX-License-Identifier: Apache-2.0
// What Redis' hashes mean as messages, whole and damaged.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/faces/records.h"

#define B(text)                                                                                                        \
    {                                                                                                                  \
        .p = (text), .len = sizeof(text) - 1                                                                           \
    }

static void test_customer(void **state)
{
    const struct store_bytes v[] = {
        B("id"),
        B("7"),
        B("name"),
        B("Eva"),
        B("last_agent"),
        B("ann"),
        B("h:tel:+4915112345678"),
        B("2,1,12,5"),
        B("c:email:e@x.org"),
        B("14"),
        B("m:5"),
        B("9,8"),
        B("convs"),
        B("12,9,8"),
        B("h:broken"),
        B("nonsense"),
        B("x:3"),
        B("1"),
    };
    (void)state;
    Throughline__V1__Customer *c = record_customer(v, sizeof v / sizeof *v);
    assert_int_equal(c->id, 7);
    assert_string_equal(c->name, "Eva");
    assert_string_equal(c->last_agent, "ann");
    assert_int_equal(c->n_handles, 2);
    assert_string_equal(c->handles[0]->handle, "tel:+4915112345678");
    assert_int_equal(c->handles[0]->evidence, THROUGHLINE__V1__EVIDENCE__EVIDENCE_VERIFIED);
    assert_true(c->handles[0]->shared);
    assert_int_equal(c->handles[0]->since, 12);
    assert_int_equal(c->handles[0]->came_with, 5);
    assert_int_equal(c->n_suggestions, 1);
    assert_int_equal(c->suggestions[0]->evidence, THROUGHLINE__V1__EVIDENCE__EVIDENCE_CLAIMED);
    assert_int_equal(c->suggestions[0]->since, 14);
    assert_int_equal(c->n_merged, 1);
    assert_int_equal(c->merged[0], 5);
    assert_int_equal(c->n_conversations, 3);
    assert_int_equal(c->conversations[2], 8);
    throughline__v1__customer__free_unpacked(c, NULL);
}

static void test_conversation(void **state)
{
    const struct store_bytes v[] = {
        B("id"),          B("12"),
        B("customer"),    B("7"),
        B("opened"),      B("1800000000000"),
        B("last"),        B("1800000000500"),
        B("channel"),     B("2"),
        B("closed"),      B("1800000000900"),
        B("resolved"),    B("1"),
        B("disposition"), B("done"),
        B("follows"),     B("9"),
        B("agent"),       B(""),
        B("odd one out"),
    };
    (void)state;
    Throughline__V1__Conversation *c = record_conversation(v, sizeof v / sizeof *v);
    assert_int_equal(c->id, 12);
    assert_int_equal(c->customer, 7);
    assert_int_equal(c->opened_ms, 1800000000000);
    assert_int_equal(c->last_ms, 1800000000500);
    assert_int_equal(c->channel_now, THROUGHLINE__V1__CHANNEL__CHANNEL_SMS);
    assert_true(c->closed && c->resolved);
    assert_string_equal(c->disposition, "done");
    assert_int_equal(c->follows, 9);
    Throughline__V1__Work w = THROUGHLINE__V1__WORK__INIT;
    Throughline__V1__Session s = THROUGHLINE__V1__SESSION__INIT, *sessions[] = {&s};
    s.account = (char *)"sms";
    w.id = 20;
    w.agent = (char *)"ann";
    w.state = THROUGHLINE__V1__WORK_STATE__WORK_STATE_OFFERED;
    w.n_sessions = 1;
    w.sessions = sessions;
    record_add_work(c, &w);
    assert_string_equal(c->agent, ""); // offered is not held
    assert_int_equal(c->work, 20);
    assert_int_equal(c->n_sessions, 1);
    throughline__v1__conversation__free_unpacked(c, NULL);
}

static void test_entry(void **state)
{
    const uint8_t packed[] = {0x10, 0x05}, damaged[] = {0x52, 0x7f};
    (void)state;
    Throughline__V1__Entry *e = record_entry(&(struct store_bytes){.number = 9, .p = packed, .len = sizeof packed});
    assert_int_equal(e->number, 9);
    assert_int_equal(e->wall_ms, 5);
    throughline__v1__entry__free_unpacked(e, NULL);
    assert_null(record_entry(&(struct store_bytes){.number = 9, .p = damaged, .len = sizeof damaged}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_customer),
        cmocka_unit_test(test_conversation),
        cmocka_unit_test(test_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
