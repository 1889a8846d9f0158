// SPDX-License-Identifier: Apache-2.0
// Calls that wait for each other. They have their places in the ring like all others, so deadlines and losses need no second
// look; until their one command is written they count as surely not sent.
#include <assert.h>

#include "daemon/store/link.h"
#include "daemon/store/link_private.h"

bool link_hold(struct link *l, const struct link_call *given)
{
    if (!link_takes(l))
        return false;
    link_push(l, given)->offset = UINT64_MAX; // surely not sent
    l->held++;
    return true;
}

uint32_t link_held(const struct link *l)
{
    return l->held;
}

struct resp_out *link_release_begin(struct link *l)
{
    assert(l->held);
    return wire_out(l->wire);
}

void link_release_end(struct link *l)
{
    uint64_t first = l->calls.tail - l->held, offset = wire_total(l->wire);
    ring_at(&l->calls, first)->parts = l->held;
    for (uint64_t i = first; i < l->calls.tail; i++)
        ring_at(&l->calls, i)->offset = offset;
    l->held = 0;
}

uint32_t link_refuse_held(struct link *l, enum tl_err e, uint64_t aux)
{
    uint32_t n = l->held;
    uint64_t first = l->calls.tail - n;
    for (uint64_t i = first; i < first + n; i++) {
        struct link_call c = *ring_at(&l->calls, i);
        c.aux = aux;
        if (i >= l->calls.live) // else it has come back already
            link_refuse(l, &c, e);
    }
    n -= l->calls.live > first ? (uint32_t)(l->calls.live - first) : 0;
    l->calls.tail = first;
    l->calls.live = l->calls.live < first ? l->calls.live : first;
    l->sampling = l->sampling && l->sample < first;
    l->held = 0;
    return n;
}

void link_flush(struct link *l)
{
    if (l->held)
        link_want_flush(l);
}
