// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ROW_H
#define THROUGHLINE_ROUTING_ROW_H

// Seats in order of preference, found, put and dropped in logarithmic time. Whoever wants the first of a row reads one line of memory.
// row.c says how it is kept; it owns the chunks, the caller the seats' agents, `n` and `levels`.

#include "routing/containers.h"

#include <stdbool.h>

struct agent;

struct seat { // in order: more points, longer idle, lower id
    int64_t score, idle;
    struct agent *agent;
};

struct chunk {
    struct seat first; // v[0], so that searching reads little memory
    struct seat *v;
    uint32_t n, cap;
};

struct row { // of agents of a pool who are alike in channels open to them, room and being asked
    _Alignas(MEMORY_LINE) uint32_t profile;
    uint32_t n;
    struct seat first; // of the first chunk
    struct chunk *chunks;
    size_t chunks_n, chunks_cap;
    uint32_t *levels; // how many have which surplus
};

struct row_cursor {
    size_t chunk, place;
};

bool row_before(const struct seat *a, const struct seat *b);
size_t row_chunk_of(const struct row *w, const struct seat *s); // in which it is or belongs
void row_fetch(const struct row *w);                            // what row_chunk_of() will read
void row_fetch_chunk(const struct row *w, size_t chunk);        // ... and then row_put() and row_drop()
void row_put(struct row *w, const struct seat *s, size_t chunk);
void row_drop(struct row *w, const struct seat *s, size_t chunk);
size_t row_place(const struct row *w, const struct seat *s); // how many go before this one; it must be there
struct row_cursor row_at(const struct row *w, size_t place);
const struct seat *row_next(const struct row *w, struct row_cursor *at); // which then moves on; NULL at the end
void row_clear(struct row *w);
const char *row_check(const struct row *w); // NULL, or what is wrong with it

#endif
