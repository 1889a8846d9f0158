// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_SUPERVISE_H
#define THROUGHLINE_ROUTING_SUPERVISE_H

// A supervisor's inputs, and the mark that they leave on work. Whether whoever asks is a supervisor is the daemon's to know.

#include "routing/reader.h"
#include "routing/writer.h"

struct hand { // what a supervisor did last to a work
    enum router_supervision act;
    char *by, *note; // owned
};

struct intervention { // one under way
    struct router_supervise given;
    struct agent *agent;
    struct work *work;
    struct queue *queue;
};

// What is named, and whether the work is in one of these states.
enum router_refusal supervise_find_agent(const struct router *r, struct intervention *v);
enum router_refusal supervise_find_work(const struct router *r, struct intervention *v, uint32_t states);

// ---- supervise_join.c ----

enum router_refusal supervise_check_join(const struct router *r, struct intervention *v);
void supervise_act_join(struct router *r, struct intervention *v);
enum router_refusal supervise_check_take_over(const struct router *r, struct intervention *v);
void supervise_act_take_over(struct router *r, struct intervention *v);

// ---- the input, and the mark ----

// Applies in->supervise. Answers the desk that asked, or returns the refusal for the back office.
enum router_refusal supervise_apply(struct router *r, const struct router_input *in);

void hand_set(struct router *r, struct work *w, const struct router_hand *h); // copied; NULL = none
void hand_free(struct hand *h);
struct router_hand hand_view(const struct work *w);
void hand_put(struct writer *o, const struct work *w);
void hand_take(struct reader *in, struct router *r, struct work *w);

#endif
