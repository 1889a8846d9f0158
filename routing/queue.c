// SPDX-License-Identifier: Apache-2.0
//
// Queues: who may enter, and the lines in which work waits.
//
// A queue's waiting work stands in lines of equal need (priority, channels, cost), each in order of age; so does work that is
// offered and may be to more, in lines of its own. A freed agent looks
// at the heads of the lines that they can serve, never at work behind a head that they could not take, nor at the work of
// queues whose skills they lack.

#include "routing/attribute.h"
#include "routing/closure.h"
#include "routing/estimate.h"
#include "routing/learn.h"
#include "routing/same.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// What a definition has in memory of its own, besides skills, steps, targets and attributes.
static const size_t queue_texts[] = {
    offsetof(struct router_queue, name),          offsetof(struct router_queue, needs),
    offsetof(struct router_queue, floor),         offsetof(struct router_queue, calendar),
    offsetof(struct router_queue, overflow),      offsetof(struct router_queue, sla_calendar),
    offsetof(struct router_queue, callback_hours)};

static const struct {
    size_t v, n;
} queue_lists[] = {{offsetof(struct router_queue, accounts), offsetof(struct router_queue, accounts_n)},
                   {offsetof(struct router_queue, intents), offsetof(struct router_queue, intents_n)},
                   {offsetof(struct router_queue, languages), offsetof(struct router_queue, languages_n)},
                   {offsetof(struct router_queue, dispositions), offsetof(struct router_queue, dispositions_n)}};

#define QUEUE_TEXTS (sizeof queue_texts / sizeof *queue_texts)
#define QUEUE_LISTS (sizeof queue_lists / sizeof *queue_lists)

static const char **queue_text(struct router_queue *q, size_t i)
{
    return (const char **)(void *)((char *)q + queue_texts[i]);
}

static const char *const **queue_list(struct router_queue *q, size_t i, size_t *n)
{
    *n = *(const size_t *)(const void *)((char *)q + queue_lists[i].n);
    return (const char *const **)(void *)((char *)q + queue_lists[i].v);
}

// In order of name; the names are those of `from`.
static void queue_sort_skills(struct router_skill *to, const struct router_skill *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(to[at - 1].name, from[i].name) > 0; at--)
            to[at] = to[at - 1];
        to[at] = from[i];
    }
}

static const struct router_skill *queue_copy_skills(const struct router_skill *from, size_t n)
{
    struct router_skill *skills = n ? memory_new(n, sizeof *skills) : NULL;
    queue_sort_skills(skills, from, n);
    for (size_t i = 0; i < n; i++)
        skills[i].name = text_new(skills[i].name);
    return skills;
}

// What was left open.
static void queue_complete(struct router_queue *q)
{
    q->weight = q->weight ? q->weight : 1000;
    q->target_ms = q->target_ms ? q->target_ms : 60000;
    q->offer_to = q->offer_to ? q->offer_to : 1;
    q->voicemail_wait_ms = q->voicemail_wait_ms ? q->voicemail_wait_ms : 600000;
    q->learn_prior = q->learn_prior ? q->learn_prior : LEARN_PRIOR;
    callback_defaults(q);
    for (size_t i = 0; i < QUEUE_TEXTS; i++)
        *queue_text(q, i) = text_or_empty(*queue_text(q, i));
}

static void queue_copy_def(struct router_queue *to, const struct router_queue *from)
{
    *to = *from;
    queue_complete(to);
    for (size_t i = 0; i < QUEUE_TEXTS; i++)
        *queue_text(to, i) = text_new(*queue_text(to, i));
    for (size_t i = 0, n; i < QUEUE_LISTS; i++) {
        const char *const **v = queue_list(to, i, &n);
        *v = texts_new(*v, n);
    }
    to->requires = queue_copy_skills(from->requires, from->requires_n);
    to->prefers = queue_copy_skills(from->prefers, from->prefers_n);
    struct router_relax *steps = from->steps_n ? memory_new(from->steps_n, sizeof *steps) : NULL;
    for (size_t i = 0; i < from->steps_n; i++) {
        steps[i] = from->steps[i];
        steps[i].needs = text_new(from->steps[i].needs);
    }
    to->steps = steps;
    struct router_sla *slas = memory_new(from->slas_n, sizeof *slas);
    if (from->slas_n)
        memcpy(slas, from->slas, from->slas_n * sizeof *slas);
    to->slas = slas;
    to->attributes = attribute_rules_new(from->attributes, from->attributes_n);
}

static void queue_bury_skills(struct router *r, const struct router_skill *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text_bury(r, v[i].name);
    memory_bury(r, v);
}

static void queue_bury_def(struct router *r, struct router_queue *def)
{
    for (size_t i = 0; i < QUEUE_TEXTS; i++)
        text_bury(r, *queue_text(def, i));
    for (size_t i = 0, n; i < QUEUE_LISTS; i++) {
        const char *const **v = queue_list(def, i, &n);
        texts_bury(r, *v, n);
    }
    queue_bury_skills(r, def->requires, def->requires_n);
    queue_bury_skills(r, def->prefers, def->prefers_n);
    for (size_t i = 0; i < def->steps_n; i++)
        text_bury(r, def->steps[i].needs);
    memory_bury(r, def->steps);
    memory_bury(r, def->slas);
    memory_bury(r, def->attributes);
}

// When a step begins, in milliseconds of waiting.
int64_t queue_step_after(const struct router_queue *def, size_t step)
{
    const struct router_relax *s = &def->steps[step];
    uint32_t target = def->target_ms ? def->target_ms : 60000;
    return s->percent ? (int64_t)target * s->percent / 100 : s->after_ms;
}

static void queue_make_pool(struct queue *q, struct pool *p, size_t step, struct topic *topic)
{
    p->queue = q;
    p->topic = topic;
    p->select = q->def.select;
    p->idle_weight = select_idle_weight(&q->def);
    p->after = !step ? 0 : q->def.steps[step - 1].breach ? INT64_MAX : queue_step_after(&q->def, step - 1);
    needs_of_queue(&p->needs, &q->def, step);
    p->skills = memory_new(p->needs.n, sizeof *p->skills);
    p->skills_n = needs_skills(&p->needs, p->skills);
}

static size_t queue_pools_a_step(const struct queue *q)
{
    return q->topics_n ? q->topics_n : 1;
}

static void queue_derive(struct queue *q)
{
    needs_add(&q->floor, q->def.floor);
    q->topics = learn_topics_new(q, &q->topics_n);
    size_t each = queue_pools_a_step(q);
    q->pools_n = (q->def.steps_n + 1) * each;
    q->own = (struct pool){0};
    q->pools = q->pools_n == 1 ? &q->own : memory_new_lines(q->pools_n, sizeof *q->pools);
    for (size_t i = 0; i < q->pools_n; i++)
        queue_make_pool(q, &q->pools[i], i / each, q->topics_n ? &q->topics[i % each] : NULL);
}

static void queue_bury_pools(struct router *r, struct queue *q)
{
    for (size_t i = 0; i < q->pools_n; i++) {
        pool_clear(&q->pools[i]);
        needs_bury(r, &q->pools[i].needs);
        memory_bury(r, q->pools[i].skills);
    }
    if (q->pools != &q->own)
        memory_bury(r, q->pools);
    needs_bury(r, &q->floor);
    q->floor = (struct needs){0};
}

struct queue *queue_new(const struct router_queue *def)
{
    struct queue *q = memory_new_lines(1, sizeof *q);
    q->forecast = memory_new(1, sizeof *q->forecast);
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

bool queue_is(struct router *r, const struct queue *q, const struct router_queue *def)
{
    struct router_queue as_kept = *def;
    struct router_skill *requires = arena_new(&r->arena, def->requires_n, sizeof *requires),
                        *prefers = arena_new(&r->arena, def->prefers_n, sizeof *prefers);
    queue_complete(&as_kept);
    queue_sort_skills(requires, def->requires, def->requires_n);
    queue_sort_skills(prefers, def->prefers, def->prefers_n);
    as_kept.requires = requires;
    as_kept.prefers = prefers;
    return same_queue(&q->def, &as_kept);
}

void queue_redefine(struct router *r, struct queue *q, const struct router_queue *def)
{
    struct router_queue old = q->def;
    struct topic *topics = q->topics;
    size_t topics_n = q->topics_n;
    queue_bury_pools(r, q);
    queue_copy_def(&q->def, def);
    queue_derive(q);
    learn_redefined(r, q, topics, topics_n);
    queue_bury_def(r, &old);
}

void queue_bury(struct router *r, struct queue *q)
{
    assert(!q->waiting && !q->offered && !q->assigned);
    queue_bury_pools(r, q);
    queue_bury_def(r, &q->def);
    memory_bury(r, q->topics);
    for (size_t i = 0; i < q->lines_n; i++)
        memory_bury(r, q->lines[i]);
    memory_bury(r, q->lines);
    memory_bury(r, q->forecast);
    closure_end(r, q);
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

struct pool *queue_pool_at(const struct queue *q, size_t step)
{
    return &q->pools[step * queue_pools_a_step(q)];
}

// How often what the queue requires has been relaxed for work that has waited for so long.
uint32_t queue_step(const struct router *r, const struct work *w)
{
    const struct router_queue *q = &w->queue->def;
    uint32_t step = 0;
    if (w->queue->pools_n == queue_pools_a_step(w->queue))
        return 0; // there are none
    for (uint32_t i = 1; i <= q->steps_n; i++) {
        bool begun =
            q->steps[i - 1].breach ? w->sla.breach.foreseen : queue_pool_at(w->queue, i)->after <= r->at - w->since;
        step = begun ? i : step;
    }
    return step;
}

struct pool *queue_pool(const struct router *r, const struct work *w)
{
    struct pool *p = queue_pool_at(w->queue, w->line ? w->line->step : queue_step(r, w));
    return p->topic ? p + learn_topic_of(w->queue, w->intent) : p;
}

void queue_arm_step(struct router *r, struct work *w)
{
    const struct router_queue *q = &w->queue->def;
    size_t next = queue_step(r, w) + 1u;
    while (next <= q->steps_n && q->steps[next - 1].breach)
        next++;
    timer_aim(r, &w->step,
              next <= q->steps_n ? timer_after(w->since, queue_pool_at(w->queue, next)->after) : INT64_MAX);
}

static struct line *queue_line(struct queue *q, const struct line *like)
{
    for (size_t i = 0; i < q->lines_n; i++) {
        struct line *l = q->lines[i];
        if (l->offered == like->offered && l->step == like->step && l->priority == like->priority &&
            l->channels == like->channels && l->cost == like->cost && l->rate == like->rate)
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
    *l = *like;
    return l;
}

void queue_line_up(struct router *r, struct work *w)
{
    struct line *l = queue_line(w->queue, &(struct line){.queue = w->queue,
                                                         .step = queue_step(r, w),
                                                         .priority = queue_priority(w),
                                                         .channels = session_channels(w),
                                                         .cost = w->charge.units,
                                                         .rate = sla_rate(w),
                                                         .offered = w->offers_n > 0});
    r->lined++;
    w->queue->lined++;
    line_put(r, l, w);
}

void queue_leave_line(struct router *r, struct work *w)
{
    r->lined--;
    w->line->queue->lined--;
    line_drop(w);
}

void queue_line_up_again(struct router *r, struct work *w)
{
    queue_leave_line(r, w);
    queue_line_up(r, w);
}

void queue_sort_lines(struct router *r)
{
    for (size_t i = 0; i < r->queues_n; i++) {
        for (size_t k = 0; k < r->queues[i]->lines_n; k++)
            line_sort(r, r->queues[i]->lines[k]);
    }
}
