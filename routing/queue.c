// SPDX-License-Identifier: Apache-2.0
//
// Queues: who may enter, and the lines in which work waits.
//
// A queue's waiting work stands in lines of equal need (priority, channels, cost), each in order of age. A freed agent looks
// at the heads of the lines that they can serve, never at work behind a head that they could not take, nor at the work of
// queues whose skills they lack.

#include "routing/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_RATE_DIGITS 33 // binary digits behind the point: the greatest weight fits 63 bits

static const char **queue_copy_texts(const char *const *from, size_t n)
{
    const char **to = n ? memory_new(n, sizeof *to) : NULL;
    for (size_t i = 0; i < n; i++)
        to[i] = text_new(from[i]);
    return to;
}

static void queue_copy_def(struct router_queue *to, const struct router_queue *from)
{
    *to = *from;
    to->weight = from->weight ? from->weight : 1000;
    to->target_ms = from->target_ms ? from->target_ms : 60000;
    to->name = text_new(from->name);
    struct router_skill *skills = from->requires_n ? memory_new(from->requires_n, sizeof *skills) : NULL;
    for (size_t i = 0; i < from->requires_n; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(skills[at - 1].name, from->requires[i].name) > 0; at--)
            skills[at] = skills[at - 1];
        skills[at] = (struct router_skill){text_new(from->requires[i].name), from->requires[i].level};
    }
    to->requires = skills;
    to->accounts = queue_copy_texts(from->accounts, from->accounts_n);
    to->intents = queue_copy_texts(from->intents, from->intents_n);
    to->languages = queue_copy_texts(from->languages, from->languages_n);
}

static void queue_bury_texts(struct router *r, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text_bury(r, v[i]);
    memory_bury(r, v);
}

static void queue_bury_def(struct router *r, const struct router_queue *def)
{
    text_bury(r, def->name);
    for (size_t i = 0; i < def->requires_n; i++)
        text_bury(r, def->requires[i].name);
    memory_bury(r, def->requires);
    queue_bury_texts(r, def->accounts, def->accounts_n);
    queue_bury_texts(r, def->intents, def->intents_n);
    queue_bury_texts(r, def->languages, def->languages_n);
}

static void queue_derive(struct queue *q)
{
    q->levels = 0;
    for (size_t i = 0; i < q->def.requires_n; i++)
    q->levels += q->def.requires[i].level;
    q->surplus_max = (uint32_t)q->def.requires_n * CORE_LEVEL_MAX - q->levels;
    q->rate = ((uint64_t)q->def.weight << QUEUE_RATE_DIGITS) / q->def.target_ms;
}

struct queue *queue_new(const struct router_queue *def)
{
    struct queue *q = memory_new(1, sizeof *q);
    queue_copy_def(&q->def, def);
    queue_derive(q);
    return q;
}

struct queue *queue_new_implicit(void)
{
    struct queue *q = queue_new(&(struct router_queue){
        .name = "default", .priority = 5, .select = ROUTER_SUITED, .offer_ms = 30000, .wrap_up_ms = 30000});
    q->implicit = true;
    return q;
}

void queue_redefine(struct router *r, struct queue *q, const struct router_queue *def)
{
    struct router_queue old = q->def;
    queue_copy_def(&q->def, def);
    queue_derive(q);
    queue_bury_def(r, &old);
}

void queue_bury(struct router *r, struct queue *q)
{
    assert(!q->waiting && !q->offered && !q->assigned);
    queue_bury_def(r, &q->def);
    pool_clear(q);
    for (size_t i = 0; i < q->lines_n; i++)
        memory_bury(r, q->lines[i]);
    memory_bury(r, q->lines);
    memory_bury(r, q);
}

struct queue *queue_find(const struct router *r, const char *name)
{
    for (size_t i = 0; i < r->queues_n; i++) {
        if (strcmp(r->queues[i]->def.name, name) == 0)
            return r->queues[i];
    }
    return NULL;
}

uint32_t queue_priority(const struct work *w)
{
    return w->own_priority ? w->own_priority : w->queue->def.priority;
}

static struct line *queue_line(struct queue *q, uint32_t priority, uint32_t channels, uint32_t cost)
{
    for (size_t i = 0; i < q->lines_n; i++) {
        struct line *l = q->lines[i];
        if (l->priority == priority && l->channels == channels && l->cost == cost)
            return l;
    }
    struct line *l = NULL;
    for (size_t i = 0; i < q->lines_n && !l;
         i++) // one that stands empty serves again: there are never more lines than work
        l = q->lines[i]->head ? NULL : q->lines[i];
    if (!l) {
        q->lines = memory_grow(q->lines, &q->lines_cap, q->lines_n + 1, sizeof(struct line *));
        l = q->lines[q->lines_n++] = memory_new(1, sizeof *l);
    }
    *l = (struct line){.queue = q, .priority = priority, .channels = channels, .cost = cost};
    return l;
}

// Looks for the place from both ends: new work belongs at the tail, returning work near the head.
void queue_line_up(struct work *w)
{
    struct line *l = queue_line(w->queue, queue_priority(w), session_channels(w), w->charge);
    struct work *before = l->tail, *after = l->head;
    while (after && before && order_older(w, before) && !order_older(w, after)) {
        before = before->prev;
        after = after->next;
    }
    if (after && order_older(w, after))
        before = after->prev;
    w->line = l;
    w->prev = before;
    w->next = before ? before->next : l->head;
    *(w->prev ? &w->prev->next : &l->head) = w;
    *(w->next ? &w->next->prev : &l->tail) = w;
}

void queue_leave_line(struct work *w)
{
    struct line *l = w->line;
    *(w->prev ? &w->prev->next : &l->head) = w->next;
    *(w->next ? &w->next->prev : &l->tail) = w->prev;
    w->line = NULL;
    w->prev = w->next = NULL;
}
