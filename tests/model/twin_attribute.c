// SPDX-License-Identifier: Apache-2.0
//
// The twin's attributes: what was said of a customer, what the customer's record says, and which queues ask for what of it.

#include "twin.h"

#include <string.h>

static const char *value_of(const struct twin_pairs *p, const char *key)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->v[i].key, key) == 0)
            return p->v[i].value;
    }
    return NULL;
}

static void set_pair(struct twin_pairs *p, const char *key, const char *value)
{
    size_t i = 0;
    while (i < p->n && strcmp(p->v[i].key, key) != 0)
        i++;
    p->n += i == p->n;
    twin_name(p->v[i].key, key);
    twin_name(p->v[i].value, value);
}

// Forgets the last key, in order, of those that the event did not name.
static void forget_one(struct twin_pairs *p, const struct router_happened *h)
{
    size_t worst = p->n;
    for (size_t i = 0; i < p->n; i++) {
        bool named = false;
        for (size_t k = 0; k < h->attributes_n; k++)
            named |= strcmp(h->attributes[k].key, p->v[i].key) == 0;
        if (!named && (worst == p->n || strcmp(p->v[i].key, p->v[worst].key) > 0))
            worst = i;
    }
    p->v[worst] = p->v[--p->n];
}

void twin_attributes_heard(struct twin_work *w, const struct router_happened *h)
{
    w->record.n = 0;
    for (size_t i = 0; i < h->customer_attributes_n; i++)
        set_pair(&w->record, h->customer_attributes[i].key, h->customer_attributes[i].value);
    for (size_t i = 0; i < h->attributes_n; i++)
        set_pair(&w->said, h->attributes[i].key, h->attributes[i].value);
    while (w->said.n > ROUTER_ATTRIBUTES_MAX)
        forget_one(&w->said, h);
}

void twin_attributes_asked(struct twin_queue *q, const struct router_queue *def)
{
    for (size_t i = 0; i < def->attributes_n; i++) {
        const struct router_attribute_rule *rule = &def->attributes[i];
        for (size_t k = 0; k < rule->values_n; k++) {
            struct twin_pair *pair = &q->asks[q->asks_n++];
            twin_name(pair->key, rule->key);
            twin_name(pair->value, rule->values[k]);
        }
    }
}

// Each key that is asked for must have one of the values that stand beside it.
bool twin_attributes_suit(const struct twin_queue *q, const struct twin_work *w)
{
    for (size_t i = 0; i < q->asks_n; i++) {
        const char *has = value_of(&w->said, q->asks[i].key);
        if (!has)
            has = value_of(&w->record, q->asks[i].key);
        bool suits = false;
        for (size_t k = 0; has && k < q->asks_n; k++) {
            bool same = strcmp(q->asks[k].key, q->asks[i].key) == 0;
            suits |= same && (strcmp(q->asks[k].value, has) == 0 || strcmp(q->asks[k].value, "*") == 0);
        }
        if (!suits)
            return false;
    }
    return true;
}
