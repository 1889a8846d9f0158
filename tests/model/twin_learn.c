// SPDX-License-Identifier: Apache-2.0
//
// The twin's memory of who solves what: flat lists, searched from end to end.

#include "twin.h"

#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool below(const char *intent, const char *listed)
{
    size_t n = strlen(listed);
    return memcmp(intent, listed, n) == 0 && (intent[n] == '\0' || intent[n] == '.');
}

// The topic of a work, as the intent that it goes by; NULL where its queue does not learn.
static const char *topic_of(struct twin *t, const struct twin_work *w)
{
    const struct twin_queue *q = twin_queue(t, w->queue);
    if (!q->learn)
        return NULL;
    return !same(q->intent, "") && strlen(w->intent) >= strlen(q->intent) && below(w->intent, q->intent) ? q->intent
                                                                                                         : "";
}

static struct twin_topic *topic(struct twin *t, const char *queue, const char *intent)
{
    for (size_t i = 0; i < t->topics_n; i++) {
        if (same(t->topics[i].queue, queue) && same(t->topics[i].intent, intent))
            return &t->topics[i];
    }
    if (t->topics_n == TWIN_TOPICS)
        abort();
    struct twin_topic *to = &t->topics[t->topics_n++];
    *to = (struct twin_topic){.mean = 500000};
    twin_name(to->queue, queue);
    twin_name(to->intent, intent);
    return to;
}

static struct twin_lesson *lesson(struct twin *t, const char *agent, const char *queue, const char *intent)
{
    for (size_t i = 0; i < t->lessons_n; i++) {
        struct twin_lesson *l = &t->lessons[i];
        if (same(l->agent, agent) && same(l->queue, queue) && same(l->intent, intent))
            return l;
    }
    return NULL;
}

// What a queue that learns thinks of an agent, in millionths; 0 = it does not learn.
int64_t twin_chance(struct twin *t, const struct twin_work *w, const char *agent)
{
    const char *intent = topic_of(t, w);
    if (!intent)
        return 0;
    const struct twin_lesson *l = lesson(t, agent, w->queue, intent);
    int64_t prior = twin_queue(t, w->queue)->learn_prior, mean = topic(t, w->queue, intent)->mean;
    int64_t chance = (prior * mean + (l ? l->solved : 0) * 1000000LL) / (prior + (l ? l->tried : 0));
    return chance > 0 ? chance : 1;
}

static void count(struct twin *t, const char *agent, const char *queue, const char *intent, bool solved)
{
    struct twin_lesson *l = lesson(t, agent, queue, intent);
    if (!l) {
        if (t->lessons_n == TWIN_LESSONS)
            abort();
        l = &t->lessons[t->lessons_n++];
        *l = (struct twin_lesson){.tried = 0};
        twin_name(l->agent, agent);
        twin_name(l->queue, queue);
        twin_name(l->intent, intent);
    }
    if (l->tried >= 1000) {
        l->tried /= 2;
        l->solved /= 2;
    }
    l->tried++;
    l->solved += solved;
    int64_t all = 0, good = 0;
    for (size_t i = 0; i < t->lessons_n; i++) {
        if (same(t->lessons[i].queue, queue) && same(t->lessons[i].intent, intent)) {
            all += t->lessons[i].tried;
            good += t->lessons[i].solved;
        }
    }
    struct twin_topic *to = topic(t, queue, intent);
    if (++to->since < 8 + all / 4)
        return;
    to->since = 0;
    int64_t mean = (2 * good + 1) * 1000000 / (2 * all + 2);
    if (llabs(mean - to->mean) >= 10000)
        to->mean = mean;
}

static void uncount(struct twin *t, const struct twin_closing *c, int tried, int solved)
{
    struct twin_lesson *l = lesson(t, c->agent, c->queue, c->intent);
    if (!l)
        return;
    l->tried = l->tried > tried ? l->tried - tried : 0;
    l->solved = l->solved > solved ? l->solved - solved : 0;
    l->solved = l->solved < l->tried ? l->solved : l->tried;
}

static void forget(struct twin *t, size_t i)
{
    t->closings_n--;
    memmove(&t->closings[i], &t->closings[i + 1], (t->closings_n - i) * sizeof t->closings[i]);
}

void twin_learn_closed(struct twin *t, const struct twin_work *w, const char *agent, bool solved)
{
    const char *intent = topic_of(t, w);
    for (size_t i = t->closings_n; i > 0; i--) {
        const struct twin_closing *c = &t->closings[i - 1];
        if (c->work != w->id)
            continue;
        if (!c->contested)
            uncount(t, c, 1, c->solved);
        forget(t, i - 1);
    }
    if (!intent)
        return;
    count(t, agent, w->queue, intent, solved);
    for (size_t i = t->closings_n; i > 0; i--) {
        const struct twin_closing *c = &t->closings[i - 1];
        if (c->customer == w->customer && same(c->queue, w->queue) && same(c->intent, intent))
            forget(t, i - 1);
    }
    if (t->closings_n == TWIN_CLOSINGS)
        abort();
    struct twin_closing *c = &t->closings[t->closings_n++];
    *c = (struct twin_closing){.work = w->id, .customer = w->customer, .at = t->now, .solved = solved};
    twin_name(c->agent, agent);
    twin_name(c->queue, w->queue);
    twin_name(c->intent, intent);
}

void twin_learn_again(struct twin *t, const struct twin_work *w)
{
    const char *intent = topic_of(t, w);
    for (size_t i = 0; intent && i < t->closings_n; i++) {
        struct twin_closing *c = &t->closings[i];
        if (c->customer != w->customer || !same(c->queue, w->queue) || !same(c->intent, intent) || !c->solved)
            continue;
        if (!c->contested)
            uncount(t, c, 0, 1);
        c->solved = false;
    }
}

void twin_learn_forget(struct twin *t, int64_t at)
{
    while (t->closings_n && at - t->closings[0].at >= t->rules.learn_ms)
        forget(t, 0);
}

static enum router_refusal contest(struct twin *t, const struct router_input *in)
{
    bool against = in->learned.act == ROUTER_LEARNED_CONTEST;
    for (size_t i = 0; i < t->closings_n; i++) {
        struct twin_closing *c = &t->closings[i];
        if (c->work != in->learned.work)
            continue;
        if (!same(c->agent, in->learned.agent))
            return ROUTER_NOT_YOURS;
        if (c->contested == against)
            return ROUTER_WRONG_STATE;
        c->contested = against;
        if (against)
            uncount(t, c, 1, c->solved);
        else
            count(t, c->agent, c->queue, c->intent, c->solved);
        return ROUTER_REFUSAL_NONE;
    }
    return ROUTER_UNKNOWN_WORK;
}

static void drop(struct twin *t, bool (*gone)(struct twin *, const char *, const char *, const char *, const void *),
                 const void *what)
{
    for (size_t i = t->lessons_n; i > 0; i--) {
        struct twin_lesson *l = &t->lessons[i - 1];
        if (gone(t, l->agent, l->queue, l->intent, what))
            *l = t->lessons[--t->lessons_n];
    }
    for (size_t i = t->closings_n; i > 0; i--) {
        const struct twin_closing *c = &t->closings[i - 1];
        if (gone(t, c->agent, c->queue, c->intent, what))
            forget(t, i - 1);
    }
}

static bool is_reset(struct twin *t, const char *agent, const char *queue, const char *intent, const void *what)
{
    const struct router_input *in = what;
    (void)t;
    (void)intent;
    return same(agent, in->learned.agent) && (same(in->learned.queue, "") || same(queue, in->learned.queue));
}

static bool is_gone(struct twin *t, const char *agent, const char *queue, const char *intent, const void *what)
{
    const struct twin_queue *q = twin_queue(t, queue);
    (void)what;
    return !twin_agent(t, agent) || !q || !q->learn || (!same(intent, "") && !same(intent, q->intent));
}

// After agents or queues changed.
void twin_learn_prune(struct twin *t)
{
    drop(t, is_gone, NULL);
    for (size_t i = t->topics_n; i > 0; i--) {
        struct twin_topic *to = &t->topics[i - 1];
        const struct twin_queue *q = twin_queue(t, to->queue);
        if (!q || !q->learn || (!same(to->intent, "") && !same(to->intent, q->intent)))
            *to = t->topics[--t->topics_n];
    }
}

enum router_refusal twin_learned(struct twin *t, const struct router_input *in)
{
    if (!twin_agent(t, in->learned.agent))
        return ROUTER_UNKNOWN_AGENT;
    if (in->learned.act != ROUTER_LEARNED_RESET)
        return contest(t, in);
    if (!same(in->learned.queue, "") && !twin_queue(t, in->learned.queue))
        return ROUTER_UNKNOWN_QUEUE;
    drop(t, is_reset, in);
    return ROUTER_REFUSAL_NONE;
}

const struct twin_lesson *twin_lesson_of(struct twin *t, const char *agent, const char *queue, const char *intent)
{
    return lesson(t, agent, queue, intent);
}
