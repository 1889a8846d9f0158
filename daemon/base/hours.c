// SPDX-License-Identifier: Apache-2.0
// Opening hours by local time. A moment is open when the local clock at that moment stands within hours that hold: so an hour that the clock
// leaps over is missing, and one that it goes through twice counts twice. Turns are looked for where they can be: at the bounds of hours, by
// each offset that the zone has on that day, and where the offset changes.
#include "daemon/base/hours.h"

#include "daemon/base/loop.h"
#include "daemon/base/zone.h"

#include <stdlib.h>
#include <string.h>

#define DAY     86400
#define MINUTES 1440

struct rule {
    unsigned days;        // weekly: bit per weekday, Monday first; 0 = a date
    int year, month, day; // year 0 = each
    int from, to;         // minutes of the day, to > from; both 0 = closed
};

struct week {
    struct rule *rules;
    size_t n;
    bool marks[MINUTES]; // minutes of the day at which something may begin or end
};

// ---- reading ----

// Exactly n digits.
static bool read_number(const char **s, size_t n, int *out)
{
    *out = 0;
    for (; n > 0; n--, ++*s) {
        if (**s < '0' || **s > '9')
            return false;
        *out = *out * 10 + (**s - '0');
    }
    return true;
}

static bool read_char(const char **s, char c)
{
    if (**s != c)
        return false;
    ++*s;
    return true;
}

static bool read_minute(const char **s, int *out)
{
    int hour, minute;
    if (!read_number(s, 2, &hour) || !read_char(s, ':') || !read_number(s, 2, &minute))
        return false;
    *out = hour * 60 + minute;
    return hour <= 24 && minute < 60 && *out <= MINUTES;
}

// "22:00-02:00" ends on the day after.
static bool read_span(const char *s, struct rule *r)
{
    if (!read_minute(&s, &r->from) || !read_char(&s, '-') || !read_minute(&s, &r->to) || *s || r->from == r->to ||
        r->from == MINUTES)
        return false;
    r->to += r->to < r->from ? MINUTES : 0;
    return true;
}

static bool read_weekday(const char **s, unsigned *out)
{
    static const char names[][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (*out = 0; *out < 7; ++*out) {
        if (strncmp(*s, names[*out], 3) == 0) {
            *s += 3;
            return true;
        }
    }
    return false;
}

// "mon-fri", "sat,sun", "fri-mon"
static bool read_days(const char **s, unsigned *out)
{
    unsigned first, last;
    *out = 0;
    do {
        if (!read_weekday(s, &first))
            return false;
        last = first;
        if (read_char(s, '-') && !read_weekday(s, &last))
            return false;
        for (unsigned d = first;; d = (d + 1) % 7) {
            *out |= 1u << d;
            if (d == last)
                break;
        }
    } while (read_char(s, ','));
    return true;
}

static bool read_weekly(const char *s, struct rule *r)
{
    *r = (struct rule){0};
    return read_days(&s, &r->days) && read_char(&s, ' ') && read_span(s, r);
}

static bool read_date(const char **s, struct rule *r)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *after = *s;
    if (read_number(&after, 4, &r->year) && read_char(&after, '-'))
        *s = after;
    else
        r->year = 0;
    if (!read_number(s, 2, &r->month) || !read_char(s, '-') || !read_number(s, 2, &r->day) || r->month < 1 ||
        r->month > 12 || r->day < 1 || r->day > days[r->month - 1])
        return false;
    bool leap = !r->year || (r->year % 4 == 0 && (r->year % 100 != 0 || r->year % 400 == 0));
    return (leap || r->month != 2 || r->day < 29) && (!r->year || r->year >= 1970);
}

static bool read_holiday(const char *s, struct rule *r)
{
    *r = (struct rule){0};
    return read_date(&s, r) && (!*s || (read_char(&s, ' ') && read_span(s, r)));
}

const char *hours_weekly_wrong(const char *text)
{
    struct rule r;
    return read_weekly(text, &r) ? NULL : "expected like \"mon-fri 08:00-18:00\" or \"sat,sun 22:00-02:00\"";
}

const char *hours_holiday_wrong(const char *text)
{
    struct rule r;
    return read_holiday(text, &r) ? NULL : "expected like \"2026-12-25\", \"12-25\" or \"2026-12-24 09:00-12:00\"";
}

static bool read_words(const struct hours_words *words, struct week *w)
{
    *w = (struct week){.rules = xcalloc(words->weekly_n + words->holidays_n + 1, sizeof(struct rule))};
    for (size_t i = 0; i < words->weekly_n; i++) {
        if (!read_weekly(words->weekly[i], &w->rules[w->n++]))
            return false;
    }
    for (size_t i = 0; i < words->holidays_n; i++) {
        if (!read_holiday(words->holidays[i], &w->rules[w->n++]))
            return false;
    }
    w->marks[0] = true; // a holiday may begin or end
    for (size_t i = 0; i < w->n; i++)
        w->marks[w->rules[i].from] = w->marks[w->rules[i].to % MINUTES] = true;
    return true;
}

// ---- open or closed ----

static int64_t floor_days(int64_t s)
{
    return s / DAY - (s % DAY < 0);
}

// Year, month and day of a number of days since 1970-01-01 (proleptic Gregorian).
static void date_of(int64_t days, struct rule *out)
{
    days += 719468; // since 0000-03-01
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    out->day = (int)(of_year - (153 * month + 2) / 5 + 1);
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = (int)(year + era * 400 + (out->month <= 2));
}

static bool is_date(const struct rule *r, const struct rule *date)
{
    return !r->days && r->month == date->month && r->day == date->day && (!r->year || r->year == date->year);
}

// Whether hours that begin on this local day cover this minute, counted from the day's beginning.
static bool covers(const struct week *w, int64_t day, int minute)
{
    struct rule date;
    unsigned weekday = 1u << ((day % 7 + 10) % 7); // 1970-01-01 was a Thursday
    bool holiday = false, covered = false;
    date_of(day, &date);
    for (size_t i = 0; i < w->n; i++)
        holiday |= is_date(&w->rules[i], &date);
    for (size_t i = 0; i < w->n; i++) {
        const struct rule *r = &w->rules[i];
        bool holds = holiday ? is_date(r, &date) : (r->days & weekday) != 0;
        covered |= holds && minute >= r->from && minute < r->to;
    }
    return covered;
}

static bool is_open(const struct week *w, int64_t local)
{
    int64_t day = floor_days(local);
    int minute = (int)((local - day * DAY) / 60);
    return covers(w, day, minute) || covers(w, day - 1, minute + MINUTES);
}

// ---- turns ----

struct stretch { // a day's length of time in which the offset changes at most once
    int64_t from, change;
    int32_t before, after;
};

static bool find_offsets(const char *zone, int64_t from, struct stretch *s)
{
    *s = (struct stretch){.from = from, .change = from + DAY};
    if (!zone_offset(zone, from, &s->before) || !zone_offset(zone, from + DAY, &s->after))
        return false;
    for (int64_t low = from, high = from + DAY; s->before != s->after && low < high;) {
        int64_t middle = low + (high - low) / 2;
        int32_t offset;
        if (!zone_offset(zone, middle, &offset))
            return false;
        if (offset == s->before)
            low = middle + 1;
        else
            high = middle;
        s->change = high;
    }
    return true;
}

static int compare_moments(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static size_t add_bounds(const struct week *w, const struct stretch *s, int32_t offset, int64_t *out)
{
    size_t n = 0;
    int64_t first = floor_days(s->from + offset);
    for (int64_t day = first; day <= first + 1; day++) {
        for (int m = 0; m < MINUTES; m++) {
            int64_t moment = day * DAY + m * 60 - offset;
            if (w->marks[m] && moment >= s->from && moment < s->from + DAY)
                out[n++] = moment;
        }
    }
    return n;
}

// False when there is no more room.
static bool add_turns(const struct week *w, const struct stretch *s, int64_t *moments, bool *open,
                      struct hours_turns *out)
{
    size_t n = add_bounds(w, s, s->before, moments);
    if (s->before != s->after) {
        n += add_bounds(w, s, s->after, moments + n);
        moments[n++] = s->change;
    }
    qsort(moments, n, sizeof *moments, compare_moments);
    for (size_t i = 0; i < n; i++) {
        int64_t moment = moments[i];
        if (is_open(w, moment + (moment < s->change ? s->before : s->after)) == *open || moment <= out->from ||
            moment >= out->until)
            continue;
        if (out->n == HOURS_TURNS_MAX) {
            out->until = moment;
            return false;
        }
        out->at[out->n++] = moment;
        *open = !*open;
    }
    return true;
}

bool hours_compile(const struct hours_words *words, int64_t from, int64_t until, struct hours_turns *out)
{
    struct week w;
    struct stretch s;
    bool good = read_words(words, &w) && find_offsets(words->zone, from, &s);
    int64_t *moments = xcalloc(2 * (MINUTES + 1) + 1, sizeof *moments); // a day has each minute once by each offset
    out->from = from;
    out->until = until;
    out->n = 0;
    out->open = good && is_open(&w, from + s.before);
    bool open = out->open;
    for (int64_t at = from; good && at < out->until; at += DAY) {
        good = find_offsets(words->zone, at, &s);
        if (good && !add_turns(&w, &s, moments, &open, out))
            break;
    }
    free(moments);
    free(w.rules);
    return good;
}
