// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_STORE_RESP_H
#define THROUGHLINE_STORE_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "daemon/base/loop.h"

// Writes Redis commands (arrays of bulk strings) into a growing buffer that is used again and again: no allocation
// per command, one copy of each argument. Inline because every event passes here.

struct resp_out {
    char *p;
    size_t len, cap;
};

static inline char *resp_reserve(struct resp_out *o, size_t n)
{
    if (o->cap - o->len < n) {
        o->cap = o->cap < 4096 ? 4096 : o->cap;
        while (o->cap - o->len < n)
            o->cap *= 2;
        o->p = xrealloc(o->p, o->cap);
    }
    return o->p + o->len;
}

static inline size_t resp_digits(char *at, uint64_t n)
{
    char text[20];
    size_t i = sizeof(text);
    do {
        text[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    memcpy(at, text + i, sizeof(text) - i);
    return sizeof(text) - i;
}

static inline void resp_head(struct resp_out *o, char kind, uint64_t n)
{
    char *at = resp_reserve(o, 24);
    *at = kind;
    size_t len = 1 + resp_digits(at + 1, n);
    memcpy(at + len, "\r\n", 2);
    o->len += len + 2;
}

static inline void resp_array(struct resp_out *o, size_t n)
{
    resp_head(o, '*', n);
}

static inline void resp_bulk(struct resp_out *o, const void *p, size_t len)
{
    resp_reserve(o, len + 32);
    resp_head(o, '$', len);
    if (len)
        memcpy(o->p + o->len, p, len);
    memcpy(o->p + o->len + len, "\r\n", 2);
    o->len += len + 2;
}

static inline void resp_text(struct resp_out *o, const char *s)
{
    resp_bulk(o, s, s ? strlen(s) : 0);
}

static inline void resp_u64(struct resp_out *o, uint64_t n)
{
    char text[20];
    resp_bulk(o, text, resp_digits(text, n));
}

// Numbers that are never negative in a valid call; a negative one goes as 0.
static inline void resp_ms(struct resp_out *o, int64_t n)
{
    resp_u64(o, n > 0 ? (uint64_t)n : 0);
}

static inline void resp_flag(struct resp_out *o, bool on)
{
    resp_bulk(o, on ? "1" : "0", 1);
}

// One argument of several parts: begin, put, end. The length is known beforehand.
static inline void resp_begin(struct resp_out *o, size_t len)
{
    resp_reserve(o, len + 32);
    resp_head(o, '$', len);
}

static inline void resp_put(struct resp_out *o, const void *p, size_t len)
{
    memcpy(resp_reserve(o, len + 2), p, len);
    o->len += len;
}

static inline void resp_end(struct resp_out *o)
{
    memcpy(resp_reserve(o, 2), "\r\n", 2);
    o->len += 2;
}

#endif
