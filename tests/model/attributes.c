// SPDX-License-Identifier: Apache-2.0
//
// Attributes of the made-up world: two keys that queues ask for, and others, so that a work comes to more than it can have.

#include "world.h"

#define KEYS   20
#define VALUES 3

static size_t any_attributes(struct world *w, struct router_attribute *v)
{
    size_t n = 0;
    if (world_chance(w, 60))
        return 0;
    bool many = world_chance(w, 10);
    for (uint32_t key = 0; key < KEYS && n < ROUTER_ATTRIBUTES_MAX; key++) {
        if (world_chance(w, key < 2 ? 50 : many ? 70 : 2))
            v[n++] = (struct router_attribute){world_name(w, "k", key), world_name(w, "v", world_random(w, VALUES))};
    }
    return n;
}

void world_attributes(struct world *w, struct router_happened *h)
{
    h->attributes = w->attributes[0];
    h->attributes_n = any_attributes(w, w->attributes[0]);
    h->customer_attributes = w->attributes[1];
    h->customer_attributes_n = any_attributes(w, w->attributes[1]);
}

void world_asks(struct world *w, struct router_queue *q)
{
    struct router_attribute_rule *rules = &w->rules[w->rules_n];
    q->attributes = rules;
    for (uint32_t key = 0; key < 2 && q->attributes_n < 2; key++) {
        if (!world_chance(w, 15))
            continue;
        struct router_attribute_rule *rule = &rules[q->attributes_n++];
        *rule = (struct router_attribute_rule){.key = world_name(w, "k", key), .values = &w->texts[w->texts_n]};
        for (uint32_t value = 0; value < VALUES; value++) {
            if (world_chance(w, 40))
                w->texts[w->texts_n++] = world_chance(w, 20) ? "*" : world_name(w, "v", value);
        }
        if (rule->values == &w->texts[w->texts_n])
            w->texts[w->texts_n++] = "*";
        rule->values_n = (size_t)(&w->texts[w->texts_n] - (const char **)rule->values);
    }
    w->rules_n += q->attributes_n;
}
