// SPDX-License-Identifier: Apache-2.0
//
// Asking every agent about one work, one after the other: what a person who asks why wants to read, and what the pools' answer is
// checked against. Costs agents x work; no step of the router comes here.

#include "routing/core.h"

#include <stdlib.h>
#include <string.h>

static bool scan_may_be_drawn(const struct work *w, const struct verdict *v)
{
    return v->exclusion == ROUTER_QUALIFIED && !v->again && v->known == 2 && v->agent != w->wanted;
}

// The same draw as from the rows: in order of profile, then id.
static void scan_draw(const struct router *r, const struct work *w, struct verdict *v)
{
    size_t *first = memory_new(PROFILES + 1, sizeof *first);
    for (size_t i = 0; i < r->agents_n; i++) {
        v[i].score = 0;
        if (scan_may_be_drawn(w, &v[i]))
            first[pool_profile(r, v[i].agent) + 1]++;
    }
    for (size_t p = 0; p < PROFILES; p++)
        first[p + 1] += first[p];
    size_t n = first[PROFILES];
    uint64_t dice = match_dice(r, w);
    for (size_t i = 0; i < r->agents_n; i++) {
        if (scan_may_be_drawn(w, &v[i])) {
            size_t place = first[pool_profile(r, v[i].agent)]++;
            v[i].score = (int64_t)(n - (place + n - dice % n) % n);
        }
    }
    free(first);
}

static int scan_order(const void *a, const void *b)
{
    return match_better(a, b) ? -1 : match_better(b, a) ? 1 : 0;
}

// Fills `all`, one per agent in order of id, and ranks those who can take it.
struct match scan_work(const struct router *r, const struct work *w, struct verdict *all, struct ranking *k)
{
    match_begin(r, w, k);
    for (size_t i = 0; i < r->agents_n; i++)
        all[i] = match_agent(r, w, r->agents[i]);
    if (w->queue->def.select == ROUTER_RANDOM)
        scan_draw(r, w, all);
    k->best = memory_grow(k->best, &k->best_cap, r->agents_n + 1, sizeof *k->best);
    for (size_t i = 0; i < r->agents_n; i++) {
        if (all[i].exclusion == ROUTER_QUALIFIED)
            k->best[k->best_n++] = all[i];
    }
    if (k->best_n > 1)
        qsort(k->best, k->best_n, sizeof *k->best, scan_order);
    return match_choose(r, w, k);
}
