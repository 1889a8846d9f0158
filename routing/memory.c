// SPDX-License-Identifier: Apache-2.0
//
// Memory of the router: allocation, owned strings, the step's arena and the graveyard.
//
// Out of memory aborts: a fold that cannot go on must not go on differently from its peers. Whatever an effect or a view
// may point to is buried instead of freed, and the graveyard is emptied from when the next step begins on.

#include "routing/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK   16384
#define MEMORY_SLICE  1000
#define MEMORY_GRAVES 1000000

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
};

static char text_empty[1];

void *memory_new(size_t n, size_t each)
{
    void *p = calloc(n ? n : 1, each);
    if (!p)
        abort();
    return p;
}

// sizeof of what is aligned like this is a multiple of it.
void *memory_new_lines(size_t n, size_t each)
{
    assert(each % MEMORY_LINE == 0 && n <= SIZE_MAX / each);
    n = n ? n : 1;
    void *p = aligned_alloc(MEMORY_LINE, n * each);
    if (!p)
        abort();
    return memset(p, 0, n * each);
}

void *memory_grow(void *v, size_t *cap, size_t need, size_t each)
{
    if (need <= *cap)
        return v;
    size_t to = *cap ? *cap : 1;
    while (to < need) {
        if (to > SIZE_MAX / 2 / each)
            abort();
        to *= 2;
    }
    v = realloc(v, to * each);
    if (!v)
        abort();
    *cap = to;
    return v;
}

void memory_bury(struct router *r, const void *p)
{
    if (!p)
        return;
    r->grave = memory_grow(r->grave, &r->grave_cap, r->grave_n + 1, sizeof *r->grave);
    r->grave[r->grave_n++] = (void *)(uintptr_t)p;
}

// A slice of them, that no step pays for very many; more only where very many have piled up.
void memory_unearth(struct router *r)
{
    size_t keep = r->grave_n > MEMORY_SLICE ? r->grave_n - MEMORY_SLICE : 0;
    keep = keep < MEMORY_GRAVES ? keep : MEMORY_GRAVES;
    while (r->grave_n > keep)
        free(r->grave[--r->grave_n]);
}

// All of them.
void memory_unearth_all(struct router *r)
{
    while (r->grave_n)
        free(r->grave[--r->grave_n]);
}

char *text_new(const char *s)
{
    if (!s || !*s)
        return text_empty;
    size_t n = strlen(s) + 1;
    char *copy = memory_new(n, 1);
    memcpy(copy, s, n);
    return copy;
}

char *text_place(char **room, const char *s)
{
    size_t n = strlen(s) + 1;
    char *at = memcpy(*room, s, n);
    *room += n;
    return at;
}

void text_set(struct router *r, char **to, const char *s)
{
    if (strcmp(*to, s) == 0)
        return;
    char *copy = text_new(s);
    text_bury(r, *to);
    *to = copy;
}

void text_bury(struct router *r, const char *s)
{
    if (s != text_empty)
        memory_bury(r, s);
}

void text_free(const char *s)
{
    if (s != text_empty)
        free((void *)(uintptr_t)s);
}

bool text_is(const char *s, size_t max)
{
    return s && strnlen(s, max + 1) <= max;
}

bool texts_are(const char *const *v, size_t n, size_t n_max)
{
    if (n > n_max || (n && !v))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!text_is(v[i], ROUTER_TEXT_MAX))
            return false;
    }
    return true;
}

const char **texts_new(const char *const *from, size_t n)
{
    const char **to = n ? memory_new(n, sizeof *to) : NULL;
    for (size_t i = 0; i < n; i++)
        to[i] = text_new(from[i]);
    return to;
}

void texts_bury(struct router *r, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text_bury(r, v[i]);
    memory_bury(r, v);
}

const char *text_or_empty(const char *s)
{
    return s ? s : "";
}

void *arena_new(struct arena *a, size_t n, size_t each)
{
    size_t align = _Alignof(max_align_t);
    assert(each && n <= SIZE_MAX / 4 / each);
    size_t need = (n * each + align - 1) / align * align;
    struct arena_chunk *c = a->chunks;
    if (!c || c->size - c->used < need) {
        size_t size = need > ARENA_CHUNK ? need : ARENA_CHUNK;
        c = malloc(sizeof *c + size);
        if (!c)
            abort();
        *c = (struct arena_chunk){.next = a->chunks, .size = size};
        a->chunks = c;
    }
    void *p = c->bytes + c->used;
    c->used += need;
    return memset(p, 0, need);
}

const char *arena_text(struct arena *a, const char *s)
{
    if (!s || !*s)
        return "";
    size_t n = strlen(s) + 1;
    return memcpy(arena_new(a, n, 1), s, n);
}

// Keeps one chunk, so that an ordinary step allocates nothing.
void arena_reset(struct arena *a)
{
    struct arena_chunk *keep = a->chunks;
    if (!keep)
        return;
    while (keep->next) {
        struct arena_chunk *next = keep->next;
        free(keep);
        keep = next;
    }
    keep->used = 0;
    a->chunks = keep;
}

void arena_free(struct arena *a)
{
    arena_reset(a);
    free(a->chunks);
    a->chunks = NULL;
}
