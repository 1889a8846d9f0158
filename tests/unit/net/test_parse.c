// SPDX-License-Identifier: Apache-2.0
// HTTP text: the same bytes mean the same, however they are cut. What is refused is tested over sockets, by name.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/net/parse.h"

static bool head_of(const char *text, struct parse_head *h, char copy[1024])
{
    enum http_problem problem;
    const char *why;
    size_t scanned = 0;
    strcpy(copy, text);
    ptrdiff_t end = parse_head_end(copy, strlen(copy), &scanned);
    return end > 0 && parse_head(copy, (size_t)end, h, &problem, &why);
}

static void test_head(void **state)
{
    (void)state;
    struct parse_head h;
    char copy[1024];
    assert_true(head_of("POST /a/b?c=d HTTP/1.1\r\nHost: Example.org:80\r\nX-Thing:  two words \t\r\nEmpty:\r\n"
                        "Content-Length: 42\r\nConnection: Upgrade , Close\r\n\r\nbody",
                        &h, copy));
    assert_int_equal(h.method, HTTP_POST);
    assert_string_equal(h.target, "/a/b?c=d");
    assert_string_equal(parse_header(&h, "x-thing"), "two words");
    assert_string_equal(parse_header(&h, "empty"), "");
    assert_null(parse_header(&h, "absent"));
    assert_int_equal(h.length, 42);
    assert_false(h.keep_alive);
    assert_false(h.chunked);
}

static void test_head_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        const char *target;
    } rows[] = {
        {"GET http://h:80/x?y HTTP/1.1\r\nHost: h\r\n\r\n", true, "/x?y"},
        {"GET https://h/ HTTP/1.1\r\nHost: h\r\n\r\n", true, "/"},
        {"GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", false, NULL},
        {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", true, "*"},
        {"GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", false, NULL},
        {"GET / HTTP/1.0\r\n\r\n", true, "/"},
        {"\r\n\r\n", false, NULL},
        {"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n", true, "/"},
        {"GET / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", false, NULL},
        {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0042\r\n\r\n", true, "/"},
        {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", true, "/"},
    };
    struct parse_head h;
    char copy[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(head_of(rows[i].text, &h, copy), rows[i].ok);
        if (rows[i].ok)
            assert_string_equal(h.target, rows[i].target);
    }
}

static void test_head_end_is_found_however_the_bytes_come(void **state)
{
    (void)state;
    static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /";
    size_t scanned = 0;
    for (size_t n = 1; n < sizeof text; n++) {
        ptrdiff_t end = parse_head_end(text, n, &scanned);
        if (n < 27) {
            assert_int_equal(end, 0);
        } else {
            assert_int_equal(end, 27);
            return;
        }
    }
    fail();
}

static void test_list_has(void **state)
{
    (void)state;
    assert_true(parse_list_has("keep-alive, Upgrade", "upgrade"));
    assert_true(parse_list_has(" ,\tUPGRADE,", "upgrade"));
    assert_false(parse_list_has("upgrades, up grade", "upgrade"));
    assert_false(parse_list_has("", "upgrade"));
}

// The body that comes out, or NULL when it was refused; *left = what lay behind it.
static char *dechunk(const char *text, size_t len, size_t step, size_t *left)
{
    struct parse_chunked c = {0};
    char *body = calloc(1, len + 1);
    size_t n = 0, at = 0;
    while (at < len && c.state != CHUNK_DONE) {
        size_t have = len - at < step ? len - at : step, data_len;
        const char *data;
        ptrdiff_t taken = parse_chunked(&c, text + at, have, &data, &data_len);
        if (taken < 0) {
            free(body);
            return NULL;
        }
        assert_true((size_t)taken + data_len <= have && (size_t)taken + data_len > 0);
        memcpy(body + n, data, data_len);
        n += data_len;
        at += (size_t)taken + data_len;
    }
    *left = len - at;
    return body;
}

static void test_chunks_mean_the_same_however_they_are_cut(void **state)
{
    (void)state;
    static const char text[] = "3\r\nabc\r\n0A;x=\"y\"\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\nGET";
    for (size_t step = 1; step < sizeof text; step++) {
        size_t left;
        char *body = dechunk(text, sizeof text - 1, step, &left);
        assert_non_null(body);
        assert_string_equal(body, "abc0123456789");
        assert_int_equal(left, 3);
        free(body);
    }
}

static void test_chunks_that_are_none(void **state)
{
    (void)state;
    static const char *const rows[] = {"x",        "\r\n",    "1\nx",      "1\r\nx\n",        "1\r\nxy",  "1 \r\n",
                                       "+1\r\n",   "0x1\r\n", "fffffffff", "1;\x01\r\n",      "0\r\na\n", "0\r\n\rx",
                                       "1;a\nx\r", "-1\r\nx", ";a\r\n",    "0\r\n\x01: b\r\n"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t left;
        for (size_t step = 1; step < 4; step++)
            assert_null(dechunk(rows[i], strlen(rows[i]), step, &left));
    }
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out; // NULL = refused
    } rows[] = {
        {"/", "/"},
        {"/a/b/", "/a/b/"},
        {"/a%20b", "/a b"},
        {"/%25", "/%"},
        {"/tel:+49", "/tel:+49"},
        {"/..a/b..", "/..a/b.."},
        {"/...", "/..."},
        {"", NULL},
        {"a", NULL},
        {"//", NULL},
        {"/a//b", NULL},
        {"/.", NULL},
        {"/..", NULL},
        {"/a/../b", NULL},
        {"/a/%2E%2e", NULL},
        {"/%2e", NULL},
        {"/%2f", NULL},
        {"/%00", NULL},
        {"/%", NULL},
        {"/%4", NULL},
        {"/%4g", NULL},
        {"/a\\b", NULL},
        {"/%80", NULL},
        {"/%1f", NULL},
        {"/%7f", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[64];
        strcpy(path, rows[i].in);
        assert_int_equal(parse_path(path), rows[i].out != NULL);
        if (rows[i].out)
            assert_string_equal(path, rows[i].out);
    }
}

static void test_queries(void **state)
{
    (void)state;
    struct parse_field pairs[PARSE_QUERY_MAX];
    size_t n;
    char query[] = "a=1&&b=x+y%26%3D&c&=d&e=f=g";
    assert_true(parse_query(query, pairs, &n));
    assert_int_equal(n, 5);
    assert_string_equal(pairs[0].value, "1");
    assert_string_equal(pairs[1].value, "x y&=");
    assert_string_equal(pairs[2].name, "c");
    assert_string_equal(pairs[2].value, "");
    assert_string_equal(pairs[3].name, "");
    assert_string_equal(pairs[4].value, "f=g");
    assert_true(parse_query(NULL, pairs, &n) && n == 0);
    char bad[] = "a=%0";
    assert_false(parse_query(bad, pairs, &n));
    char many[2 * PARSE_QUERY_MAX + 4] = "";
    for (size_t i = 0; i <= PARSE_QUERY_MAX; i++)
        strcat(many, "a&");
    assert_false(parse_query(many, pairs, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_head_forms),
        cmocka_unit_test(test_head_end_is_found_however_the_bytes_come),
        cmocka_unit_test(test_list_has),
        cmocka_unit_test(test_chunks_mean_the_same_however_they_are_cut),
        cmocka_unit_test(test_chunks_that_are_none),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
