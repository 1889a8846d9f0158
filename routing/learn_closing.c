// SPDX-License-Identifier: Apache-2.0
//
// Closings that can still turn out otherwise: remembered for `learn_ms`, so that a customer who is back takes "resolved" back,
// an agent can contest one and a supervisor restore it. One is kept for each customer and topic, the latest. What they
// count for is learn.c's.

#include "routing/learn.h"

#include <stdlib.h>
#include <string.h>

struct learn_key {
    uint64_t customer;
    const struct topic *topic;
};

static uint64_t learn_hash_customer(uint64_t customer, const struct topic *t)
{
    return table_hash_text(table_hash_text(table_hash_number(customer), t->queue->def.name), t->intent);
}

static bool learn_is_customers(const void *item, const void *key)
{
    const struct closing *c = item;
    const struct learn_key *k = key;
    return c->customer == k->customer && c->topic == k->topic;
}

static bool learn_is_works(const void *item, const void *key)
{
    return ((const struct closing *)item)->work == *(const uint64_t *)key;
}

struct closing *learn_closing_of(const struct router *r, uint64_t work)
{
    return table_find(&r->closings_by_work, table_hash_number(work), learn_is_works, &work);
}

static struct closing *learn_closing_on(const struct router *r, uint64_t customer, const struct topic *t)
{
    struct learn_key key = {customer, t};
    return table_find(&r->closings_by_customer, learn_hash_customer(customer, t), learn_is_customers, &key);
}

void learn_forget(struct router *r, struct closing *c)
{
    table_drop(&r->closings_by_work, table_hash_number(c->work), c);
    table_drop(&r->closings_by_customer, learn_hash_customer(c->customer, c->topic), c);
    *(c->prev ? &c->prev->next : &r->closings) = c->next;
    *(c->next ? &c->next->prev : &r->closings_last) = c->prev;
    r->closings_n--;
    free(c);
}

// Takes the place of an earlier one on the same topic, which is final.
struct closing *learn_add_closing(struct router *r, const struct closing *like)
{
    struct closing *before = learn_closing_on(r, like->customer, like->topic);
    if (before)
        learn_forget(r, before);
    if (r->closings_n == LEARN_MEMORY)
        learn_forget(r, r->closings);
    struct closing *c = memory_new(1, sizeof *c);
    *c = *like;
    c->prev = r->closings_last;
    c->next = NULL;
    *(c->prev ? &c->prev->next : &r->closings) = c;
    r->closings_last = c;
    r->closings_n++;
    table_insert(&r->closings_by_work, table_hash_number(c->work), c);
    table_insert(&r->closings_by_customer, learn_hash_customer(c->customer, c->topic), c);
    return c;
}

void learn_forget_old(struct router *r, int64_t at)
{
    while (r->closings && at - r->closings->at >= r->rules.learn_ms)
        learn_forget(r, r->closings);
}

// A work that went on after its close is closed once more: only the last close counts.
void learn_closed(struct router *r, const struct work *w, struct agent *a, bool solved)
{
    struct closing *before = learn_closing_of(r, w->id);
    if (before) {
        if (!before->contested)
            learn_uncount(r, before->agent, before->topic, 1, before->solved ? 1 : 0);
        learn_forget(r, before);
    }
    struct topic *t = learn_topic(w);
    if (!t)
        return;
    learn_count(r, a, t, solved);
    learn_add_closing(
        r, &(struct closing){
               .work = w->id, .customer = w->customer, .at = r->at, .agent = a, .topic = t, .solved = solved});
}

void learn_again(struct router *r, const struct work *w)
{
    const struct topic *t = learn_topic(w);
    struct closing *c = t ? learn_closing_on(r, w->customer, t) : NULL;
    if (!c || !c->solved)
        return;
    if (!c->contested)
        learn_uncount(r, c->agent, c->topic, 0, 1);
    c->solved = false;
}

// ---- what people do about it ----

static enum router_refusal learn_contest(struct router *r, struct closing *c, bool contest)
{
    if (c->contested == contest)
        return ROUTER_WRONG_STATE;
    if (contest)
        learn_uncount(r, c->agent, c->topic, 1, c->solved ? 1 : 0);
    else
        learn_count(r, c->agent, c->topic, c->solved);
    c->contested = contest;
    return ROUTER_REFUSAL_NONE;
}

void learn_forget_closings(struct router *r, const struct agent *a, const struct queue *q)
{
    for (struct closing *c = r->closings, *next; c; c = next) {
        next = c->next;
        if ((!a || c->agent == a) && (!q || c->topic->queue == q))
            learn_forget(r, c);
    }
}

// Of agents who have been removed.
void learn_forget_gone(struct router *r)
{
    for (struct closing *c = r->closings, *next; c; c = next) {
        next = c->next;
        if (c->agent->gone)
            learn_forget(r, c);
    }
}

static void learn_reset(struct router *r, struct agent *a, const struct queue *q)
{
    learn_forget_closings(r, a, q);
    for (size_t i = a->lessons_n; i-- > 0;) {
        if (!q || a->lessons[i].topic->queue == q)
            learn_drop_lesson(a, i);
    }
    pool_mark(r, a);
}

enum router_refusal learn_apply(struct router *r, const struct router_input *in)
{
    const char *id = text_or_empty(in->learned.agent), *name = text_or_empty(in->learned.queue);
    if (!text_is(id, ROUTER_NAME_MAX) || !text_is(name, ROUTER_NAME_MAX) || in->learned.act < ROUTER_LEARNED_CONTEST ||
        in->learned.act > ROUTER_LEARNED_RESET)
        return ROUTER_INVALID;
    struct agent *a = agent_find(r, id);
    if (!a)
        return ROUTER_UNKNOWN_AGENT;
    if (in->learned.act == ROUTER_LEARNED_RESET) {
        const struct queue *q = *name ? queue_find(r, name) : NULL;
        if (*name && !q)
            return ROUTER_UNKNOWN_QUEUE;
        learn_reset(r, a, q);
        return ROUTER_REFUSAL_NONE;
    }
    struct closing *c = learn_closing_of(r, in->learned.work);
    if (!c)
        return ROUTER_UNKNOWN_WORK;
    return c->agent == a ? learn_contest(r, c, in->learned.act == ROUTER_LEARNED_CONTEST) : ROUTER_NOT_YOURS;
}

// ---- checking and showing them ----

void learn_free(struct router *r)
{
    while (r->closings)
        learn_forget(r, r->closings);
    table_free(&r->closings_by_work);
    table_free(&r->closings_by_customer);
}

const char *learn_check_closings(const struct router *r)
{
    size_t n = 0;
    int64_t before = 0;
    for (const struct closing *c = r->closings; c; before = c->at, c = c->next, n++) {
        if (c->at < before || learn_closing_of(r, c->work) != c || learn_closing_on(r, c->customer, c->topic) != c)
            return "a closing cannot be found, or is out of order";
    }
    return n == r->closings_n && n <= LEARN_MEMORY ? NULL : "closings are miscounted";
}

void router_each_closing(const struct router *r, const char *agent,
                         void (*fn)(void *ctx, const struct router_closing_view *c), void *ctx)
{
    const struct agent *a = agent_find(r, text_or_empty(agent));
    for (const struct closing *c = a ? r->closings_last : NULL; c; c = c->prev) {
        if (c->agent != a)
            continue;
        struct router_closing_view v = {.work = c->work,
                                        .queue = c->topic->queue->def.name,
                                        .intent = c->topic->intent,
                                        .at = c->at,
                                        .solved = c->solved,
                                        .contested = c->contested};
        fn(ctx, &v);
    }
}
