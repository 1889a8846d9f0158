// SPDX-License-Identifier: Apache-2.0
// A visitor token and a signed identity are what their signer made, unchanged, for this account, in their time; or nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/faces/chat_token.h"
#include "proto/base64.h"
#include "throughline/v1/chat.pb-c.h"

#define NOW    1800000000
#define SECRET "a secret of the site, long enough"

static const uint8_t key[CHAT_KEY_LEN] = {1, 2, 3};

static void make(char token[CHAT_TOKEN_MAX], int64_t issued)
{
    const struct chat_visitor v = {.account = "web", .visitor = "abcdefghijklmnopqrstuvwxyz", .issued = issued};
    assert_true(chat_token_make(key, &v, token));
}

static void test_token_round_trip(void **state)
{
    char token[CHAT_TOKEN_MAX];
    struct chat_visitor v;
    (void)state;
    make(token, NOW);
    assert_true(chat_token_read(key, token, "web", NOW + 1, &v));
    assert_string_equal(v.visitor, "abcdefghijklmnopqrstuvwxyz");
    assert_int_equal(v.issued, NOW);
}

static void test_token_is_bound_to_key_account_and_time(void **state)
{
    const uint8_t other[CHAT_KEY_LEN] = {1, 2, 4};
    char token[CHAT_TOKEN_MAX];
    struct chat_visitor v;
    (void)state;
    make(token, NOW);
    assert_false(chat_token_read(other, token, "web", NOW, &v));
    assert_false(chat_token_read(key, token, "shop", NOW, &v));
    assert_true(chat_token_read(key, token, "web", NOW + CHAT_TOKEN_SECONDS - 1, &v));
    assert_false(chat_token_read(key, token, "web", NOW + CHAT_TOKEN_SECONDS, &v));
    assert_false(chat_token_read(key, token, "web", NOW - 3600, &v)); // from the future
}

static void test_a_token_stays_with_its_person(void **state)
{
    char *reference = (char *)"crm-7", *handles[] = {(char *)"tel:+4915112345678"}, token[CHAT_TOKEN_MAX];
    char eva[CHAT_PERSON_MAX + 1], handle[CHAT_PERSON_MAX + 1], other[CHAT_PERSON_MAX + 1];
    Throughline__V1__ChatIdentity id = THROUGHLINE__V1__CHAT_IDENTITY__INIT;
    struct chat_visitor v = {.account = "web", .visitor = "v", .issued = NOW}, back;
    (void)state;
    id.n_handles = 1;
    id.handles = handles;
    chat_person(&id, handle);
    id.reference = reference;
    chat_person(&id, eva);
    id.n_handles = 0; // the site's own reference says who it is, whatever else is known
    chat_person(&id, other);
    assert_string_equal(eva, other);
    assert_string_not_equal(eva, handle);
    id.reference = (char *)"crm-8";
    chat_person(&id, other);
    assert_string_not_equal(eva, other);

    assert_true(chat_visitor_is(&v, "") && chat_visitor_is(&v, eva)); // nobody's yet
    memcpy(v.person, eva, sizeof eva);
    assert_true(chat_token_make(key, &v, token) && chat_token_read(key, token, "web", NOW, &back));
    assert_string_equal(back.person, eva);
    assert_true(chat_visitor_is(&back, eva));
    assert_false(chat_visitor_is(&back, other) || chat_visitor_is(&back, ""));
}

static void test_no_changed_byte_passes(void **state)
{
    char token[CHAT_TOKEN_MAX], changed[CHAT_TOKEN_MAX];
    struct chat_visitor v;
    (void)state;
    make(token, NOW);
    for (size_t i = 0; i < strlen(token); i++) {
        memcpy(changed, token, sizeof changed);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_false(chat_token_read(key, changed, "web", NOW, &v));
        memcpy(changed, token, sizeof changed);
        changed[i] = 0;
        assert_false(chat_token_read(key, changed, "web", NOW, &v));
    }
    strcat(token, "A");
    assert_false(chat_token_read(key, token, "web", NOW, &v));
    assert_false(chat_token_read(key, "", "web", NOW, &v));
    assert_false(chat_token_read(key, ".", "web", NOW, &v));
}

static void test_names_that_do_not_fit_make_no_token(void **state)
{
    struct chat_visitor v = {.issued = NOW};
    char token[CHAT_TOKEN_MAX];
    (void)state;
    struct chat_visitor spaced = {.account = "web", .visitor = "a b", .issued = NOW}, none = {.account = "web"};
    assert_false(chat_token_make(key, &spaced, token) || chat_token_make(key, &none, token));
    memset(v.account, 'a', sizeof v.account - 1);
    memset(v.visitor, 'v', sizeof v.visitor - 1);
    assert_true(chat_token_make(key, &v, token));
    assert_true(chat_token_read(key, token, v.account, NOW, &v));
}

static void sign(char out[CHAT_IDENTITY_MAX], const char *json, const char *secret)
{
    uint8_t mac[32];
    unsigned n = 0;
    size_t head = base64_encode_url((const uint8_t *)json, strlen(json), out);
    assert_non_null(HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)out, head, mac, &n));
    out[head] = '.';
    out[head + 1 + base64_encode_url(mac, n, out + head + 1)] = 0;
}

static const char *verdict(const char *json, const char *signer, const char *secret)
{
    char text[CHAT_IDENTITY_MAX];
    const char *why = "";
    sign(text, json, signer);
    Throughline__V1__ChatIdentity *id = chat_identity_read(secret, text, NOW, &why);
    if (!id)
        return why;
    throughline__v1__chat_identity__free_unpacked(id, NULL);
    return "good";
}

static void test_identity(void **state)
{
    char text[CHAT_IDENTITY_MAX];
    const char *why = "";
    (void)state;
    sign(text, "{\"reference\":\"7\",\"handles\":[\"tel:+4915112345678\"],\"name\":\"Eva\",\"expires\":\"1800000600\"}",
         SECRET);
    Throughline__V1__ChatIdentity *id = chat_identity_read(SECRET, text, NOW, &why);
    assert_non_null(id);
    assert_string_equal(id->name, "Eva");
    assert_int_equal(id->n_handles, 1);
    throughline__v1__chat_identity__free_unpacked(id, NULL);
}

static void test_identity_verdicts(void **state)
{
    static const struct {
        const char *json, *signer, *secret, *verdict;
    } rows[] = {
        {"{\"reference\":\"7\",\"expires\":1800000600}", SECRET, SECRET, "good"},
        {"{\"reference\":\"7\",\"expires\":1800000600}", "another secret", SECRET, "identity_signature"},
        {"{\"reference\":\"7\",\"expires\":1800000600}", SECRET, "", "identity_signature"},
        {"{\"reference\":\"7\",\"expires\":1800000600}", "", "", "identity_signature"}, // no secret signs nothing
        {"{\"reference\":\"7\",\"expires\":1800000000}", SECRET, SECRET, "identity_expired"},
        {"{\"reference\":\"7\"}", SECRET, SECRET, "identity_expired"},
        {"{\"reference\":\"7\",\"expires\":1800086401}", SECRET, SECRET, "identity_too_long_lived"},
        {"{\"expires\":1800000600}", SECRET, SECRET, "identity_malformed"}, // nobody
        {"{\"nonsense\":1}", SECRET, SECRET, "identity_malformed"},
        {"not JSON", SECRET, SECRET, "identity_malformed"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(verdict(rows[i].json, rows[i].signer, rows[i].secret), rows[i].verdict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_round_trip),
        cmocka_unit_test(test_token_is_bound_to_key_account_and_time),
        cmocka_unit_test(test_a_token_stays_with_its_person),
        cmocka_unit_test(test_no_changed_byte_passes),
        cmocka_unit_test(test_names_that_do_not_fit_make_no_token),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_identity_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
