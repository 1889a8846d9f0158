// SPDX-License-Identifier: Apache-2.0
//
// The twin's calendars: open and closed are told by going through the turns from the beginning, each time anew.

#include "twin.h"

#include <string.h>

bool twin_closed(const struct twin *t, const struct twin_queue *q)
{
    for (size_t i = 0; i < t->calendars_n; i++) {
        const struct twin_calendar *c = &t->calendars[i];
        if (strcmp(c->name, q->calendar) != 0 || !c->known || t->wall >= c->until)
            continue;
        bool open = c->open;
        for (size_t k = 0; k < c->turns_n && c->turns[k] <= t->wall; k++)
            open = !open;
        return !open;
    }
    return false;
}

// ---- the hours of service levels ----

const struct twin_calendar *twin_hours(const struct twin *t, const struct twin_queue *q)
{
    for (size_t i = 0; i < t->calendars_n; i++) {
        if (strcmp(t->calendars[i].name, q->sla_calendar) == 0)
            return &t->calendars[i];
    }
    return NULL;
}

static int64_t overlap(int64_t a, int64_t b, int64_t c, int64_t d)
{
    int64_t low = a > c ? a : c, high = b < d ? b : d;
    return high > low ? high - low : 0;
}

// Of the time between, the parts in which it is open: before its first turn as told, from its end on for ever.
static int64_t open_between(const struct twin_calendar *c, int64_t from, int64_t to)
{
    int64_t sum = 0, begin = INT64_MIN;
    bool open = c->open;
    if (!c->known)
        return to - from;
    for (size_t i = 0; i < c->turns_n; i++) {
        sum += open ? overlap(from, to, begin, c->turns[i]) : 0;
        begin = c->turns[i];
        open = !open;
    }
    sum += open ? overlap(from, to, begin, c->until) : 0;
    return sum + overlap(from, to, c->until, INT64_MAX);
}

void twin_pass(struct twin *t, int64_t to)
{
    int64_t until = t->wall - (t->end - to), from = until - (to - t->now);
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_work *w = &t->works[i];
        if (w->state == ROUTER_CLOSED)
            continue;
        const struct twin_calendar *c = twin_hours(t, twin_queue(t, w->queue));
        w->age += c ? open_between(c, from, until) : to - t->now;
    }
    t->now = to;
}

// How long until it has been open for so long: halved until it is found.
int64_t twin_reach(const struct twin *t, const struct twin_queue *q, int64_t ms)
{
    const struct twin_calendar *c = twin_hours(t, q);
    int64_t wall = t->wall - (t->end - t->now), low = ms, high = ms;
    if (!c)
        return ms;
    while (open_between(c, wall, wall + high) < ms)
        high *= 2;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (open_between(c, wall, wall + middle) < ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t twin_opens(const struct twin *t, const struct twin_queue *q)
{
    for (size_t i = 0; i < t->calendars_n; i++) {
        const struct twin_calendar *c = &t->calendars[i];
        for (size_t k = 0; k < c->turns_n && strcmp(c->name, q->calendar) == 0; k++) {
            if (c->turns[k] > t->wall)
                return c->turns[k];
        }
    }
    return 0;
}

static void words(const struct router_calendar *c, char *to)
{
    strcpy(to, c->zone);
    for (size_t i = 0; i < c->hours_n; i++)
        strcat(strcat(to, "|"), c->hours[i]);
    strcat(to, "|but");
    for (size_t i = 0; i < c->holidays_n; i++)
        strcat(strcat(to, "|"), c->holidays[i]);
}

void twin_calendars(struct twin *t, const struct router_config *config)
{
    struct twin_calendar fresh[TWIN_HOURS];
    for (size_t i = 0; i < config->calendars_n; i++) {
        struct twin_calendar *c = &fresh[i];
        memset(c, 0, sizeof *c);
        twin_name(c->name, config->calendars[i].name);
        for (size_t k = 0; k < t->calendars_n; k++) {
            if (strcmp(t->calendars[k].name, c->name) == 0)
                *c = t->calendars[k];
        }
        char now[TWIN_TEXT];
        words(&config->calendars[i], now);
        if (!c->defined || strcmp(c->words, now) != 0)
            c->defined = t->input;
        strcpy(c->words, now);
    }
    memcpy(t->calendars, fresh, config->calendars_n * sizeof *fresh);
    t->calendars_n = config->calendars_n;
}

bool twin_calendar(struct twin *t, const struct router_input *in)
{
    for (size_t i = 0; i < t->calendars_n; i++) {
        struct twin_calendar *c = &t->calendars[i];
        if (strcmp(c->name, in->calendar.name) != 0 || c->defined != in->calendar.defined)
            continue;
        const struct router_turns *turns = &in->calendar.turns;
        c->known = true;
        c->open = turns->open;
        c->until = turns->until;
        c->turns_n = turns->turns_n;
        if (c->turns_n)
            memcpy(c->turns, turns->turns, c->turns_n * sizeof *c->turns);
        return true;
    }
    return false;
}
