// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_LEARN_H
#define THROUGHLINE_ROUTING_LEARN_H

// What the router learns of who solves what, for queues that ask for it. learn.c owns all of it; select.c reads it.

#include "routing/core.h"

#define LEARN_ONE     1000000 // certainty, in millionths
#define LEARN_TRIED   1000    // attempts counted at most of one agent on one topic; then all counts are halved
#define LEARN_MEMORY  65536   // closings remembered at most, the oldest is final before its time
#define LEARN_PRIOR   20      // attempts, where a queue does not say
#define LEARN_MS_MAX  (45u * 86400000u)
#define LEARN_REFRESH 8     // attempts at least between two looks at the mean of all
#define LEARN_DRIFT   10000 // a mean that has moved by less, in millionths, is left as it was

struct topic { // of a learning queue: one intent that it lists, or all else that comes to it
    struct queue *queue;
    const char *intent;     // "" = all else
    uint32_t tried, solved; // sums over the agents
    uint32_t since;         // attempts since the mean was looked at
    uint32_t mean;          // of all agents, in millionths: what an estimate leans on
};

struct lesson { // what an agent has shown on one topic
    struct topic *topic;
    uint32_t tried, solved;
};

struct closing { // that can still turn out otherwise
    struct closing *prev, *next;
    uint64_t work, customer;
    int64_t at;
    struct agent *agent;
    struct topic *topic;
    bool solved, contested;
};

bool learn_legal(const struct router_queue *q);

// Topics of a queue, made and buried with its pools.
struct topic *learn_topics_new(struct queue *q, size_t *n);
void learn_redefined(struct router *r, struct queue *q, struct topic *old, size_t n);
void learn_forget_queue(struct router *r, const struct queue *q);
void learn_forget_agent(struct router *r, struct agent *a);
void learn_free(struct router *r);

size_t learn_topic_of(const struct queue *q, const char *intent);
uint32_t learn_estimate(const struct topic *t, const struct agent *a);           // millionths, never 0
const struct lesson *learn_lesson(const struct agent *a, const struct topic *t); // NULL = nothing yet

void learn_closed(struct router *r, const struct work *w, struct agent *a, bool solved);
void learn_again(struct router *r, const struct work *w); // the customer is back
void learn_forget_old(struct router *r, int64_t at);
enum router_refusal learn_apply(struct router *r, const struct router_input *in);

// For restore.c: what was remembered, in order.
struct lesson *learn_add_lesson(struct agent *a, struct topic *t, uint32_t tried, uint32_t solved);
struct closing *learn_add_closing(struct router *r, const struct closing *like);
struct closing *learn_closing_of(const struct router *r, uint64_t work);

const char *learn_check(const struct router *r);

// ---- between learn.c and learn_closing.c ----

struct topic *learn_topic(const struct work *w); // NULL = its queue does not learn
void learn_count(struct router *r, struct agent *a, struct topic *t, bool solved);
void learn_uncount(struct router *r, struct agent *a, struct topic *t, uint32_t tried, uint32_t solved);
void learn_forget(struct router *r, struct closing *c);
void learn_drop_lesson(struct agent *a, size_t i);
void learn_forget_closings(struct router *r, const struct agent *a, const struct queue *q); // NULL = any
void learn_forget_gone(struct router *r);
const char *learn_check_closings(const struct router *r);

#endif
