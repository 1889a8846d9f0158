// SPDX-License-Identifier: Apache-2.0
//
// What is learned of who solves what. In a queue that learns, each close by an agent is an attempt on a topic, and one that
// said "resolved" counts as solved unless the customer comes back on the same topic within the window. An agent's
// estimate is their own share of solved attempts, shrunk toward the mean of all agents on the topic: the mean of a Beta
// distribution whose prior is worth `learn_prior` attempts (Gelman et al., Bayesian Data Analysis, 2.4), in millionths.
//
// Topics live with their queue, lessons with their agent. What becomes of single closings is learn_closing.c's.

#include "routing/learn.h"

#include <stdlib.h>
#include <string.h>

// ---- topics ----

bool learn_legal(const struct router_queue *q)
{
    bool uses = q->select == ROUTER_RESOLUTION || (q->select == ROUTER_MIX && q->mix[ROUTER_RESOLUTION]);
    return !q->learn || (uses && q->intents_n <= ROUTER_LEARN_INTENTS && q->learn_prior <= LEARN_TRIED);
}

struct topic *learn_topics_new(struct queue *q, size_t *n)
{
    *n = q->def.learn ? q->def.intents_n + 1 : 0;
    struct topic *v = *n ? memory_new(*n, sizeof *v) : NULL;
    for (size_t i = 0; i < *n; i++)
        v[i] = (struct topic){.queue = q, .intent = i ? q->def.intents[i - 1] : "", .mean = LEARN_ONE / 2};
    return v;
}

// Where among a queue's topics: the first listed that the intent lies under, else 0.
size_t learn_topic_of(const struct queue *q, const char *intent)
{
    for (size_t i = 1; i < q->topics_n; i++) {
        if (router_intent_under(intent, q->topics[i].intent))
            return i;
    }
    return 0;
}

struct topic *learn_topic(const struct work *w)
{
    return w->queue->topics_n ? &w->queue->topics[learn_topic_of(w->queue, w->intent)] : NULL;
}

// ---- lessons ----

static int learn_order(const struct topic *a, const struct topic *b)
{
    int order = strcmp(a->queue->def.name, b->queue->def.name);
    return order ? order : strcmp(a->intent, b->intent);
}

static struct lesson *learn_find(const struct agent *a, const struct topic *t)
{
    for (size_t i = 0; i < a->lessons_n; i++) {
        if (a->lessons[i].topic == t)
            return &a->lessons[i];
    }
    return NULL;
}

const struct lesson *learn_lesson(const struct agent *a, const struct topic *t)
{
    return learn_find(a, t);
}

struct lesson *learn_add_lesson(struct agent *a, struct topic *t, uint32_t tried, uint32_t solved)
{
    a->lessons = memory_grow(a->lessons, &a->lessons_cap, a->lessons_n + 1, sizeof *a->lessons);
    size_t at = a->lessons_n++;
    for (; at > 0 && learn_order(a->lessons[at - 1].topic, t) > 0; at--)
        a->lessons[at] = a->lessons[at - 1];
    a->lessons[at] = (struct lesson){t, tried, solved};
    t->tried += tried;
    t->solved += solved;
    return &a->lessons[at];
}

void learn_drop_lesson(struct agent *a, size_t i)
{
    struct lesson *l = &a->lessons[i];
    l->topic->tried -= l->tried;
    l->topic->solved -= l->solved;
    a->lessons_n--;
    memmove(l, l + 1, (a->lessons_n - i) * sizeof *l);
}

uint32_t learn_estimate(const struct topic *t, const struct agent *a)
{
    const struct lesson *l = learn_find(a, t);
    uint64_t prior = t->queue->def.learn_prior, tried = l ? l->tried : 0, solved = l ? l->solved : 0;
    uint64_t estimate = (prior * t->mean + solved * LEARN_ONE) / (prior + tried);
    return estimate ? (uint32_t)estimate : 1;
}

// Everybody's estimate leans on the mean, so that it is moved only when much has been seen and it has gone far.
static void learn_look_at_mean(struct router *r, struct topic *t)
{
    uint32_t mean = (uint32_t)((2 * (uint64_t)t->solved + 1) * LEARN_ONE / (2 * (uint64_t)t->tried + 2));
    uint32_t drift = mean > t->mean ? mean - t->mean : t->mean - mean;
    if (t->since < LEARN_REFRESH + t->tried / 4)
        return;
    t->since = 0;
    if (drift < LEARN_DRIFT)
        return;
    t->mean = mean;
    for (size_t i = 0; i < r->agents_n; i++)
        pool_mark(r, r->agents[i]);
}

// What is long past fades: both counts are halved.
void learn_count(struct router *r, struct agent *a, struct topic *t, bool solved)
{
    struct lesson *l = learn_find(a, t);
    if (!l)
        l = learn_add_lesson(a, t, 0, 0);
    if (l->tried == LEARN_TRIED) {
        t->tried -= l->tried - l->tried / 2;
        t->solved -= l->solved - l->solved / 2;
        l->tried /= 2;
        l->solved /= 2;
    }
    l->tried++;
    l->solved += solved ? 1 : 0;
    t->tried++;
    t->solved += solved ? 1 : 0;
    t->since++;
    pool_mark(r, a);
    learn_look_at_mean(r, t);
}

// Never below nothing: it may have been halved since.
void learn_uncount(struct router *r, struct agent *a, struct topic *t, uint32_t tried, uint32_t solved)
{
    struct lesson *l = learn_find(a, t);
    if (!l)
        return;
    tried = tried < l->tried ? tried : l->tried;
    l->tried -= tried;
    t->tried -= tried;
    uint32_t least = l->solved > l->tried ? l->solved - l->tried : 0;
    solved = solved < l->solved ? solved : l->solved;
    solved = solved > least ? solved : least;
    l->solved -= solved;
    t->solved -= solved;
    pool_mark(r, a);
}

// ---- as queues and agents come and go ----

static struct topic *learn_same(const struct queue *q, const struct topic *old)
{
    for (size_t i = 0; i < q->topics_n; i++) {
        if (strcmp(q->topics[i].intent, old->intent) == 0)
            return &q->topics[i];
    }
    return NULL;
}

// The queue has new topics: what was learned of those that it had before stays.
void learn_redefined(struct router *r, struct queue *q, struct topic *old, size_t n)
{
    if (!n)
        return; // nothing was
    for (size_t i = 0; i < n; i++) {
        struct topic *same = learn_same(q, &old[i]);
        if (same) {
            same->since = old[i].since;
            same->mean = old[i].mean;
        }
    }
    for (struct closing *c = r->closings, *next; c; c = next) {
        next = c->next;
        struct topic *same = c->topic->queue == q ? learn_same(q, c->topic) : c->topic;
        if (!same)
            learn_forget(r, c);
        else
            c->topic = same;
    }
    for (size_t i = 0; i < r->agents_n; i++) {
        struct agent *a = r->agents[i];
        for (size_t k = a->lessons_n; k-- > 0;) {
            struct lesson *l = &a->lessons[k];
            if (l->topic->queue != q)
                continue;
            struct topic *same = learn_same(q, l->topic);
            if (!same) {
                learn_drop_lesson(a, k);
                continue;
            }
            same->tried += l->tried;
            same->solved += l->solved;
            l->topic = same;
        }
    }
    memory_bury(r, old);
}

void learn_forget_queue(struct router *r, const struct queue *q)
{
    if (!q->topics_n)
        return;
    learn_forget_closings(r, NULL, q);
    for (size_t i = 0; i < r->agents_n; i++) {
        struct agent *a = r->agents[i];
        for (size_t k = a->lessons_n; k-- > 0;) {
            if (a->lessons[k].topic->queue == q)
                learn_drop_lesson(a, k);
        }
    }
}

void learn_forget_agent(struct router *r, struct agent *a)
{
    while (a->lessons_n)
        learn_drop_lesson(a, a->lessons_n - 1);
    memory_bury(r, a->lessons);
    a->lessons = NULL;
}

// ---- checking and showing it ----

static const char *learn_check_lessons(const struct router *r, const struct topic *t)
{
    uint32_t tried = 0, solved = 0;
    for (size_t i = 0; i < r->agents_n; i++) {
        const struct lesson *l = learn_find(r->agents[i], t);
        if (l && (l->solved > l->tried || l->tried > LEARN_TRIED))
            return "an agent has solved more than they tried, or tried more than is counted";
        tried += l ? l->tried : 0;
        solved += l ? l->solved : 0;
    }
    return tried == t->tried && solved == t->solved ? NULL : "a topic's counts are not the sum of the agents'";
}

const char *learn_check(const struct router *r)
{
    const char *why = learn_check_closings(r);
    for (size_t i = 0; i < r->queues_n && !why; i++) {
        for (size_t t = 0; t < r->queues[i]->topics_n && !why; t++)
            why = learn_check_lessons(r, &r->queues[i]->topics[t]);
    }
    for (size_t i = 0; i < r->agents_n && !why; i++) {
        const struct agent *a = r->agents[i];
        for (size_t k = 1; k < a->lessons_n && !why; k++)
            why = learn_order(a->lessons[k - 1].topic, a->lessons[k].topic) < 0 ? NULL : "lessons are out of order";
    }
    return why;
}

bool router_lesson_at(const struct router *r, const char *agent, size_t index, struct router_lesson_view *out)
{
    const struct agent *a = agent_find(r, text_or_empty(agent));
    if (!a || index >= a->lessons_n)
        return false;
    const struct lesson *l = &a->lessons[index];
    *out = (struct router_lesson_view){.queue = l->topic->queue->def.name,
                                       .intent = l->topic->intent,
                                       .tried = l->tried,
                                       .solved = l->solved,
                                       .estimate = learn_estimate(l->topic, a),
                                       .mean = l->topic->mean};
    return true;
}
