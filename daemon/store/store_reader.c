// SPDX-License-Identifier: Apache-2.0
// Following the log. Inputs come two ways: by one XREAD at a time on a connection of its own, and, of the events that this node
// sends, with the answer that they are stored. Either way they are handed on by dense numbers only. At a gap in what is read, as at every connect, the
// reader stands still and asks its owner to prove the place; a gap in what answers tell is what others wrote meanwhile, and is read.
//
// While answers come, nothing is asked: Redis would say everything twice. Each answer shows what others wrote before it; a
// moment after the last one, and when this node sends anything but events, the reader asks again.
//
// What fails: answers come on another connection than what is read. One that was made after the proof may be to another server, so its
// first answer has the place proven again.
#include "daemon/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"

#define READER_BLOCK_MS 200
#define READER_COUNT    1024
#define READER_REST_MS  2 // after the last answer

struct store_reader {
    struct store *s; // NULL: it went before us
    struct store_reader *next;
    struct loop *loop;
    struct link *link;
    struct loop_timer *rest; // its end
    struct store_reader_ops ops;
    void *ctx;
    char *tenant, *key;
    uint32_t id;
    uint32_t calls;  // the store's at go()
    uint64_t after;  // the last that was handed on
    uint64_t behind; // an answer told of this one before we were there
    uint64_t turn;   // rises with each store_reader_go(): answers to an earlier question are not ours
    bool going;      // between go() and the next connected()
    bool asking;     // an XREAD is in flight
    bool told;       // by answers, since the last question
    bool batch;      // told in this turn of the loop
    bool freed;
};

static void reader_ask(struct store_reader *r);

static void reader_stand_still(struct store_reader *r)
{
    r->going = false;
    r->turn++;
    loop_timer_set(r->rest, -1);
    r->ops.connected(r->ctx);
}

static void reader_batch_end(struct store_reader *r)
{
    r->batch = false;
    if (r->ops.batch_end)
        r->ops.batch_end(r->ctx);
}

// False when the owner went elsewhere meanwhile.
static bool reader_give(struct store_reader *r, uint64_t number, const void *bytes, size_t len)
{
    uint64_t turn = r->turn;
    r->after = number;
    r->ops.input(r->ctx, number, bytes, len);
    return !r->freed && r->turn == turn;
}

// ---- by reading ----

// Hands the entries on; false at a gap, or when the owner went elsewhere meanwhile.
static bool reader_hand_on(struct store_reader *r, const struct value *entries)
{
    for (size_t i = 0; i < entries->n; i++) {
        const struct value *entry = value_at(entries, i), *bytes = value_at(value_at(entry, 1), 1);
        uint64_t number = value_u64(value_at(entry, 0));
        if (number <= r->after)
            continue; // an answer was faster
        if (number != r->after + 1) {
            tl_log(LOG_WARN, "log_gap", LN("after", r->after), LN("found", number));
            reader_stand_still(r);
            return false;
        }
        if (!reader_give(r, number, value_text(bytes), bytes->len))
            return false;
    }
    return true;
}

static void reader_rest(struct store_reader *r)
{
    if (r->s)
        r->s->resting = true;
    loop_timer_set(r->rest, READER_REST_MS);
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
        if (!reader_hand_on(r, value_at(value_at(v, 0), 1)) && (r->freed || !r->going))
            return;
        reader_batch_end(r);
    }
    if (r->freed || !r->going)
        return;
    if (r->told && r->after >= r->behind)
        reader_rest(r);
    else
        reader_ask(r);
}

static void reader_ask(struct store_reader *r)
{
    struct link_call c = {.reply = reader_on_entries, .aux = r->turn};
    struct resp_out *out = r->asking ? NULL : link_begin(r->link);
    char from[24];
    if (!out)
        return;
    r->told = false;
    loop_timer_set(r->rest, -1);
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

static void reader_on_rest_end(void *arg)
{
    struct store_reader *r = arg;
    if (r->going)
        reader_ask(r);
}

// ---- by answers ----

uint32_t store_reader_of(const struct store *s, const char *tenant)
{
    for (const struct store_reader *r = s->readers; r; r = r->next)
        if (strcmp(r->tenant, tenant) == 0)
            return r->id;
    return 0;
}

static struct store_reader *reader_find(struct store *s, uint32_t id)
{
    if (s->reader && s->reader->id == id)
        return s->reader;
    s->reader = s->readers;
    while (s->reader && s->reader->id != id)
        s->reader = s->reader->next;
    return s->reader;
}

void store_reader_told(struct store *s, uint32_t id, uint64_t number, const void *bytes, size_t len)
{
    struct store_reader *r = id ? reader_find(s, id) : NULL;
    if (!r || !r->going)
        return;
    if (r->calls != s->calls) {
        reader_stand_still(r);
        return;
    }
    r->told = true;
    if (number == r->after + 1) {
        r->batch = s->batch = true;
        reader_give(r, number, bytes, len);
    } else if (number > r->after) {
        r->behind = number;
        reader_ask(r);
    }
}

void store_readers_turn_end(void *store)
{
    struct store *s = store;
    if (!s->batch)
        return;
    s->batch = false;
    for (struct store_reader *r = s->readers, *next; r; r = next) {
        next = r->next;
        if (!r->batch || r->freed || !r->going)
            continue;
        reader_batch_end(r);
        if (!r->freed && r->going && !r->asking)
            reader_rest(r);
    }
}

void store_readers_wake(struct store *s)
{
    s->resting = false;
    for (struct store_reader *r = s->readers; r; r = r->next)
        if (r->going)
            reader_ask(r);
}

// ---- life ----

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
    *r = (struct store_reader){
        .s = s, .next = s->readers, .loop = s->loop, .ops = *ops, .ctx = ctx, .id = ++s->readers_made};
    r->tenant = xstrdup(tenant);
    r->key = xasprintf("tl:{%s}:inputs", tenant);
    r->rest = loop_timer_new(s->loop, reader_on_rest_end, r);
    struct link_options o = {.name = "reader",
                             .loop = s->loop,
                             .net = s->net,
                             .deadline_ms = READER_BLOCK_MS + s->o.deadline_ms,
                             .max_pending = 16,
                             .max_reply = STORE_REPLY_MAX};
    r->link = link_new(&o, &link_ops, r);
    s->readers = r;
    return r;
}

void store_reader_go(struct store_reader *r, uint64_t after)
{
    r->after = after;
    r->behind = 0;
    r->calls = r->s ? r->s->calls : 0;
    r->going = true;
    r->turn++;
    reader_ask(r);
}

void store_readers_part(struct store *s)
{
    for (struct store_reader *r = s->readers; r; r = r->next)
        r->s = NULL;
    s->readers = s->reader = NULL;
}

static void reader_destroy(void *arg)
{
    struct store_reader *r = arg;
    loop_timer_free(r->rest);
    free(r->tenant);
    free(r->key);
    free(r);
}

void store_reader_free(struct store_reader *r)
{
    if (!r || r->freed)
        return;
    r->freed = true;
    r->going = false;
    loop_timer_set(r->rest, -1);
    if (r->s) {
        struct store_reader **at = &r->s->readers;
        while (*at != r)
            at = &(*at)->next;
        *at = r->next;
        r->s->reader = NULL;
    }
    link_free(r->link);
    loop_defer_free(r->loop, reader_destroy, r);
}
