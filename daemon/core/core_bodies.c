// SPDX-License-Identifier: Apache-2.0
// Bodies in flight: what this node has just sent to Redis and will see again as an input that carries only a reference. A ring of
// bytes and a ring of slots; the oldest give way, and who does not find a body reads the timeline. References are counted up, mean
// something only together with this process' boot id, and are checked before they are followed.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/core/core_private.h"

enum { BODY_RING = 8 * 1024 * 1024, BODY_SLOTS = 16384, BODY_APPENDED = 320, BODY_LARGEST = BODY_RING / 8 };

struct body_slot {
    uint64_t ref;
    uint64_t start; // counted in bytes ever written
    size_t len;
};

void bodies_open(struct core *c)
{
    c->bodies.ring = xcalloc(1, BODY_RING);
    c->bodies.slots = xcalloc(BODY_SLOTS, sizeof *c->bodies.slots);
}

void bodies_close(struct core *c)
{
    free(c->bodies.ring);
    free(c->bodies.slots);
}

uint64_t core_keep_body(struct core *c, const void *entry, size_t len)
{
    struct core_bodies *b = &c->bodies;
    uint64_t ref = ++b->last_ref;
    struct body_slot *s = &b->slots[ref % BODY_SLOTS];
    *s = (struct body_slot){0};
    if (len > BODY_LARGEST)
        return ref;
    size_t room = len + BODY_APPENDED; // for what the function adds, so that nothing need be copied later
    if (b->head % BODY_RING + room > BODY_RING)
        b->head += BODY_RING - b->head % BODY_RING;
    *s = (struct body_slot){.ref = ref, .start = b->head, .len = len};
    memcpy(b->ring + b->head % BODY_RING, entry, len);
    b->head += room;
    return ref;
}

static size_t put_varint(uint8_t *out, uint64_t v)
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        out[n++] = (uint8_t)(v | 0x80);
    out[n++] = (uint8_t)v;
    return n;
}

// The same that the function appends to the entry: wall_ms, and for an event its author.
static size_t append(uint8_t *out, const Throughline__V1__Input *m)
{
    uint8_t who[16];
    size_t n = 0;
    out[n++] = 2 << 3;
    n += put_varint(out + n, (uint64_t)m->wall_ms);
    if (m->kind_case != THROUGHLINE__V1__INPUT__KIND_HAPPENED || !m->placed)
        return n;
    out[n++] = 3 << 3 | 2;
    if (m->placed->participant) {
        size_t len = strnlen(m->happened->handle, 256);
        size_t head = put_varint(who, len);
        n += put_varint(out + n, 1 + head + len);
        out[n++] = 4 << 3 | 2;
        memcpy(out + n, who, head);
        memcpy(out + n + head, m->happened->handle, len);
        return n + head + len;
    }
    size_t len = put_varint(who, m->placed->customer);
    out[n++] = (uint8_t)(1 + len);
    out[n++] = 1 << 3;
    memcpy(out + n, who, len);
    return n + len;
}

const uint8_t *bodies_find(struct core *c, const Throughline__V1__Input *m, size_t *len)
{
    struct core_bodies *b = &c->bodies;
    if (!m->ref || !m->has_entry || strcmp(m->boot, c->o.boot) != 0)
        return NULL;
    const struct body_slot *s = &b->slots[m->ref % BODY_SLOTS];
    if (s->ref != m->ref || b->head - s->start > BODY_RING)
        return NULL;
    uint8_t *p = b->ring + s->start % BODY_RING;
    *len = s->len + append(p + s->len, m);
    return p;
}
