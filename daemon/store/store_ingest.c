// SPDX-License-Identifier: Apache-2.0
// What appends to the log: events, desk commands, plain inputs, identity acts. Arguments and answers as in
// docs/reference/redis.md. Every event passes through store_ingest, so it allocates nothing.
#include "daemon/store/store_internal.h"

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

void store_put_event_keys(struct resp_out *out, const struct store_ingest *a)
{
    store_put_keys(out, a->tenant, (const char *const[]){"seen:", a->account, ":", a->id}, 4);
    store_put_keys(out, a->tenant, (const char *const[]){"handle:", a->handle}, 2);
}

void store_put_event_words(struct resp_out *out, const struct store_ingest *a)
{
    resp_text(out, a->digest);
    store_put_rules(out, a);
    resp_text(out, a->display_name);
    resp_bulk(out, a->entry, a->entry_len);
    resp_bulk(out, a->input, a->input_len);
}

static void on_alone(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    if (c->aux == STORE_LANE_REFUSED)
        store_lane_refused(owner);
    else if (c->aux) // it was sent
        store_lane_answered(owner, e, v);
    store_reply_stored(owner, c, e, v);
}

// An event with references or handles beside its own, or a word about messages, goes alone.
static void ingest_alone(struct store *s, const struct store_ingest *a, store_placed_fn *fn, void *module,
                         uint64_t token)
{
    struct link_call c = STORE_CALL(on_alone, fn, module, token);
    size_t lists = 5 + (size_t)a->threads_n + a->verified_n + a->claimed_n;
    const char *name = a->consent ? STORE_LIBRARY "_consent" : STORE_LIBRARY "_ingest";
    lists += a->consent ? 3 : 0;
    struct resp_out *out = store_verb(s, &c, "FCALL", 3 + STORE_EVENT_KEYS + STORE_EVENT_WORDS + lists);
    if (!out)
        return;
    c.aux = store_lane_turn(s);
    resp_text(out, name);
    resp_u64(out, 1 + STORE_EVENT_KEYS);
    store_put_key(out, a->tenant, "inputs");
    store_put_event_keys(out, a);
    store_put_event_words(out, a);
    resp_u64(out, c.aux);
    resp_text(out, a->account);
    resp_u64(out, a->threads_n);
    resp_u64(out, a->verified_n);
    resp_u64(out, a->claimed_n);
    store_put_all(out, a->threads, a->threads_n);
    store_put_all(out, a->verified, a->verified_n);
    store_put_all(out, a->claimed, a->claimed_n);
    if (a->consent) {
        resp_text(out, a->consent_account);
        resp_u64(out, a->consent);
        resp_text(out, a->keyword);
    }
    link_end(s->link, &c);
}

void store_ingest(struct store *s, const struct store_ingest *a, store_placed_fn *fn, void *module, uint64_t token)
{
    if (a->threads_n || a->verified_n || a->claimed_n || a->consent)
        ingest_alone(s, a, fn, module, token);
    else
        store_gather(s, a, fn, module, token);
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
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_identity", a->tenant, 8);
    if (!out)
        return;
    resp_text(out, a->key);
    resp_u64(out, a->act);
    resp_u64(out, a->customer);
    resp_u64(out, a->other);
    resp_text(out, a->handle);
    resp_text(out, a->agent);
    resp_bulk(out, a->input, a->input_len);
    resp_bulk(out, a->attributes, a->attributes_len);
    link_end(s->link, &c);
}
