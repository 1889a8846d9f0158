// SPDX-License-Identifier: Apache-2.0
//
// Counters of share.h. For each pool: how many contacts at a time its available agents can have on each channel (slots), and
// which other pools they are members of. An agent who comes or goes costs the square of their memberships, nobody else a thing.

#include "routing/share.h"
#include "routing/core.h"

#include <stdlib.h>
#include <string.h>

static bool share_counts(const struct pool *p)
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

// Where `with` is in the list, or belongs.
static size_t share_place(const struct pool *p, const struct pool *with)
{
    size_t low = 0;
    for (size_t high = p->shares_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (p->shares[middle].with->index < with->index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void share_add(struct pool *p, struct pool *with)
{
    size_t i = share_place(p, with);
    if (i == p->shares_n || p->shares[i].with != with) {
        p->shares = memory_grow(p->shares, &p->shares_cap, p->shares_n + 1, sizeof *p->shares);
        memmove(p->shares + i + 1, p->shares + i, (p->shares_n - i) * sizeof *p->shares);
        p->shares[i] = (struct share){.with = with};
        p->shares_n++;
    }
    p->shares[i].agents++;
}

static void share_drop(struct pool *p, const struct pool *with)
{
    size_t i = share_place(p, with);
    if (--p->shares[i].agents)
        return;
    memmove(p->shares + i, p->shares + i + 1, (p->shares_n - i - 1) * sizeof *p->shares);
    p->shares_n--;
}

void share_join(const struct router *r, struct agent *a)
{
    for (size_t c = 1; c < ROUTER_CHANNELS; c++)
        a->slots[c] = share_slots(r, a, c);
    for (size_t i = 0; i < a->members_n; i++) {
        struct pool *p = a->members[i].pool;
        if (!share_counts(p))
            continue;
        for (size_t c = 1; c < ROUTER_CHANNELS; c++)
            p->slots[c] += a->slots[c];
        for (size_t k = 0; k < a->members_n; k++) {
            if (share_counts(a->members[k].pool))
                share_add(p, a->members[k].pool);
        }
    }
}

void share_leave(struct agent *a)
{
    for (size_t i = 0; i < a->members_n; i++) {
        struct pool *p = a->members[i].pool;
        if (!share_counts(p))
            continue;
        for (size_t c = 1; c < ROUTER_CHANNELS; c++)
            p->slots[c] -= a->slots[c];
        for (size_t k = 0; k < a->members_n; k++) {
            if (share_counts(a->members[k].pool))
                share_drop(p, a->members[k].pool);
        }
    }
}

void share_clear(struct pool *p)
{
    free(p->shares);
    p->shares = NULL;
    p->shares_n = p->shares_cap = 0;
    memset(p->slots, 0, sizeof p->slots);
}

uint32_t share_of(const struct pool *p, const struct pool *with)
{
    size_t i = share_place(p, with);
    return i < p->shares_n && p->shares[i].with == with ? p->shares[i].agents : 0;
}

static const char *share_check_pool(const struct router *r, const struct pool *p)
{
    uint64_t slots[ROUTER_CHANNELS] = {0};
    size_t shared = 0, listed = 0;
    for (size_t i = 0; i < r->agents_n; i++) {
        const struct agent *a = r->agents[i];
        if (a->presence != ROUTER_AVAILABLE || !pool_member(a, p))
            continue;
        for (size_t c = 1; c < ROUTER_CHANNELS; c++)
            slots[c] += share_slots(r, a, c);
        for (size_t k = 0; k < a->members_n; k++)
            shared += share_counts(a->members[k].pool) ? 1 : 0;
    }
    for (size_t i = 0; i < p->shares_n; i++)
        listed += p->shares[i].agents;
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        if (slots[c] != p->slots[c])
            return "a pool's slots are miscounted";
    }
    return shared == listed ? NULL : "what pools have in common is miscounted";
}

const char *share_check(const struct router *r)
{
    const char *why = NULL;
    for (size_t i = 0; i < r->keys_n && !why; i++) {
        const struct pool *p = r->keys[i].pool;
        why = share_counts(p) ? share_check_pool(r, p) : NULL;
        for (size_t k = 0; k < p->shares_n && !why; k++) {
            if (share_of(p->shares[k].with, p) != p->shares[k].agents)
                why = "two pools do not agree on what they have in common";
        }
    }
    return why;
}
