// SPDX-License-Identifier: Apache-2.0
//
// Which queue a work enters: the first whose entry rules all match, and the last takes what no other does.
//
// Queues that ask for intents are found by the intent and what it lies below, so that many of them cost no more than few.

#include "routing/attribute.h"
#include "routing/calendar.h"
#include "routing/closure.h"
#include "routing/entry.h"

#include <stdlib.h>
#include <string.h>

static int enter_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->intent, y->intent);
    return order ? order : (x->queue->index > y->queue->index) - (x->queue->index < y->queue->index);
}

// After the queues changed.
void enter_queues(struct router *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->queues_n; i++)
        n += r->queues[i]->def.intents_n;
    free(r->entries);
    free(r->open_entries);
    r->entries = memory_new(n, sizeof *r->entries);
    r->open_entries = memory_new(r->queues_n, sizeof(struct queue *));
    r->entries_n = r->open_entries_n = 0;
    for (size_t i = 0; i < r->queues_n; i++) {
        struct queue *q = r->queues[i];
        q->calendar = calendar_find(r, q->def.calendar);
        for (size_t k = 0; k < q->def.intents_n; k++)
            r->entries[r->entries_n++] = (struct entry){q->def.intents[k], q};
        if (!q->def.intents_n)
            r->open_entries[r->open_entries_n++] = q;
    }
    if (r->entries_n > 1)
        qsort(r->entries, r->entries_n, sizeof *r->entries, enter_order);
}

bool enter_lists(const char *const *v, size_t n, const char *s)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(v[i], s) == 0)
            return true;
    }
    return n == 0;
}

bool enter_when(const struct router *r, const struct queue *q)
{
    return q->def.when == ROUTER_ALWAYS || calendar_open(q->calendar, r->wall) == (q->def.when == ROUTER_WHEN_OPEN);
}

// But for the intent.
static bool enter_matches(const struct router *r, const struct queue *q, const struct work *w, const char *account)
{
    const struct router_queue *def = &q->def;
    return (!def->channels || def->channels & CORE_BIT(w->channel_now)) &&
           enter_lists(def->accounts, def->accounts_n, account) &&
           enter_lists(def->languages, def->languages_n, w->language) && attributes_match(def, w) && enter_when(r, q);
}

// How the listed intent stands to the first n bytes of the work's.
static int enter_compare(const char *listed, const char *intent, size_t n)
{
    int order = strncmp(listed, intent, n);
    return order ? order : listed[n] != '\0';
}

// The first queue that lists the first n bytes of the intent and matches otherwise, if it goes before `best`.
static struct queue *enter_by_intent(const struct router *r, const struct work *w, const char *account, size_t n,
                                     struct queue *best)
{
    size_t low = 0;
    for (size_t high = r->entries_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (enter_compare(r->entries[middle].intent, w->intent, n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < r->entries_n && enter_compare(r->entries[low].intent, w->intent, n) == 0; low++) {
        struct queue *q = r->entries[low].queue;
        if (q->index >= best->index)
            break;
        if (enter_matches(r, q, w, account))
            return q;
    }
    return best;
}

const char *enter_account(const struct work *w)
{
    size_t s = session_latest(w, w->channel_now, false);
    return s == SIZE_MAX ? "" : w->sessions[s].account;
}

// "billing" stands for "billing" and for all that begins with "billing."
static struct queue *enter_by_rules(const struct router *r, const struct work *w)
{
    const char *account = enter_account(w);
    struct queue *best = r->queues[r->queues_n - 1];
    for (size_t i = 0; i < r->open_entries_n && r->open_entries[i]->index < best->index; i++) {
        if (enter_matches(r, r->open_entries[i], w, account))
            best = r->open_entries[i];
    }
    for (size_t n = 0;; n++) {
        if (w->intent[n] == '.' || !w->intent[n])
            best = enter_by_intent(r, w, account, n, best);
        if (!w->intent[n])
            return best;
    }
}

bool router_intent_under(const char *intent, const char *listed)
{
    size_t n = strlen(listed);
    return strncmp(intent, listed, n) == 0 && (intent[n] == '\0' || intent[n] == '.');
}

bool enter_lets(const struct router *r, const struct queue *q, const struct work *w)
{
    if (q->index + 1 == r->queues_n)
        return true;
    bool intent = q->def.intents_n == 0;
    for (size_t i = 0; !intent && i < q->def.intents_n; i++)
        intent = router_intent_under(w->intent, q->def.intents[i]);
    return intent && enter_matches(r, q, w, enter_account(w));
}

struct queue *enter_queue(struct router *r, struct work *w)
{
    struct queue *first = enter_by_rules(r, w), *open = closure_pass(r, w, first), *q = overflow_enter(r, open);
    entry_note(r, w, first);
    overflow_note(r, w, q == first ? NULL : first, open != first ? ROUTER_CAUSE_CLOSED : ROUTER_CAUSE_FULL);
    return q;
}

static const char *const enter_whens[ROUTER_WHENS] = {
    [ROUTER_ALWAYS] = "always", [ROUTER_WHEN_OPEN] = "open", [ROUTER_WHEN_CLOSED] = "closed"};

const char *router_when_name(enum router_when w)
{
    return (unsigned)w < ROUTER_WHENS ? enter_whens[w] : "";
}

bool router_when_of(const char *name, enum router_when *out)
{
    for (unsigned i = 0; i < ROUTER_WHENS; i++) {
        if (strcmp(enter_whens[i], name) == 0) {
            *out = (enum router_when)i;
            return true;
        }
    }
    return false;
}
