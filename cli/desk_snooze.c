// SPDX-License-Identifier: Apache-2.0
// Lines of a terminal desk that put work away and bring it back. Times are of the terminal's time zone.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/desk.h"

static bool after_a_while(const char *typed, time_t now, time_t *until)
{
    static const struct {
        char unit;
        long seconds;
    } units[] = {{'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    long n = strtol(typed, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (end != typed && n > 0 && n <= 129600 && *end == units[i].unit && !end[1]) {
            *until = now + n * units[i].seconds;
            return true;
        }
    }
    return false;
}

// A day and an hour, or the next time that it is this hour.
static bool at_a_time(const char *typed, time_t now, time_t *until)
{
    struct tm day;
    localtime_r(&now, &day);
    struct tm t = day;
    t.tm_sec = 0;
    const char *end = strptime(typed, "%Y-%m-%d %H:%M", &t);
    bool dated = end && !*end;
    if (!dated) {
        t = day;
        t.tm_sec = 0;
        end = strptime(typed, "%H:%M", &t);
        if (!end || *end)
            return false;
    }
    t.tm_isdst = -1;
    *until = mktime(&t);
    if (!dated && *until <= now) {
        t.tm_mday++;
        t.tm_isdst = -1;
        *until = mktime(&t);
    }
    return *until != (time_t)-1;
}

bool desk_line_snooze(struct desk *d, char *rest)
{
    struct desk_work *w = desk_work_by_id(d, d->current);
    time_t now = time(NULL), until;
    if (!w) {
        puts("you have no conversation");
        return true;
    }
    if (!after_a_while(rest, now, &until) && !at_a_time(rest, now, &until)) {
        puts("/snooze 30m | 4h | 3d | HH:MM | YYYY-MM-DD HH:MM");
        return true;
    }
    if (until <= now) {
        puts("that time is past");
        return true;
    }
    return desk_command(d, "snooze", json_pack("{s:I, s:I}", "work", w->work, "untilMs", (json_int_t)until * 1000));
}

bool desk_line_wake(struct desk *d, char *rest)
{
    struct desk_work *w = desk_work_by_id(d, strtoll(rest, NULL, 10));
    if (!w || !w->snoozed) {
        puts("/wake WORK; /list shows what is snoozed");
        return true;
    }
    return desk_command(d, "wake", json_pack("{s:I}", "work", w->work));
}

void desk_put_away(struct desk *d, struct desk_work *w)
{
    w->snoozed = true;
    desk_turn_away(d, w);
}
