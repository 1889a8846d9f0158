// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_CONTAINERS_H
#define THROUGHLINE_ROUTING_CONTAINERS_H

// What the router's data is kept in: lists of ids, hash tables (table.c), arenas (memory.c). Timers and their heaps are state.h's.

#include <stddef.h>
#include <stdint.h>

#define MEMORY_LINE 64 // bytes that come from memory together on most machines; only speed goes by it

struct ids { // ascending
    uint64_t *v;
    size_t n, cap;
};

#define TABLE_PARTS 64

struct table { // open addressing; never iterated
    struct table_part {
        struct table_slot {
            uint64_t hash;
            void *item;
        } * v;
        size_t n, cap;
    } parts[TABLE_PARTS]; // by the first bits of the hash: each grows by itself, so that no step moves all
    size_t n;
};

struct arena {
    struct arena_chunk *chunks;
};

#endif
