// SPDX-License-Identifier: Apache-2.0
// Calendars are compiled out here, where time zones are known, from the words that the log has; the leader gives the router what they come to
// as an input, by value. Anew when other words came in force, and when half of what is known ahead has passed: a month before it runs out,
// so that a new edition of the time zone database holds soon enough.
#include <stdlib.h>

#include "daemon/base/hours.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/core/core_private.h"

#define DAY_S        86400
#define AHEAD_S      (62LL * DAY_S)
#define FAILED_PAUSE 60000

static bool due(const struct router_calendar_view *v)
{
    int64_t half = v->from + (v->until - v->from) / 2;
    return v->compiled != v->defined || loop_unix_ms() >= half;
}

// From a day ago, so that no two clocks need agree.
static bool compile(const struct router_calendar *def, struct hours_turns *out)
{
    int64_t now = loop_unix_ms() / 1000;
    return hours_compile(&(struct hours_words){.zone = def->zone,
                                               .weekly = def->hours,
                                               .weekly_n = def->hours_n,
                                               .holidays = def->holidays,
                                               .holidays_n = def->holidays_n},
                         now - DAY_S, now + AHEAD_S, out);
}

static void append(struct core *c, const struct router_calendar_view *v, struct hours_turns *t)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__CalendarTurns m = THROUGHLINE__V1__CALENDAR_TURNS__INIT;
    m.calendar = (char *)v->def.name;
    m.defined = v->defined;
    m.open = t->open;
    m.from_ms = t->from * 1000;
    m.until_ms = t->until * 1000;
    m.n_turns_ms = t->n;
    m.turns_ms = t->at;
    for (size_t i = 0; i < t->n; i++)
        t->at[i] *= 1000;
    in.boot = (char *)c->o.boot;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_CALENDAR;
    in.calendar = &m;
    tl_log(LOG_INFO, "calendar_compiled", LS("tenant", c->o.tenant), LS("calendar", v->def.name),
           LN("turns", (int64_t)t->n));
    leader_append(c, &in);
}

void calendars_renew(struct core *c)
{
    struct router_calendar_view v;
    if (loop_now(c->loop) < c->leader.calendars_again)
        return;
    for (size_t i = 0; router_calendar_at(c->router, i, &v); i++) {
        if (!due(&v))
            continue;
        struct hours_turns *t = xcalloc(1, sizeof *t);
        bool good = compile(&v.def, t);
        if (good) {
            append(c, &v, t);
        } else {
            c->leader.calendars_again = loop_now(c->loop) + FAILED_PAUSE;
            tl_log(LOG_ERROR, "calendar_unreadable", LS("tenant", c->o.tenant), LS("calendar", v.def.name),
                   LS("zone", v.def.zone));
        }
        free(t);
        if (good)
            return; // the next one when this is folded
    }
}
