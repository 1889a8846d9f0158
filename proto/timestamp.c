// SPDX-License-Identifier: Apache-2.0
// RFC 3339 both ways over the proleptic Gregorian calendar, by days counted from the epoch. Does not use the C library's
// time functions: they know the local zone, and their range is the platform's.
#include "proto/timestamp.h"

#include <stdio.h>

#define DAY_SECONDS 86400

struct cursor {
    const char *p;
    const char *end;
};

// Days from 1970-01-01 to the date, by counting 400-year eras that begin in March (so that leap days come last).
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

bool timestamp_in_range(int64_t seconds, int32_t nanos)
{
    return seconds >= TIMESTAMP_MIN && seconds <= TIMESTAMP_MAX && nanos >= 0 && nanos <= 999999999;
}

size_t timestamp_format(int64_t seconds, int32_t nanos, char out[static TIMESTAMP_TEXT_MAX])
{
    seconds = seconds < TIMESTAMP_MIN ? TIMESTAMP_MIN : seconds > TIMESTAMP_MAX ? TIMESTAMP_MAX : seconds;
    nanos = nanos < 0 ? 0 : nanos > 999999999 ? 999999999 : nanos;
    int64_t of_day = (seconds % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS;
    int year, month, day;
    date_from_days((seconds - of_day) / DAY_SECONDS, &year, &month, &day);
    int n = snprintf(out, TIMESTAMP_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, (int)(of_day / 3600),
                     (int)(of_day / 60 % 60), (int)(of_day % 60));
    size_t len = (size_t)n;
    if (nanos != 0) {
        int digits = nanos % 1000000 == 0 ? 3 : nanos % 1000 == 0 ? 6 : 9;
        int fraction = digits == 3 ? nanos / 1000000 : digits == 6 ? nanos / 1000 : nanos;
        len += (size_t)snprintf(out + len, TIMESTAMP_TEXT_MAX - len, ".%0*d", digits, fraction);
    }
    out[len++] = 'Z';
    out[len] = '\0';
    return len;
}

// Exactly `digits` digits, then `after` unless it is 0.
static bool take_number(struct cursor *c, int digits, char after, int *out)
{
    int v = 0;
    for (int i = 0; i < digits; i++, c->p++) {
        if (c->p == c->end || *c->p < '0' || *c->p > '9')
            return false;
        v = v * 10 + (*c->p - '0');
    }
    *out = v;
    if (after == '\0')
        return true;
    return c->p < c->end && *c->p++ == after;
}

// "." and 1 to 9 digits, or nothing.
static bool take_fraction(struct cursor *c, int32_t *nanos)
{
    *nanos = 0;
    if (c->p == c->end || *c->p != '.')
        return true;
    c->p++;
    int32_t unit = 100000000;
    int digits = 0;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++, digits++, unit /= 10)
        *nanos += unit * (*c->p - '0');
    return digits >= 1 && digits <= 9;
}

// "Z", "+02:00" or "-05:30".
static bool take_offset(struct cursor *c, int *seconds)
{
    *seconds = 0;
    if (c->p == c->end)
        return false;
    char sign = *c->p++;
    if (sign == 'Z')
        return true;
    int hours, minutes;
    if ((sign != '+' && sign != '-') || !take_number(c, 2, ':', &hours) || !take_number(c, 2, '\0', &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

const char *timestamp_parse(const char *text, size_t len, int64_t *seconds, int32_t *nanos)
{
    struct cursor c = {text, text + len};
    int year, month, day, hour, minute, second, offset;
    if (!take_number(&c, 4, '-', &year) || !take_number(&c, 2, '-', &month) || !take_number(&c, 2, 'T', &day) ||
        !take_number(&c, 2, ':', &hour) || !take_number(&c, 2, ':', &minute) || !take_number(&c, 2, '\0', &second))
        return "not an RFC 3339 time like 2026-01-31T23:59:59Z";
    if (!take_fraction(&c, nanos))
        return "a fraction of a second has 1 to 9 digits";
    if (!take_offset(&c, &offset) || c.p != c.end)
        return "an RFC 3339 time ends in Z or an offset like +02:00";
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return "no such date";
    if (hour > 23 || minute > 59 || second > 59)
        return "no such time of day; leap seconds are not supported";
    *seconds = days_from_date(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset;
    return timestamp_in_range(*seconds, *nanos) ? NULL : "outside the years 0001 to 9999";
}
