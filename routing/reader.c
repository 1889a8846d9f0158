// SPDX-License-Identifier: Apache-2.0
//
// Reading primitives of a snapshot: fixed widths, little-endian, texts with their length, every one of them bounded.

#include "routing/reader.h"

#include <string.h>

bool reader_fail(struct reader *in, const char *why)
{
    if (!in->why)
        in->why = why;
    return false;
}

bool reader_must(struct reader *in, bool ok, const char *why)
{
    return ok && !in->why ? true : reader_fail(in, why);
}

const unsigned char *take_bytes(struct reader *in, size_t n)
{
    if (in->why || in->n < n) {
        reader_fail(in, "it ends too early");
        return NULL;
    }
    const unsigned char *p = in->p;
    in->p += n;
    in->n -= n;
    return p;
}

uint64_t take(struct reader *in, size_t width)
{
    const unsigned char *p = take_bytes(in, width);
    uint64_t v = 0;
    for (size_t i = 0; p && i < width; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

uint64_t take64(struct reader *in)
{
    return take(in, 8);
}

uint32_t take32(struct reader *in)
{
    return (uint32_t)take(in, 4);
}

uint8_t take8(struct reader *in)
{
    return (uint8_t)take(in, 1);
}

bool take_bool(struct reader *in)
{
    uint8_t v = take8(in);
    reader_must(in, v <= 1, "a flag is neither yes nor no");
    return v == 1;
}

int64_t take_time(struct reader *in)
{
    uint64_t v = take64(in);
    reader_must(in, v <= INT64_MAX, "a time is negative");
    return v <= INT64_MAX ? (int64_t)v : 0;
}

int64_t take_past(struct reader *in, int64_t now)
{
    int64_t v = take_time(in);
    reader_must(in, v <= now, "a past time lies ahead");
    return v;
}

size_t take_count(struct reader *in, size_t width, size_t least)
{
    uint64_t n = take(in, width);
    reader_must(in, n <= in->n / least, "a count is larger than what follows");
    return in->why ? 0 : (size_t)n;
}

const char *take_text(struct reader *in, size_t max)
{
    size_t n = (size_t)take(in, 2);
    reader_must(in, n <= max, "a text is too long");
    const unsigned char *p = take_bytes(in, n);
    if (!p || memchr(p, 0, n)) {
        reader_fail(in, "a text contains a zero byte");
        return "";
    }
    return memcpy(arena_new(&in->arena, n + 1, 1), p, n);
}

const char *const *take_texts(struct reader *in, size_t *n)
{
    *n = take_count(in, 4, 2);
    const char **v = arena_new(&in->arena, *n, sizeof *v);
    for (size_t i = 0; i < *n; i++)
        v[i] = take_text(in, ROUTER_TEXT_MAX);
    return v;
}
