// SPDX-License-Identifier: Apache-2.0
// Tables, ids, quoting, log lines, metrics.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/id.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/quote.h"
#include "daemon/base/table.h"

// ---- table ----

// Against the plainest possible twin, with keys that collide.
static void test_table_equals_its_twin(void **state)
{
    (void)state;
    enum { KEYS = 512 };
    static char values[KEYS + 1];
    void *twin[KEYS + 1] = {0};
    struct table t = {0};
    uint64_t random = 1;
    for (int i = 0; i < 200000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint64_t key = (random >> 33) % KEYS + 1;
        if (random >> 63) {
            table_put(&t, key, &values[key]);
            twin[key] = &values[key];
        } else {
            assert_ptr_equal(table_take(&t, key), twin[key]);
            twin[key] = NULL;
        }
        key = (random >> 17) % KEYS + 1;
        assert_ptr_equal(table_get(&t, key), twin[key]);
    }
    size_t cursor = 0, seen = 0, expected = 0;
    uint64_t key;
    void *value;
    while (table_next(&t, &cursor, &key, &value)) {
        assert_ptr_equal(value, twin[key]);
        seen++;
    }
    for (size_t i = 1; i <= KEYS; i++)
        expected += twin[i] != NULL;
    assert_int_equal(seen, expected);
    assert_int_equal(t.count, expected);
    for (; (value = table_any(&t)); expected--)
        assert_ptr_equal(table_take(&t, (uint64_t)((char *)value - values)), value);
    assert_int_equal(expected, 0);
    table_close(&t);
}

static void test_an_effect_is_read_as_it_is_written_and_no_other_way(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "7",
                                        "7.",
                                        ".3",
                                        "7.3 ",
                                        " 7.3",
                                        "+7.3",
                                        "7.-3",
                                        "7.3.",
                                        "7,3",
                                        "x.3",
                                        "7.4294967296",
                                        "18446744073709551616.0"};
    uint64_t input;
    uint32_t index;
    char text[ID_EFFECT_SIZE];
    id_write_effect(text, 0, 10);
    assert_string_equal(text, "0.10");
    id_write_effect(text, UINT64_MAX, UINT32_MAX);
    assert_string_equal(text, "18446744073709551615.4294967295");
    assert_true(id_read_effect("18446744073709551615.4294967295", &input, &index));
    assert_true(input == UINT64_MAX && index == UINT32_MAX);
    assert_true(id_read_effect("7.0", &input, &index));
    assert_true(input == 7 && index == 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(id_read_effect(wrong[i], &input, &index));
}

static void test_table_never_gives_an_id_twice(void **state)
{
    (void)state;
    struct table t = {0};
    char a, b;
    uint64_t first = table_add(&t, &a);
    assert_ptr_equal(table_take(&t, first), &a);
    uint64_t second = table_add(&t, &b);
    assert_int_not_equal(first, second);
    assert_null(table_get(&t, first));
    assert_null(table_take(&t, first));
    assert_ptr_equal(table_get(&t, second), &b);
    assert_null(table_get(&t, 0));
    table_close(&t);
    assert_null(table_get(&t, second));
}

// ---- id ----

static void test_base32_of_rfc_4648(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *text;
    } rows[] = {{"", ""},
                {"f", "my"},
                {"fo", "mzxq"},
                {"foo", "mzxw6"},
                {"foob", "mzxw6yq"},
                {"fooba", "mzxw6ytb"},
                {"foobar", "mzxw6ytboi"}};
    char out[32];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = strlen(rows[i].plain);
        assert_string_equal(id_base32(out, rows[i].plain, n), rows[i].text);
        assert_int_equal(strlen(out), ID_BASE32_LEN(n));
    }
    assert_string_equal(id_hex(out, "\x00\xff\x10", 3), "00ff10");
}

static void test_names_differ_and_the_boot_stays(void **state)
{
    (void)state;
    char a[ID_NAME_SIZE], b[ID_NAME_SIZE];
    assert_string_not_equal(id_name(a), id_name(b));
    assert_int_equal(strlen(a), ID_NAME_SIZE - 1);
    assert_string_equal(id_boot(), id_boot());
    assert_int_not_equal(id_random_u64(), id_random_u64());
}

// ---- quote ----

static void test_quote_escapes_and_replaces(void **state)
{
    (void)state;
    char out[QUOTE_SIZE(64)];
    static const struct {
        const char *in, *expect;
    } rows[] = {
        {"", "\"\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\t\x7f", "\"\\u000a\\u0009\\u007f\""},
        {"ä€😀", "\"ä€😀\""},
        {"\xff", "\"\xef\xbf\xbd\""},
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = quote_json(out, sizeof out, rows[i].in, strlen(rows[i].in));
        assert_string_equal(out, rows[i].expect);
        assert_int_equal(n, strlen(rows[i].expect));
    }
}

static void test_quote_cuts_whole_characters(void **state)
{
    (void)state;
    char out[16];
    for (size_t size = 3; size <= sizeof out; size++) {
        memset(out, 'z', sizeof out);
        size_t n = quote_json(out, size, "ää\"\x01ää", 9);
        assert_true(n < size && out[n] == '\0' && out[0] == '"' && out[n - 1] == '"');
        for (size_t i = size; i < sizeof out; i++)
            assert_int_equal(out[i], 'z');
    }
}

// ---- log ----

static int captured = -1, real_stderr = -1;

static void capture(void)
{
    captured = fileno(tmpfile());
    real_stderr = dup(STDERR_FILENO);
    dup2(captured, STDERR_FILENO);
}

static const char *release(void)
{
    static char text[16384];
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    ssize_t n = pread(captured, text, sizeof text - 1, 0);
    close(captured);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

// The part after the time, which differs.
static const char *after_time(const char *line, const char *mark)
{
    const char *p = strstr(line, mark);
    assert_non_null(p);
    return p;
}

static void test_log_as_logfmt(void **state)
{
    (void)state;
    capture();
    log_configure(false, LOG_INFO);
    tl_log(LOG_WARN, "thing", LS("a", "bare"), LS("b", "two words"), LS("c", "x=\"y\"\n"), LS("d", ""), LS("e", NULL),
           LN("n", -3));
    tl_log(LOG_DEBUG, "hidden");
    assert_string_equal(after_time(release(), " level="),
                        " level=warn event=thing a=bare b=\"two words\" c=\"x=\\\"y\\\"\\u000a\" d=\"\" e=\"\" n=-3\n");
}

static void test_log_as_json(void **state)
{
    (void)state;
    capture();
    log_configure(true, LOG_DEBUG);
    tl_log(LOG_DEBUG, "thing", LS("a", "q\"\\\x01\xff"), LN("n", INT64_MIN));
    const char *line = release();
    assert_int_equal(line[0], '{');
    assert_string_equal(after_time(line, ",\"level\""),
                        ",\"level\":\"debug\",\"event\":\"thing\",\"a\":\"q\\\"\\\\\\u0001\xef\xbf\xbd\",\"n\":-"
                        "9223372036854775808}\n");
}

static void test_log_lines_are_bounded(void **state)
{
    (void)state;
    char huge[20000];
    memset(huge, '\x01', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    capture();
    log_configure(true, LOG_INFO);
    tl_log(LOG_ERROR, "big", LS("a", huge), LS("b", huge), LS("c", huge));
    const char *line = release();
    size_t n = strlen(line);
    assert_true(n < 8192 && line[n - 1] == '\n' && line[n - 2] == '}');
    assert_ptr_equal(strchr(line, '\n'), line + n - 1);
}

static void test_log_tells_journald_the_priority(void **state)
{
    (void)state;
    char stream[64];
    struct stat st;
    capture();
    fstat(STDERR_FILENO, &st);
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_configure(false, LOG_INFO);
    tl_log(LOG_ERROR, "e");
    assert_memory_equal(release(), "<3>time=", 8);

    setenv("JOURNAL_STREAM", "1:1", 1); // another stream than ours
    capture();
    log_configure(false, LOG_INFO);
    tl_log(LOG_ERROR, "e");
    assert_memory_equal(release(), "time=", 5);
    unsetenv("JOURNAL_STREAM");
}

// ---- metrics ----

static void test_metrics_page(void **state)
{
    (void)state;
    char label[32];
    struct metric *c = metric_get(METRIC_COUNTER, "t_total", "Things.\nSecond \\ line.", "");
    struct metric *g = metric_get(METRIC_GAUGE, "t_now", "Now.", metric_label(label, sizeof label, "k", "a\"b\\c\nd"));
    struct metric *h = metric_get(METRIC_HISTOGRAM, "t_seconds", "Time.", "x=\"1\"");
    assert_ptr_equal(c, metric_get(METRIC_COUNTER, "t_total", "Things.\nSecond \\ line.", ""));
    metric_add(c, 2);
    metric_add(c, 0.5);
    metric_set(g, -1);
    metric_observe(h, 0.0001);
    metric_observe(h, 0.2);
    metric_observe(h, 60);
    assert_true(metric_value(c) > 2.4 && metric_value(c) < 2.6);
    size_t len;
    char *page = metrics_render(&len);
    assert_int_equal(len, strlen(page));
    static const char *const lines[] = {
        "# HELP t_total Things.\\nSecond \\\\ line.\n# TYPE t_total counter\nt_total 2.5\n",
        "# TYPE t_now gauge\nt_now{k=\"a\\\"b\\\\c\\nd\"} -1\n",
        "# TYPE t_seconds histogram\nt_seconds_bucket{x=\"1\",le=\"0.0001\"} 1\n",
        "t_seconds_bucket{x=\"1\",le=\"0.1\"} 1\nt_seconds_bucket{x=\"1\",le=\"0.25\"} 2\n",
        "t_seconds_bucket{x=\"1\",le=\"10\"} 2\nt_seconds_bucket{x=\"1\",le=\"+Inf\"} 3\n",
        "t_seconds_count{x=\"1\"} 3\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_non_null(strstr(page, lines[i]));
    free(page);
}

static void test_metric_label_is_cut_whole(void **state)
{
    (void)state;
    char label[12];
    metric_label(label, sizeof label, "k", "\n\n\n\n\n\n\n\n");
    assert_string_equal(label, "k=\"\\n\\n\\n\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_equals_its_twin),
        cmocka_unit_test(test_an_effect_is_read_as_it_is_written_and_no_other_way),
        cmocka_unit_test(test_table_never_gives_an_id_twice),
        cmocka_unit_test(test_base32_of_rfc_4648),
        cmocka_unit_test(test_names_differ_and_the_boot_stays),
        cmocka_unit_test(test_quote_escapes_and_replaces),
        cmocka_unit_test(test_quote_cuts_whole_characters),
        cmocka_unit_test(test_log_as_logfmt),
        cmocka_unit_test(test_log_as_json),
        cmocka_unit_test(test_log_lines_are_bounded),
        cmocka_unit_test(test_log_tells_journald_the_priority),
        cmocka_unit_test(test_metrics_page),
        cmocka_unit_test(test_metric_label_is_cut_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
