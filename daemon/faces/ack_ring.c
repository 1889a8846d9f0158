// SPDX-License-Identifier: Apache-2.0
// Outcomes by sequence, acknowledged in order. No socket, no clock. Fails only by refusing a sequence that breaks the
// protocol; memory is taken once, with the ring, and once per exception.
#include "daemon/faces/ack_ring.h"

#include <assert.h>
#include <stdlib.h>

#include "daemon/base/loop.h"
#include "throughline/v1/event.pb-c.h"

static struct ack_slot *slot_of(const struct ack_ring *r, uint64_t sequence)
{
    return &r->slots[sequence & (r->size - 1)];
}

static void slot_clear(struct ack_slot *s)
{
    if (s->exception)
        throughline__v1__event_result__free_unpacked(s->exception, NULL);
    *s = (struct ack_slot){0};
}

void ack_ring_init(struct ack_ring *r, uint32_t size)
{
    assert(size && (size & (size - 1)) == 0);
    *r = (struct ack_ring){.size = size, .slots = xcalloc(size, sizeof *r->slots)};
}

void ack_ring_close(struct ack_ring *r)
{
    for (uint32_t i = 0; i < r->size; i++)
        slot_clear(&r->slots[i]);
    free(r->slots);
    *r = (struct ack_ring){0};
}

bool ack_ring_take(struct ack_ring *r, uint64_t sequence)
{
    if (sequence != r->seen + 1 || sequence - r->upto > r->size)
        return false;
    r->seen = sequence;
    return true;
}

static Throughline__V1__EventResult *result_copy(const Throughline__V1__EventResult *from)
{
    size_t len = throughline__v1__event_result__get_packed_size(from);
    uint8_t *bytes = xcalloc(1, len + 1);
    throughline__v1__event_result__pack(from, bytes);
    Throughline__V1__EventResult *copy = throughline__v1__event_result__unpack(NULL, len, bytes);
    free(bytes);
    return copy;
}

void ack_ring_settle(struct ack_ring *r, uint64_t sequence, const Throughline__V1__EventResult *result)
{
    if (sequence <= r->upto || sequence > r->seen)
        return;
    struct ack_slot *s = slot_of(r, sequence);
    if (s->settled)
        return;
    s->settled = true;
    bool tell = result && (result->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_REFUSED ||
                           result->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN);
    s->exception = tell ? result_copy(result) : NULL;
}

uint32_t ack_ring_advance(struct ack_ring *r, ack_exception_fn *fn, void *ctx)
{
    uint32_t passed = 0;
    while (r->upto < r->seen && slot_of(r, r->upto + 1)->settled) {
        struct ack_slot *s = slot_of(r, ++r->upto);
        if (s->exception)
            fn(ctx, r->upto, s->exception);
        s->exception = NULL;
        slot_clear(s);
        passed++;
    }
    return passed;
}
