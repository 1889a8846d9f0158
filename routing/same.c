// SPDX-License-Identifier: Apache-2.0
//
// Comparing definitions by what a snapshot writes of them. Nothing fails.

#include "routing/same.h"
#include "routing/writer.h"

#include <stdlib.h>
#include <string.h>

static struct written same_written(void (*put)(struct writer *o, const void *def), const void *def)
{
    struct written b = {0};
    struct writer o = {.write = written_add, .ctx = &b};
    put(&o, def);
    put_flush(&o);
    return b;
}

static bool same(void (*put)(struct writer *o, const void *def), const void *a, const void *b)
{
    struct written x = same_written(put, a), y = same_written(put, b);
    bool equal = x.n == y.n && memcmp(x.v, y.v, x.n) == 0;
    free(x.v);
    free(y.v);
    return equal;
}

static void same_put_agent(struct writer *o, const void *def)
{
    put_agent_def(o, def);
}

static void same_put_queue(struct writer *o, const void *def)
{
    put_queue_def(o, def);
}

static void same_put_rules(struct writer *o, const void *def)
{
    put_rules(o, def);
}

bool same_agent(const struct router_agent *a, const struct router_agent *b)
{
    return same(same_put_agent, a, b);
}

bool same_queue(const struct router_queue *a, const struct router_queue *b)
{
    return same(same_put_queue, a, b);
}

bool same_rules(const struct router_config *a, const struct router_config *b)
{
    return same(same_put_rules, a, b);
}
