// SPDX-License-Identifier: Apache-2.0
//
// Values as a snapshot's bytes, little-endian with fixed widths, and the hash over them. Fails only where the caller's write
// fails.

#include "routing/writer.h"

#include <string.h>

static uint64_t snapshot_word(const unsigned char *p)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static void snapshot_mix(struct snapshot_hash *h, uint64_t word)
{
    h->state = (h->state ^ word) * 0x9e3779b97f4a7c15u;
    h->state ^= h->state >> 32;
}

void snapshot_hash_add(struct snapshot_hash *h, const unsigned char *p, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        snapshot_mix(h, snapshot_word(p + i));
    if (i < n) { // only at the end: the others come in whole words
        unsigned char rest[8] = {0};
        memcpy(rest, p + i, n - i);
        snapshot_mix(h, snapshot_word(rest));
    }
    h->length += n;
}

uint64_t snapshot_hash_end(struct snapshot_hash *h)
{
    snapshot_mix(h, h->length);
    return table_hash_number(h->state);
}

void put_flush(struct writer *o)
{
    if (o->write && !o->failed && o->n)
        o->failed = !o->write(o->ctx, o->bytes, o->n);
    o->n = 0;
}

void put_bytes(struct writer *o, const void *p, size_t n)
{
    const unsigned char *from = p;
    while (n) {
        size_t fits = sizeof o->bytes - o->n;
        fits = fits < n ? fits : n;
        memcpy(o->bytes + o->n, from, fits);
        o->n += fits;
        from += fits;
        n -= fits;
        if (o->n == sizeof o->bytes) {
            snapshot_hash_add(&o->hash, o->bytes, o->n);
            put_flush(o);
        }
    }
}

static void put(struct writer *o, uint64_t v, size_t width)
{
    unsigned char b[8];
    for (size_t i = 0; i < 8; i++)
        b[i] = (unsigned char)(v >> (8 * i));
    put_bytes(o, b, width);
}

void put8(struct writer *o, uint64_t v)
{
    put(o, v, 1);
}

void put32(struct writer *o, uint64_t v)
{
    put(o, v, 4);
}

void put64(struct writer *o, uint64_t v)
{
    put(o, v, 8);
}

void put_time(struct writer *o, int64_t v)
{
    put64(o, (uint64_t)v);
}

void put_text(struct writer *o, const char *s)
{
    size_t n = strlen(s);
    put(o, n, 2);
    put_bytes(o, s, n);
}

bool written_add(void *ctx, const void *p, size_t n)
{
    struct written *b = ctx;
    b->v = memory_grow(b->v, &b->cap, b->n + n, 1);
    memcpy(b->v + b->n, p, n);
    b->n += n;
    return true;
}

void put_texts(struct writer *o, const char *const *v, size_t n)
{
    put32(o, n);
    for (size_t i = 0; i < n; i++)
        put_text(o, v[i]);
}

void put_wait(struct writer *o, const struct router_wait *v)
{
    put8(o, (uint64_t)v->kind);
    put_time(o, v->low);
    put_time(o, v->middle);
    put_time(o, v->high);
}
