// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_VOICEMAIL_H
#define THROUGHLINE_ROUTING_VOICEMAIL_H

// Callers whom their queue cannot serve leave a message: which are sent to voicemail and when, and what becomes of them.

#include "routing/router.h"

struct queue;
struct reader;
struct work;
struct writer;

struct voicemail {           // of a work
    enum router_cause cause; // why its call was sent to voicemail; NONE = it was not
    bool left;               // words were left, which nobody has dealt with yet
    bool unfit;              // the gateway could not take it: its calls wait for agents alone
    uint64_t input;          // RECORDING: which sent it, as this effect of its; the delivery's id
    uint32_t index;
};

bool voicemail_legal(const struct router_queue *q);

// Whether a call that finds this queue closed by hand is for its voicemail.
bool voicemail_instead(const struct work *w, const struct queue *q);

// `at` at which its call has waited for so long that it goes there; INT64_MAX = never.
int64_t voicemail_due(const struct work *w);
void voicemail_arm(struct router *r, struct work *w);
void voicemail_time_over(struct router *r, struct work *w);

// Of work that waits and that nobody who is free can take: its calls go to voicemail where it is time. newly: it has just begun to wait here.
bool voicemail_consider(struct router *r, struct work *w, bool newly);

// While its call is at voicemail: the customer's words there, or whatever else they do; and the call's end, or no room for it.
void voicemail_contact(struct router *r, struct work *w, const struct router_happened *h);
void voicemail_hung_up(struct router *r, struct work *w, const struct router_happened *h);
void voicemail_called_back(struct router *r, struct work *w, const struct router_happened *h);
void voicemail_failed(struct router *r, struct work *w, const struct router_delivery_news *news);

bool voicemail_words(const struct router_happened *h); // whether it is words on the telephone: a recording
struct router_voicemail voicemail_view(const struct work *w);
const char *voicemail_check(const struct router *r, const struct work *w);
void voicemail_put(struct writer *o, const struct work *w);
void voicemail_take(struct reader *in, struct router *r, struct work *w);
void voicemail_take_up(struct router *r, struct work *w, int64_t until); // once it is listed

#endif
