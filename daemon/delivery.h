// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_DELIVERY_H
#define THROUGHLINE_DELIVERY_H

// What the configuration says of all deliveries of a tenant, and the accounts whose vendors carry them.

#include <stdbool.h>

struct daemon;
struct tenant;

bool delivery_is_pushed(void *daemon, const char *account); // by a face, from the timeline: it needs no outbox
void delivery_govern(struct tenant *t);
void delivery_start(struct daemon *d);

#endif
