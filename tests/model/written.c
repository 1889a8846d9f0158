// SPDX-License-Identifier: Apache-2.0

#include "written.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool keep(void *ctx, const void *p, size_t n)
{
    struct bytes *b = ctx;
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2;
        b->v = realloc(b->v, b->cap);
        if (!b->v)
            abort();
    }
    memcpy(b->v + b->n, p, n);
    b->n += n;
    return true;
}

struct router *written_again(const struct router *r, struct bytes *b)
{
    const char *why = NULL;
    b->n = 0;
    if (!router_snapshot(r, keep, b))
        abort();
    struct router *copy = router_restore(b->v, b->n, &why);
    if (!copy)
        fprintf(stderr, "  restore: %s\n", why);
    return copy;
}
