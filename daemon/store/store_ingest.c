// SPDX-License-Identifier: Apache-2.0
// What appends to the log: events, desk commands, plain inputs, identity acts. Arguments and answers as in
// docs/reference/redis.md. Every event passes through store_ingest, so it allocates nothing.
#include "daemon/store/store_internal.h"

#include "daemon/base/id.h"

#define INGEST_CONTACT 1u
#define INGEST_DRY     2u

static void store_put_all(struct resp_out *out, const char *const *v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        resp_text(out, v[i]);
}

// "channel,flags,join_ms,reopen_ms,seen_seconds"; what is negative goes as 0.
static void store_put_rules(struct resp_out *out, const struct store_ingest *a)
{
    const int64_t numbers[] = {a->channel, (a->contact ? INGEST_CONTACT : 0) | (a->dry ? INGEST_DRY : 0), a->join_ms,
                               a->reopen_ms, a->seen_seconds};
    enum { COUNT = sizeof(numbers) / sizeof(numbers[0]) };
    char text[COUNT * 21];
    size_t len = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (i)
            text[len++] = ',';
        len += resp_digits(text + len, numbers[i] > 0 ? (uint64_t)numbers[i] : 0);
    }
    resp_bulk(out, text, len);
}

// ---- order ----
//
// Many events are under way at a time, and Redis may refuse one and take the next. So each bears the number of its turn in a lane; the
// function refuses what does not follow the last one that it answered. After a failure the next event begins another lane, in which
// those under way have no turn.

#define LANE_BITS  13
#define LANE_SHIFT 40

static void lane_begin(struct store *s)
{
    s->lane.turn = id_random_u64() >> (64 - LANE_BITS) << LANE_SHIFT;
    s->lane.stale = s->lane.flying;
}

static uint64_t lane_turn(struct store *s)
{
    if (!s->lane.turn)
        lane_begin(s);
    s->lane.flying++;
    return ++s->lane.turn;
}

static void on_ingested(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store *s = owner;
    if (c->aux) { // it was sent
        s->lane.flying--;
        if (s->lane.stale)
            s->lane.stale--;
        else if (e != TL_OK || v->type == VALUE_ERROR)
            lane_begin(s);
    }
    store_reply_stored(owner, c, e, v);
}

void store_ingest(struct store *s, const struct store_ingest *a, store_placed_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(on_ingested, fn, module, token);
    size_t more = (size_t)a->threads_n + a->verified_n + a->claimed_n;
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_ingest", a->tenant, 9 + (more ? 3 + more : 0));
    if (!out)
        return;
    c.aux = lane_turn(s);
    resp_text(out, a->account);
    resp_text(out, a->id);
    resp_text(out, a->digest);
    resp_text(out, a->handle);
    store_put_rules(out, a);
    resp_text(out, a->display_name);
    resp_bulk(out, a->entry, a->entry_len);
    resp_bulk(out, a->input, a->input_len);
    resp_u64(out, c.aux);
    if (more) {
        resp_u64(out, a->threads_n);
        resp_u64(out, a->verified_n);
        resp_u64(out, a->claimed_n);
        store_put_all(out, a->threads, a->threads_n);
        store_put_all(out, a->verified, a->verified_n);
        store_put_all(out, a->claimed, a->claimed_n);
    }
    link_end(s->link, &c);
}

void store_command(struct store *s, const struct store_command *a, store_placed_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_placed, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_command", a->tenant, 4);
    if (!out)
        return;
    resp_text(out, a->key);
    resp_u64(out, a->conversation);
    resp_bulk(out, a->entry, a->entry_len);
    resp_bulk(out, a->input, a->input_len);
    link_end(s->link, &c);
}

void store_append(struct store *s, const char *tenant, const struct store_lease *fence, uint64_t expect,
                  const void *input, size_t input_len, store_placed_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_placed, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_append", tenant, 5);
    if (!out)
        return;
    store_put_fence(out, fence);
    resp_u64(out, expect);
    resp_bulk(out, input, input_len);
    link_end(s->link, &c);
}

void store_identity(struct store *s, const struct store_identity *a, store_placed_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_placed, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_identity", a->tenant, 7);
    if (!out)
        return;
    resp_text(out, a->key);
    resp_u64(out, a->act);
    resp_u64(out, a->customer);
    resp_u64(out, a->other);
    resp_text(out, a->handle);
    resp_text(out, a->agent);
    resp_bulk(out, a->input, a->input_len);
    link_end(s->link, &c);
}
