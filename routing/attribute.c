// SPDX-License-Identifier: Apache-2.0
//
// Attributes: what events say of a customer in words of the user's own, like tier = gold, and what the customer's record says. A
// work keeps both, because entry rules are asked again when a queue closes. What an event says goes before the record, and a
// later contact before an earlier one; of more than a work may have, those of the latest stay.

#include "routing/attribute.h"

#include <string.h>

#include "routing/reader.h"
#include "routing/writer.h"

static bool attribute_key_is(const char *key)
{
    return text_is(key, ROUTER_NAME_MAX) && *key;
}

bool attributes_legal(const struct router_attribute *v, size_t n)
{
    if (n > ROUTER_ATTRIBUTES_MAX || (n && !v))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!attribute_key_is(v[i].key) || !text_is(v[i].value, ROUTER_TEXT_MAX))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(v[k].key, v[i].key) == 0)
                return false;
        }
    }
    return true;
}

bool attribute_rules_legal(const struct router_queue *q)
{
    if (q->attributes_n > ROUTER_ATTRIBUTES_MAX || (q->attributes_n && !q->attributes))
        return false;
    for (size_t i = 0; i < q->attributes_n; i++) {
        const struct router_attribute_rule *rule = &q->attributes[i];
        if (!attribute_key_is(rule->key) || !rule->values_n ||
            !texts_are(rule->values, rule->values_n, ROUTER_ATTRIBUTE_VALUES_MAX))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(q->attributes[k].key, rule->key) == 0)
                return false;
        }
    }
    return true;
}

// ---- what a work has ----

static const char *attribute_of(const struct attributes *a, const char *key)
{
    for (size_t i = 0; a && i < a->n; i++) {
        if (strcmp(a->v[i].key, key) == 0)
            return a->v[i].value;
    }
    return NULL;
}

static void attributes_sort(struct router_attribute *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct router_attribute x = v[i];
        size_t at = i;
        for (; at > 0 && strcmp(x.key, v[at - 1].key) < 0; at--)
            v[at] = v[at - 1];
        v[at] = x;
    }
}

static struct attributes *attributes_new(const struct router_attribute *v, size_t n)
{
    if (!n)
        return NULL;
    size_t texts = 0;
    for (size_t i = 0; i < n; i++)
        texts += strlen(v[i].key) + strlen(v[i].value) + 2;
    struct attributes *a = memory_new(1, sizeof *a + n * sizeof *v + texts);
    char *room = (char *)&a->v[n];
    for (a->n = 0; a->n < n; a->n++)
        a->v[a->n] = (struct router_attribute){text_place(&room, v[a->n].key), text_place(&room, v[a->n].value)};
    return a;
}

static bool attributes_equal(const struct attributes *a, const struct router_attribute *v, size_t n)
{
    if ((a ? a->n : 0) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(a->v[i].key, v[i].key) != 0 || strcmp(a->v[i].value, v[i].value) != 0)
            return false;
    }
    return true;
}

static void attributes_set(struct router *r, struct attributes **to, struct router_attribute *v, size_t n)
{
    attributes_sort(v, n);
    if (attributes_equal(*to, v, n))
        return;
    struct attributes *a = attributes_new(v, n);
    memory_bury(r, *to);
    *to = a;
}

void attributes_learn(struct router *r, struct work *w, const struct router_happened *h)
{
    struct router_attribute v[ROUTER_ATTRIBUTES_MAX];
    size_t n = h->customer_attributes_n;
    if (n)
        memcpy(v, h->customer_attributes, n * sizeof *v);
    if (n || w->customer_attributes)
        attributes_set(r, &w->customer_attributes, v, n);
    n = h->attributes_n;
    if (!n)
        return;
    memcpy(v, h->attributes, n * sizeof *v);
    struct attributes said = {.n = 0};
    const struct attributes *before = w->attributes ? w->attributes : &said;
    for (size_t i = 0; i < before->n && n < ROUTER_ATTRIBUTES_MAX; i++) {
        bool again = false;
        for (size_t k = 0; k < h->attributes_n; k++)
            again |= strcmp(h->attributes[k].key, before->v[i].key) == 0;
        if (!again)
            v[n++] = before->v[i];
    }
    attributes_set(r, &w->attributes, v, n);
}

static bool attributes_in_order(const struct attributes *a)
{
    for (size_t i = 1; a && i < a->n; i++) {
        if (strcmp(a->v[i - 1].key, a->v[i].key) >= 0)
            return false;
    }
    return !a || (a->n && attributes_legal(a->v, a->n));
}

const char *attributes_check(const struct work *w)
{
    bool right = attributes_in_order(w->attributes) && attributes_in_order(w->customer_attributes);
    return right ? NULL : "attributes are out of order, too long, or none";
}

// ---- rules ----

bool attribute_meets(const struct router_attribute_rule *rule, const struct work *w, enum router_said_by *by)
{
    const char *said = attribute_of(w->attributes, rule->key);
    const char *value = said ? said : attribute_of(w->customer_attributes, rule->key);
    *by = said ? ROUTER_SAID_BY_EVENT : value ? ROUTER_SAID_BY_RECORD : ROUTER_SAID_BY_NOBODY;
    for (size_t k = 0; value && k < rule->values_n; k++) {
        if (strcmp(rule->values[k], "*") == 0 || strcmp(rule->values[k], value) == 0)
            return true;
    }
    return false;
}

bool attributes_match(const struct router_queue *q, const struct work *w)
{
    enum router_said_by by;
    for (size_t i = 0; i < q->attributes_n; i++) {
        if (!attribute_meets(&q->attributes[i], w, &by))
            return false;
    }
    return true;
}

const struct router_attribute_rule *attribute_rules_new(const struct router_attribute_rule *v, size_t n)
{
    size_t values = 0, texts = 0;
    for (size_t i = 0; i < n; i++) {
        texts += strlen(v[i].key) + 1;
        values += v[i].values_n;
        for (size_t k = 0; k < v[i].values_n; k++)
            texts += strlen(v[i].values[k]) + 1;
    }
    if (!n)
        return NULL;
    struct router_attribute_rule *rules = memory_new(1, n * sizeof *v + values * sizeof(char *) + texts);
    const char **listed = (const char **)(void *)&rules[n];
    char *room = (char *)(listed + values);
    for (size_t i = 0; i < n; i++) {
        rules[i] = (struct router_attribute_rule){text_place(&room, v[i].key), listed, v[i].values_n};
        for (size_t k = 0; k < v[i].values_n; k++)
            *listed++ = text_place(&room, v[i].values[k]);
    }
    return rules;
}

// ---- snapshots ----

void attribute_rules_put(struct writer *o, const struct router_queue *q)
{
    put32(o, q->attributes_n);
    for (size_t i = 0; i < q->attributes_n; i++) {
        put_text(o, q->attributes[i].key);
        put_texts(o, q->attributes[i].values, q->attributes[i].values_n);
    }
}

void attribute_rules_take(struct reader *in, struct router_queue *q)
{
    q->attributes_n = take_count(in, 4, 8);
    struct router_attribute_rule *v = arena_new(&in->arena, q->attributes_n, sizeof *v);
    for (size_t i = 0; i < q->attributes_n; i++) {
        v[i].key = take_text(in, ROUTER_NAME_MAX);
        v[i].values = take_texts(in, &v[i].values_n);
    }
    q->attributes = v;
}

static void attributes_put_list(struct writer *o, const struct attributes *a)
{
    put8(o, a ? a->n : 0);
    for (size_t i = 0; a && i < a->n; i++) {
        put_text(o, a->v[i].key);
        put_text(o, a->v[i].value);
    }
}

void attributes_put(struct writer *o, const struct work *w)
{
    attributes_put_list(o, w->attributes);
    attributes_put_list(o, w->customer_attributes);
}

static struct attributes *attributes_take_list(struct reader *in)
{
    struct router_attribute v[ROUTER_ATTRIBUTES_MAX];
    size_t n = take8(in);
    if (!reader_must(in, n <= ROUTER_ATTRIBUTES_MAX, "a work has too many attributes"))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        v[i].key = take_text(in, ROUTER_NAME_MAX);
        v[i].value = take_text(in, ROUTER_TEXT_MAX);
        if (!reader_must(in, *v[i].key && (!i || strcmp(v[i - 1].key, v[i].key) < 0), "attributes are out of order"))
            return NULL;
    }
    return attributes_new(v, n);
}

void attributes_take(struct reader *in, struct work *w)
{
    w->attributes = attributes_take_list(in);
    w->customer_attributes = attributes_take_list(in);
}
