// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_ARENA_H
#define THROUGHLINE_CORE_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

// Memory for one input at a time: everything is given back at once. The first chunk stays, so that a usual input costs no
// malloc. A zeroed struct is an empty arena.

struct arena_chunk;
struct arena {
    struct arena_chunk *chunk;
    size_t used;
    ProtobufCAllocator allocator; // for unpacking into the arena
};

void arena_open(struct arena *a);
void arena_close(struct arena *a);
void arena_reset(struct arena *a);
void *arena_get(struct arena *a, size_t n, size_t size); // zeroed, aligned for anything

#endif
