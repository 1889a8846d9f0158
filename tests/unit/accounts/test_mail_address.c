// SPDX-License-Identifier: Apache-2.0
// Whose mail it is, by the address it was sent to.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/accounts/mail_address.h"

static void test_whose_mail_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *ours, *to;
        int how;
    } cases[] = {
        {"support@example.org", "support@example.org", 2},
        {"support@example.org", "Support@EXAMPLE.org", 2},
        {"Support@Example.org.", "support@example.org", 2},
        {"support@example.org", "support+c42.9f@example.org", 1},
        {"support@example.org", "support+@example.org", 1},
        {"support+vip@example.org", "support+vip@example.org", 2},
        {"support+vip@example.org", "support@example.org", 0},
        {"support@example.org", "supporter@example.org", 0},
        {"support@example.org", "suppor@example.org", 0},
        {"support@example.org", "support@example.com", 0},
        {"support@example.org", "support@sub.example.org", 0},
        {"support@example.org", "+x@example.org", 0},
        {"@example.org", "+x@example.org", 0},
        {"support@example.org", "a@b\"@example.org", 0},
        {"support", "support@example.org", 0},
        {"support@example.org", "support", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (mail_address_matches(cases[i].ours, '+', cases[i].to) != cases[i].how)
            fail_msg("%s for %s", cases[i].to, cases[i].ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whose_mail_it_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
