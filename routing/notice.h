// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_NOTICE_H
#define THROUGHLINE_ROUTING_NOTICE_H

// What the queue tells customers by itself: when and with which facts, and what becomes of a customer who says nothing any
// more (silence.c). The words are not here.

#include "routing/router.h"

struct calendar;
struct queue;
struct work;

struct notices {          // of a work
    uint32_t asked, said; // bits: asked for, given to the customer
    bool unheard;         // listed in router.unheard
    bool newly;           // likewise, since it waits newly or elsewhere
    bool warned;          // of this silence
    int64_t silent_since; // its agent's last word, which the customer has not answered; 0 = they have
};

bool notice_legal(const struct router_queue *q);

// It has begun to wait, or to wait in another queue: when all has been settled, notice_tell() looks at it if it still does.
void notice_waits(struct router *r, struct work *w);
void notice_look(struct router *r, struct work *w); // likewise, but nothing is told
void notice_tell(struct router *r);

// Which of these holds first of work that waits; words: bits.
enum router_notice_kind notice_holds(const struct router *r, const struct work *w, const struct router_wait *wait,
                                     uint32_t words);

// Asks for a notice, if the queue tells such and the customer can be written to. The router's until the step ends; NULL = none.
struct router_notice *notice_ask(struct router *r, struct work *w, enum router_notice_kind kind);

struct writer;
void silence_put(struct writer *o, const struct router_queue *q);
void notice_put(struct writer *o, const struct work *w);

// A notice was written.
enum router_refusal notice_said(struct router *r, const struct router_input *in);

// ---- silence.c ----

void silence_begin(struct router *r, struct work *w); // its agent has spoken
void silence_end(struct router *r, struct work *w);   // its customer has
int64_t silence_due(const struct work *w);            // at; INT64_MAX = nothing will come of it
void silence_arm(struct router *r, struct work *w);
void silence_over(struct router *r, struct work *w);

#endif
