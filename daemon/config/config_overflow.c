// SPDX-License-Identifier: Apache-2.0
// Where a queue's work overflows to: another queue of the same tenant, and a reason to; or voicemail.
#include "daemon/config/config_private.h"

#include "proto/nearest.h"
#include "routing/router.h"

#include <string.h>

static bool is_other(const struct config_queue *q, const struct config_queue *other)
{
    return other != q && other->name != NULL && other->tenant != NULL && q->tenant != NULL &&
           strcmp(other->tenant, q->tenant) == 0;
}

void config_check_overflow(const struct config *c, const struct config_queue *q, struct config_place place,
                           struct config_errors *errs)
{
    bool when = q->overflow_waiting > 0 || q->overflow_seconds > 0;
    uint32_t words = config_tells(c, q) | q->voicemail;
    bool told = q->overflow_seconds == 0 && words & 1u << ROUTER_NOTICE_FULL; // ... is enough
    if ((q->overflow != NULL) != when && !(told && q->overflow == NULL))
        errors_add(errs, place, "queue '%s' overflows %s (give %s)", q->name != NULL ? q->name : "",
                   when ? "to nowhere" : "at no time",
                   when ? "overflow, or voicemail or a [[message]] for full" : "overflow_waiting or overflow_seconds");
    if (q->overflow == NULL)
        return;
    struct nearest near = nearest_begin(q->overflow);
    for (size_t i = 0; i < c->queues_n; i++) {
        if (!is_other(q, &c->queues[i]))
            continue;
        if (strcmp(c->queues[i].name, q->overflow) == 0)
            return;
        nearest_offer(&near, c->queues[i].name);
    }
    const char *best = nearest_best(&near);
    errors_add(errs, place, "queue.overflow names no other queue '%s' (%s%s%s)", q->overflow,
               best != NULL ? "did you mean '" : "every queue has its [[queue]]", best != NULL ? best : "",
               best != NULL ? "'?" : "");
}

// Words that can never hold.
void config_check_voicemail(const struct config_queue *q, struct config_place place, struct config_errors *errs)
{
    if (q->voicemail & 1u << ROUTER_NOTICE_FULL && q->overflow_waiting == 0)
        errors_warn(errs, place,
                    "queue '%s' is never full, so no call goes to voicemail for it (give it overflow_waiting)",
                    q->name != NULL ? q->name : "");
    if (q->voicemail & 1u << ROUTER_NOTICE_WAIT && q->promise_seconds == 0)
        errors_warn(errs, place,
                    "queue '%s' promises nothing, so no call goes to voicemail for the wait (give it promise_seconds)",
                    q->name != NULL ? q->name : "");
}
