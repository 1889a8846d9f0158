// SPDX-License-Identifier: Apache-2.0
// Our reading of the time zone database against the C library's, every few days over a century, and what is no zone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/base/zone.h"

static void the_c_library_agrees(void **state)
{
    static const char *const zones[] = {"UTC",
                                        "Europe/Berlin",
                                        "Europe/London",
                                        "Europe/Dublin",
                                        "America/New_York",
                                        "America/Lima",
                                        "Australia/Sydney",
                                        "Asia/Kolkata",
                                        "Asia/Kathmandu",
                                        "Africa/Casablanca",
                                        "Africa/Cairo",
                                        "Asia/Jerusalem",
                                        "America/Asuncion",
                                        "Asia/Tehran",
                                        "Pacific/Apia",
                                        "America/Sao_Paulo",
                                        "Asia/Tokyo",
                                        "Europe/Istanbul",
                                        "Asia/Beirut",
                                        "Australia/Lord_Howe"};
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        for (int64_t t = -315619200; t < 4102444800; t += 3 * 86400 + 3599) { // 1960 to 2100
            struct tm tm;
            time_t at = (time_t)t;
            int32_t offset;
            assert_true(zone_offset(zones[i], t, &offset));
            localtime_r(&at, &tm);
            if (offset != tm.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", zones[i], (long long)t, offset, tm.tm_gmtoff);
        }
    }
}

static void the_very_second_of_a_change(void **state)
{
    int32_t offset;
    (void)state;
    assert_true(zone_offset("Europe/Berlin", 1774745999, &offset)); // 2026-03-29 00:59:59 UTC
    assert_int_equal(offset, 3600);
    assert_true(zone_offset("Europe/Berlin", 1774746000, &offset));
    assert_int_equal(offset, 7200);
}

static void what_is_no_zone(void **state)
{
    static const char *const none[] = {"Mars/Olympus", "../../etc/passwd", "/etc/localtime", "",
                                       "Europe",       "tzdata.zi",        "zone.tab"};
    int32_t offset;
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(zone_offset(none[i], 0, &offset));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_c_library_agrees),
        cmocka_unit_test(the_very_second_of_a_change),
        cmocka_unit_test(what_is_no_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
