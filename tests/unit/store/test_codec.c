// SPDX-License-Identifier: Apache-2.0
// Addresses, commands and replies, without a server.
#include "world.h"

#include <stdlib.h>

#include "daemon/store/resp.h"
#include "daemon/store/url.h"
#include "daemon/store/value.h"

static void test_urls_that_are_right(void **state)
{
    struct store_url u;
    const char *why = NULL;
    (void)state;
    assert_true(store_url_parse("unix:///var/lib/x/redis.sock", &u, &why));
    assert_true(u.local);
    assert_string_equal(u.host, "/var/lib/x/redis.sock");
    assert_true(store_url_parse("redis://127.0.0.1", &u, &why));
    assert_false(u.local || u.tls);
    assert_int_equal(u.port, 6379);
    assert_true(store_url_parse("rediss://ann:p%40ss%3A@[::1]:6390/3", &u, &why));
    assert_true(u.tls);
    assert_string_equal(u.user, "ann");
    assert_string_equal(u.password, "p@ss:");
    assert_string_equal(u.host, "::1");
    assert_int_equal(u.port, 6390);
    assert_int_equal(u.db, 3);
    assert_true(store_url_parse("redis://:secret@db.example/", &u, &why));
    assert_string_equal(u.user, "");
    assert_string_equal(u.password, "secret");
    assert_string_equal(u.host, "db.example");
    assert_true(store_url_parse("redis://secret@h:1", &u, &why));
    assert_string_equal(u.password, "secret");
}

static void test_urls_that_are_wrong(void **state)
{
    static const char *const wrong[] = {
        "",
        "http://x",
        "redis://",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:12x",
        "redis://[::1",
        "redis://h/x",
        "unix://relative",
        "redis://a:%zz@h",
        "redis://a:%00@h",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct store_url u;
        const char *why = NULL;
        assert_false(store_url_parse(wrong[i], &u, &why));
        assert_non_null(why);
        assert_int_equal(u.password[0], 0);
    }
    char longest[600] = "redis://:";
    memset(longest + 9, 'p', 400);
    strcpy(longest + 409, "@h");
    struct store_url u;
    const char *why = NULL;
    assert_false(store_url_parse(longest, &u, &why));
    assert_null(strstr(why, "ppp"));
}

static void test_commands(void **state)
{
    struct resp_out out = {0};
    (void)state;
    resp_array(&out, 5);
    resp_text(&out, "SET");
    resp_bulk(&out, "a\0b", 3);
    resp_u64(&out, UINT64_MAX);
    resp_text(&out, NULL);
    resp_begin(&out, 4);
    resp_put(&out, "xy", 2);
    resp_put(&out, "zw", 2);
    resp_end(&out);
    static const char want[] =
        "*5\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$20\r\n18446744073709551615\r\n$0\r\n\r\n$4\r\nxyzw\r\n";
    assert_int_equal(out.len, sizeof(want) - 1);
    assert_memory_equal(out.p, want, sizeof(want) - 1);
    char *big = xcalloc(1, 100000);
    resp_bulk(&out, big, 100000);
    assert_int_equal(out.len, sizeof(want) - 1 + 100000 + 11);
    free(big);
    free(out.p);
}

static void test_replies_byte_by_byte(void **state)
{
    static const char text[] = "*4\r\n:0\r\n$-1\r\n*2\r\n$3\r\na\0b\r\n+OK\r\n$2\r\n42\r\n-ERR no\r\n*0\r\n:-5\r\n";
    struct value_reader *r = value_reader_new(1 << 20);
    const struct value *v = NULL;
    unsigned seen = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        assert_true(value_reader_feed(r, text + i, 1));
        int got = value_reader_next(r, &v);
        assert_true(got >= 0);
        if (!got)
            continue;
        if (seen == 0) {
            assert_int_equal(v->n, 4);
            assert_int_equal(value_u64(value_at(v, 0)), 0);
            assert_int_equal(value_at(v, 1)->type, VALUE_NIL);
            assert_memory_equal(value_at(value_at(v, 2), 0)->str, "a\0b", 3);
            assert_true(value_is(value_at(value_at(v, 2), 1), "OK"));
            assert_int_equal(value_u64(value_at(v, 3)), 42);
            assert_int_equal(value_at(v, 9)->type, VALUE_NIL); // out of range reads as nil
        } else if (seen == 1) {
            assert_int_equal(v->type, VALUE_ERROR);
            assert_true(value_starts(v, "ERR "));
        } else if (seen == 2) {
            assert_int_equal(v->n, 0);
        } else {
            assert_int_equal(value_u64(v), 0); // never negative
        }
        seen++;
    }
    assert_int_equal(seen, 4);
    value_reader_free(r);
}

static void test_replies_are_bounded(void **state)
{
    static const char *const hostile[] = {
        "*1073741825\r\n", "*100000\r\n", "$9223372036854775807\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "!\r\n",           "%2\r\n",      "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
    };
    char filler[4096];
    (void)state;
    memset(filler, 'x', sizeof(filler));
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        struct value_reader *r = value_reader_new(64 * 1024);
        const struct value *v = NULL;
        bool refused = !value_reader_feed(r, hostile[i], strlen(hostile[i])) || value_reader_next(r, &v) < 0;
        for (unsigned n = 0; n < 64 && !refused; n++)
            refused = !value_reader_feed(r, filler, sizeof(filler)) || value_reader_next(r, &v) < 0;
        assert_true(refused);
        value_reader_free(r);
    }
}

static void test_arena_follows_the_size_of_replies(void **state)
{
    struct value_reader *r = value_reader_new(4 << 20);
    struct resp_out out = {0};
    const struct value *v = NULL;
    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        out.len = 0;
        resp_array(&out, 1000);
        for (unsigned i = 0; i < 1000; i++)
            resp_bulk(&out, "0123456789012345678901234567890123456789", 1 + (i * 7 + round) % 40);
        assert_true(value_reader_feed(r, out.p, out.len));
        assert_int_equal(value_reader_next(r, &v), 1);
        assert_int_equal(v->n, 1000);
        for (unsigned i = 0; i < 1000; i++)
            assert_int_equal(value_at(v, i)->len, 1 + (i * 7 + round) % 40);
        assert_true(value_reader_feed(r, "+OK\r\n", 5));
        assert_int_equal(value_reader_next(r, &v), 1);
        assert_true(value_is(v, "OK"));
    }
    free(out.p);
    value_reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls_that_are_right),
        cmocka_unit_test(test_urls_that_are_wrong),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_replies_byte_by_byte),
        cmocka_unit_test(test_replies_are_bounded),
        cmocka_unit_test(test_arena_follows_the_size_of_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
