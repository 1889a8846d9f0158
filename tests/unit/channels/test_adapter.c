// SPDX-License-Identifier: Apache-2.0
// The table of adapters holds together, and what all adapters share means what its header says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "channels/adapter.h"

static void test_table_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; adapter_at(i); i++) {
        const struct adapter *a = adapter_at(i);
        assert_ptr_equal(adapter_named(a->name), a); // no two of one name
        assert_true(a->parse || a->render);
        assert_true(!a->parse || a->verify);
        assert_true(!a->parse || (a->replies.done.status >= 200 && a->replies.again.status >= 400));
        assert_true(!a->ask == !a->told);
        for (size_t s = 0; a->settings && a->settings[s].name; s++)
            assert_non_null(a->settings[s].help);
    }
    assert_null(adapter_named("nobody"));
}

static struct adapter_outcome classify(struct region *m, struct adapter_answer answer)
{
    struct adapter_outcome o;
    adapter_classify_http(m, &answer, &o);
    return o;
}

static void test_http_answers(void **state)
{
    struct region m = {0};
    static const struct adapter_header later = {"retry-after", "7"}, date = {"Retry-After", "Fri, 31 Dec 1999"};
    (void)state;
    assert_int_equal(classify(&m, (struct adapter_answer){.status = 202}).fate, ADAPTER_SENT);
    assert_int_equal(classify(&m, (struct adapter_answer){.status = 404}).fate, ADAPTER_DEAD);
    assert_true(classify(&m, (struct adapter_answer){.status = 401}).account_trouble);
    struct adapter_outcome o = classify(&m, (struct adapter_answer){.status = 429, .headers = &later, .headers_n = 1});
    assert_int_equal(o.fate, ADAPTER_RETRY);
    assert_int_equal(o.retry_ms, 7000);
    assert_int_equal(classify(&m, (struct adapter_answer){.status = 503, .headers = &date, .headers_n = 1}).retry_ms,
                     0);
    assert_int_equal(classify(&m, (struct adapter_answer){.written = false}).fate, ADAPTER_RETRY);
    assert_int_equal(classify(&m, (struct adapter_answer){.written = true}).fate, ADAPTER_UNKNOWN);
    region_free(&m);
}

static void test_unparsed_is_kept(void **state)
{
    struct region m = {0};
    struct adapter_events out = {0};
    struct adapter_account account = {.name = "sms-1"};
    struct adapter_request r = {.body = "what?", .body_len = 5};
    (void)state;
    for (int i = 0; i < 9; i++)
        adapter_unparsed(&m, &out, &account, &r, "tel:+491", "no sender");
    assert_int_equal(out.n, 9);
    assert_string_equal(out.v[8]->id, out.v[0]->id); // the same bytes are the same event
    assert_int_equal(out.v[8]->unparsed->raw.len, 5);
    assert_string_equal(out.v[8]->account, "sms-1");
    region_free(&m);
}

static void test_region(void **state)
{
    struct region m = {0};
    (void)state;
    char *first = region_text(&m, "first"), *large = region_new(&m, 1, 100000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal((uintptr_t)region_new(&m, 1, 3) % _Alignof(max_align_t), 0);
    assert_string_equal(region_format(&m, "%s %d", first, 7), "first 7");
    assert_int_equal(large[99999], 0);
    assert_null(region_text(&m, NULL));
    region_free(&m);
    assert_null(m.blocks);
    region_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_whole),
        cmocka_unit_test(test_http_answers),
        cmocka_unit_test(test_unparsed_is_kept),
        cmocka_unit_test(test_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
