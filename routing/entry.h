// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ENTRY_H
#define THROUGHLINE_ROUTING_ENTRY_H

// Why work is in a queue: the conditions of the entry rules that let it in, kept with the work, and which of them kept it out of the
// queues before.

#include "routing/core.h"

struct reader;
struct writer;

#define ENTRY_CONDITIONS_MAX (ROUTER_CONDITIONS + ROUTER_ATTRIBUTES_MAX) // one of each kind, but of attributes

// ---- enter.c ----

bool enter_lists(const char *const *v, size_t n, const char *s); // n = 0: everything
bool enter_when(const struct router *r, const struct queue *q);
const char *enter_account(const struct work *w); // that the customer came to last, "" = none

// ---- entry.c ----

void entry_note(struct router *r, struct work *w, const struct queue *q); // the rules of this queue let it in just now
const char *entry_check(const struct router *r, const struct work *w);    // NULL = all is in order
void entry_put(struct writer *o, const struct work *w);
void entry_take(struct reader *in, const struct router *r, struct work *w);

#endif
