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

// Applies in->supervise. Answers the desk that asked, or returns the refusal for the back office.
enum router_refusal supervise_apply(struct router *r, const struct router_input *in);

void hand_set(struct router *r, struct work *w, const struct router_hand *h); // copied; NULL = none
void hand_free(struct hand *h);
struct router_hand hand_view(const struct work *w);
void hand_put(struct writer *o, const struct work *w);
void hand_take(struct reader *in, struct router *r, struct work *w);

#endif
