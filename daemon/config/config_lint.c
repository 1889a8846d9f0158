// SPDX-License-Identifier: Apache-2.0
// The rules in a table, what they share, and collecting what they find. The rules themselves are in the other files of
// config_lint*.c; none of them changes anything.
#include "daemon/config/config_lint_private.h"

#include "daemon/base/loop.h"
#include "proto/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// In this order they are told of one place, and listed in docs/reference/lint.md.
static const struct lint_rule rules[] = {
    {"queue-impossible", lint_queue_impossible, true},
    {"queue-unreachable", lint_queue_unreachable, false},
    {"queue-entry", lint_queue_entry, false},
    {"queue-hours", lint_queue_never, false},
    {"last-queue", lint_last_queue, false},
    {"queue-unserved", lint_queue_unserved, false},
    {"channel-unserved", lint_channel_unserved, false},
    {"first-step-unserved", lint_first_step_unserved, false},
    {"skill-unknown", lint_skill_unknown, false},
    {"step-impossible", lint_step_impossible, false},
    {"step-void", lint_step_void, false},
    {"step-late", lint_step_late, false},
    {"target-offer", lint_target_offer, false},
    {"offer-few", lint_offer_few, false},
    {"target-known", lint_target_known, false},
    {"overflow-missing", lint_overflow_missing, false},
    {"overflow-cycle", lint_overflow_cycle, false},
    {"overflow-unserved", lint_overflow_unserved, false},
    {"order-starves", lint_order_starves, false},
    {"calendar-never", lint_calendar_never, false},
    {"calendar-unused", lint_calendar_unused, false},
    {"hours-overlap", lint_hours_overlap, false},
    {"holidays-past", lint_holidays_past, false},
    {"agent-room", lint_agent_room, false},
    {"agent-idle", lint_agent_idle, false},
    {"exclusive-max", lint_exclusive_max, false},
    {"interrupt-exclusive", lint_interrupt_exclusive, false},
    {"accepted-offer", lint_accepted_offer, false},
    {"no-effect", lint_no_effect, false},
};

// ---- telling ----

__attribute__((format(printf, 3, 0))) static void say(struct lint *l, struct lint_finding found, const char *format,
                                                      va_list args)
{
    struct lint_report *out = l->out;
    out->errors += l->rule->error ? 1 : 0;
    if (out->n == LINT_MAX) {
        out->untold++;
        return;
    }
    found.rule = l->rule->name;
    found.error = l->rule->error;
    out->v[out->n] = found;
    vsnprintf(out->v[out->n].text, LINT_TEXT_MAX, format, args);
    out->n++;
}

void lint_queue_say(struct lint *l, size_t queue, const char *key, size_t item, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(l,
        (struct lint_finding){
            .table = "queue", .row = queue, .name = l->queues[queue].def->name, .key = key, .item = item},
        format, args);
    va_end(args);
}

void lint_agent_say(struct lint *l, size_t agent, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(l,
        (struct lint_finding){
            .table = "agent", .row = agent, .name = l->agents[agent].id, .key = key, .item = LINT_WHOLE},
        format, args);
    va_end(args);
}

void lint_calendar_say(struct lint *l, size_t calendar, const char *key, size_t item, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(l,
        (struct lint_finding){
            .table = "calendar", .row = calendar, .name = l->c->calendars[calendar].name, .key = key, .item = item},
        format, args);
    va_end(args);
}

void lint_channel_say(struct lint *l, unsigned channel, const char *key, const char *format, ...)
{
    static const char *const tables[ROUTER_CHANNELS] = {
        [ROUTER_CHAT] = "channel.chat",   [ROUTER_SMS] = "channel.sms",       [ROUTER_EMAIL] = "channel.email",
        [ROUTER_VOICE] = "channel.voice", [ROUTER_SOCIAL] = "channel.social",
    };
    va_list args;
    va_start(args, format);
    say(l, (struct lint_finding){.table = tables[channel], .name = "", .key = key, .item = LINT_WHOLE}, format, args);
    va_end(args);
}

void lint_routing_say(struct lint *l, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(l, (struct lint_finding){.table = "routing", .name = "", .key = key, .item = LINT_WHOLE}, format, args);
    va_end(args);
}

// ---- what the rules share ----

const char *lint_channel_name(unsigned channel)
{
    static const char *const names[ROUTER_CHANNELS] = {
        [ROUTER_CHAT] = "chat",   [ROUTER_SMS] = "sms",       [ROUTER_EMAIL] = "email",
        [ROUTER_VOICE] = "voice", [ROUTER_SOCIAL] = "social",
    };
    return names[channel];
}

size_t lint_calendar_named(const struct lint *l, const char *name)
{
    for (size_t i = 0; name != NULL && i < l->c->calendars_n; i++) {
        if (strcmp(l->c->calendars[i].name, name) == 0)
            return i;
    }
    return SIZE_MAX;
}

int64_t lint_step_begins(const struct router_queue *q, size_t step)
{
    if (step == 0)
        return 0;
    const struct router_relax *s = &q->steps[step - 1];
    int64_t target = q->target_ms > 0 ? q->target_ms : 60000;
    return s->percent > 0 ? target * s->percent / 100 : s->after_ms;
}

const char *lint_step_name(const struct router_queue *q, size_t step)
{
    static char name[48];
    if (q->steps[step - 1].breach)
        return "step before a breach";
    snprintf(name, sizeof name, "step at %lld s", (long long)(lint_step_begins(q, step) / 1000));
    return name;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void lint_names_add(struct lint_names *names, const char *const *v, size_t n)
{
    if (names->n + n > names->cap) {
        names->cap = 2 * (names->n + n);
        names->v = xrealloc(names->v, names->cap * sizeof *names->v);
    }
    for (size_t i = 0; i < n; i++)
        names->v[names->n++] = v[i];
}

void lint_names_once(struct lint_names *names)
{
    size_t kept = 0;
    if (names->n > 1)
        qsort(names->v, names->n, sizeof *names->v, compare_texts);
    for (size_t i = 0; i < names->n; i++) {
        if (kept == 0 || strcmp(names->v[kept - 1], names->v[i]) != 0)
            names->v[kept++] = names->v[i];
    }
    names->n = kept;
}

bool lint_names_have(const struct lint_names *names, const char *name)
{
    return names->n > 0 && bsearch(&name, names->v, names->n, sizeof *names->v, compare_texts) != NULL;
}

// ---- looking ----

static int compare_skills(const void *a, const void *b)
{
    const struct router_skill *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void begin_agents(struct lint *l)
{
    const struct router_config *c = l->c;
    l->agents = xcalloc(c->agents_n, sizeof *l->agents);
    for (size_t i = 0; i < c->agents_n; i++) {
        const struct router_agent *a = &c->agents[i];
        struct router_skill *skills = xcalloc(a->skills_n, sizeof *skills);
        for (size_t k = 0; k < a->skills_n; k++) {
            skills[k] = a->skills[k];
            lint_names_add(&l->skills, &skills[k].name, 1);
        }
        if (a->skills_n > 1)
            qsort(skills, a->skills_n, sizeof *skills, compare_skills);
        l->agents[i] = *a;
        l->agents[i].skills = skills;
        lint_names_add(&l->teams, &a->team, a->team != NULL ? 1 : 0);
        lint_names_add(&l->traits, a->attributes, a->attributes_n);
    }
    lint_names_once(&l->skills);
    lint_names_once(&l->teams);
    lint_names_once(&l->traits);
}

static int compare_queues(const void *a, const void *b)
{
    return strcmp((*(const struct router_queue *const *)a)->name, (*(const struct router_queue *const *)b)->name);
}

// Where each queue overflows to; by name, so that many cost little more than few.
static void begin_overflow(struct lint *l)
{
    size_t n = l->c->queues_n;
    const struct router_queue **by_name = xcalloc(n, sizeof *by_name);
    for (size_t i = 0; i < n; i++)
        by_name[i] = l->defs[i];
    if (n > 1)
        qsort(by_name, n, sizeof *by_name, compare_queues);
    for (size_t i = 0; i < n; i++) {
        struct router_queue key = {.name = l->defs[i]->overflow != NULL ? l->defs[i]->overflow : ""};
        const struct router_queue *wanted = &key, *const *found =
                                                      bsearch(&wanted, by_name, n, sizeof *by_name, compare_queues);
        l->queues[i].overflow = found != NULL && *found != l->defs[i] ? (size_t)(*found - l->c->queues) : SIZE_MAX;
    }
    free(by_name);
}

static void begin_queues(struct lint *l)
{
    const struct router_config *c = l->c;
    l->queues = xcalloc(c->queues_n, sizeof *l->queues);
    l->defs = xcalloc(c->queues_n, sizeof *l->defs);
    for (size_t i = 0; i < c->queues_n; i++) {
        struct lint_queue *q = &l->queues[i];
        l->defs[i] = q->def = &c->queues[i];
        q->requirements_n = q->def->steps_n + 1;
        q->requirements = xcalloc(q->requirements_n, sizeof(struct router_requirement *));
        for (size_t s = 0; s < q->requirements_n; s++)
            q->requirements[s] = router_requirement_new(q->def, s);
    }
    begin_overflow(l);
    for (size_t i = 0; i < l->accounts_n; i++)
        l->in_use |= l->accounts[i].channels;
    l->calendars = xcalloc(c->calendars_n, sizeof *l->calendars);
    lint_find_hours(l);
    lint_find_channels(l);
}

static void lint_end(struct lint *l)
{
    for (size_t i = 0; i < l->c->agents_n; i++)
        free((void *)(uintptr_t)l->agents[i].skills);
    for (size_t i = 0; i < l->c->queues_n; i++) {
        for (size_t s = 0; s < l->queues[i].requirements_n; s++)
            router_requirement_free(l->queues[i].requirements[s]);
        free(l->queues[i].requirements);
    }
    free(l->skills.v);
    free(l->teams.v);
    free(l->traits.v);
    free(l->agents);
    free(l->queues);
    free(l->defs);
    free(l->calendars);
}

void config_lint_within(const struct router_config *c, const struct lint_account *accounts, size_t accounts_n,
                        int64_t now, int64_t steps, struct lint_report *out)
{
    struct lint l = {.c = c, .accounts = accounts, .accounts_n = accounts_n, .now = now, .budget = steps, .out = out};
    out->n = out->errors = out->untold = 0;
    begin_agents(&l);
    begin_queues(&l);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        l.rule = &rules[i];
        rules[i].look(&l);
    }
    lint_end(&l);
}

void config_lint(const struct router_config *c, const struct lint_account *accounts, size_t accounts_n, int64_t now,
                 struct lint_report *out)
{
    config_lint_within(c, accounts, accounts_n, now, LINT_STEPS, out);
}

const char *config_lint_rule(size_t i)
{
    return i < sizeof rules / sizeof *rules ? rules[i].name : NULL;
}
