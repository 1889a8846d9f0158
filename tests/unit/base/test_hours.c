// SPDX-License-Identifier: Apache-2.0
// Calendars' words against the C library's local time, minute by minute over the days on which clocks change, and what is no hours.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/base/hours.h"

#define DAY 86400

static struct hours_turns turns;

static void compile(const char *zone, const char *const *weekly, size_t weekly_n, const char *const *holidays,
                    size_t holidays_n, int64_t from, int64_t days)
{
    struct hours_words words = {zone, weekly, weekly_n, holidays, holidays_n};
    assert_true(hours_compile(&words, from, from + days * DAY, &turns));
}

static bool open_at(int64_t t)
{
    bool open = turns.open;
    for (size_t i = 0; i < turns.n && turns.at[i] <= t; i++)
        open = !open;
    return open;
}

// mon-fri 08:00-18:00, sat 22:00-02:30; the 1st of May closed, on 2026-03-28 open from 23:00 to 03:00.
static bool expected(int64_t t)
{
    time_t at = (time_t)t, yesterday;
    struct tm tm, before;
    localtime_r(&at, &tm);
    before = tm;
    before.tm_mday--;
    before.tm_hour = 12;
    before.tm_isdst = -1;
    yesterday = mktime(&before);
    localtime_r(&yesterday, &before);
    int minute = tm.tm_hour * 60 + tm.tm_min;
    bool special = tm.tm_year == 126 && tm.tm_mon == 2 && tm.tm_mday == 28;
    bool after_special = before.tm_year == 126 && before.tm_mon == 2 && before.tm_mday == 28;
    bool may = tm.tm_mon == 4 && tm.tm_mday == 1, after_may = before.tm_mon == 4 && before.tm_mday == 1;
    if (special && minute >= 23 * 60)
        return true;
    if (after_special && minute < 3 * 60)
        return true;
    if (before.tm_wday == 6 && !after_special && !after_may && minute < 150)
        return true;
    if (special || may)
        return false;
    if (tm.tm_wday >= 1 && tm.tm_wday <= 5)
        return minute >= 8 * 60 && minute < 18 * 60;
    return tm.tm_wday == 6 && minute >= 22 * 60;
}

static void the_c_library_agrees(void **state)
{
    static const char *const zones[] = {"UTC",          "Europe/Berlin",       "America/New_York", "Asia/Kathmandu",
                                        "Africa/Cairo", "Australia/Lord_Howe", "Asia/Beirut",      "Pacific/Apia",
                                        "America/Lima", "Atlantic/Azores",     "America/Havana",   "Asia/Kolkata"};
    static const char *const weekly[] = {"mon-fri 08:00-18:00", "sat 22:00-02:30"};
    static const char *const holidays[] = {"05-01", "2026-03-28 23:00-03:00"};
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        for (int64_t from = 1767225600 + 12345; from < 1798761600; from += 62LL * DAY) { // 2026
            compile(zones[i], weekly, 2, holidays, 2, from, 62);
            assert_true(turns.n > 40);
            for (int64_t t = from; t < turns.until; t += 60 - t % 60) {
                if (open_at(t) != expected(t))
                    fail_msg("%s at %lld: not %d", zones[i], (long long)t, expected(t));
            }
        }
    }
}

// On 2026-03-29 in Berlin the clock goes from 02:00 to 03:00, on 2026-10-25 from 03:00 back to 02:00.
static void the_hour_that_is_missing_and_the_one_that_comes_twice(void **state)
{
    static const char *const night[] = {"sun 01:30-02:30"}, *const gone[] = {"sun 02:15-02:45"};
    (void)state;
    compile("Europe/Berlin", night, 1, NULL, 0, 1774742400 - DAY / 2, 1); // 2026-03-28 12:00 UTC
    assert_false(turns.open);
    assert_int_equal(turns.n, 2);
    assert_int_equal(turns.at[0], 1774744200); // 00:30 UTC
    assert_int_equal(turns.at[1], 1774746000); // the change, 01:00 UTC
    compile("Europe/Berlin", gone, 1, NULL, 0, 1774742400 - DAY / 2, 1);
    assert_int_equal(turns.n, 0);
    compile("Europe/Berlin", night, 1, NULL, 0, 1792886400 - DAY / 2, 1); // 2026-10-24 12:00 UTC
    assert_int_equal(turns.n, 4);                                         // twice until half past two
    assert_int_equal(turns.at[0], 1792884600);                            // 23:30 UTC
    assert_int_equal(turns.at[1], 1792888200);                            // 00:30 UTC
    assert_int_equal(turns.at[2], 1792890000);                            // the change, 01:00 UTC
    assert_int_equal(turns.at[3], 1792891800);                            // 01:30 UTC
}

static void round_the_clock_never_turns(void **state)
{
    static const char *const always[] = {"mon-sun 00:00-24:00"}, *const wrapped[] = {"fri-thu 00:00-24:00"};
    static const char *const leap[] = {"02-29"};
    (void)state;
    compile("Europe/Berlin", always, 1, NULL, 0, 1767225600, 62);
    assert_true(turns.open && turns.n == 0);
    compile("Europe/Berlin", wrapped, 1, NULL, 0, 1767225600, 62);
    assert_true(turns.open && turns.n == 0);
    compile("UTC", always, 1, leap, 1, 1834704000, 62); // from 2028-02-21
    assert_int_equal(turns.n, 2);
    assert_int_equal(turns.at[0], 1835395200); // 2028-02-29
    assert_int_equal(turns.at[1] - turns.at[0], DAY);
    compile("UTC", NULL, 0, NULL, 0, 1767225600, 62);
    assert_true(!turns.open && turns.n == 0);
}

static void too_many_turns_end_earlier(void **state)
{
    static char texts[24][64];
    const char *weekly[24];
    (void)state;
    for (int i = 0; i < 24; i++) {
        snprintf(texts[i], sizeof texts[i], "mon-sun %02d:10-%02d:20", i, i);
        weekly[i] = texts[i];
    }
    compile("UTC", weekly, 24, NULL, 0, 1767225600, 62);
    assert_int_equal(turns.n, HOURS_TURNS_MAX);
    assert_true(turns.until > turns.at[turns.n - 1] && turns.until < 1767225600 + 22LL * DAY);
}

static void what_is_no_hours(void **state)
{
    static const char *const weekly[] = {"",
                                         "mon",
                                         "mon 8:00-18:00",
                                         "mon 08:00-08:00",
                                         "mon 08:00-24:01",
                                         "mon 24:00-08:00",
                                         "mon 08:00-18:00 ",
                                         "mon-08:00-18:00",
                                         "mon, 08:00-18:00",
                                         "Mon 08:00-18:00",
                                         "mon 08:60-18:00",
                                         "mon  08:00-18:00"};
    static const char *const dates[] = {"",         "2026-13-01", "2026-02-29",  "00-10", "02-30", "2026-12-25x",
                                        "2026-1-1", "1969-12-31", "12-25 08:00", "25.12."};
    (void)state;
    for (size_t i = 0; i < sizeof weekly / sizeof *weekly; i++)
        assert_non_null(hours_weekly_wrong(weekly[i]));
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        assert_non_null(hours_holiday_wrong(dates[i]));
    assert_null(hours_weekly_wrong("mon,wed-fri 08:00-24:00"));
    assert_null(hours_holiday_wrong("02-29"));
    assert_null(hours_holiday_wrong("2028-02-29 22:00-02:00"));
    struct hours_words nowhere = {.zone = "Mars/Olympus"}, wrong = {"UTC", dates, 1, NULL, 0};
    assert_false(hours_compile(&nowhere, 0, DAY, &turns));
    assert_false(hours_compile(&wrong, 0, DAY, &turns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_c_library_agrees),
        cmocka_unit_test(the_hour_that_is_missing_and_the_one_that_comes_twice),
        cmocka_unit_test(round_the_clock_never_turns),
        cmocka_unit_test(too_many_turns_end_earlier),
        cmocka_unit_test(what_is_no_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
