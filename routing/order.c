// SPDX-License-Identifier: Apache-2.0
//
// Which waiting work goes first: what nobody has been offered before what more could be, then by class or not, then by a rank, then the longest waiting, then the lower id. One order holds for
// a whole router, so that work of different queues can be compared. Order is total.
//
// Only ROUTER_ORDER_SKILL_LEVEL ranks by who is free at the moment, so only its order can change while work is given out.

#include "routing/core.h"

#include <stdlib.h>
#include <string.h>

static order_rank order_none(const struct router *r, const struct work *w)
{
    (void)r;
    (void)w;
    return 0;
}

// The generalised c-mu rule: what a minute more of waiting costs grows with the age, the faster the nearer the target. The age is
// that of the customer's word which waits for an answer; of work that waits for its customer, that of the answer.
static order_rank order_cost(const struct router *r, const struct work *w)
{
    return (order_rank)w->line->rate * (order_rank)sla_age(r, w);
}

static order_rank order_skill_level(const struct router *r, const struct work *w)
{
    return pool_top_levels(r, queue_pool(r, w), w->line->channels, w->line->cost);
}

static const struct order_rule {
    const char *name;
    bool by_class;
    order_rank (*rank)(const struct router *r, const struct work *w);
} order_rules[ROUTER_ORDERS] = {
    [ROUTER_ORDER_PRIORITY] = {"priority", true, order_none},
    [ROUTER_ORDER_FIFO] = {"fifo", false, order_none},
    [ROUTER_ORDER_COST] = {"cost", false, order_cost},
    [ROUTER_ORDER_PRIORITY_COST] = {"priority_cost", true, order_cost},
    [ROUTER_ORDER_SKILL_LEVEL] = {"skill_level", false, order_skill_level},
};

bool order_older(const struct work *a, const struct work *b)
{
    return a->since != b->since ? a->since < b->since : a->id < b->id;
}

bool order_by_cost(const struct router *r)
{
    return r->rules.order == ROUTER_ORDER_COST || r->rules.order == ROUTER_ORDER_PRIORITY_COST;
}

int64_t order_stamp(const struct router *r, const struct work *w)
{
    return order_by_cost(r) ? w->sla.from : w->since;
}

bool order_in_line(const struct router *r, const struct work *a, const struct work *b)
{
    int64_t first = order_stamp(r, a), second = order_stamp(r, b);
    return first != second ? first < second : order_older(a, b);
}

bool order_before(const struct router *r, const struct work *a, const struct work *b)
{
    const struct order_rule *rule = &order_rules[r->rules.order];
    if (a->line->offered != b->line->offered)
        return b->line->offered;
    if (rule->by_class && a->line->priority != b->line->priority)
        return a->line->priority < b->line->priority;
    order_rank first = rule->rank(r, a), second = rule->rank(r, b);
    return first != second ? first > second : order_older(a, b);
}

bool order_by_class(const struct router *r)
{
    return order_rules[r->rules.order].by_class;
}

bool order_shifts(const struct router *r)
{
    return r->rules.order == ROUTER_ORDER_SKILL_LEVEL;
}

// By merging: many may be without an agent at once.
void order_sort(const struct router *r, struct work **v, size_t n)
{
    struct work **spare = memory_new(n, sizeof(struct work *));
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t middle = at + width < n ? at + width : n, end = at + 2 * width < n ? at + 2 * width : n;
            for (size_t i = at, j = middle, to = at; to < end; to++) {
                bool left = j == end || (i < middle && !order_before(r, v[j], v[i]));
                spare[to] = left ? v[i++] : v[j++];
            }
        }
        memcpy(v, spare, n * sizeof(struct work *));
    }
    free(spare);
}

const char *router_order_name(enum router_order o)
{
    return (unsigned)o < ROUTER_ORDERS ? order_rules[o].name : "";
}

bool router_order_of(const char *name, enum router_order *out)
{
    for (unsigned i = 0; i < ROUTER_ORDERS; i++) {
        if (strcmp(order_rules[i].name, name) == 0) {
            *out = (enum router_order)i;
            return true;
        }
    }
    return false;
}
