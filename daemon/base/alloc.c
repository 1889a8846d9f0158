// SPDX-License-Identifier: Apache-2.0
// Memory for the daemon. Running out of it, or asking for more than can be counted, ends the process: every caller may
// rely on what it gets. Sizes that come from outside are bounded by whoever reads them, not here.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/loop.h"

static _Noreturn void out_of_memory(void)
{
    static const char text[] = "out of memory\n";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    abort();
}

void *xcalloc(uint64_t n, uint64_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *xrealloc(void *p, uint64_t size)
{
    void *q = realloc(p, size ? size : 1);
    if (!q)
        out_of_memory();
    return q;
}

char *xstrdup(const char *s)
{
    return xmemdup(s, strlen(s) + 1);
}

void *xmemdup(const void *p, uint64_t len)
{
    void *q = xcalloc(1, len);
    if (len)
        memcpy(q, p, len);
    return q;
}

char *xasprintf(const char *fmt, ...)
{
    char *s = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n < 0)
        out_of_memory();
    return s;
}
