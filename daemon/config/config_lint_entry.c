// SPDX-License-Identifier: Apache-2.0
// What can enter a queue by its entry rules, when those before it have taken theirs.
//
// All work that a queue's rules let in is gone through by what the rules can tell apart: each channel, each account, intent and
// language that one of them names and one that none names, likewise each value of each attribute and that it is not there, each
// calendar open and closed. It is enough to find one that no queue before takes. Queues that do not match fall away at each
// choice, so little is left to look at; where it is still too much, the queue counts as reached.
#include "daemon/config/config_lint_private.h"

#include "daemon/base/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct lint *l;
    const struct router_queue *q;
    unsigned channel; // the one chosen
};

// ---- the kinds of lists ----

enum kind { ACCOUNTS, INTENTS, LANGUAGES, KINDS };

static const char *const *list_of(const struct router_queue *q, enum kind kind, size_t *n)
{
    const struct {
        const char *const *v;
        size_t n;
    } lists[KINDS] = {[ACCOUNTS] = {q->accounts, q->accounts_n},
                      [INTENTS] = {q->intents, q->intents_n},
                      [LANGUAGES] = {q->languages, q->languages_n}};
    *n = lists[kind].n;
    return lists[kind].v;
}

// `what` NULL is one that nobody names.
static bool lets(const struct router_queue *q, enum kind kind, const char *what)
{
    size_t n;
    const char *const *v = list_of(q, kind, &n);
    if (n == 0 || what == NULL)
        return n == 0;
    for (size_t i = 0; i < n; i++) {
        if (kind == INTENTS ? router_intent_under(what, v[i]) : strcmp(what, v[i]) == 0)
            return true;
    }
    return false;
}

// Whether an account can bring work on a channel; one that is not known can.
static bool brings(const struct lint *l, const char *account, uint32_t channels)
{
    for (size_t i = 0; i < l->accounts_n; i++) {
        if (strcmp(l->accounts[i].name, account) == 0)
            return l->accounts[i].channels == 0 || (l->accounts[i].channels & channels) != 0;
    }
    return true;
}

// ---- calendars ----

static bool calendar_can(const struct lint *l, const char *name, bool open)
{
    size_t i = lint_calendar_named(l, name);
    if (i == SIZE_MAX)
        return open; // what does not exist is always open
    return open ? l->calendars[i].opens : l->calendars[i].closes;
}

// Whether there is a state of all calendars in which none of these queues, which ask for nothing else, takes the work.
static bool free_hours(struct entry *e, const struct router_queue *const *v, size_t n)
{
    if (n == 0 || --e->l->budget < 0)
        return true;
    const char *name = v[0]->calendar != NULL ? v[0]->calendar : "";
    const struct router_queue **left = xcalloc(n, sizeof *left);
    bool found = false;
    for (int open = 0; open < 2 && !found; open++) {
        const bool own = e->q->calendar != NULL && strcmp(e->q->calendar, name) == 0;
        if (!calendar_can(e->l, name, open) || (own && e->q->when == (open ? ROUTER_WHEN_CLOSED : ROUTER_WHEN_OPEN)))
            continue;
        size_t left_n = 0;
        bool taken = false;
        for (size_t i = 0; i < n; i++) {
            if (strcmp(v[i]->calendar != NULL ? v[i]->calendar : "", name) != 0)
                left[left_n++] = v[i];
            else
                taken |= v[i]->when == (open ? ROUTER_WHEN_OPEN : ROUTER_WHEN_CLOSED);
        }
        found = !taken && free_hours(e, left, left_n);
    }
    free(left);
    return found;
}

// Likewise, of queues that may ask for hours or for nothing.
static bool free_always(struct entry *e, const struct router_queue *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i]->when == ROUTER_ALWAYS)
            return false;
    }
    return free_hours(e, v, n);
}

// ---- attributes ----

static const struct router_attribute_rule *rule_of(const struct router_queue *q, const char *key)
{
    for (size_t i = 0; i < q->attributes_n; i++) {
        if (strcmp(q->attributes[i].key, key) == 0)
            return &q->attributes[i];
    }
    return NULL;
}

// `value` NULL: nothing is said under this key; "*" stands for what nobody names.
static bool rule_lets(const struct router_queue *q, const char *key, const char *value)
{
    const struct router_attribute_rule *rule = rule_of(q, key);
    for (size_t i = 0; rule != NULL && value != NULL && i < rule->values_n; i++) {
        if (strcmp(rule->values[i], "*") == 0 || strcmp(rule->values[i], value) == 0)
            return true;
    }
    return rule == NULL;
}

static void add_values(struct entry *e, const struct router_queue *q, const char *key, struct lint_names *out)
{
    const struct router_attribute_rule *rule = rule_of(q, key);
    e->l->budget -= 1 + (int64_t)q->attributes_n;
    if (rule == NULL)
        return;
    lint_names_add(out, rule->values, rule->values_n);
    e->l->budget -= 16 * (int64_t)rule->values_n;
}

// Whether something can be said under each key, from the i-th on, so that none of these queues takes the work.
static bool free_attributes(struct entry *e, const struct lint_names *keys, size_t i,
                            const struct router_queue *const *v, size_t n)
{
    static const char any[] = "*";
    if (n == 0 || e->l->budget < 0)
        return true;
    if (i == keys->n)
        return free_always(e, v, n);
    const char *key = keys->v[i], *nobodys = any;
    struct lint_names values = {0};
    lint_names_add(&values, &nobodys, 1);
    add_values(e, e->q, key, &values);
    for (size_t k = 0; k < n && e->l->budget >= 0; k++)
        add_values(e, v[k], key, &values);
    lint_names_once(&values);
    const struct router_queue **left = xcalloc(n, sizeof *left);
    bool found = e->l->budget < 0;
    for (size_t k = 0; k <= values.n && !found; k++) {
        const char *value = k < values.n ? values.v[k] : NULL;
        size_t left_n = 0;
        if (!rule_lets(e->q, key, value))
            continue;
        e->l->budget -= (int64_t)n;
        for (size_t m = 0; m < n; m++) {
            if (rule_lets(v[m], key, value))
                left[left_n++] = v[m];
        }
        found = free_attributes(e, keys, i + 1, left, left_n);
    }
    free(left);
    free(values.v);
    return found;
}

static bool free_said(struct entry *e, const struct router_queue *const *v, size_t n)
{
    struct lint_names keys = {0};
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < v[i]->attributes_n; k++)
            lint_names_add(&keys, &v[i]->attributes[k].key, 1);
        e->l->budget -= 16 * (int64_t)v[i]->attributes_n;
    }
    lint_names_once(&keys);
    bool found = free_attributes(e, &keys, 0, v, n);
    free(keys.v);
    return found;
}

// ---- lists ----

static bool free_from(struct entry *e, unsigned kind, const struct router_queue *const *v, size_t n);

static bool free_choice(struct entry *e, enum kind kind, const char *what, const struct router_queue *const *v,
                        size_t n)
{
    const struct router_queue **left = xcalloc(n, sizeof *left);
    size_t left_n = 0;
    for (size_t i = 0; i < n && e->l->budget >= 0; i++) {
        size_t list_n;
        list_of(v[i], kind, &list_n);
        e->l->budget -= 1 + (int64_t)list_n;
        if (lets(v[i], kind, what))
            left[left_n++] = v[i];
    }
    bool found = free_from(e, kind + 1u, left, left_n);
    free(left);
    return found;
}

// What these queues and the one in question name of a kind, each once; false where that is too much.
static bool free_names(struct entry *e, enum kind kind, const struct router_queue *const *v, size_t n,
                       struct lint_names *out)
{
    size_t more_n;
    const char *const *more = list_of(e->q, kind, &more_n);
    lint_names_add(out, more, more_n);
    for (size_t i = 0; i < n && e->l->budget >= 0; i++) {
        more = list_of(v[i], kind, &more_n);
        lint_names_add(out, more, more_n);
        e->l->budget -= 16 * (int64_t)more_n; // to sort them
    }
    if (e->l->budget >= 0)
        lint_names_once(out);
    return e->l->budget >= 0;
}

// Whether there is work like what was chosen so far that none of these queues takes.
static bool free_from(struct entry *e, unsigned kind, const struct router_queue *const *v, size_t n)
{
    if (n == 0 || e->l->budget < 0)
        return true;
    if (kind == KINDS)
        return free_said(e, v, n);
    if (lets(e->q, kind, NULL) && free_choice(e, kind, NULL, v, n))
        return true;
    struct lint_names names = {0};
    bool found = !free_names(e, kind, v, n, &names);
    for (size_t i = 0; i < names.n && !found; i++) {
        if (lets(e->q, kind, names.v[i]) && (kind != ACCOUNTS || brings(e->l, names.v[i], 1u << e->channel)))
            found = free_choice(e, kind, names.v[i], v, n);
    }
    free(names.v);
    return found;
}

// Whether work on one of these channels can enter the queue, if only the queues in v stand before it.
static bool enters(struct lint *l, const struct router_queue *q, uint32_t channels, const struct router_queue *const *v,
                   size_t n)
{
    if (q->when != ROUTER_ALWAYS && !calendar_can(l, q->calendar, q->when == ROUTER_WHEN_OPEN))
        return false;
    if ((l->budget -= (int64_t)n) < 0)
        return true;
    const struct router_queue **left = xcalloc(n, sizeof *left);
    bool found = false;
    for (unsigned channel = 1; channel < ROUTER_CHANNELS && !found; channel++) {
        struct entry e = {l, q, channel};
        size_t left_n = 0;
        if (!(channels & lint_channels_let(l, q) & 1u << channel))
            continue;
        for (size_t i = 0; i < n; i++) {
            if (v[i]->channels == 0 || v[i]->channels & 1u << channel)
                left[left_n++] = v[i];
        }
        found = free_from(&e, 0, left, left_n);
    }
    free(left);
    return found;
}

uint32_t lint_channels_let(const struct lint *l, const struct router_queue *q)
{
    uint32_t channels = q->channels != 0 ? q->channels : LINT_CHANNELS, let = 0;
    if (q->accounts_n == 0)
        return channels;
    for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
        for (size_t i = 0; i < q->accounts_n; i++)
            let |= brings(l, q->accounts[i], 1u << channel) ? 1u << channel : 0;
    }
    return channels & let;
}

void lint_find_channels(struct lint *l)
{
    for (size_t i = 0; i < l->c->queues_n; i++) {
        const struct router_queue *q = l->defs[i];
        for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
            if ((q->channels | l->in_use) & 1u << channel && enters(l, q, 1u << channel, l->defs, i))
                l->queues[i].channels |= 1u << channel;
        }
    }
}

// ---- rules ----

// Of the queues that take all, those that it needs to: the first that does alone, else without who can be spared.
static size_t takers(struct lint *l, const struct router_queue *q, const struct router_queue **v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!enters(l, q, LINT_CHANNELS, &v[i], 1)) {
            v[0] = v[i];
            return 1;
        }
    }
    for (size_t i = n; i-- > 0;) {
        const struct router_queue *spared = v[i];
        memmove(&v[i], &v[i + 1], (n - i - 1) * sizeof *v);
        if (!enters(l, q, LINT_CHANNELS, v, n - 1)) {
            n--;
            continue;
        }
        memmove(&v[i + 1], &v[i], (n - i - 1) * sizeof *v);
        v[i] = spared;
    }
    return n;
}

static bool is_overflow(const struct lint *l, size_t queue)
{
    for (size_t i = 0; i < l->c->queues_n; i++) {
        if (l->queues[i].overflow == queue)
            return true;
    }
    return false;
}

static void tell_unreachable(struct lint *l, size_t queue)
{
    const struct router_queue *q = l->defs[queue], **v = xcalloc(queue, sizeof *v);
    memcpy(v, l->defs, queue * sizeof *v);
    size_t n = takers(l, q, v, queue);
    if (n == 1)
        lint_queue_say(l, queue, "", LINT_WHOLE,
                       "no work enters queue '%s': '%s' before it takes all of it (put '%s' before '%s')", q->name,
                       v[0]->name, q->name, v[0]->name);
    else
        lint_queue_say(l, queue, "", LINT_WHOLE,
                       "no work enters queue '%s': '%s' and '%s'%s before it take all of it (put '%s' before them)",
                       q->name, v[0]->name, v[1]->name, n > 2 ? " and others" : "", q->name);
    free(v);
}

// The last queue has to be there, and one that others overflow into has its work from them. What no queue lets in, other rules tell.
void lint_queue_unreachable(struct lint *l)
{
    for (size_t i = 1; i + 1 < l->c->queues_n; i++) {
        if (!enters(l, l->defs[i], LINT_CHANNELS, l->defs, i) && enters(l, l->defs[i], LINT_CHANNELS, NULL, 0) &&
            !is_overflow(l, i))
            tell_unreachable(l, i);
    }
}

void lint_queue_entry(struct lint *l)
{
    for (size_t i = 0; i + 1 < l->c->queues_n; i++) {
        if (lint_channels_let(l, l->defs[i]) == 0)
            lint_queue_say(
                l, i, "channels", LINT_WHOLE,
                "no work enters queue '%s': none of its accounts is of one of its channels (leave one rule out)",
                l->defs[i]->name);
    }
}

void lint_queue_never(struct lint *l)
{
    for (size_t i = 0; i + 1 < l->c->queues_n; i++) {
        const struct router_queue *q = l->defs[i];
        bool open = q->when == ROUTER_WHEN_OPEN;
        if (q->when != ROUTER_ALWAYS && !calendar_can(l, q->calendar, open))
            lint_queue_say(l, i, "when", LINT_WHOLE,
                           "no work enters queue '%s': its calendar '%s' is %s (change its hours, or when)", q->name,
                           q->calendar != NULL ? q->calendar : "", open ? "never open" : "always open");
    }
}

// Rules of the last queue are not asked; a file that has some is refused, but queues come and go by the API, too.
void lint_last_queue(struct lint *l)
{
    size_t n = l->c->queues_n;
    const struct router_queue *q = n > 0 ? l->defs[n - 1] : NULL;
    if (q != NULL && (q->channels != 0 || q->accounts_n > 0 || q->intents_n > 0 || q->languages_n > 0 ||
                      q->attributes_n > 0 || q->when != ROUTER_ALWAYS))
        lint_queue_say(
            l, n - 1, "", LINT_WHOLE,
            "queue '%s' is the last: it takes what no other does, and its entry rules are not asked (put one "
            "without rules behind it)",
            q->name);
}
