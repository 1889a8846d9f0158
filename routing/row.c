// SPDX-License-Identifier: Apache-2.0
//
// A row of seats: agents in order of preference (more points, longer idle, lower id), found, put and dropped in logarithmic time
// and counted by place; row.n is the caller's to keep. A row is a list of chunks, each a sorted array; the chunks' sizes stand side by side, so that counting
// reads little memory. Nothing here knows what the points mean.

#include "routing/row.h"
#include "routing/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROW_CHUNK      64 // seats at most in a chunk
#define ROW_ALIKE      8  // seats alike but for the id that are looked through
#define ROW_CHUNK_LEAN 16 // with fewer it is joined to its neighbour where both fit well into one

bool row_before(const struct seat *a, const struct seat *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    if (a->idle != b->idle)
        return a->idle < b->idle;
    return a->agent != b->agent && strcmp(a->agent->def.id, b->agent->def.id) < 0;
}

// The last chunk whose first seat is not behind `s`; 0 when there is none.
size_t row_chunk_of(const struct row *w, const struct seat *s)
{
    size_t low = 0;
    for (size_t high = w->chunks_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (row_before(s, &w->chunks[middle].first))
            high = middle;
        else
            low = middle + 1;
    }
    return low ? low - 1 : 0;
}

// How many seats of the chunk go before `s`.
static size_t row_place_in(const struct chunk *c, const struct seat *s)
{
    size_t low = 0;
    for (size_t high = c->n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (row_before(&c->v[middle], s))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// What finding a place among the chunks, and then in one of them, will read.
void row_fetch(const struct row *w)
{
    for (size_t i = 1; w->chunks_n && i < 8; i++)
        __builtin_prefetch(&w->chunks[w->chunks_n * i / 8]);
}

void row_fetch_chunk(const struct row *w, size_t at)
{
    if (at < w->chunks_n) {
        const struct chunk *c = &w->chunks[at];
        for (size_t i = 1; i < 8; i++)
            __builtin_prefetch(&c->v[c->n * i / 8], 1);
    }
}

static void row_insert_chunk(struct row *w, size_t at)
{
    w->chunks = memory_grow(w->chunks, &w->chunks_cap, w->chunks_n + 1, sizeof *w->chunks);
    memmove(w->chunks + at + 1, w->chunks + at, (w->chunks_n - at) * sizeof *w->chunks);
    w->chunks[at] = (struct chunk){0};
    w->chunks_n++;
}

static void row_remove_chunk(struct row *w, size_t at)
{
    free(w->chunks[at].v);
    w->chunks_n--;
    memmove(w->chunks + at, w->chunks + at + 1, (w->chunks_n - at) * sizeof *w->chunks);
}

static void row_grow_chunk(struct chunk *c, size_t need)
{
    size_t cap = c->cap;
    c->v = memory_grow(c->v, &cap, need, sizeof *c->v);
    c->cap = (uint32_t)cap;
}

// Makes room in a full chunk. Whoever comes last opens a chunk of their own: most seats are taken at the end.
static size_t row_split(struct row *w, size_t at, size_t place)
{
    struct chunk *c = &w->chunks[at];
    size_t keep = place == c->n && at + 1 == w->chunks_n ? c->n : c->n / 2;
    row_insert_chunk(w, at + 1);
    c = &w->chunks[at];
    struct chunk *next = c + 1;
    row_grow_chunk(next, ROW_CHUNK);
    next->n = c->n - (uint32_t)keep;
    memcpy(next->v, c->v + keep, next->n * sizeof *next->v);
    if (next->n)
        next->first = next->v[0];
    c->n = (uint32_t)keep;
    return place > keep || (place == keep && !next->n) ? at + 1 : at;
}

void row_put(struct row *w, const struct seat *s, size_t at)
{
    if (!w->chunks_n)
        row_insert_chunk(w, 0);
    size_t place = row_place_in(&w->chunks[at], s);
    if (w->chunks[at].n == ROW_CHUNK) {
        at = row_split(w, at, place);
        place = row_place_in(&w->chunks[at], s);
    }
    struct chunk *c = &w->chunks[at];
    row_grow_chunk(c, c->n + 1u);
    memmove(c->v + place + 1, c->v + place, (c->n - place) * sizeof *c->v);
    c->v[place] = *s;
    c->first = c->v[0];
    c->n++;
    w->first = w->chunks[0].first;
}

static void row_join(struct row *w, size_t at)
{
    struct chunk *c = &w->chunks[at], *next = c + 1;
    if (at + 1 >= w->chunks_n || c->n + next->n > ROW_CHUNK * 3 / 4)
        return;
    row_grow_chunk(c, c->n + next->n);
    memcpy(c->v + c->n, next->v, next->n * sizeof *c->v);
    c->n += next->n;
    row_remove_chunk(w, at + 1);
}

// Where it is among those alike, who mostly are few: found without reading whose ids they are.
static size_t row_place_of(const struct chunk *c, const struct seat *s)
{
    size_t low = 0, high = c->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct seat *v = &c->v[middle];
        if (v->score > s->score || (v->score == s->score && v->idle < s->idle))
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t end = low + ROW_ALIKE < c->n ? low + ROW_ALIKE : c->n; low < end; low++) {
        if (c->v[low].agent == s->agent)
            return low;
    }
    return row_place_in(c, s);
}

void row_drop(struct row *w, const struct seat *s, size_t at)
{
    struct chunk *c = &w->chunks[at];
    size_t place = row_place_of(c, s);
    assert(place < c->n && c->v[place].agent == s->agent);
    c->n--;
    memmove(c->v + place, c->v + place + 1, (c->n - place) * sizeof *c->v);
    c->first = c->v[0];
    if (!c->n)
        row_remove_chunk(w, at);
    else if (c->n < ROW_CHUNK_LEAN && w->chunks_n > 1)
        row_join(w, at);
    if (w->chunks_n)
        w->first = w->chunks[0].first;
}

// How many seats go before this one; it must be there.
size_t row_place(const struct row *w, const struct seat *s)
{
    size_t at = row_chunk_of(w, s), before = row_place_in(&w->chunks[at], s);
    for (size_t i = 0; i < at; i++)
        before += w->chunks[i].n;
    return before;
}

struct row_cursor row_at(const struct row *w, size_t place)
{
    struct row_cursor at = {0};
    while (at.chunk < w->chunks_n && place >= w->chunks[at.chunk].n)
        place -= w->chunks[at.chunk++].n;
    at.place = place;
    return at;
}

// The seat at the cursor, which then moves on; NULL at the end.
const struct seat *row_next(const struct row *w, struct row_cursor *at)
{
    if (!at->chunk && !at->place && w->chunks_n) {
        at->place = 1;
        return &w->first; // no chunk is read for it
    }
    if (at->chunk < w->chunks_n && at->place == w->chunks[at->chunk].n)
        *at = (struct row_cursor){.chunk = at->chunk + 1};
    return at->chunk < w->chunks_n ? &w->chunks[at->chunk].v[at->place++] : NULL;
}

void row_clear(struct row *w)
{
    for (size_t i = 0; i < w->chunks_n; i++)
        free(w->chunks[i].v);
    free(w->chunks);
    free(w->levels);
    *w = (struct row){0};
}

const char *row_check(const struct row *w)
{
    const struct seat *before = NULL;
    size_t n = 0;
    for (size_t i = 0; i < w->chunks_n; i++) {
        if (!w->chunks[i].n || w->chunks[i].n > ROW_CHUNK || w->chunks[i].first.agent != w->chunks[i].v[0].agent)
            return "a row of agents has a chunk of the wrong size";
        for (size_t j = 0; j < w->chunks[i].n; j++, n++) {
            if (before && !row_before(before, &w->chunks[i].v[j]))
                return "a row of agents is out of order";
            before = &w->chunks[i].v[j];
        }
    }
    if (n && (w->first.score != w->chunks[0].v[0].score || w->first.idle != w->chunks[0].v[0].idle ||
              w->first.agent != w->chunks[0].v[0].agent))
        return "a row of agents does not know who is first";
    return n == w->n ? NULL : "a row of agents is miscounted";
}
