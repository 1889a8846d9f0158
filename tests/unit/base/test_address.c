// SPDX-License-Identifier: Apache-2.0
// Addresses and ranges: what is one, what is not and why, who is inside.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/address.h"

static bool is_in(const char *address, const char *range)
{
    unsigned char a[ADDRESS_SIZE];
    struct address_range r;
    assert_true(address_parse(address, a));
    assert_null(address_range_parse(range, &r));
    return address_in(a, &r, 1);
}

static void test_ranges(void **state)
{
    static const struct {
        const char *address, *range;
        bool in;
    } cases[] = {
        {"10.1.2.3", "10.0.0.0/8", true},
        {"11.1.2.3", "10.0.0.0/8", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.8", "192.0.2.7", false},
        {"192.0.2.6", "192.0.2.4/31", false},
        {"192.0.2.5", "192.0.2.4/31", true},
        {"8.8.8.8", "0.0.0.0/0", true},
        {"2001:db8::1", "0.0.0.0/0", false},
        {"2001:db8::1", "::/0", true},
        {"10.1.2.3", "::/0", true}, // mapped
        {"::ffff:10.1.2.3", "10.0.0.0/8", true},
        {"fd00:1::5", "fd00::/8", true},
        {"fe00:1::5", "fd00::/8", false},
        {"2001:db8:0:1:ffff::", "2001:db8:0:1::/64", true},
        {"2001:db8:0:2::", "2001:db8:0:1::/64", false},
        {"2001:db8::8000", "2001:db8::8000/113", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (is_in(cases[i].address, cases[i].range) != cases[i].in)
            fail_msg("%s in %s", cases[i].address, cases[i].range);
}

static void test_what_is_none(void **state)
{
    static const char *const wrong[] = {"",
                                        "x",
                                        "10.0.0",
                                        "10.0.0.0.0",
                                        "10.0.0.0/",
                                        "10.0.0.0/33",
                                        "10.0.0.0/x",
                                        "10.0.0.0/+8",
                                        "10.0.0.0/8 ",
                                        " 10.0.0.0/8",
                                        "10.0.0.1/8",
                                        "fd00::/129",
                                        "fd00::1/8",
                                        "::1%lo",
                                        "1.2.3.4:80",
                                        "[::1]",
                                        "10.0.0.0/0008",
                                        "/8",
                                        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/8"};
    struct address_range r;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (!address_range_parse(wrong[i], &r))
            fail_msg("'%s' was taken", wrong[i]);
}

static void test_text(void **state)
{
    static const char *const cases[][2] = {
        {"::ffff:192.0.2.7", "192.0.2.7"}, {"2001:DB8:0::1", "2001:db8::1"}, {"10.0.0.1", "10.0.0.1"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char a[ADDRESS_SIZE];
        char text[ADDRESS_TEXT_MAX];
        assert_true(address_parse(cases[i][0], a));
        address_text(a, text);
        assert_string_equal(text, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ranges), cmocka_unit_test(test_what_is_none),
                                       cmocka_unit_test(test_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
