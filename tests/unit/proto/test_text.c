// SPDX-License-Identifier: Apache-2.0
// Handles, UTF-8, words of enums, base64, times and near misses: tables of input and what must come of it.
#include "proto/base64.h"
#include "proto/handle.h"
#include "proto/names.h"
#include "proto/nearest.h"
#include "proto/refusal.h"
#include "proto/timestamp.h"
#include "proto/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void test_handles_have_one_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } table[] = {
        {"tel:+4915112345678", "tel:+4915112345678"},
        {"tel: +49 (151) 123-456.78 ", NULL}, // begins with a blank, not with +
        {"tel:+49 (151) 123-456.78 ", "tel:+4915112345678"},
        {"tel:+1234567", "tel:+1234567"},
        {"tel:+123456789012345", "tel:+123456789012345"},
        {"email:Ann.B@Example.ORG", "email:Ann.B@example.org"},
        {"email: \tann@example.org\n", "email:ann@example.org"},
        {"email:ann+tag=x@localhost", "email:ann+tag=x@localhost"},
        {"email:j\xC3\xB6rg@B\xC3\x9C\x43HER.de", "email:j\xC3\xB6rg@b\xC3\xBC\x63her.de"},
        {"email:a@BU\xCC\x88.de", "email:a@b\xC3\xBC.de"}, // composed
        {"chat:7f3a", "chat:7f3a"},
        {"social:1234", "social:1234"},
        {"x:\xE2\x82\xAC", "x:\xE2\x82\xAC"},
        {"abcdefghij123456:z", "abcdefghij123456:z"},
        {"chat:a:b", "chat:a:b"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[HANDLE_MAX], again[HANDLE_MAX];
        const char *why;
        assert_int_equal(handle_normalise(table[i].in, out, &why), table[i].out != NULL);
        if (table[i].out == NULL)
            continue;
        assert_null(why);
        assert_string_equal(out, table[i].out);
        assert_true(handle_normalise(out, again, &why));
        assert_string_equal(again, out);
    }
}

static void test_refused_handles_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *in, *why;
    } table[] = {
        {"", "kind:address"},
        {"+4915112345678", "kind:address"},
        {"tel", "kind:address"},
        {":x", "kind:address"},
        {"Tel:+4915112345678", "kind:address"},
        {"1tel:x", "kind:address"},
        {"abcdefghij1234567:z", "kind:address"},
        {"tel:", "begins with +"},
        {"tel:4915112345678", "begins with +"},
        {"tel:004915112345678", "begins with +"},
        {"tel:+0151123456", "begins with 0"},
        {"tel:+123456", "at least 7"},
        {"tel:+", "at least 7"},
        {"tel:+1234567890123456", "at most 15"},
        {"tel:+49151x2345678", "digits only"},
        {"tel:+49+1512345678", "digits only"},
        {"tel:+49\xC2\xA0"
         "1512345678",
         "digits only"},
        {"email:ann", "exactly one @"},
        {"email:a@b@c", "exactly one @"},
        {"email:@example.org", "1 to 64"},
        {"email:.a@example.org", "dot"},
        {"email:a b@example.org", "no spaces"},
        {"email:\"a\"@example.org", "quotes"},
        {"email:a\xE2\x80\x83@example.org", "no spaces"},
        {"email:ann@", "domain must follow"},
        {"email:ann@example..org", "each part"},
        {"email:ann@.org", "each part"},
        {"email:ann@example.org.", "each part"},
        {"email:ann@-a.org", "each part"},
        {"email:ann@a-.org", "each part"},
        {"email:ann@[127.0.0.1]", "letters, digits"},
        {"email:ann@exa mple.org", "no spaces"},
        {"chat:", "1 to 200"},
        {"chat:a b", "no spaces"},
        {"chat:a\x01", "no spaces or control"},
        {"chat:a\xC2\x85", "control"},
        {"chat:a\xE2\x80\xA8", "no spaces"},
        {"chat:\xFF", "UTF-8"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[HANDLE_MAX] = "x";
        const char *why;
        assert_false(handle_normalise(table[i].in, out, &why));
        assert_string_equal(out, "");
        if (strstr(why, table[i].why) == NULL)
            fail_msg("%s: %s", table[i].in, why);
    }
}

static void test_handles_are_bounded(void **state)
{
    (void)state;
    char in[3100], out[HANDLE_MAX], part[3000];
    const char *why;
    for (size_t len = 1; len < sizeof part; len += len < 300 ? 1 : 97) {
        memset(part, 'a', len);
        part[len] = '\0';
        snprintf(in, sizeof in, "chat:%s", part);
        assert_int_equal(handle_normalise(in, out, &why), len <= HANDLE_OTHER_MAX);
        snprintf(in, sizeof in, "email:ann@%s", part);
        assert_int_equal(handle_normalise(in, out, &why), len + 4 <= 250);
        snprintf(in, sizeof in, "email:%s@example.org", part);
        assert_int_equal(handle_normalise(in, out, &why), len <= 64);
    }
}

static void test_handle_is_compares_the_kind(void **state)
{
    (void)state;
    assert_true(handle_is("tel:+49", "tel"));
    assert_false(handle_is("telegram:1", "tel"));
    assert_false(handle_is("tel", "tel"));
}

static void test_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        bool valid, text;
    } table[] = {
        {"", 0, true, true},
        {"a\0b", 3, true, false},
        {"a\tb\r\n", 5, true, true},
        {"\x1b[0m", 4, true, false},
        {"\xC3\xA4", 2, true, true},
        {"\xC3", 1, false, false},
        {"\xC0\x80", 2, false, false},         // overlong NUL
        {"\xED\xA0\x80", 3, false, false},     // surrogate
        {"\xF4\x90\x80\x80", 4, false, false}, // above U+10FFFF
        {"\xF0\x9F\x98\x80", 4, true, true},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(utf8_valid(table[i].bytes, table[i].len), table[i].valid);
        assert_int_equal(utf8_valid_text(table[i].bytes, table[i].len), table[i].text);
    }
    assert_int_equal(utf8_prefix("a\xC3\xA4", 3, 2), 1);
    assert_int_equal(utf8_prefix("a\xC3\xA4", 3, 3), 3);
    assert_int_equal(utf8_prefix("\xF0\x9F\x98\x80", 4, 3), 0);
}

// Every value of every enum has its word, and the word leads back.
static void test_words_of_enums(void **state)
{
    (void)state;
    assert_string_equal(channel_name(THROUGHLINE__V1__CHANNEL__CHANNEL_SMS), "sms");
    assert_string_equal(presence_name(THROUGHLINE__V1__PRESENCE_STATE__PRESENCE_STATE_AWAY), "away");
    assert_string_equal(work_state_name(THROUGHLINE__V1__WORK_STATE__WORK_STATE_WRAP_UP), "wrap_up");
    assert_string_equal(exclusion_name(THROUGHLINE__V1__EXCLUSION__EXCLUSION_UNSPECIFIED), "unspecified");
    assert_string_equal(reason_name((Throughline__V1__Reason)99), "?");
    assert_int_equal(channel_from_name("voice"), THROUGHLINE__V1__CHANNEL__CHANNEL_VOICE);
    assert_int_equal(channel_from_name("Voice"), 0);
    assert_int_equal(channel_from_name(""), 0);
#define CHECK(name, type, descriptor, prefix)                                                                          \
    for (unsigned i = 0; i < (descriptor).n_values; i++) {                                                             \
        type value = (type)(descriptor).values[i].value;                                                               \
        assert_string_not_equal(name##_name(value), "?");                                                              \
        assert_int_equal(name##_from_name(name##_name(value)), value);                                                 \
    }
    NAMES_ENUMS(CHECK)
#undef CHECK
}

static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *text;
    } table[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < COUNT(table); i++) {
        char text[32];
        uint8_t plain[32];
        size_t n = base64_encode((const uint8_t *)table[i].plain, strlen(table[i].plain), text);
        assert_int_equal(n, strlen(table[i].text));
        assert_memory_equal(text, table[i].text, n);
        size_t unpadded = base64_encode_url((const uint8_t *)table[i].plain, strlen(table[i].plain), text);
        size_t lengths[] = {n, unpadded};
        for (size_t k = 0; k < COUNT(lengths); k++) {
            size_t got;
            assert_true(base64_decode(table[i].text, lengths[k], plain, &got));
            assert_int_equal(got, strlen(table[i].plain));
            assert_memory_equal(plain, table[i].plain, got);
        }
    }
    static const char *const bad[] = {
        "A", "AAAAA", "Zg=", "Z===", "Zh==", "Zm9=", "Zm 9v", "====", "=", "Zg==Zg==", "Zm9v="};
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t out[32];
        size_t n;
        if (base64_decode(bad[i], strlen(bad[i]), out, &n))
            fail_msg("%s was taken for base64", bad[i]);
    }
}

// Written and read again, over the whole range; each tenth day of 400 years, and the ends.
static void test_times_both_ways(void **state)
{
    (void)state;
    int64_t steps[] = {864000 + 3601, 146097LL * 86400 - 1};
    for (size_t k = 0; k < COUNT(steps); k++) {
        int64_t end = k == 0 ? TIMESTAMP_MIN + 146097LL * 86400 : TIMESTAMP_MAX;
        for (int64_t s = TIMESTAMP_MIN; s <= end; s += steps[k]) {
            char text[TIMESTAMP_TEXT_MAX];
            int64_t seconds;
            int32_t nanos;
            size_t len = timestamp_format(s, (int32_t)((s & 3) * 1000), text);
            assert_null(timestamp_parse(text, len, &seconds, &nanos));
            assert_int_equal(seconds, s);
            assert_int_equal(nanos, (s & 3) * 1000);
        }
    }
}

static void test_refused_times_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *in, *why;
    } table[] = {
        {"", "RFC 3339"},
        {"2026-01-31", "RFC 3339"},
        {"2026-01-31 00:00:00Z", "RFC 3339"},
        {"2026-1-31T00:00:00Z", "RFC 3339"},
        {"2026-01-31T00:00:00", "ends in Z"},
        {"2026-01-31T00:00:00z", "ends in Z"},
        {"2026-01-31T00:00:00Zx", "ends in Z"},
        {"2026-01-31T00:00:00+0200", "ends in Z"},
        {"2026-01-31T00:00:00+24:00", "ends in Z"},
        {"2026-01-31T00:00:00.Z", "1 to 9 digits"},
        {"2026-01-31T00:00:00.0123456789Z", "1 to 9 digits"},
        {"2025-02-29T00:00:00Z", "no such date"},
        {"1900-02-29T00:00:00Z", "no such date"},
        {"2026-13-01T00:00:00Z", "no such date"},
        {"2026-00-01T00:00:00Z", "no such date"},
        {"2026-04-31T00:00:00Z", "no such date"},
        {"0000-01-01T00:00:00Z", "no such date"},
        {"2026-01-31T24:00:00Z", "no such time"},
        {"2016-12-31T23:59:60Z", "leap seconds"},
        {"0001-01-01T00:00:00+00:01", "outside"},
        {"9999-12-31T23:59:59-00:01", "outside"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        int64_t seconds;
        int32_t nanos;
        const char *why = timestamp_parse(table[i].in, strlen(table[i].in), &seconds, &nanos);
        if (why == NULL || strstr(why, table[i].why) == NULL)
            fail_msg("%s: %s", table[i].in, why != NULL ? why : "taken");
    }
}

static void test_near_misses(void **state)
{
    (void)state;
    static const struct {
        const char *word, *best; // among the candidates below
    } table[] = {{"form", "from"},    {"lisen", "listen"}, {"listne", "listen"},          {"LISTEN", NULL},
                 {"x", NULL},         {"", NULL},          {"max_body_size", "max_body"}, {"conections", "connections"},
                 {"unrelated", NULL}, {"frm", "from"}};
    static const char *const candidates[] = {"from", "listen", "max_body", "connections", "id"};
    for (size_t i = 0; i < COUNT(table); i++) {
        struct nearest n = nearest_begin(table[i].word);
        for (size_t k = 0; k < COUNT(candidates); k++)
            nearest_offer(&n, candidates[k]);
        const char *best = nearest_best(&n);
        if (table[i].best == NULL ? best != NULL : best == NULL || strcmp(best, table[i].best) != 0)
            fail_msg("%s: %s", table[i].word, best != NULL ? best : "nothing");
    }
}

static void test_each_refusal_has_words(void **state)
{
    (void)state;
    assert_string_equal(refusal_words(THROUGHLINE__V1__REFUSAL__REFUSAL_UNSPECIFIED), "?");
    for (unsigned i = 1; i < throughline__v1__refusal__descriptor.n_values; i++)
        if (strchr(refusal_words((Throughline__V1__Refusal)i), ' ') == NULL)
            fail_msg("%s has no words", throughline__v1__refusal__descriptor.values[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handles_have_one_spelling),
        cmocka_unit_test(test_refused_handles_say_why),
        cmocka_unit_test(test_handles_are_bounded),
        cmocka_unit_test(test_handle_is_compares_the_kind),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_words_of_enums),
        cmocka_unit_test(test_each_refusal_has_words),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_times_both_ways),
        cmocka_unit_test(test_refused_times_say_why),
        cmocka_unit_test(test_near_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
