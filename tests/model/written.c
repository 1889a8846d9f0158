// SPDX-License-Identifier: Apache-2.0

#include "written.h"

#include <stdio.h>
#include <stdlib.h>

struct router *written_again(const struct router *r)
{
    const char *why = NULL;
    size_t n;
    unsigned char *bytes = router_snapshot_bytes(r, &n);
    struct router *copy = router_restore(bytes, n, &why);
    free(bytes);
    if (!copy)
        fprintf(stderr, "  restore: %s\n", why);
    return copy;
}
