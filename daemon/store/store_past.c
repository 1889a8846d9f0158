// SPDX-License-Identifier: Apache-2.0
// The log's past, read by a forked child on a blocking connection of its own: pages of inputs, and the newest snapshot. A lost connection ends it;
// who reads begins another time.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/block.h"
#include "daemon/store/store_internal.h"

#define PAST_TIMEOUT_MS 30000
#define PAST_CHUNKS_MAX 4096

struct store_past {
    struct block *b;
    char tenant[96];
};

struct store_past *store_past_open(const struct store_options *o, const char *tenant, char *why, size_t why_len)
{
    const char *trouble = "";
    struct block *b = block_open(o->url, o->ca_file, PAST_TIMEOUT_MS, &trouble);
    if (!b) {
        snprintf(why, why_len, "redis: %s", trouble);
        return NULL;
    }
    struct store_past *p = xcalloc(1, sizeof *p);
    p->b = b;
    snprintf(p->tenant, sizeof p->tenant, "%s", tenant);
    return p;
}

void store_past_close(struct store_past *p)
{
    if (!p)
        return;
    block_close(p->b);
    free(p);
}

bool store_past_inputs(struct store_past *p, uint64_t after, store_past_fn *fn, void *ctx, uint32_t *n)
{
    char from[32];
    struct resp_out *out = block_out(p->b);
    snprintf(from, sizeof from, "(%llu-0", (unsigned long long)after);
    resp_array(out, 6);
    resp_text(out, "XRANGE");
    store_put_key(out, p->tenant, "inputs");
    resp_text(out, from);
    resp_text(out, "+");
    resp_text(out, "COUNT");
    resp_u64(out, STORE_PAST_PAGE);
    const struct value *v = block_call(p->b);
    *n = v && v->type == VALUE_ARRAY ? v->n : 0;
    for (size_t i = 0; i < *n; i++) {
        const struct value *entry = value_at(v, i), *bytes = value_at(value_at(entry, 1), 1);
        if (!fn(ctx, value_u64(value_at(entry, 0)), value_text(bytes), bytes->len))
            break;
    }
    return v && v->type == VALUE_ARRAY;
}

static bool past_chunk(struct store_past *p, uint64_t input, uint64_t chunk, void **state, size_t *len)
{
    char key[64];
    struct resp_out *out = block_out(p->b);
    snprintf(key, sizeof key, "snapshot:%llu:%llu", (unsigned long long)input, (unsigned long long)chunk);
    resp_array(out, 2);
    resp_text(out, "GET");
    store_put_key(out, p->tenant, key);
    const struct value *v = block_call(p->b);
    if (!v || v->type != VALUE_STRING)
        return false;
    *state = xrealloc(*state, *len + v->len + 1);
    memcpy((char *)*state + *len, v->str, v->len);
    *len += v->len;
    return true;
}

bool store_past_snapshot(struct store_past *p, bool before, uint64_t *input, void **meta, size_t *meta_len,
                         void **state, size_t *state_len)
{
    static const char *const fields[2][3] = {{"newest", "newest_chunks", "newest_meta"},
                                             {"before", "before_chunks", "before_meta"}};
    struct resp_out *out = block_out(p->b);
    *meta = *state = NULL;
    *meta_len = *state_len = 0;
    resp_array(out, 5);
    resp_text(out, "HMGET");
    store_put_key(out, p->tenant, "snapshots");
    for (size_t i = 0; i < 3; i++)
        resp_text(out, fields[before][i]);
    const struct value *v = block_call(p->b);
    if (!v || v->type != VALUE_ARRAY)
        return false;
    *input = value_u64(value_at(v, 0));
    uint64_t chunks = value_u64(value_at(v, 1));
    if (!*input || !chunks || chunks > PAST_CHUNKS_MAX)
        return true; // there is none
    *meta_len = value_at(v, 2)->len;
    *meta = xmemdup(value_text(value_at(v, 2)), *meta_len + 1);
    bool whole = true;
    for (uint64_t i = 0; whole && i < chunks; i++)
        whole = past_chunk(p, *input, i, state, state_len);
    return whole;
}
