// SPDX-License-Identifier: Apache-2.0
// A bump allocator. Chunks are chained, the newest first; a reset keeps the oldest only. Out of memory is fatal, as everywhere
// in the daemon.
#include "daemon/core/scratch.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"

enum { SCRATCH_CHUNK = 16 * 1024 };

struct scratch_chunk {
    struct scratch_chunk *older;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

static void *take(struct scratch *a, size_t size)
{
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (!a->chunk || a->chunk->size - a->used < size) {
        size_t room = size > SCRATCH_CHUNK ? size : SCRATCH_CHUNK;
        struct scratch_chunk *c = xcalloc(1, sizeof *c + room);
        *c = (struct scratch_chunk){.older = a->chunk, .size = room};
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

void scratch_open(struct scratch *a)
{
    *a = (struct scratch){.allocator = {.alloc = proto_alloc, .free = proto_free, .allocator_data = a}};
}

void scratch_reset(struct scratch *a)
{
    while (a->chunk && a->chunk->older) {
        struct scratch_chunk *older = a->chunk->older;
        free(a->chunk);
        a->chunk = older;
    }
    a->used = 0;
}

void scratch_close(struct scratch *a)
{
    scratch_reset(a);
    free(a->chunk);
    a->chunk = NULL;
}

void *scratch_get(struct scratch *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total) || total > SIZE_MAX / 2)
        abort();
    return memset(take(a, total), 0, total);
}
