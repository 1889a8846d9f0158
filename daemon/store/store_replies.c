// SPDX-License-Identifier: Apache-2.0
// Replies that several calls share, as the typed results their callbacks take.
#include "daemon/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

void store_reply_placed(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store *s = owner;
    struct store_placed p = {0};
    e = store_status(s, e, v);
    if (v && v->type == VALUE_ARRAY) {
        p = (struct store_placed){.duplicate = value_at(v, 0)->integer == 1,
                                  .input = value_u64(value_at(v, 1)),
                                  .conversation = value_u64(value_at(v, 2)),
                                  .customer = value_u64(value_at(v, 3))};
        if (e == TL_OK)
            s->trouble = "";
    }
    if (c->fn)
        ((store_placed_fn *)c->fn)(c->module, c->token, e, &p);
}

// "input,conversation,customer,digest", NUL, what was added to the input: stored just now. Anything else is a placed reply.
void store_reply_stored(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store *s = owner;
    if (e != TL_OK || v->type != VALUE_STRING) {
        store_reply_placed(owner, c, e, v);
        return;
    }
    struct store_placed p = {0};
    uint64_t *const part[] = {&p.input, &p.conversation, &p.customer};
    const char *at = v->str;
    for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++, at += *at == ',')
        for (; *at >= '0' && *at <= '9'; at++)
            *part[i] = *part[i] * 10 + (uint64_t)(*at - '0');
    s->trouble = "";
    const char *added = memchr(v->str, 0, v->len);
    if (c->reader && added++) {
        resp_put(&s->sent.whole, added, (size_t)(v->str + v->len - added));
        store_reader_told(s, c->reader, p.input, s->sent.whole.p, s->sent.whole.len);
    }
    if (c->fn)
        ((store_placed_fn *)c->fn)(c->module, c->token, TL_OK, &p);
}

void store_reply_number(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    store_reply_placed(owner, c, e, v); // the places that it lacks read as 0
}

void store_reply_done(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store_placed p = {0};
    e = store_plain_status(owner, e, v);
    if (c->fn)
        ((store_placed_fn *)c->fn)(c->module, c->token, e, &p);
}

// Gives the n values that `fill` makes of v to the caller.
static void store_give(const struct link_call *c, enum tl_err e, const struct value *v, size_t n,
                       void (*fill)(const struct value *v, size_t n, struct store_bytes *out))
{
    struct store_bytes few[64], *out = few;
    if (n > sizeof(few) / sizeof(few[0]))
        out = xcalloc(n, sizeof(*out));
    few[0] = (struct store_bytes){0}; // where there are none the pointer is given all the same
    if (n)
        fill(v, n, out);
    ((store_entries_fn *)c->fn)(c->module, c->token, e, out, n);
    if (out != few)
        free(out);
}

static struct store_bytes store_bytes_of(const struct value *v, uint64_t number)
{
    return (struct store_bytes){.number = number, .p = value_text(v), .len = v->len};
}

static void store_fill_fields(const struct value *v, size_t n, struct store_bytes *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = store_bytes_of(value_at(v, i + 1), 0);
}

void store_reply_fields(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    e = store_status(owner, e, v);
    store_give(c, e, v, e == TL_OK ? (v->n - 1) & ~1u : 0, store_fill_fields);
}

// One entry of a stream: [id, [field, bytes, ...]]; ours have one field that counts, the first.
static struct store_bytes store_stream_entry(const struct value *v)
{
    return store_bytes_of(value_at(value_at(v, 1), 1), value_u64(value_at(v, 0)));
}

static void store_fill_stream(const struct value *v, size_t n, struct store_bytes *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = store_stream_entry(value_at(v, i));
}

static void store_fill_reverse(const struct value *v, size_t n, struct store_bytes *out)
{
    for (size_t i = 0; i < n; i++)
        out[n - 1 - i] = store_stream_entry(value_at(v, i));
}

void store_reply_stream(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    e = store_plain_status(owner, e, v);
    store_give(c, e, v, e == TL_OK ? v->n : 0, store_fill_stream);
}

void store_reply_reverse(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    e = store_plain_status(owner, e, v);
    store_give(c, e, v, e == TL_OK ? v->n : 0, store_fill_reverse);
}
