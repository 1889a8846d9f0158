// SPDX-License-Identifier: Apache-2.0
// Which addresses a URL from outside may lead to.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "daemon/net/http_client.h"

static bool is_public(const char *text)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return http_client_is_public((struct sockaddr *)&four);
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return http_client_is_public((struct sockaddr *)&six);
}

static void public_addresses(void **state)
{
    static const char *const yes[] = {"8.8.8.8",         "172.15.255.255", "172.32.0.1",       "100.63.255.255",
                                      "100.128.0.1",     "193.0.0.1",      "223.255.255.255",  "2606:4700::1111",
                                      "2001:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"};
    static const char *const no[] = {"0.0.0.0",
                                     "10.1.2.3",
                                     "127.0.0.1",
                                     "127.255.255.255",
                                     "169.254.169.254",
                                     "172.16.0.1",
                                     "172.31.255.255",
                                     "192.168.0.1",
                                     "100.64.0.1",
                                     "224.0.0.1",
                                     "255.255.255.255",
                                     "198.18.0.1",
                                     "::",
                                     "::1",
                                     "fe80::1",
                                     "fc00::1",
                                     "fd12::1",
                                     "ff02::1",
                                     "::ffff:127.0.0.1",
                                     "::ffff:10.0.0.1",
                                     "64:ff9b::7f00:1",
                                     "2002:7f00:1::1",
                                     "2002:a00:1::",
                                     "2001:db8::1",
                                     "2001::1",
                                     "::127.0.0.1",
                                     "64:ff9b:1::1"};
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(is_public(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(is_public(no[i]));
    assert_false(http_client_is_public(&(struct sockaddr){.sa_family = AF_UNIX}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(public_addresses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
