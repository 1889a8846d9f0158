// SPDX-License-Identifier: Apache-2.0
// Short words between nodes: published on tl:{tenant}:say:<topic>, heard on a connection of their own. Nothing is kept
// and nothing is promised: who is not connected misses them.
#include "daemon/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

static void store_on_published(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    (void)c;
    (void)store_plain_status(owner, e, v);
}

void store_publish(struct store *s, const char *tenant, const char *topic, const void *bytes, size_t len)
{
    struct link_call c = STORE_CALL(store_on_published, NULL, NULL, 0);
    char *key = xasprintf("say:%s", topic);
    struct resp_out *out = store_plain(s, &c, "PUBLISH", tenant, key, 1);
    free(key);
    if (!out)
        return;
    resp_bulk(out, bytes, len);
    link_end(s->link, &c);
}

static void store_on_subscribed(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store *s = owner;
    (void)c;
    if (e == TL_OK && v->type == VALUE_ERROR)
        link_break(s->ears, "subscribing is not permitted");
}

static void store_on_ears_up(void *owner)
{
    struct store *s = owner;
    struct resp_out *out = link_begin(s->ears);
    if (!out)
        return;
    resp_array(out, 2);
    resp_text(out, "PSUBSCRIBE");
    resp_text(out, "tl:{*}:say:*");
    link_end(s->ears, &STORE_CALL(store_on_subscribed, NULL, NULL, 0));
}

// pmessage, pattern, tl:{tenant}:say:topic, bytes
static void store_on_heard(void *owner, const struct value *v)
{
    struct store *s = owner;
    const struct value *channel = value_at(v, 2), *bytes = value_at(v, 3);
    const char *text = value_text(channel), *end = strstr(text, "}:say:");
    char tenant[96];
    if (!value_starts(channel, "tl:{") || !end || (size_t)(end - text - 4) >= sizeof(tenant))
        return;
    memcpy(tenant, text + 4, (size_t)(end - text - 4));
    tenant[end - text - 4] = 0;
    for (unsigned i = 0; i < s->heard_n; i++)
        s->heard[i].fn(s->heard[i].arg, tenant, end + 6, value_text(bytes), bytes->len);
}

void store_on_publish(struct store *s, store_heard_fn *fn, void *arg)
{
    static const struct link_ops ops = {.up = store_on_ears_up, .push = store_on_heard};
    s->heard = xrealloc(s->heard, (s->heard_n + 1) * sizeof *s->heard);
    s->heard[s->heard_n].fn = fn;
    s->heard[s->heard_n++].arg = arg;
    if (s->ears)
        return;
    struct link_options o = {.name = "subscriber",
                             .loop = s->loop,
                             .net = s->net,
                             .deadline_ms = s->o.deadline_ms,
                             .max_pending = 16,
                             .max_reply = STORE_REPLY_MAX};
    s->ears = link_new(&o, &ops, s);
}
