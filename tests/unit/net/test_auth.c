// SPDX-License-Identifier: Apache-2.0
// Tokens: who is found, who is not, and what replacing one source leaves of the other.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/id.h"
#include "daemon/net/auth.h"

static struct auth *a;
static int64_t now;

static int set_up(void **state)
{
    (void)state;
    a = auth_new();
    now = 1000;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    auth_free(a);
    return 0;
}

static struct auth_token token(const char *secret, const char *tenant, const char *id, enum auth_role role,
                               const char *agent)
{
    struct auth_token t = {.id = id, .tenant = tenant, .role = role, .agent = agent};
    auth_digest(secret, t.digest);
    return t;
}

static bool put(enum auth_source source, const char *secret, const char *tenant, const char *id)
{
    struct auth_token t = token(secret, tenant, id, AUTH_GATEWAY, NULL);
    return auth_put(a, source, &t);
}

static const char *check(const char *secret)
{
    static struct auth_identity who;
    return auth_check(a, secret, "10.0.0.1", now, &who) == AUTH_OK ? who.token : NULL;
}

static void test_nobody_is_refused_before_the_tokens_are_read(void **state)
{
    (void)state;
    struct auth_identity who;
    auth_await(a); // of two tenants
    auth_await(a);
    assert_true(put(AUTH_FROM_CONFIG, "known", "acme", "t1"));
    for (int i = 0; i < 50; i++) // not counted either
        assert_int_equal(auth_check(a, "secret", "10.0.0.1", now, &who), AUTH_EARLY);
    assert_string_equal(check("known"), "t1");
    auth_arrived(a);
    assert_int_equal(auth_check(a, "secret", "10.0.0.1", now, &who), AUTH_EARLY);
    auth_arrived(a);
    assert_int_equal(auth_check(a, "secret", "10.0.0.1", now, &who), AUTH_REFUSED);
}

static void test_a_token_is_found_with_all_it_says(void **state)
{
    (void)state;
    struct auth_token t = token("s", "acme", "t1", AUTH_AGENT, "ann");
    struct auth_identity who;
    assert_true(auth_put(a, AUTH_FROM_STORE, &t));
    assert_int_equal(auth_check(a, "s", "::1", now, &who), AUTH_OK);
    assert_string_equal(who.token, "t1");
    assert_string_equal(who.tenant, "acme");
    assert_string_equal(who.agent, "ann");
    assert_int_equal(who.role, AUTH_AGENT);
    assert_null(check("S"));
    assert_null(check(""));
    assert_null(check("s "));
}

static void test_the_same_id_replaces(void **state)
{
    (void)state;
    assert_true(put(AUTH_FROM_STORE, "old", "main", "t"));
    assert_true(put(AUTH_FROM_STORE, "new", "main", "t"));
    assert_null(check("old"));
    assert_string_equal(check("new"), "t");
    assert_true(put(AUTH_FROM_STORE, "new", "main", "t")); // and again
}

static void test_a_digest_belongs_to_one_token(void **state)
{
    (void)state;
    assert_true(put(AUTH_FROM_CONFIG, "s", "main", "t1"));
    assert_false(put(AUTH_FROM_STORE, "s", "main", "t2"));
    assert_false(put(AUTH_FROM_STORE, "s", "other", "t1"));
    assert_string_equal(check("s"), "t1");
}

static void test_what_is_no_token_is_refused(void **state)
{
    (void)state;
    char name[AUTH_NAME_SIZE + 1];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct auth_token bad[] = {
        token("s", "main", "", AUTH_GATEWAY, ""),       token("s", "", "t", AUTH_GATEWAY, ""),
        token("s", "main", name, AUTH_GATEWAY, ""),     token("s", "main", "t", AUTH_AGENT, ""),
        token("s", "main", "t", AUTH_AGENT, NULL),      token("s", "main", "t", (enum auth_role)3, ""),
        token("s", "main", "t", (enum auth_role)0, ""), token("s", "main", "t", (enum auth_role)16, ""),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(auth_put(a, AUTH_FROM_STORE, &bad[i]));
    assert_null(check("s"));
}

static void test_sources_and_tenants_are_replaced_apart(void **state)
{
    (void)state;
    assert_true(put(AUTH_FROM_CONFIG, "c1", "main", "c1"));
    assert_true(put(AUTH_FROM_STORE, "s1", "main", "s1"));
    assert_true(put(AUTH_FROM_STORE, "o1", "other", "o1"));
    struct auth_token next[] = {
        token("s2", "main", "s2", AUTH_ADMIN, ""),
        token("s3", "other", "s3", AUTH_ADMIN, ""), // not this tenant's: left out
        token("c1", "main", "s4", AUTH_ADMIN, ""),  // the configuration's: left out
    };
    assert_int_equal(auth_replace_all(a, AUTH_FROM_STORE, "main", next, 3), 1);
    assert_string_equal(check("c1"), "c1");
    assert_null(check("s1"));
    assert_string_equal(check("s2"), "s2");
    assert_null(check("s3"));
    assert_string_equal(check("o1"), "o1");
    assert_int_equal(auth_replace_all(a, AUTH_FROM_STORE, "main", NULL, 0), 0);
    assert_null(check("s2"));
    assert_string_equal(check("c1"), "c1");
}

static void test_removed_is_gone(void **state)
{
    (void)state;
    assert_true(put(AUTH_FROM_STORE, "s", "main", "t"));
    assert_false(auth_remove(a, AUTH_FROM_CONFIG, "main", "t"));
    assert_false(auth_remove(a, AUTH_FROM_STORE, "other", "t"));
    assert_string_equal(check("s"), "t");
    assert_true(auth_remove(a, AUTH_FROM_STORE, "main", "t"));
    assert_false(auth_remove(a, AUTH_FROM_STORE, "main", "t"));
    assert_null(check("s"));
}

static void test_digests_that_share_their_beginning(void **state)
{
    (void)state;
    struct auth_token one = token("s", "main", "one", AUTH_ADMIN, ""), two = one;
    two.id = "two";
    two.digest[31] ^= 1;
    assert_true(auth_put(a, AUTH_FROM_STORE, &two));
    assert_null(check("s"));
    assert_true(auth_put(a, AUTH_FROM_STORE, &one));
    assert_string_equal(check("s"), "one");
    assert_true(auth_remove(a, AUTH_FROM_STORE, "main", "two"));
    assert_string_equal(check("s"), "one");
}

static enum auth_verdict attempt(const char *address)
{
    struct auth_identity who;
    return auth_check(a, "wrong", address, now, &who);
}

static void test_failures_are_slowed_per_address_and_forgiven(void **state)
{
    (void)state;
    assert_true(put(AUTH_FROM_STORE, "s", "main", "t"));
    for (int i = 0; i < 10; i++)
        assert_int_equal(attempt("10.0.0.1"), AUTH_REFUSED);
    assert_int_equal(attempt("10.0.0.1"), AUTH_SLOWED);
    assert_int_equal(attempt("10.0.0.2"), AUTH_REFUSED);
    assert_string_equal(check("s"), "t"); // from the slowed address
    now += 59999;
    assert_int_equal(attempt("10.0.0.1"), AUTH_SLOWED);
    now += 1;
    assert_int_equal(attempt("10.0.0.1"), AUTH_REFUSED);
}

static void test_one_ipv6_customer_is_one_address(void **state)
{
    (void)state;
    char address[64];
    for (int i = 0; i < 10; i++) {
        snprintf(address, sizeof address, "2001:db8:0:1::%x", i);
        assert_int_equal(attempt(address), AUTH_REFUSED);
    }
    assert_int_equal(attempt("2001:db8:0:1:ffff::1"), AUTH_SLOWED);
    assert_int_equal(attempt("2001:db8:0:2::1"), AUTH_REFUSED);
}

static void test_any_number_of_addresses_takes_no_more_memory(void **state)
{
    (void)state;
    char address[64];
    for (unsigned i = 0; i < 100000; i++) { // the table is fixed: what it cannot hold is refused all the same
        snprintf(address, sizeof address, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        assert_int_not_equal(attempt(address), AUTH_OK);
    }
}

static void test_secrets(void **state)
{
    (void)state;
    char one[AUTH_SECRET_SIZE], two[AUTH_SECRET_SIZE], hex[2 * AUTH_DIGEST_SIZE + 1];
    unsigned char digest[AUTH_DIGEST_SIZE], back[AUTH_DIGEST_SIZE];
    assert_string_not_equal(auth_secret(one), auth_secret(two));
    assert_int_equal(strlen(one), AUTH_SECRET_SIZE - 1);
    assert_memory_equal(one, "tl_", 3);
    auth_digest("abc", digest);
    assert_string_equal(id_hex(hex, digest, sizeof digest),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(auth_digest_parse(hex, back));
    assert_memory_equal(digest, back, sizeof back);
    hex[10] = 'g';
    assert_false(auth_digest_parse(hex, back));
    hex[10] = '\0';
    assert_false(auth_digest_parse(hex, back));
}

static void test_role_names(void **state)
{
    (void)state;
    for (unsigned bit = 1; bit <= AUTH_EVERY_ROLE; bit <<= 1) {
        enum auth_role role;
        assert_true(auth_role_parse(auth_role_name((enum auth_role)bit), &role));
        assert_int_equal(role, bit);
    }
    enum auth_role role;
    assert_false(auth_role_parse("root", &role));
    assert_false(auth_role_parse("", &role));
    assert_null(auth_role_name((enum auth_role)3));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_is_refused_before_the_tokens_are_read),
        TEST(test_a_token_is_found_with_all_it_says),
        TEST(test_the_same_id_replaces),
        TEST(test_a_digest_belongs_to_one_token),
        TEST(test_what_is_no_token_is_refused),
        TEST(test_sources_and_tenants_are_replaced_apart),
        TEST(test_removed_is_gone),
        TEST(test_digests_that_share_their_beginning),
        TEST(test_failures_are_slowed_per_address_and_forgiven),
        TEST(test_one_ipv6_customer_is_one_address),
        TEST(test_any_number_of_addresses_takes_no_more_memory),
        TEST(test_secrets),
        TEST(test_role_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
