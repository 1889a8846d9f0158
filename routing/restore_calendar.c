// SPDX-License-Identifier: Apache-2.0
//
// Calendars from a snapshot's bytes.

#include "routing/calendar.h"
#include "routing/reader.h"

static void take_turns(struct reader *in, struct router_turns *t)
{
    t->open = take_bool(in);
    t->from = take_time(in);
    t->until = take_time(in);
    t->turns_n = take_count(in, 4, 8);
    int64_t *turns = arena_new(&in->arena, t->turns_n, sizeof *turns);
    for (size_t i = 0; i < t->turns_n; i++)
        turns[i] = take_time(in);
    t->turns = turns;
}

void take_calendars(struct reader *in, struct router *r)
{
    size_t n = take_count(in, 4, 50);
    if (!reader_must(in, n <= ROUTER_CALENDARS_MAX, "there are too many calendars"))
        return;
    r->calendars = memory_new(n, sizeof(struct calendar *));
    for (size_t i = 0; i < n; i++) {
        struct router_calendar d = {.name = take_text(in, ROUTER_NAME_MAX)};
        struct router_turns t;
        d.zone = take_text(in, ROUTER_NAME_MAX);
        d.hours = take_texts(in, &d.hours_n);
        d.holidays = take_texts(in, &d.holidays_n);
        uint64_t defined = take64(in), compiled = take64(in);
        bool runs = take_bool(in);
        int64_t clock = take_past(in, r->at);
        take_turns(in, &t);
        bool known = defined <= r->input && compiled <= defined;
        if (!reader_must(in, calendar_legal(&d) && calendar_turns_legal(&t) && known && !calendar_find(r, d.name),
                         "a calendar is out of bounds or there twice"))
            return;
        struct calendar *c = calendar_new(&d, defined);
        c->compiled = compiled;
        c->clock = (struct calendar_clock){runs, clock};
        calendar_set_turns(r, c, &t);
        r->calendars[r->calendars_n++] = c;
    }
}
