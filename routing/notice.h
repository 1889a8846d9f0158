// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_NOTICE_H
#define THROUGHLINE_ROUTING_NOTICE_H

// What the queue tells customers by itself: when and with which facts. The words are not here.

#include "routing/core.h"

bool notice_legal(const struct router_queue *q);

// It has begun to wait, or to wait in another queue: when all has been settled, notice_tell() looks at it if it still does.
void notice_waits(struct router *r, struct work *w);
void notice_tell(struct router *r);

// A notice was written.
enum router_refusal notice_said(struct router *r, const struct router_input *in);

#endif
