// SPDX-License-Identifier: Apache-2.0
// Who the client is behind proxies: only what trusted hops wrote is believed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/net/internal.h"

static const char *client(const char *peer, const char *first, const char *second)
{
    static char out[ADDRESS_TEXT_MAX];
    struct address_range trusted[3];
    struct http_server s = {.trusted = trusted, .trusted_n = 3};
    struct parse_head head = {
        .fields = {{"host", "x"}, {"x-forwarded-for", first}, {"accept", "1.2.3.4"}, {"x-forwarded-for", second}},
        .fields_n = second  ? 4
                    : first ? 2
                            : 1};
    assert_null(address_range_parse("10.0.0.0/8", &trusted[0]));
    assert_null(address_range_parse("127.0.0.1", &trusted[1]));
    assert_null(address_range_parse("fd00::/8", &trusted[2]));
    forwarded_client(&s, &head, peer, out);
    return out;
}

static void test_hops(void **state)
{
    static const struct {
        const char *peer, *first, *second, *client;
    } cases[] = {
        {"10.0.0.1", NULL, NULL, "10.0.0.1"},
        {"10.0.0.1", "192.0.2.7", NULL, "192.0.2.7"},
        {"192.0.2.1", "198.51.100.1", NULL, "192.0.2.1"},           // whoever it is, it is no proxy of ours
        {"10.0.0.1", "198.51.100.1, 192.0.2.7", NULL, "192.0.2.7"}, // the left one the client wrote
        {"10.0.0.1", "192.0.2.7, 10.0.0.9", NULL, "192.0.2.7"},
        {"10.0.0.1", "192.0.2.7", "10.0.0.9", "192.0.2.7"},  // two headers are one list
        {"10.0.0.1", "10.0.0.8,10.0.0.9", NULL, "10.0.0.8"}, // all are ours
        {"10.0.0.1", "192.0.2.7, unknown", NULL, "10.0.0.1"},
        {"10.0.0.1", "192.0.2.7, unknown, 10.0.0.9", NULL, "10.0.0.9"},
        {"10.0.0.1", "", NULL, "10.0.0.1"},
        {"10.0.0.1", "192.0.2.7,", NULL, "10.0.0.1"},
        {"127.0.0.1", " \t192.0.2.7:4711 ", NULL, "192.0.2.7"},
        {"fd00::1", "[2001:db8::7]:443", NULL, "2001:db8::7"},
        {"fd00::1", "2001:DB8:0:0::7", NULL, "2001:db8::7"},
        {"10.0.0.1", "::ffff:10.0.0.9", "10.0.0.8", "10.0.0.9"},
        {"10.0.0.1", "192.0.2.7 192.0.2.8", NULL, "10.0.0.1"},
        {"10.0.0.1", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NULL, "10.0.0.1"},
        {"", "192.0.2.7", NULL, ""}, // a socket of another kind
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(client(cases[i].peer, cases[i].first, cases[i].second), cases[i].client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hops)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
