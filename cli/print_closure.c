// SPDX-License-Identifier: Apache-2.0
// A queue that is closed by hand, and moments and spans of time, in words.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/print.h"

const char *print_moment(json_int_t ms)
{
    static char texts[2][48];
    static unsigned turn;
    char *text = texts[turn++ % 2], clock[16] = "";
    const char *day = print_day(ms);
    time_t at = (time_t)(ms / 1000);
    struct tm then;
    if (strchr(day, '-') && localtime_r(&at, &then))
        strftime(clock, sizeof clock, " %H:%M", &then);
    snprintf(text, sizeof texts[0], "%s%s", day, clock);
    return text;
}

const char *print_day(json_int_t ms)
{
    static char text[32];
    time_t at = (time_t)(ms / 1000), now = time(NULL);
    struct tm then, today;
    text[0] = 0;
    if (!localtime_r(&at, &then) || !localtime_r(&now, &today))
        return text;
    if (then.tm_year == today.tm_year && then.tm_yday == today.tm_yday)
        strftime(text, sizeof text, "%H:%M", &then);
    else
        strftime(text, sizeof text, "%Y-%m-%d", &then);
    return text;
}

const char *print_span(json_int_t ms)
{
    static char text[32];
    json_int_t s = ms / 1000;
    if (s >= 7200)
        snprintf(text, sizeof text, "%lld h", (long long)(s / 3600));
    else
        snprintf(text, sizeof text, "%lld %s", (long long)(s >= 120 ? s / 60 : s), s >= 120 ? "min" : "s");
    return text;
}

const char *print_closure(const json_t *closure)
{
    static char text[512];
    const char *by = print_text(closure, "by"), *to = print_text(closure, "to"),
               *reason = print_text(closure, "reason");
    json_int_t until = print_number(closure, "untilMs");
    if (!*by)
        return "";
    snprintf(text, sizeof text, "by %s since %s, until %s%s%s%s%s", by, print_moment(print_number(closure, "sinceMs")),
             until ? print_moment(until) : "it is opened", *to ? "; on to " : "", to, *reason ? ": " : "", reason);
    return text;
}
