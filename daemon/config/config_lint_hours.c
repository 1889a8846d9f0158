// SPDX-License-Identifier: Apache-2.0
// Calendars: what their words come to. How they read, daemon/base/hours.c knows.
#include "daemon/config/config_lint_private.h"

#include "daemon/base/hours.h"
#include "daemon/base/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY        86400
#define WEEK       (7 * DAY)
#define YEAR_AHEAD (400 * DAY)
#define MONDAY     (4 * DAY) // 1970-01-05

// The year ahead, in as many pieces as it takes. Where it cannot be told, both may be.
static struct lint_calendar find_hours(const struct lint *l, const struct router_calendar *c)
{
    struct hours_words words = {.zone = c->zone,
                                .weekly = c->hours,
                                .weekly_n = c->hours_n,
                                .holidays = c->holidays,
                                .holidays_n = c->holidays_n};
    struct lint_calendar found = {false, false};
    struct hours_turns *turns = xcalloc(1, sizeof *turns);
    for (int64_t at = l->now; at < l->now + YEAR_AHEAD && !(found.opens && found.closes); at = turns->until) {
        if (!hours_compile(&words, at, l->now + YEAR_AHEAD, turns) || turns->until <= at) {
            found = (struct lint_calendar){true, true};
            break;
        }
        found.opens |= turns->open || turns->n > 0;
        found.closes |= !turns->open || turns->n > 0;
    }
    free(turns);
    return found;
}

void lint_find_hours(struct lint *l)
{
    for (size_t i = 0; i < l->c->calendars_n; i++)
        l->calendars[i] = find_hours(l, &l->c->calendars[i]);
}

// ---- rules ----

void lint_calendar_never(struct lint *l)
{
    for (size_t i = 0; i < l->c->calendars_n; i++) {
        const struct router_calendar *c = &l->c->calendars[i];
        if (c->hours_n == 0)
            lint_calendar_say(l, i, "", LINT_WHOLE, "calendar '%s' is never open%s (give hours)", c->name,
                              l->calendars[i].opens ? " but on holidays" : "");
        else if (!l->calendars[i].opens)
            lint_calendar_say(l, i, "hours", LINT_WHOLE,
                              "calendar '%s' is never open in the year ahead (give it hours)", c->name);
    }
}

static bool is_named(const char *name, const struct router_calendar *c)
{
    return name != NULL && strcmp(name, c->name) == 0;
}

void lint_calendar_unused(struct lint *l)
{
    for (size_t i = 0; l->c->queues_n > 0 && i < l->c->calendars_n; i++) {
        bool used = false;
        for (size_t k = 0; k < l->c->queues_n && !used; k++)
            used = is_named(l->defs[k]->calendar, &l->c->calendars[i]) ||
                   is_named(l->defs[k]->sla_calendar, &l->c->calendars[i]) ||
                   is_named(l->defs[k]->callback_hours, &l->c->calendars[i]);
        if (!used)
            lint_calendar_say(l, i, "", LINT_WHOLE,
                              "no queue goes by calendar '%s' (a queue needs calendar and when = \"open\" or "
                              "\"closed\", sla_calendar or callback_hours)",
                              l->c->calendars[i].name);
    }
}

// A text's spans in a week, with what runs on from the week before: it is open from each even place to the next.
static size_t spans_of(const char *text, int64_t out[16])
{
    struct hours_words words = {.zone = "UTC", .weekly = &text, .weekly_n = 1};
    struct hours_turns *turns = xcalloc(1, sizeof *turns);
    size_t n = 0;
    if (hours_compile(&words, MONDAY + WEEK, MONDAY + 2 * WEEK, turns) && turns->n <= 14) {
        if (turns->open)
            out[n++] = MONDAY + WEEK;
        for (size_t i = 0; i < turns->n; i++)
            out[n++] = turns->at[i];
        if (n % 2 == 1)
            out[n++] = MONDAY + 2 * WEEK;
    }
    free(turns);
    return n;
}

static bool overlap(const char *a, const char *b)
{
    int64_t x[16], y[16];
    size_t n = spans_of(a, x), m = spans_of(b, y);
    for (size_t i = 0; i + 1 < n; i += 2) {
        for (size_t k = 0; k + 1 < m; k += 2) {
            if (x[i] < y[k + 1] && y[k] < x[i + 1])
                return true;
        }
    }
    return false;
}

void lint_hours_overlap(struct lint *l)
{
    for (size_t i = 0; i < l->c->calendars_n; i++) {
        const struct router_calendar *c = &l->c->calendars[i];
        for (size_t k = 1; k < c->hours_n; k++) {
            size_t with = 0;
            while (with < k && (l->budget -= 500) > 0 && !overlap(c->hours[with], c->hours[k]))
                with++;
            if (with < k && l->budget > 0)
                lint_calendar_say(l, i, "hours", k, "calendar '%s': \"%s\" overlaps \"%s\" (all hours count together)",
                                  c->name, c->hours[k], c->hours[with]);
        }
    }
}

// Some that are past are history; when no dated one lies ahead, nobody keeps them any more. A day is over when it is everywhere.
void lint_holidays_past(struct lint *l)
{
    time_t yesterday = (time_t)l->now - DAY;
    struct tm day;
    char today[16] = "";
    if (gmtime_r(&yesterday, &day) == NULL || strftime(today, sizeof today, "%Y-%m-%d", &day) == 0)
        return;
    for (size_t i = 0; i < l->c->calendars_n; i++) {
        const struct router_calendar *c = &l->c->calendars[i];
        size_t last = SIZE_MAX;
        for (size_t k = 0; k < c->holidays_n; k++) {
            bool dated = strlen(c->holidays[k]) >= 10 && c->holidays[k][4] == '-';
            if (dated && (last == SIZE_MAX || strncmp(c->holidays[k], c->holidays[last], 10) > 0))
                last = k;
        }
        if (last != SIZE_MAX && strncmp(c->holidays[last], today, 10) < 0)
            lint_calendar_say(l, i, "holidays", last,
                              "all dated holidays of calendar '%s' are past, the last is %.10s (give those to come; "
                              "\"12-25\" holds each year)",
                              c->name, c->holidays[last]);
    }
}
