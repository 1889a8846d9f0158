// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_STORE_RING_H
#define THROUGHLINE_STORE_RING_H

#include <stdlib.h>

#include "daemon/store/link.h"

// A queue of calls in one growing array: no allocation per call. Those before `live` have had their callback (their
// deadline passed) and wait only for the late answer.

struct ring {
    struct link_call *v;
    uint32_t size; // power of two, or 0
    uint64_t head, live, tail;
};

static inline uint32_t ring_count(const struct ring *r)
{
    return (uint32_t)(r->tail - r->head);
}

static inline struct link_call *ring_at(const struct ring *r, uint64_t i)
{
    return &r->v[i & (r->size - 1)];
}

static inline void ring_grow(struct ring *r)
{
    uint32_t size = r->size ? r->size * 2 : 64;
    struct link_call *v = xcalloc(size, sizeof(*v));
    for (uint64_t i = r->head; i < r->tail; i++)
        v[i & (size - 1)] = *ring_at(r, i);
    free(r->v);
    r->v = v;
    r->size = size;
}

static inline struct link_call *ring_push(struct ring *r, const struct link_call *c)
{
    if (ring_count(r) == r->size)
        ring_grow(r);
    struct link_call *at = ring_at(r, r->tail++);
    *at = *c;
    return at;
}

static inline bool ring_pop(struct ring *r, struct link_call *c, bool *live)
{
    if (r->head == r->tail)
        return false;
    *c = *ring_at(r, r->head);
    *live = r->head >= r->live;
    r->head++;
    r->live = r->live < r->head ? r->head : r->live;
    return true;
}

static inline const struct link_call *ring_first(const struct ring *r)
{
    return r->head == r->tail ? NULL : ring_at(r, r->head);
}

static inline const struct link_call *ring_first_live(const struct ring *r)
{
    return r->live == r->tail ? NULL : ring_at(r, r->live);
}

static inline void ring_expire(struct ring *r)
{
    r->live++;
}

static inline void ring_close(struct ring *r)
{
    free(r->v);
    *r = (struct ring){0};
}

#endif
