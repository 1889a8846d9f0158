// SPDX-License-Identifier: Apache-2.0
// Open addressing with linear probing, at most three quarters full. Taking an element moves the followers of its run back,
// so there are no tombstones and a table that lives for months stays as fast as on its first day. It never shrinks.
#include <assert.h>
#include <stdlib.h>

#include "daemon/base/loop.h"
#include "daemon/base/table.h"

static size_t slot_of(const struct table *t, uint64_t key)
{
    key ^= key >> 32; // ids count up: spread them, cheaply
    key *= 0x9e3779b97f4a7c15u;
    key ^= key >> 29;
    return (size_t)key & (t->size - 1);
}

static struct table_slot *find(const struct table *t, uint64_t key)
{
    size_t i = slot_of(t, key);
    while (t->slots[i].key && t->slots[i].key != key)
        i = (i + 1) & (t->size - 1);
    return &t->slots[i];
}

static void grow(struct table *t)
{
    struct table old = *t;
    t->size = old.size ? old.size * 2 : 16;
    t->slots = xcalloc(t->size, sizeof *t->slots);
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].key)
            *find(t, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

void table_close(struct table *t)
{
    free(t->slots);
    *t = (struct table){0};
}

void *table_get(const struct table *t, uint64_t key)
{
    return t->size && key ? find(t, key)->value : NULL;
}

void table_put(struct table *t, uint64_t key, void *value)
{
    assert(key && value);
    if ((t->count + 1) * 4 > t->size * 3)
        grow(t);
    struct table_slot *s = find(t, key);
    t->count += s->key == 0;
    *s = (struct table_slot){key, value};
}

void *table_take(struct table *t, uint64_t key)
{
    if (!t->size || !key)
        return NULL;
    struct table_slot *s = find(t, key);
    void *value = s->value;
    if (!s->key)
        return NULL;
    size_t hole = (size_t)(s - t->slots), mask = t->size - 1;
    for (size_t i = (hole + 1) & mask; t->slots[i].key; i = (i + 1) & mask) {
        size_t home = slot_of(t, t->slots[i].key);
        if (((i - home) & mask) >= ((i - hole) & mask)) { // its home is not behind the hole
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole] = (struct table_slot){0};
    t->count--;
    return value;
}

uint64_t table_add(struct table *t, void *value)
{
    table_put(t, ++t->last, value);
    return t->last;
}

bool table_next(const struct table *t, size_t *cursor, uint64_t *key, void **value)
{
    for (; *cursor < t->size; ++*cursor) {
        const struct table_slot *s = &t->slots[*cursor];
        if (!s->key)
            continue;
        if (key)
            *key = s->key;
        *value = s->value;
        ++*cursor;
        return true;
    }
    return false;
}

void *table_any(const struct table *t)
{
    size_t cursor = 0;
    void *value = NULL;
    return t->count && table_next(t, &cursor, NULL, &value) ? value : NULL;
}
