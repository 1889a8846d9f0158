// SPDX-License-Identifier: Apache-2.0
// What adapters of short messages share: forms, keyed hashes, the arithmetic of messages, the words that stop and start them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "channels/consent.h"
#include "channels/form.h"
#include "channels/sign.h"
#include "channels/sms.h"

static void test_form(void **state)
{
    struct region m = {0};
    struct form f;
    static const char text[] = "a=1&b=x+y%20z&&a=%00A&empty=&bare&%C3%A4=%E2%82%AC";
    (void)state;
    assert_null(form_read(&m, text, strlen(text), &f));
    assert_int_equal(f.n, 6);
    assert_string_equal(form_value(&f, "b"), "x y z");
    assert_int_equal(form_count(&f, "a"), 2);
    assert_int_equal(f.v[2].value_len, 2);
    assert_memory_equal(f.v[2].value, "\0A", 3);
    assert_string_equal(form_value(&f, "bare"), "");
    assert_non_null(form_find(&f, "empty"));
    assert_null(form_find(&f, "missing"));
    assert_string_equal(form_value(&f, "ä"), "€");
    assert_null(form_read(&m, "", 0, &f));
    assert_int_equal(f.n, 0);
    region_free(&m);
}

static void test_form_refuses(void **state)
{
    struct region m = {0};
    struct form f;
    static const char *const wrong[] = {"a=%", "a=%4", "a=%4g", "%zz=1", "a=1&b=%-1", "a%00b=1"};
    char many[2 * FORM_FIELDS_MAX + 8];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_non_null(form_read(&m, wrong[i], strlen(wrong[i]), &f));
        assert_int_equal(f.n, 0);
    }
    memset(many, '&', sizeof many);
    assert_non_null(form_read(&m, many, sizeof many, &f));
    assert_null(form_read(&m, "a=%414", 5, &f)); // the length counts, not the NUL
    assert_string_equal(form_value(&f, "a"), "A");
    region_free(&m);
}

static void test_form_written(void **state)
{
    struct region m = {0};
    struct form_text t = {.m = &m};
    struct form f;
    (void)state;
    form_put(&t, "To", "+49151");
    form_put(&t, "Body", "a&b=c d\n€~");
    assert_string_equal(t.v, "To=%2B49151&Body=a%26b%3Dc%20d%0A%E2%82%AC~");
    assert_null(form_read(&m, t.v, t.n, &f));
    assert_string_equal(form_value(&f, "Body"), "a&b=c d\n€~");
    struct form_text url = {.m = &m};
    form_add(&url, "http://h/p?", 11);
    form_put(&url, "a", "");
    assert_string_equal(url.v, "http://h/p?a=");
    region_free(&m);
}

// RFC 2202 and RFC 4231, their second cases; FIPS 180-2's "abc".
static void test_sign(void **state)
{
    static const char data[] = "what do ya want for nothing?";
    uint8_t sha1[SIGN_SHA1], sha256[SIGN_SHA256];
    char hex[2 * SIGN_SHA256 + 1];
    (void)state;
    sign_hmac_sha1("Jefe", data, strlen(data), sha1);
    sign_hex(sha1, sizeof sha1, hex);
    assert_string_equal(hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    sign_hmac_sha256("Jefe", data, strlen(data), sha256);
    sign_hex(sha256, sizeof sha256, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    sign_sha256("abc", 3, sha256);
    sign_hex(sha256, sizeof sha256, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(sign_same("secret", 6, "secret", 6));
    assert_false(sign_same("secret", 6, "secreT", 6));
    assert_false(sign_same("secret", 6, "secret!", 7));
    assert_false(sign_same("", 0, "secret", 6));
}

static struct sms_size measure(size_t n, const char *character, const char *then)
{
    static char text[8192];
    size_t len = 0, each = strlen(character);
    for (size_t i = 0; i < n; i++, len += each)
        memcpy(text + len, character, each);
    memcpy(text + len, then, strlen(then) + 1);
    return sms_measure(text);
}

#define MEASURES(n_, character_, then_, alphabet_, units_, segments_)                                                  \
    do {                                                                                                               \
        struct sms_size s_ = measure(n_, character_, then_);                                                           \
        assert_int_equal(s_.alphabet, alphabet_);                                                                      \
        assert_int_equal(s_.units, units_);                                                                            \
        assert_int_equal(s_.segments, segments_);                                                                      \
    } while (0)

static void test_segments(void **state)
{
    (void)state;
    MEASURES(0, "", "", SMS_GSM7, 0, 0);
    MEASURES(160, "a", "", SMS_GSM7, 160, 1);
    MEASURES(161, "a", "", SMS_GSM7, 161, 2);
    MEASURES(306, "a", "", SMS_GSM7, 306, 2);
    MEASURES(307, "a", "", SMS_GSM7, 307, 3);
    MEASURES(80, "€", "", SMS_GSM7, 160, 1);
    MEASURES(81, "€", "", SMS_GSM7, 162, 2);
    MEASURES(152, "a", "€€€€€", SMS_GSM7, 162, 2);
    // 153 = 76 pairs and one place that a pair does not fit in: 76 + 76 + 1 pairs
    MEASURES(153, "€", "", SMS_GSM7, 306, 3);
    MEASURES(1, "", "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡§¿ÄÖÑÜäöñüà", SMS_GSM7, 65, 1);
    MEASURES(1, "", "^{}\\[~]|€\f", SMS_GSM7, 20, 1);
    MEASURES(1, "", "`", SMS_UCS2, 1, 1);
    MEASURES(1, "", "\t", SMS_UCS2, 1, 1);
    MEASURES(1, "", "ç", SMS_UCS2, 1, 1); // only the capital is there
    MEASURES(70, "Ж", "", SMS_UCS2, 70, 1);
    MEASURES(71, "Ж", "", SMS_UCS2, 71, 2);
    MEASURES(134, "Ж", "", SMS_UCS2, 134, 2);
    MEASURES(135, "Ж", "", SMS_UCS2, 135, 3);
    MEASURES(35, "😀", "", SMS_UCS2, 70, 1);
    MEASURES(36, "😀", "", SMS_UCS2, 72, 2);
    // 67 = 33 pairs and one place: 33 + 33 + 1
    MEASURES(67, "😀", "", SMS_UCS2, 134, 3);
}

static void test_utf16(void **state)
{
    struct region m = {0};
    size_t len;
    static const char text[] = "aÜ€😀\xf4\x8f\xbf\xbf";
    static const char bytes[] = "\0a\0\xdc\x20\xac\xd8\x3d\xde\x00\xdb\xff\xdf\xff";
    (void)state;
    char *out = sms_to_utf16(&m, text, &len);
    assert_int_equal(len, sizeof bytes - 1);
    assert_memory_equal(out, bytes, len);
    assert_string_equal(sms_from_utf16(&m, bytes, len), text);
    assert_string_equal(sms_from_utf16(&m, "", 0), "");
    assert_null(sms_from_utf16(&m, "\0a\0", 3));       // half a unit
    assert_null(sms_from_utf16(&m, "\xd8\x3d", 2));    // half a pair
    assert_null(sms_from_utf16(&m, "\xd8\x3d\0a", 4)); // the other half is none
    assert_null(sms_from_utf16(&m, "\xde\x00\0a", 4)); // the second half alone
    assert_null(sms_from_utf16(&m, "\0a\0\0\0b", 6));  // a NUL
    region_free(&m);
}

#define WISH(read_, state_) assert_int_equal(read_, THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_##state_)

static void test_consent(void **state)
{
    (void)state;
    WISH(consent_read("STOP"), STOPPED);
    WISH(consent_read("  Stop. \n"), STOPPED);
    WISH(consent_read("stop all"), STOPPED);
    WISH(consent_read("СТОП"), STOPPED);
    WISH(consent_read("Arrêt"), STOPPED);
    WISH(consent_read("ARRE\xcc\x82T"), STOPPED); // the accent by itself
    WISH(consent_read("ＳＴＯＰ"), STOPPED);      // full width
    WISH(consent_read("ΣΤΟΠ"), STOPPED);
    WISH(consent_read("退订"), STOPPED);
    WISH(consent_read("start"), STARTED);
    WISH(consent_read("Hilfe!"), HELP);
    WISH(consent_read("please stop texting me"), UNSPECIFIED);
    WISH(consent_read("yes"), UNSPECIFIED);
    WISH(consent_read("non-stop"), UNSPECIFIED);
    WISH(consent_read(""), UNSPECIFIED);
    WISH(consent_read("..."), UNSPECIFIED);
    WISH(consent_read("ＳＳＳＳＳＳＳＳＳＳＳＳＳＳＳＳＳＳＳＳＳ"), UNSPECIFIED);
    WISH(consent_read("ﷺﷺﷺﷺﷺﷺﷺﷺ"), UNSPECIFIED); // folded it is longer than any word
    for (size_t i = 0; consent_word(i); i++)
        assert_true(consent_read(consent_word(i)) > 0); // each is in the form that is compared
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),    cmocka_unit_test(test_form_refuses), cmocka_unit_test(test_form_written),
        cmocka_unit_test(test_sign),    cmocka_unit_test(test_segments),     cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_consent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
