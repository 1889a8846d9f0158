// SPDX-License-Identifier: Apache-2.0
// A bump allocator. Chunks are chained, the newest first; a reset keeps the oldest only. Out of memory is fatal, as everywhere
// in the daemon.
#include "daemon/core/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"

enum { ARENA_CHUNK = 16 * 1024 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

static void *take(struct arena *a, size_t size)
{
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (!a->chunk || a->chunk->size - a->used < size) {
        size_t room = size > ARENA_CHUNK ? size : ARENA_CHUNK;
        struct arena_chunk *c = xcalloc(1, sizeof *c + room);
        *c = (struct arena_chunk){.older = a->chunk, .size = room};
        a->chunk = c;
        a->used = 0;
    }
    void *p = a->chunk->bytes + a->used;
    a->used += size;
    return p;
}

static void *proto_alloc(void *data, size_t size)
{
    return take(data, size);
}

static void proto_free(void *data, void *p)
{
    (void)data;
    (void)p;
}

void arena_open(struct arena *a)
{
    *a = (struct arena){.allocator = {.alloc = proto_alloc, .free = proto_free, .allocator_data = a}};
}

void arena_reset(struct arena *a)
{
    while (a->chunk && a->chunk->older) {
        struct arena_chunk *older = a->chunk->older;
        free(a->chunk);
        a->chunk = older;
    }
    a->used = 0;
}

void arena_close(struct arena *a)
{
    arena_reset(a);
    free(a->chunk);
    a->chunk = NULL;
}

void *arena_get(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total) || total > SIZE_MAX / 2)
        abort();
    return memset(take(a, total), 0, total);
}
