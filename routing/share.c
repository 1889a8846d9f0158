// SPDX-License-Identifier: Apache-2.0
//
// Counters of share.h. For each pool: how many contacts at a time its available agents can have on each channel (slots). For each two
// pools: how many available agents are members of both, found by the pools' indexes in a hash table, so that who comes or goes
// costs an addition for each two of their pools. Room for these is made when an agent's memberships change, not when they come.

#include "routing/share.h"
#include "routing/core.h"

#include <stdlib.h>
#include <string.h>

struct share {       // of two pools, or of one with itself
    uint64_t key;    // 0 = an empty place
    uint32_t agents; // available members of both
};

bool share_counts(const struct pool *p)
{
    return !p->topic || p->topic == p->queue->topics;
}

static uint32_t share_slots(const struct router *r, const struct agent *a, size_t channel)
{
    const struct router_channel_rules *rules = &r->rules.channels[channel];
    uint32_t n = a->def.capacity / (rules->units ? rules->units : 1);
    if (a->def.channels && !(a->def.channels & CORE_BIT(channel)))
        return 0;
    n = rules->max && rules->max < n ? rules->max : n;
    return rules->exclusive && n > 1 ? 1 : n;
}

// ---- what two pools have in common ----

static uint64_t share_key(size_t a, size_t b)
{
    uint64_t low = a < b ? a : b, high = a + b - low;
    return low << 32 | (high + 1);
}

static size_t share_place(const struct router *r, uint64_t key)
{
    return (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & (r->shares_cap - 1);
}

// The place of these two, or the empty one where they belong.
static struct share *share_find(const struct router *r, uint64_t key)
{
    size_t mask = r->shares_cap - 1, i = share_place(r, key);
    while (r->shares[i].key && r->shares[i].key != key)
        i = (i + 1) & mask;
    return &r->shares[i];
}

static void share_grow(struct router *r)
{
    struct share *old = r->shares;
    size_t n = r->shares_cap;
    r->shares_cap = n ? n * 2 : 64;
    r->shares = memory_new(r->shares_cap, sizeof *r->shares);
    for (size_t i = 0; i < n; i++) {
        if (old[i].key)
            *share_find(r, old[i].key) = old[i];
    }
    free(old);
}

static void share_make(struct router *r, uint64_t key)
{
    if ((r->shares_n + 1) * 2 > r->shares_cap)
        share_grow(r);
    struct share *s = share_find(r, key);
    r->shares_n += s->key ? 0 : 1;
    s->key = key;
}

uint32_t share_of(const struct router *r, const struct pool *p, const struct pool *with)
{
    return r->shares_n ? share_find(r, share_key(p->index, with->index))->agents : 0;
}

// ---- keeping it current ----

static void share_each(struct router *r, const struct agent *a, void (*each)(struct router *r, uint64_t key))
{
    for (size_t i = 0; i < a->members_n; i++) {
        for (size_t k = i; a->members[i].shares && k < a->members_n; k++) {
            if (a->members[k].shares)
                each(r, share_key(a->members[i].index, a->members[k].index));
        }
    }
}

static void share_each_with(struct router *r, const struct agent *a, const struct pool *p,
                            void (*each)(struct router *r, uint64_t key))
{
    for (size_t i = 0; share_counts(p) && i < a->members_n; i++) {
        if (a->members[i].shares)
            each(r, share_key(p->index, a->members[i].index));
    }
}

static void share_more(struct router *r, uint64_t key)
{
    share_find(r, key)->agents++;
}

static void share_less(struct router *r, uint64_t key)
{
    share_find(r, key)->agents--;
}

static void share_prefetch(struct router *r, uint64_t key)
{
    __builtin_prefetch(&r->shares[share_place(r, key)], 1);
}

// What share_join() and share_leave() will count in lies all over the table.
void share_fetch(struct router *r, const struct agent *a)
{
    share_each(r, a, share_prefetch);
}

// An agent's memberships are new.
void share_fit(struct router *r, const struct agent *a)
{
    share_each(r, a, share_make);
}

void share_fit_pool(struct router *r, const struct agent *a, const struct pool *p)
{
    share_each_with(r, a, p, share_make);
}

void share_join(struct router *r, struct agent *a)
{
    for (size_t c = 1; c < ROUTER_CHANNELS; c++)
        a->slots[c] = share_slots(r, a, c);
    for (size_t i = 0; i < a->members_n; i++) {
        struct pool *p = a->members[i].pool;
        for (size_t c = 1; c < ROUTER_CHANNELS; c++)
            p->slots[c] += a->slots[c];
    }
    share_each(r, a, share_more);
}

void share_leave(struct router *r, const struct agent *a)
{
    for (size_t i = 0; i < a->members_n; i++) {
        struct pool *p = a->members[i].pool;
        for (size_t c = 1; c < ROUTER_CHANNELS; c++)
            p->slots[c] -= a->slots[c];
    }
    share_each(r, a, share_less);
}

// Of the agent's pools, which they are already or still a member of, one is new or about to go.
void share_enter(struct router *r, const struct agent *a, struct pool *p)
{
    for (size_t c = 1; c < ROUTER_CHANNELS; c++)
        p->slots[c] += a->slots[c];
    share_each_with(r, a, p, share_more);
}

void share_quit(struct router *r, const struct agent *a, struct pool *p)
{
    for (size_t c = 1; c < ROUTER_CHANNELS; c++)
        p->slots[c] -= a->slots[c];
    share_each_with(r, a, p, share_less);
}

// Nobody is in the pools any more.
void share_clear(struct router *r)
{
    for (size_t i = 0; i < r->shares_cap; i++)
        r->shares[i].agents = 0;
}

// ---- checking it ----

static const char *share_check_slots(const struct router *r, const struct pool *p)
{
    uint64_t slots[ROUTER_CHANNELS] = {0};
    for (size_t i = 0; i < r->agents_n; i++) {
        const struct agent *a = r->agents[i];
        if (a->presence != ROUTER_AVAILABLE || !pool_member(a, p))
            continue;
        for (size_t c = 1; c < ROUTER_CHANNELS; c++)
            slots[c] += share_slots(r, a, c);
    }
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        if (slots[c] != p->slots[c])
            return "a pool's slots are miscounted";
    }
    return NULL;
}

// All who are there, taken out of a copy, leave nothing.
static const char *share_check_common(const struct router *r)
{
    struct router rest = {.shares = memory_new(r->shares_cap, sizeof *r->shares), .shares_cap = r->shares_cap};
    const char *why = NULL;
    if (r->shares_cap)
        memcpy(rest.shares, r->shares, r->shares_cap * sizeof *r->shares);
    for (size_t i = 0; i < r->agents_n; i++) {
        if (r->agents[i]->presence == ROUTER_AVAILABLE)
            share_each(&rest, r->agents[i], share_less);
    }
    for (size_t i = 0; i < rest.shares_cap; i++)
        why = rest.shares[i].agents ? "what two pools have in common is miscounted" : why;
    free(rest.shares);
    return why;
}

const char *share_check(const struct router *r)
{
    const char *why = share_check_common(r);
    for (size_t i = 0; i < r->pools_n && !why; i++)
        why = r->pools[i] ? share_check_slots(r, r->pools[i]) : NULL;
    return why;
}
