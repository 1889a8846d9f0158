// SPDX-License-Identifier: Apache-2.0
// Snapshots of the fold: chunks first, the pointer last, under the leader's fence. Writing blocks and belongs in a forked
// child; reading gathers the chunks one by one on the loop. A chunk that is missing makes the whole absent.
#include "daemon/store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/block.h"

#define SNAPSHOT_CHUNK      (1u << 20)
#define SNAPSHOT_CHUNKS_MAX 4096
#define SNAPSHOT_TIMEOUT_MS 10000
#define SNAPSHOT_UNSEALED_S "86400"

// ---- writing, in a child ----

static void snapshot_key(char *key, size_t size, uint64_t input, uint64_t chunk)
{
    snprintf(key, size, "snapshot:%llu:%llu", (unsigned long long)input, (unsigned long long)chunk);
}

// "" or what went wrong.
static const char *snapshot_verdict(const struct value *v)
{
    static const char *const by_status[] = {"", "", "a newer snapshot is there", "the lease is lost",
                                            "a chunk is missing"};
    if (!v)
        return "the connection was lost";
    if (v->type == VALUE_ERROR)
        return value_starts(v, "OOM") ? "out of memory" : "the server refused";
    if (v->type == VALUE_ARRAY) {
        uint64_t status = value_u64(value_at(v, 0));
        return status < 5 ? by_status[status] : "an answer without a status";
    }
    return "";
}

static const char *snapshot_put(struct block *b, const char *tenant, uint64_t input, uint64_t chunk, const char *bytes,
                                size_t len)
{
    char key[64];
    struct resp_out *out = block_out(b);
    snapshot_key(key, sizeof(key), input, chunk);
    resp_array(out, 5);
    resp_text(out, "SET");
    store_put_key(out, tenant, key);
    resp_bulk(out, bytes, len);
    resp_text(out, "EX");
    resp_text(out, SNAPSHOT_UNSEALED_S);
    return snapshot_verdict(block_call(b));
}

static const char *snapshot_seal(struct block *b, const char *tenant, const struct store_lease *fence, uint64_t input,
                                 uint64_t chunks, const void *meta, size_t meta_len)
{
    struct resp_out *out = block_out(b);
    resp_array(out, 10);
    resp_text(out, "FCALL");
    resp_text(out, STORE_LIBRARY "_snapshot_seal");
    resp_u64(out, 1);
    store_put_key(out, tenant, "inputs");
    store_put_fence(out, fence);
    resp_u64(out, input);
    resp_u64(out, chunks);
    resp_bulk(out, meta, meta_len);
    return snapshot_verdict(block_call(b));
}

bool store_snapshot_write(const struct store_options *o, const char *tenant, const struct store_lease *fence,
                          const void *meta, size_t meta_len, uint64_t input, const void *bytes, size_t len, char *why,
                          size_t why_len)
{
    const char *trouble = "";
    uint64_t chunks = 0;
    struct block *b = block_open(o->url, o->ca_file, SNAPSHOT_TIMEOUT_MS, &trouble);
    if (b) {
        trouble = len > (size_t)SNAPSHOT_CHUNK * SNAPSHOT_CHUNKS_MAX ? "the state is too large" : "";
        for (size_t at = 0; !*trouble && (at < len || chunks == 0); at += SNAPSHOT_CHUNK) {
            size_t n = len - at < SNAPSHOT_CHUNK ? len - at : SNAPSHOT_CHUNK;
            trouble = snapshot_put(b, tenant, input, chunks++, (const char *)bytes + at, n);
        }
        if (!*trouble)
            trouble = snapshot_seal(b, tenant, fence, input, chunks, meta, meta_len);
    }
    block_close(b);
    snprintf(why, why_len, "%s", trouble);
    return !*trouble;
}

// ---- reading, on the loop ----
// The job: a = the snapshot's input, b = chunks still to come, cap = chunks in all.

static void snapshot_next(struct store_job *j);

static void snapshot_end(struct store_job *j, enum tl_err e)
{
    struct store_bytes v[2] = {{j->a, j->meta, j->meta_len}, {j->a, j->bytes, j->len}};
    ((store_entries_fn *)j->fn)(j->module, j->token, e, v, e == TL_OK ? 2 : 0);
    store_job_free(j);
}

static void snapshot_on_chunk(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store_job *j = c->module;
    e = store_plain_status(owner, e, v);
    if (e == TL_OK && v->type != VALUE_STRING)
        e = TL_ABSENT;
    if (e != TL_OK) {
        snapshot_end(j, e);
        return;
    }
    j->bytes = xrealloc(j->bytes, j->len + v->len + 1);
    memcpy(j->bytes + j->len, v->str, v->len);
    j->len += v->len;
    j->b--;
    snapshot_next(j);
}

static void snapshot_next(struct store_job *j)
{
    if (j->b == 0) {
        snapshot_end(j, TL_OK);
        return;
    }
    char key[64];
    struct link_call c = STORE_CALL(snapshot_on_chunk, NULL, j, 0);
    snapshot_key(key, sizeof(key), j->a, j->cap - j->b);
    if (store_plain(j->s, &c, "GET", j->tenant, key, 0))
        link_end(j->s->link, &c);
}

static void snapshot_on_pointer(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store_job *j = c->module;
    e = store_plain_status(owner, e, v);
    if (e == TL_OK) {
        const struct value *meta = value_at(v, 2);
        j->a = value_u64(value_at(v, 0));
        j->b = j->cap = value_u64(value_at(v, 1));
        j->meta = xmemdup(value_text(meta), meta->len + 1);
        j->meta_len = meta->len;
        if (j->a == 0 || j->b == 0 || j->b > SNAPSHOT_CHUNKS_MAX)
            e = TL_ABSENT;
    }
    if (e == TL_OK)
        snapshot_next(j);
    else
        snapshot_end(j, e);
}

void store_snapshot_read(struct store *s, const char *tenant, uint32_t newest, store_entries_fn *fn, void *module,
                         uint64_t token)
{
    static const char *const fields[2][3] = {{"newest", "newest_chunks", "newest_meta"},
                                             {"before", "before_chunks", "before_meta"}};
    struct store_job *j = store_job_new(s, (void (*)(void))fn, module, token, tenant, "");
    struct link_call c = STORE_CALL(snapshot_on_pointer, NULL, j, 0);
    struct resp_out *out = store_plain(s, &c, "HMGET", tenant, "snapshots", 3);
    for (size_t i = 0; out && i < 3; i++)
        resp_text(out, fields[newest ? 1 : 0][i]);
    if (out)
        link_end(s->link, &c);
}
