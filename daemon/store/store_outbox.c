// SPDX-License-Identifier: Apache-2.0
// What the leader writes once, and the outbox: due, claim, report, dead letters. The rules of the states stand in the
// functions.
#include "daemon/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"

#define OUTGOING_FIELDS 10

void store_apply(struct store *s, const char *tenant, const struct store_lease *fence, uint64_t expected, uint64_t upto,
                 const struct store_op *ops, size_t n, store_placed_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_number, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_apply", tenant, 5 + 10 * n);
    if (!out)
        return;
    store_put_fence(out, fence);
    resp_u64(out, expected);
    resp_u64(out, upto);
    for (const struct store_op *op = ops; op < ops + n; op++) {
        resp_u64(out, op->kind);
        resp_u64(out, op->input);
        resp_u64(out, op->effect);
        resp_u64(out, op->id);
        resp_u64(out, op->conversation);
        resp_u64(out, op->customer);
        resp_text(out, op->text);
        resp_text(out, op->text2);
        resp_flag(out, op->flag);
        resp_bulk(out, op->bytes, op->len);
    }
    link_end(s->link, &c);
}

// id, state, attempt, due, owner, account key, reason, external, delivery, class
static void outgoing_at(const struct value *v, size_t at, struct store_outgoing *o)
{
    const struct value *id = value_at(v, at), *delivery = value_at(v, at + 8);
    *o = (struct store_outgoing){.state = (uint32_t)value_u64(value_at(v, at + 1)),
                                 .attempt = (uint32_t)value_u64(value_at(v, at + 2)),
                                 .due_ms = (int64_t)value_u64(value_at(v, at + 3)),
                                 .owner = value_text(value_at(v, at + 4)),
                                 .account = value_text(value_at(v, at + 5)),
                                 .reason = value_text(value_at(v, at + 6)),
                                 .external_id = value_text(value_at(v, at + 7)),
                                 .delivery = value_text(delivery),
                                 .delivery_len = delivery->len,
                                 .class = value_text(value_at(v, at + 9))};
    memcpy(o->id, value_text(id), id->len < sizeof(o->id) ? id->len : sizeof(o->id) - 1);
}

static void outgoing_reply(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    store_outgoing_fn *fn = (store_outgoing_fn *)c->fn;
    e = store_status(owner, e, v);
    for (size_t at = 1; e == TL_OK && at + OUTGOING_FIELDS <= v->n; at += OUTGOING_FIELDS) {
        struct store_outgoing o;
        outgoing_at(v, at, &o);
        fn(c->module, c->token, TL_OK, &o);
    }
    fn(c->module, c->token, e, NULL);
}

void store_due(struct store *s, const char *tenant, const char *account, const char *after, uint32_t limit,
               store_outgoing_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(outgoing_reply, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_due", tenant, 3);
    if (!out)
        return;
    resp_text(out, account);
    resp_u64(out, limit);
    resp_text(out, after);
    link_end(s->link, &c);
}

void store_claim(struct store *s, const char *tenant, const char *id, const struct store_lease *account, bool dedupes,
                 int64_t life_ms, store_outgoing_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(outgoing_reply, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_claim", tenant, 6);
    if (!out)
        return;
    resp_text(out, id);
    store_put_fence(out, account);
    resp_flag(out, dedupes);
    resp_ms(out, life_ms);
    link_end(s->link, &c);
}

void store_report(struct store *s, const struct store_report *r, store_placed_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_placed, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_report", r->tenant, 9);
    if (!out)
        return;
    resp_text(out, r->id);
    resp_text(out, r->account);
    resp_u64(out, r->state);
    resp_text(out, r->reason);
    resp_text(out, r->external_id);
    resp_ms(out, r->retry_ms);
    resp_u64(out, r->attempt);
    resp_u64(out, r->reach);
    resp_text(out, r->class);
    link_end(s->link, &c);
}

void store_expire(struct store *s, const char *tenant, const char *account, int64_t life_ms, store_placed_fn *fn,
                  void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_placed, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_expire", tenant, 2);
    if (!out)
        return;
    resp_text(out, account);
    resp_ms(out, life_ms);
    link_end(s->link, &c);
}

static void backlog_reply(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    store_entries_fn *fn = (store_entries_fn *)c->fn;
    e = store_status(owner, e, v);
    size_t n = e == TL_OK ? v->n - 1 : 0;
    struct store_bytes *counts = xcalloc(n + 1, sizeof *counts);
    for (size_t i = 0; i < n; i++)
        counts[i].number = value_u64(value_at(v, i + 1));
    fn(c->module, c->token, e, counts, n);
    free(counts);
}

void store_backlog(struct store *s, const char *tenant, const char *const *accounts, size_t n, store_entries_fn *fn,
                   void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(backlog_reply, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_backlog", tenant, n);
    if (!out)
        return;
    for (size_t i = 0; i < n; i++)
        resp_text(out, accounts[i]);
    link_end(s->link, &c);
}

void store_dead_letters(struct store *s, const char *tenant, uint32_t limit, store_outgoing_fn *fn, void *module,
                        uint64_t token)
{
    struct link_call c = STORE_CALL(outgoing_reply, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_dead_letters", tenant, 1);
    if (!out)
        return;
    resp_u64(out, limit);
    link_end(s->link, &c);
}

void store_resend(struct store *s, const char *tenant, const char *id, store_placed_fn *fn, void *module,
                  uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_placed, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_resend", tenant, 1);
    if (!out)
        return;
    resp_text(out, id);
    link_end(s->link, &c);
}
