// SPDX-License-Identifier: Apache-2.0
//
// Containers: a hash table of pointers and an ascending list of ids.
//
// The table is for finding only. It cannot be iterated, so its layout can never leak into a decision. The hash has no seed:
// its keys come from authenticated peers, and every node must behave alike. It is made of many small ones, because a step that
// moved all of a great one to larger memory would keep everybody waiting.

#include "routing/core.h"

#include <stdlib.h>
#include <string.h>

uint64_t table_hash_number(uint64_t n)
{
    n ^= n >> 30;
    n *= 0xbf58476d1ce4e5b9u;
    n ^= n >> 27;
    n *= 0x94d049bb133111ebu;
    return n ^ (n >> 31);
}

uint64_t table_hash_text(uint64_t seed, const char *s)
{
    uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return table_hash_number(h);
}

static size_t table_part(uint64_t hash)
{
    return (size_t)(hash >> 58) % TABLE_PARTS;
}

void *table_find(const struct table *t, uint64_t hash, table_same_fn *same, const void *key)
{
    const struct table_part *p = &t->parts[table_part(hash)];
    if (!p->cap)
        return NULL;
    size_t mask = p->cap - 1;
    for (size_t i = (size_t)hash & mask; p->v[i].item; i = (i + 1) & mask) {
        if (p->v[i].hash == hash && same(p->v[i].item, key))
            return p->v[i].item;
    }
    return NULL;
}

static void table_settle(struct table_part *p, uint64_t hash, void *item)
{
    size_t mask = p->cap - 1;
    size_t i = (size_t)hash & mask;
    while (p->v[i].item)
        i = (i + 1) & mask;
    p->v[i] = (struct table_slot){hash, item};
}

void table_insert(struct table *t, uint64_t hash, void *item)
{
    struct table_part *p = &t->parts[table_part(hash)];
    if ((p->n + 1) * 4 > p->cap * 3) {
        struct table_part old = *p;
        p->cap = old.cap ? old.cap * 2 : 4;
        p->v = memory_new(p->cap, sizeof *p->v);
        for (size_t i = 0; i < old.cap; i++) {
            if (old.v[i].item)
                table_settle(p, old.v[i].hash, old.v[i].item);
        }
        free(old.v);
    }
    table_settle(p, hash, item);
    p->n++;
    t->n++;
}

// Closes the gap by moving back what had been pushed on, so that no marks of the dead pile up.
void table_drop(struct table *t, uint64_t hash, const void *item)
{
    struct table_part *p = &t->parts[table_part(hash)];
    if (!p->cap)
        return;
    size_t mask = p->cap - 1;
    size_t i = (size_t)hash & mask;
    while (p->v[i].item != item) {
        if (!p->v[i].item)
            return;
        i = (i + 1) & mask;
    }
    for (size_t j = (i + 1) & mask; p->v[j].item; j = (j + 1) & mask) {
        size_t home = (size_t)p->v[j].hash & mask;
        if (((j - home) & mask) >= ((j - i) & mask)) {
            p->v[i] = p->v[j];
            i = j;
        }
    }
    p->v[i].item = NULL;
    p->n--;
    t->n--;
}

void table_free(struct table *t)
{
    for (size_t i = 0; i < TABLE_PARTS; i++)
        free(t->parts[i].v);
    *t = (struct table){0};
}

static size_t ids_at(const struct ids *s, uint64_t id)
{
    size_t low = 0;
    for (size_t high = s->n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (s->v[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool ids_have(const struct ids *s, uint64_t id)
{
    size_t i = ids_at(s, id);
    return i < s->n && s->v[i] == id;
}

void ids_put(struct ids *s, uint64_t id)
{
    size_t i = ids_at(s, id);
    s->v = memory_grow(s->v, &s->cap, s->n + 1, sizeof *s->v);
    memmove(s->v + i + 1, s->v + i, (s->n - i) * sizeof *s->v);
    s->v[i] = id;
    s->n++;
}

void ids_drop(struct ids *s, uint64_t id)
{
    size_t i = ids_at(s, id);
    if (i >= s->n || s->v[i] != id)
        return;
    memmove(s->v + i, s->v + i + 1, (s->n - i - 1) * sizeof *s->v);
    s->n--;
}
