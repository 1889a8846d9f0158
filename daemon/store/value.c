// SPDX-License-Identifier: Apache-2.0
// The hiredis reader with our own object functions: every reply becomes a tree of `struct value` in one arena.
// Sizes are bounded here, because hiredis accepts any length a server may claim. Fails with a broken protocol or
// a reply over the bound; the link is then closed, for what follows cannot be understood.
#include "daemon/store/value.h"

#include <hiredis/read.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"

#define ARENA_FIRST (16 * 1024)
#define ARENA_KEEP  (1024 * 1024)
#define READER_KEEP (256 * 1024)

struct arena_chunk {
    struct arena_chunk *next;
    size_t len, cap;
    max_align_t bytes[];
};

struct value_reader {
    redisReader *r;
    struct arena_chunk *arena; // the newest chunk first
    struct value root;
    size_t max_bytes, used; // used: by the reply being read
};

static const struct value nothing = {.type = VALUE_NIL, .str = ""};

static struct arena_chunk *arena_grow(struct arena_chunk *next, size_t cap)
{
    struct arena_chunk *c = xcalloc(1, sizeof(*c) + cap);
    c->next = next;
    c->cap = cap;
    return c;
}

static void *arena_take(struct value_reader *r, size_t len)
{
    len = (len + 15) & ~(size_t)15;
    if (len > r->max_bytes || r->used > r->max_bytes - len)
        return NULL;
    r->used += len;
    if (r->arena->cap - r->arena->len < len) {
        size_t cap = r->arena->cap * 2;
        r->arena = arena_grow(r->arena, cap > len ? cap : len);
    }
    void *p = (char *)r->arena->bytes + r->arena->len;
    r->arena->len += len;
    return p;
}

// Keeps one chunk large enough for a reply like the last one, within reason.
static void arena_empty(struct value_reader *r)
{
    if (r->arena->next || r->arena->cap > ARENA_KEEP) {
        size_t cap = r->used < ARENA_FIRST ? ARENA_FIRST : r->used > ARENA_KEEP ? ARENA_KEEP : r->used;
        while (r->arena) {
            struct arena_chunk *c = r->arena;
            r->arena = c->next;
            free(c);
        }
        r->arena = arena_grow(NULL, cap);
    }
    r->arena->len = 0;
    r->used = 0;
}

static struct value *value_place(const redisReadTask *t)
{
    struct value_reader *r = t->privdata;
    if (!t->parent)
        return &r->root;
    return &((struct value *)t->parent->obj)->v[t->idx];
}

static void *value_string(const redisReadTask *t, char *s, size_t len)
{
    char *copy = arena_take(t->privdata, len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, s, len);
    copy[len] = 0;
    struct value *v = value_place(t);
    enum value_type type = t->type == REDIS_REPLY_ERROR    ? VALUE_ERROR
                           : t->type == REDIS_REPLY_STATUS ? VALUE_STATUS
                                                           : VALUE_STRING;
    *v = (struct value){.type = type, .str = copy, .len = len};
    return v;
}

static void *value_array(const redisReadTask *t, int n)
{
    if (n < 0)
        return NULL;
    struct value *elements = arena_take(t->privdata, (size_t)n * sizeof(*elements));
    if (!elements)
        return NULL;
    for (int i = 0; i < n; i++)
        elements[i] = nothing;
    struct value *v = value_place(t);
    *v = (struct value){.type = VALUE_ARRAY, .n = (uint32_t)n, .v = elements, .str = ""};
    return v;
}

static void *value_integer(const redisReadTask *t, long long n)
{
    struct value *v = value_place(t);
    *v = (struct value){.type = VALUE_INTEGER, .integer = n, .str = ""};
    return v;
}

static void *value_nil(const redisReadTask *t)
{
    struct value *v = value_place(t);
    *v = nothing;
    return v;
}

static void value_free(void *v)
{
    (void)v; // the arena's
}

static redisReplyObjectFunctions value_functions = {
    .createString = value_string,
    .createArray = value_array,
    .createInteger = value_integer,
    .createNil = value_nil,
    .freeObject = value_free,
};

struct value_reader *value_reader_new(size_t max_bytes)
{
    struct value_reader *r = xcalloc(1, sizeof(*r));
    r->max_bytes = max_bytes;
    r->arena = arena_grow(NULL, ARENA_FIRST);
    r->r = redisReaderCreateWithFunctions(&value_functions);
    if (!r->r)
        abort();
    r->r->privdata = r;
    r->r->maxbuf = READER_KEEP;
    return r;
}

void value_reader_free(struct value_reader *r)
{
    if (!r)
        return;
    redisReaderFree(r->r);
    while (r->arena) {
        struct arena_chunk *c = r->arena;
        r->arena = c->next;
        free(c);
    }
    free(r);
}

bool value_reader_feed(struct value_reader *r, const void *p, size_t len)
{
    // Complete replies are taken out after every feed, so what lies here is a part of one reply.
    if (r->r->len - r->r->pos > r->max_bytes)
        return false;
    return redisReaderFeed(r->r, p, len) == REDIS_OK;
}

int value_reader_next(struct value_reader *r, const struct value **v)
{
    void *reply = NULL;
    if (r->r->ridx == -1) // a new reply begins
        arena_empty(r);
    if (redisReaderGetReply(r->r, &reply) != REDIS_OK)
        return -1;
    *v = reply;
    return reply != NULL;
}

const struct value *value_at(const struct value *v, size_t i)
{
    return v && v->type == VALUE_ARRAY && i < v->n ? &v->v[i] : &nothing;
}

uint64_t value_u64(const struct value *v)
{
    if (v->type == VALUE_INTEGER)
        return v->integer > 0 ? (uint64_t)v->integer : 0;
    uint64_t n = 0;
    for (size_t i = 0; i < v->len && v->str[i] >= '0' && v->str[i] <= '9'; i++)
        n = n * 10 + (uint64_t)(v->str[i] - '0');
    return n;
}

const char *value_text(const struct value *v)
{
    return v->type == VALUE_ARRAY || v->type == VALUE_NIL || v->type == VALUE_INTEGER ? "" : v->str;
}

bool value_is(const struct value *v, const char *text)
{
    return v->len == strlen(text) && memcmp(v->str, text, v->len) == 0;
}

bool value_starts(const struct value *v, const char *prefix)
{
    size_t n = strlen(prefix);
    return v->len >= n && memcmp(v->str, prefix, n) == 0;
}
