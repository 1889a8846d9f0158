// SPDX-License-Identifier: Apache-2.0
// Following the log: one XREAD at a time on a connection of its own, and the proof of place. The reader hands on dense
// numbers only; at a gap, as at every connect, it stands still and asks its owner to prove the place.
#include "daemon/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/log.h"

#define READER_BLOCK_MS 200
#define READER_COUNT    1024

struct store_reader {
    struct loop *loop;
    struct link *link;
    struct store_reader_ops ops;
    void *ctx;
    char *key;
    uint64_t after;
    uint64_t turn; // rises with each store_reader_go(): answers to an earlier question are not ours
    bool going;    // between go() and the next connected()
    bool asking;   // an XREAD is in flight
    bool freed;
};

static void reader_ask(struct store_reader *r);

static void reader_stand_still(struct store_reader *r)
{
    r->going = false;
    r->turn++;
    r->ops.connected(r->ctx);
}

// Hands the entries on; false at a gap, or when the owner went elsewhere meanwhile.
static bool reader_hand_on(struct store_reader *r, const struct value *entries, uint64_t turn)
{
    for (size_t i = 0; i < entries->n; i++) {
        const struct value *entry = value_at(entries, i), *bytes = value_at(value_at(entry, 1), 1);
        uint64_t number = value_u64(value_at(entry, 0));
        if (number != r->after + 1) {
            tl_log(LOG_WARN, "log_gap", LN("after", r->after), LN("found", number));
            reader_stand_still(r);
            return false;
        }
        r->after = number;
        r->ops.input(r->ctx, number, value_text(bytes), bytes->len);
        if (r->freed || r->turn != turn)
            return false;
    }
    return true;
}

static void reader_on_entries(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store_reader *r = owner;
    r->asking = false;
    if (e != TL_OK)
        return; // connected() follows when the link is up again
    if (v->type == VALUE_ERROR) {
        tl_log(LOG_WARN, "log_read", LS("error", value_text(v)));
        link_break(r->link, "the log cannot be read");
        return;
    }
    if (c->aux == r->turn && r->going) {
        if (!reader_hand_on(r, value_at(value_at(v, 0), 1), r->turn) && (r->freed || !r->going))
            return;
        if (r->ops.batch_end)
            r->ops.batch_end(r->ctx);
    }
    if (!r->freed && r->going)
        reader_ask(r);
}

static void reader_ask(struct store_reader *r)
{
    struct link_call c = {.reply = reader_on_entries, .aux = r->turn};
    struct resp_out *out = r->asking ? NULL : link_begin(r->link);
    char from[24];
    if (!out)
        return;
    size_t n = resp_digits(from, r->after);
    memcpy(from + n, "-0", 2);
    resp_array(out, 8);
    resp_text(out, "XREAD");
    resp_text(out, "COUNT");
    resp_u64(out, READER_COUNT);
    resp_text(out, "BLOCK");
    resp_u64(out, READER_BLOCK_MS);
    resp_text(out, "STREAMS");
    resp_text(out, r->key);
    resp_bulk(out, from, n + 2);
    r->asking = true;
    link_end(r->link, &c);
}

static void reader_on_up(void *owner)
{
    struct store_reader *r = owner;
    r->asking = false;
    reader_stand_still(r);
}

struct store_reader *store_reader_new(struct store *s, const char *tenant, const struct store_reader_ops *ops,
                                      void *ctx)
{
    static const struct link_ops link_ops = {.up = reader_on_up};
    struct store_reader *r = xcalloc(1, sizeof(*r));
    *r = (struct store_reader){.loop = s->loop, .ops = *ops, .ctx = ctx};
    r->key = xasprintf("tl:{%s}:inputs", tenant);
    struct link_options o = {.name = "reader",
                             .loop = s->loop,
                             .net = s->net,
                             .deadline_ms = READER_BLOCK_MS + s->o.deadline_ms,
                             .max_pending = 16,
                             .max_reply = STORE_REPLY_MAX};
    r->link = link_new(&o, &link_ops, r);
    return r;
}

void store_reader_go(struct store_reader *r, uint64_t after)
{
    r->after = after;
    r->going = true;
    r->turn++;
    reader_ask(r);
}

static void reader_destroy(void *arg)
{
    struct store_reader *r = arg;
    free(r->key);
    free(r);
}

void store_reader_free(struct store_reader *r)
{
    if (!r || r->freed)
        return;
    r->freed = true;
    link_free(r->link);
    loop_defer_free(r->loop, reader_destroy, r);
}

// ---- proof of place ----

uint64_t store_digest(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 1099511628211u;
    return h;
}

// status, incarnation, last, applied, snapshot, first, bytes
static void store_on_place(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store_place p = {0};
    e = store_status(owner, e, v);
    if (e == TL_OK) {
        const struct value *incarnation = value_at(v, 1), *bytes = value_at(v, 6);
        memcpy(p.incarnation, value_text(incarnation),
               incarnation->len < sizeof(p.incarnation) ? incarnation->len : sizeof(p.incarnation) - 1);
        p.last = value_u64(value_at(v, 2));
        p.applied = value_u64(value_at(v, 3));
        p.snapshot = value_u64(value_at(v, 4));
        p.first = value_u64(value_at(v, 5));
        p.digest = bytes->len ? store_digest(bytes->str, bytes->len) : 0;
    }
    ((store_place_fn *)c->fn)(c->module, c->token, e, &p);
}

void store_place(struct store *s, const char *tenant, uint64_t number, store_place_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_on_place, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_place", tenant, 2);
    char incarnation[ID_NAME_SIZE];
    if (!out)
        return;
    resp_u64(out, number);
    resp_text(out, id_name(incarnation));
    link_end(s->link, &c);
}

// ---- trimming ----

static void store_trim_slice(struct store_job *j);

static void store_on_trimmed(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store_job *j = c->module;
    e = store_status(owner, e, v);
    uint64_t removed = e == TL_OK ? value_u64(value_at(v, 1)) : 0;
    j->b += removed;
    if (removed) {
        store_trim_slice(j);
        return;
    }
    struct store_placed p = {.input = j->b};
    if (j->fn)
        ((store_placed_fn *)j->fn)(j->module, j->token, e, &p);
    store_job_free(j);
}

static void store_trim_slice(struct store_job *j)
{
    struct link_call c = STORE_CALL(store_on_trimmed, NULL, j, 0);
    struct resp_out *out = store_fcall(j->s, &c, STORE_LIBRARY "_trim", j->tenant, 1);
    if (!out)
        return;
    resp_u64(out, j->a);
    link_end(j->s->link, &c);
}

void store_trim(struct store *s, const char *tenant, uint64_t upto, store_placed_fn *fn, void *module, uint64_t token)
{
    struct store_job *j = store_job_new(s, (void (*)(void))fn, module, token, tenant, "");
    j->a = upto;
    store_trim_slice(j);
}
