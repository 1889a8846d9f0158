// SPDX-License-Identifier: Apache-2.0
// Memory in blocks that are freed together. What is larger than a block gets one of its own.
#include "channels/region.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/utf8.h"

#define REGION_BLOCK 4000

struct region_block {
    struct region_block *next;
    size_t used, size;
    max_align_t bytes[];
};

static struct region_block *region_grow(struct region *m, size_t size)
{
    size_t room = size > REGION_BLOCK ? size : REGION_BLOCK;
    struct region_block *b = calloc(1, sizeof(*b) + room);
    if (!b)
        abort();
    b->size = room;
    if (m->blocks && size > REGION_BLOCK) { // full from the start: behind the one in use
        b->next = m->blocks->next;
        m->blocks->next = b;
    } else {
        b->next = m->blocks;
        m->blocks = b;
    }
    return b;
}

void *region_new(struct region *m, size_t n, size_t each)
{
    const size_t unit = _Alignof(max_align_t);
    assert(each == 0 || n <= (SIZE_MAX - unit) / each);
    size_t size = (n * each + unit - 1) / unit * unit;
    struct region_block *b = m->blocks;
    if (!b || b->size - b->used < size)
        b = region_grow(m, size);
    void *p = (char *)b->bytes + b->used;
    b->used += size;
    return p;
}

char *region_copy(struct region *m, const void *bytes, size_t len)
{
    char *p = region_new(m, len + 1, 1);
    if (len)
        memcpy(p, bytes, len);
    return p;
}

char *region_text(struct region *m, const char *text)
{
    return text ? region_copy(m, text, strlen(text)) : NULL;
}

char *region_format(struct region *m, const char *format, ...)
{
    va_list ap, again;
    va_start(ap, format);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    assert(n >= 0);
    char *p = region_new(m, (size_t)n + 1, 1);
    vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

char *region_line(struct region *m, const char *bytes, size_t len, size_t max)
{
    char *out = region_copy(m, bytes, len);
    bool utf8 = utf8_valid(out, len);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)out[i];
        if (c >= 0x80 && !utf8)
            out[i] = '?';
        else if (c < ' ' || c == 0x7f)
            out[i] = ' ';
        else if (c == 0xc2 && (unsigned char)out[i + 1] < 0xa0) // U+0080 to U+009F
            out[i] = out[i + 1] = ' ';
    }
    out[utf8_prefix(out, len, max)] = 0;
    return out;
}

void region_free(struct region *m)
{
    while (m->blocks) {
        struct region_block *b = m->blocks;
        m->blocks = b->next;
        free(b);
    }
}
