// SPDX-License-Identifier: Apache-2.0
//
// The list of all agents, in order of id: who are new take their places in it, and who were removed leave it. Nothing fails.

#include "routing/core.h"
#include "routing/learn.h"

#include <stdlib.h>
#include <string.h>

static int agent_order(const void *a, const void *b)
{
    return strcmp((*(struct agent *const *)a)->def.id, (*(struct agent *const *)b)->def.id);
}

// Where among the first n of all agents, who are in order, this one is or would be.
static size_t agent_place(const struct router *r, size_t n, const struct agent *a)
{
    size_t low = 0;
    for (size_t high = n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(r->agents[middle]->def.id, a->def.id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// After new ones were put behind the first `from`, which are in order: many at a time, so that each need not make room for itself.
void agents_order(struct router *r, size_t from)
{
    size_t n = r->agents_n - from;
    if (!n)
        return;
    struct agent **v = r->agents, **fresh = memory_new(n, sizeof *fresh);
    memcpy(fresh, v + from, n * sizeof *fresh);
    qsort(fresh, n, sizeof *fresh, agent_order);
    for (size_t end = from; n-- > 0;) {
        size_t at = agent_place(r, end, fresh[n]);
        memmove(v + at + n + 1, v + at, (end - at) * sizeof *v);
        v[at + n] = fresh[n];
        end = at;
    }
    free(fresh);
}

static void agents_forget_gone(struct router *r)
{
    uint32_t asked = 0;
    for (size_t i = 0; i < r->gone_n; i++)
        asked += r->gone[i]->asked_by;
    for (size_t i = 0; asked && i < r->works_n; i++) {
        struct work *w = work_slot(r, i)->work;
        for (size_t k = w ? w->asks_n : 0; k-- > 0;) {
            if (w->asks[k].agent->gone)
                offer_forget_ask(r, w, w->asks[k].agent);
        }
    }
}

// After some were removed, the last in order first: once for all of them.
void agents_sweep(struct router *r)
{
    if (!r->gone_n)
        return;
    learn_forget_gone(r);
    agents_forget_gone(r);
    size_t end = r->agents_n, all = end;
    for (size_t i = 0; i < r->gone_n; i++) {
        end = agent_place(r, end, r->gone[i]);
        r->agents[end] = NULL;
        agent_bury(r, r->gone[i]);
    }
    r->agents_n = end;
    for (size_t i = end; i < all; i++) {
        if (r->agents[i])
            r->agents[r->agents_n++] = r->agents[i];
    }
    r->gone_n = 0;
}
