// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ATTRIBUTE_H
#define THROUGHLINE_ROUTING_ATTRIBUTE_H

// What is said of a work's customer in words of the user's own, and the entry rules of queues on it.

#include "routing/core.h"

struct reader;
struct writer;

struct attributes { // in order of key, no two alike; one piece of memory with its texts
    size_t n;
    struct router_attribute v[];
};

bool attributes_legal(const struct router_attribute *v, size_t n);
bool attribute_rules_legal(const struct router_queue *q);

// A contact: what it says goes before what earlier ones said of the same; the customer's own are those of now.
void attributes_learn(struct router *r, struct work *w, const struct router_happened *h);
bool attributes_match(const struct router_queue *q, const struct work *w);
bool attribute_meets(const struct router_attribute_rule *rule, const struct work *w, enum router_said_by *by);

// A copy in one piece of memory; NULL where there are none.
const struct router_attribute_rule *attribute_rules_new(const struct router_attribute_rule *v, size_t n);

const char *attributes_check(const struct work *w); // NULL = they are in order

void attribute_rules_put(struct writer *o, const struct router_queue *q);
void attribute_rules_take(struct reader *in, struct router_queue *q);
void attributes_put(struct writer *o, const struct work *w);
void attributes_take(struct reader *in, struct work *w);

#endif
