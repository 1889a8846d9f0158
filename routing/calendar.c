// SPDX-License-Identifier: Apache-2.0
//
// Calendars: when a queue is open. The router knows no time zones: what a calendar says in words is kept for those who do, and what they
// make of it comes as an input, a bounded list of moments of `wall` at which open and closed take turns.
//
// While nothing is known (not compiled yet, or run out) a queue is open: a customer is rather let in than shut out by a fault of ours.

#include "routing/calendar.h"
#include "routing/callback.h"

#include <stdlib.h>
#include <string.h>

bool calendar_legal(const struct router_calendar *c)
{
    return text_is(c->name, ROUTER_NAME_MAX) && *c->name && text_is(c->zone, ROUTER_NAME_MAX) &&
           texts_are(c->hours, c->hours_n, CORE_RULES_MAX) && texts_are(c->holidays, c->holidays_n, CORE_RULES_MAX);
}

bool calendars_legal(const struct router_calendar *v, size_t n)
{
    if (n > ROUTER_CALENDARS_MAX || (n && !v))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!calendar_legal(&v[i]))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(v[k].name, v[i].name) == 0)
                return false;
        }
    }
    return true;
}

bool calendar_turns_legal(const struct router_turns *t)
{
    if (t->turns_n > ROUTER_TURNS_MAX || (t->turns_n && !t->turns) || t->from < 0 || t->until < t->from ||
        t->until > ROUTER_TIME_MAX)
        return false;
    int64_t before = t->from;
    for (size_t i = 0; i < t->turns_n; i++) {
        if (t->turns[i] <= before || t->turns[i] >= t->until)
            return false;
        before = t->turns[i];
    }
    return true;
}

struct calendar *calendar_new(const struct router_calendar *def, uint64_t defined)
{
    struct calendar *c = memory_new(1, sizeof *c);
    c->def = *def;
    c->def.name = text_new(def->name);
    c->def.zone = text_new(def->zone);
    c->def.hours = texts_new(def->hours, def->hours_n);
    c->def.holidays = texts_new(def->holidays, def->holidays_n);
    c->defined = defined;
    return c;
}

void calendar_bury(struct router *r, struct calendar *c)
{
    text_bury(r, c->def.name);
    text_bury(r, c->def.zone);
    texts_bury(r, c->def.hours, c->def.hours_n);
    texts_bury(r, c->def.holidays, c->def.holidays_n);
    memory_bury(r, c->turns.turns);
    memory_bury(r, c);
}

struct calendar *calendar_find(const struct router *r, const char *name)
{
    for (size_t i = 0; i < r->calendars_n; i++) {
        if (strcmp(r->calendars[i]->def.name, name) == 0)
            return r->calendars[i];
    }
    return NULL;
}

static bool calendar_texts_same(const char *const *a, size_t a_n, const char *const *b, size_t b_n)
{
    bool same = a_n == b_n;
    for (size_t i = 0; same && i < a_n; i++)
        same = strcmp(a[i], b[i]) == 0;
    return same;
}

static bool calendar_same(const struct router_calendar *a, const struct router_calendar *b)
{
    return strcmp(a->zone, b->zone) == 0 && calendar_texts_same(a->hours, a->hours_n, b->hours, b->hours_n) &&
           calendar_texts_same(a->holidays, a->holidays_n, b->holidays, b->holidays_n);
}

void calendar_set_turns(struct router *r, struct calendar *c, const struct router_turns *t)
{
    int64_t *turns = memory_new(t->turns_n, sizeof *turns);
    if (t->turns_n)
        memcpy(turns, t->turns, t->turns_n * sizeof *turns);
    memory_bury(r, c->turns.turns);
    c->turns = *t;
    c->turns.turns = turns;
}

// One that says something else than before keeps its hours until the new ones come.
static struct calendar *calendar_renew(struct router *r, const struct router_calendar *def)
{
    const struct calendar *old = calendar_find(r, def->name);
    bool same = old && calendar_same(&old->def, def);
    struct calendar *c = calendar_new(def, same ? old->defined : r->input);
    if (old) {
        calendar_set_turns(r, c, &old->turns);
        c->compiled = old->compiled;
        c->clock = old->clock;
    }
    return c;
}

// Before the queues, which look theirs up (enter.c).
void calendars_apply(struct router *r, const struct router_config *config)
{
    struct calendar **list = memory_new(config->calendars_n, sizeof(struct calendar *));
    for (size_t i = 0; i < config->calendars_n; i++)
        list[i] = calendar_renew(r, &config->calendars[i]);
    for (size_t i = 0; i < r->calendars_n; i++)
        calendar_bury(r, r->calendars[i]);
    memory_bury(r, r->calendars);
    r->calendars = list;
    r->calendars_n = config->calendars_n;
}

// What was made of words that no longer hold is refused.
enum router_refusal calendar_compiled(struct router *r, const struct router_input *in)
{
    const struct router_turns *t = &in->calendar.turns;
    if (!text_is(in->calendar.name, ROUTER_NAME_MAX) || !calendar_turns_legal(t))
        return ROUTER_INVALID;
    struct calendar *c = calendar_find(r, in->calendar.name);
    if (!c || c->defined != in->calendar.defined)
        return ROUTER_WRONG_STATE;
    calendar_set_turns(r, c, t);
    c->compiled = c->defined;
    callback_hours_changed(r);
    return ROUTER_REFUSAL_NONE;
}

// How many turns are not after this moment.
static size_t calendar_turned(const struct calendar *c, int64_t wall)
{
    size_t low = 0;
    for (size_t high = c->turns.turns_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (c->turns.turns[middle] <= wall)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool calendar_open(const struct calendar *c, int64_t wall)
{
    if (!c || !c->compiled || wall >= c->turns.until)
        return true;
    return c->turns.open == (calendar_turned(c, wall) % 2 == 0);
}

// ---- the clock of open time ----

// From this moment on it is open or closed (*open) until the one returned.
static int64_t calendar_stretch(const struct calendar *c, int64_t wall, bool *open)
{
    *open = calendar_open(c, wall);
    if (!c->compiled || wall >= c->turns.until)
        return INT64_MAX;
    size_t next = calendar_turned(c, wall);
    return next < c->turns.turns_n ? c->turns.turns[next] : c->turns.until;
}

static int64_t calendar_open_between(const struct calendar *c, int64_t from, int64_t to)
{
    int64_t sum = 0;
    while (from < to) {
        bool open;
        int64_t next = calendar_stretch(c, from, &open);
        next = next < to ? next : to;
        sum += open ? next - from : 0;
        from = next;
    }
    return sum;
}

int64_t calendar_now(const struct router *r)
{
    return r->wall - (r->end - r->at);
}

bool calendar_is_ahead(const struct router *r, int64_t until)
{
    return until > r->wall && until - r->wall <= ROUTER_SNOOZE_MAX_MS;
}

void calendars_pass(struct router *r, int64_t at)
{
    int64_t from = calendar_now(r), to = from + (at - r->at);
    for (size_t i = 0; i < r->calendars_n; i++) {
        struct calendar *c = r->calendars[i];
        if (c->clock.runs)
            c->clock.ms += calendar_open_between(c, from, to);
    }
    r->at = at;
}

int64_t calendar_until(const struct calendar *c, int64_t wall, int64_t ms)
{
    int64_t passed = 0;
    for (bool open; c;) {
        int64_t next = calendar_stretch(c, wall, &open);
        if (next == INT64_MAX || (open && ms <= next - wall))
            break;
        ms -= open ? next - wall : 0;
        passed += next - wall;
        wall = next;
    }
    return timer_after(passed, ms);
}

int64_t calendar_turn(const struct calendar *c, int64_t wall)
{
    if (!c || !c->compiled || wall >= c->turns.until)
        return 0;
    size_t next = calendar_turned(c, wall);
    return next < c->turns.turns_n ? c->turns.turns[next] : 0;
}

bool router_calendar_at(const struct router *r, size_t index, struct router_calendar_view *out)
{
    if (index >= r->calendars_n)
        return false;
    const struct calendar *c = r->calendars[index];
    *out = (struct router_calendar_view){
        .def = c->def,
        .defined = c->defined,
        .compiled = c->compiled,
        .open = calendar_open(c, r->wall),
        .from = c->turns.from,
        .until = c->turns.until,
        .next = calendar_turn(c, r->wall),
    };
    return true;
}
