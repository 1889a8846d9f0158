// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_INPUT_H
#define THROUGHLINE_CORE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/core/scratch.h"
#include "routing/router.h"
#include "throughline/v1/log.pb-c.h"

// The log's bytes as the router takes them. The daemon and whoever folds an exported log read them by this one piece of code (library tl_fold).

// Always fills *in; returns why it is malformed (then it is ROUTER_IN_NOTHING), or NULL. *m is the message, NULL when the
// bytes are none; both live in the scratch memory.
const char *input_decode(struct scratch *a, const void *bytes, size_t len, struct router_input *in,
                         const Throughline__V1__Input **m);
// Should an input's times run back, or be missing, everybody lets them stand still at these, the ones before.
void input_follow(struct router_input *in, int64_t at, int64_t wall);
// False when malformed.
bool input_agent(struct scratch *a, const Throughline__V1__Agent *m, struct router_agent *out);
bool input_queue(struct scratch *a, const Throughline__V1__Queue *m, struct router_queue *out);
bool input_command(const Throughline__V1__Command *k, struct router_command *out); // strings stay where k has them
bool input_config(struct scratch *a, const Throughline__V1__RoutingConfig *m, struct router_config *out);

#endif
