// SPDX-License-Identifier: Apache-2.0
// Calendars: each text is read where it stands, so that an error has its place in the file; and what queues say about them.
#include "daemon/config/config_check.h"

#include "daemon/base/hours.h"
#include "daemon/base/loop.h"
#include "proto/nearest.h"
#include "routing/router.h"

#include <stdlib.h>
#include <string.h>

const char *setting_check_weekly(const char *s, size_t len)
{
    return strlen(s) == len ? hours_weekly_wrong(s) : "expected no zero byte";
}

const char *setting_check_holiday(const char *s, size_t len)
{
    return strlen(s) == len ? hours_holiday_wrong(s) : "expected no zero byte";
}

// queue.when as it stands in the file, read or not; NULL = it does not.
bool config_asks_hours(const struct toml_node *when)
{
    const char *text;
    size_t len;
    return when != NULL && (!toml_string(when, &text, &len) || strcmp(text, "always") != 0);
}

static bool is_of(const struct config_calendar *c, const char *tenant)
{
    return c->name != NULL && c->tenant != NULL && tenant != NULL && strcmp(c->tenant, tenant) == 0;
}

static void check_named(const struct config *c, const struct config_queue *q, const char *key, const char *name,
                        struct config_place place, struct config_errors *errs)
{
    struct nearest near = nearest_begin(name);
    for (size_t i = 0; i < c->calendars_n; i++) {
        if (!is_of(&c->calendars[i], q->tenant))
            continue;
        if (strcmp(c->calendars[i].name, name) == 0)
            return;
        nearest_offer(&near, c->calendars[i].name);
    }
    const char *best = nearest_best(&near);
    errors_add(errs, place, "queue.%s names an unknown calendar '%s' (%s%s%s)", key, name,
               best != NULL ? "did you mean '" : "every calendar has its [[calendar]]", best != NULL ? best : "",
               best != NULL ? "'?" : "");
}

void config_check_sla_calendar(const struct config *c, const struct config_queue *q, struct config_place place,
                               struct config_errors *errs)
{
    if (q->sla_calendar != NULL)
        check_named(c, q, "sla_calendar", q->sla_calendar, place, errs);
}

void config_check_callback_hours(const struct config *c, const struct config_queue *q, struct config_place place,
                                 struct config_errors *errs)
{
    if (q->callback_hours != NULL)
        check_named(c, q, "callback_hours", q->callback_hours, place, errs);
}

void config_check_hours(const struct config *c, const struct config_queue *q, struct config_place place,
                        struct config_errors *errs)
{
    if (q->calendar != NULL)
        check_named(c, q, "calendar", q->calendar, place, errs);
    else if (q->when != 0)
        errors_add(errs, place, "queue.when asks for hours, but the queue has no calendar (give one)");
}

void check_calendars(const struct check *k)
{
    struct check_row *rows = xcalloc(k->c->calendars_n, sizeof *rows);
    for (size_t i = 0; i < k->c->calendars_n; i++) {
        const struct config_calendar *c = &k->c->calendars[i];
        rows[i] = (struct check_row){"calendar", i, c->place, c->tenant, c->name};
        if (i >= ROUTER_CALENDARS_MAX)
            errors_add(k->errs, c->place, "there are too many calendars (at most %d)", ROUTER_CALENDARS_MAX);
    }
    check_names(k, rows, k->c->calendars_n, "name", true);
    free(rows);
}
