// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_HOURS_H
#define THROUGHLINE_BASE_HOURS_H

// A calendar's words, and what they come to: the moments at which open and closed take turns.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOURS_TURNS_MAX 1024

struct hours_words {
    const char *zone;
    const char *const *weekly; // "mon-fri 08:00-18:00", "sat,sun 10:00-14:00", "fri 22:00-02:00", "sun 00:00-24:00"
    size_t weekly_n;
    const char *const *holidays; // "2026-12-24 09:00-12:00", "12-25" (each year); the day's own hours, or none
    size_t holidays_n;
};

struct hours_turns { // seconds of Unix time
    bool open;       // at `from`
    int64_t from, until;
    int64_t at[HOURS_TURNS_MAX]; // ascending, behind `from` and before `until`
    size_t n;
};

// NULL = it can be read; else what is expected.
const char *hours_weekly_wrong(const char *text);
const char *hours_holiday_wrong(const char *text);

// Where the turns would be too many, `until` comes earlier. False: a text cannot be read, or there is no such zone.
bool hours_compile(const struct hours_words *words, int64_t from, int64_t until, struct hours_turns *out)
    __attribute__((warn_unused_result));

#endif
