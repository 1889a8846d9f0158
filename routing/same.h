// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_SAME_H
#define THROUGHLINE_ROUTING_SAME_H

// Whether two definitions, both as the router keeps them, say the same: their bytes in a snapshot are, so that no part of them can be
// forgotten here.

#include "routing/state.h"

bool same_agent(const struct router_agent *a, const struct router_agent *b);
bool same_queue(const struct router_queue *a, const struct router_queue *b);
bool same_rules(const struct router_config *a, const struct router_config *b);

#endif
