// SPDX-License-Identifier: Apache-2.0
// Reading: timelines, customers, conversations, decisions, small documents, the audit trail, memory. Nothing here
// writes but documents and the audit trail.
#include "daemon/store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_id(struct resp_out *out, const char *before, uint64_t number)
{
    char text[40];
    int n = snprintf(text, sizeof(text), "%s%llu-0", before, (unsigned long long)number);
    resp_bulk(out, text, (size_t)n);
}

static void put_count(struct resp_out *out, uint32_t limit)
{
    resp_text(out, "COUNT");
    resp_u64(out, limit);
}

void store_timeline(struct store *s, const char *tenant, uint64_t conversation, uint64_t after, uint64_t upto,
                    uint32_t limit, bool latest, store_entries_fn *fn, void *module, uint64_t token)
{
    char key[40];
    struct link_call c = STORE_CALL(latest ? store_reply_reverse : store_reply_stream, fn, module, token);
    snprintf(key, sizeof(key), "conv:%llu:log", (unsigned long long)conversation);
    struct resp_out *out = store_plain(s, &c, latest ? "XREVRANGE" : "XRANGE", tenant, key, 4);
    if (!out)
        return;
    if (latest) {
        put_id(out, "", upto);
        put_id(out, "(", after);
    } else {
        put_id(out, "(", after);
        put_id(out, "", upto);
    }
    put_count(out, limit);
    link_end(s->link, &c);
}

static void store_hash_by_id(struct store *s, const char *function, const char *tenant, uint64_t id,
                             store_entries_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_fields, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, function, tenant, 1);
    if (!out)
        return;
    resp_u64(out, id);
    link_end(s->link, &c);
}

void store_customer(struct store *s, const char *tenant, uint64_t customer, store_entries_fn *fn, void *module,
                    uint64_t token)
{
    store_hash_by_id(s, STORE_LIBRARY "_customer", tenant, customer, fn, module, token);
}

void store_conversation(struct store *s, const char *tenant, uint64_t conversation, store_entries_fn *fn, void *module,
                        uint64_t token)
{
    store_hash_by_id(s, STORE_LIBRARY "_conversation", tenant, conversation, fn, module, token);
}

static void store_on_handle(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store_placed p = {0};
    e = store_plain_status(owner, e, v);
    if (e == TL_OK && v->type != VALUE_STRING)
        e = TL_ABSENT;
    if (e == TL_OK) // "<customer>" or "<customer>:s"
        p = (struct store_placed){.customer = value_u64(v), .duplicate = strchr(v->str, ':') != NULL};
    ((store_placed_fn *)c->fn)(c->module, c->token, e, &p);
}

void store_find_handle(struct store *s, const char *tenant, const char *handle, store_placed_fn *fn, void *module,
                       uint64_t token)
{
    struct link_call c = STORE_CALL(store_on_handle, fn, module, token);
    char *key = xasprintf("handle:%s", handle);
    struct resp_out *out = store_plain(s, &c, "GET", tenant, key, 0);
    free(key);
    if (out)
        link_end(s->link, &c);
}

static void store_on_decisions(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    e = store_status(owner, e, v);
    size_t n = e == TL_OK ? (v->n - 1) / 2 : 0;
    struct store_bytes *out = xcalloc(n + 1, sizeof(*out));
    for (size_t i = 0; i < n; i++) {
        const struct value *bytes = value_at(v, 2 + 2 * i);
        out[i] = (struct store_bytes){value_u64(value_at(v, 1 + 2 * i)), value_text(bytes), bytes->len};
    }
    ((store_entries_fn *)c->fn)(c->module, c->token, e, out, n);
    free(out);
}

void store_decisions(struct store *s, const char *tenant, uint64_t work, uint64_t cursor, uint32_t limit,
                     store_entries_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_on_decisions, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_decisions", tenant, 3);
    if (!out)
        return;
    resp_u64(out, work);
    resp_u64(out, cursor);
    resp_u64(out, limit);
    link_end(s->link, &c);
}

// A plain array of texts: ids, or fields and values.
static void store_on_list(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    e = store_plain_status(owner, e, v);
    size_t n = e == TL_OK ? v->n : 0;
    struct store_bytes *out = xcalloc(n + 1, sizeof(*out));
    for (size_t i = 0; i < n; i++) {
        const struct value *at = value_at(v, i);
        out[i] = (struct store_bytes){c->aux ? value_u64(at) : 0, value_text(at), at->len};
    }
    ((store_entries_fn *)c->fn)(c->module, c->token, e, out, n);
    free(out);
}

void store_conversations(struct store *s, const char *tenant, uint64_t cursor, uint32_t limit, store_entries_fn *fn,
                         void *module, uint64_t token)
{
    char from[24] = "+inf";
    struct link_call c = STORE_CALL(store_on_list, fn, module, token);
    c.aux = 1; // numbers
    if (cursor)
        snprintf(from, sizeof(from), "(%llu", (unsigned long long)cursor);
    struct resp_out *out = store_plain(s, &c, "ZREVRANGEBYSCORE", tenant, "convs", 5);
    if (!out)
        return;
    resp_text(out, from);
    resp_text(out, "-inf");
    resp_text(out, "LIMIT");
    resp_u64(out, 0);
    resp_u64(out, limit);
    link_end(s->link, &c);
}

void store_inputs(struct store *s, const char *tenant, uint64_t after, uint32_t limit, store_entries_fn *fn,
                  void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_stream, fn, module, token);
    struct resp_out *out = store_plain(s, &c, "XRANGE", tenant, "inputs", 4);
    if (!out)
        return;
    put_id(out, "(", after);
    resp_text(out, "+");
    put_count(out, limit);
    link_end(s->link, &c);
}

// ---- documents and audit ----

void store_doc_set(struct store *s, const char *tenant, const char *doc, const char *field, const void *bytes,
                   size_t len, store_placed_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_done, fn, module, token);
    char *key = xasprintf("doc:%s", doc);
    struct resp_out *out = store_plain(s, &c, len ? "HSET" : "HDEL", tenant, key, len ? 2 : 1);
    free(key);
    if (!out)
        return;
    resp_text(out, field);
    if (len)
        resp_bulk(out, bytes, len);
    link_end(s->link, &c);
}

void store_doc_all(struct store *s, const char *tenant, const char *doc, store_entries_fn *fn, void *module,
                   uint64_t token)
{
    struct link_call c = STORE_CALL(store_on_list, fn, module, token);
    char *key = xasprintf("doc:%s", doc);
    struct resp_out *out = store_plain(s, &c, "HGETALL", tenant, key, 0);
    free(key);
    if (out)
        link_end(s->link, &c);
}

void store_audit(struct store *s, const char *tenant, const void *bytes, size_t len, store_placed_fn *fn, void *module,
                 uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_number, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_audit", tenant, 1);
    if (!out)
        return;
    resp_bulk(out, bytes, len);
    link_end(s->link, &c);
}

void store_audit_read(struct store *s, const char *tenant, uint64_t cursor, uint32_t limit, store_entries_fn *fn,
                      void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_reply_stream, fn, module, token); // newest first, as they come
    struct resp_out *out = store_plain(s, &c, "XREVRANGE", tenant, "audit", 4);
    if (!out)
        return;
    if (cursor)
        put_id(out, "(", cursor);
    else
        resp_text(out, "+");
    resp_text(out, "-");
    put_count(out, limit);
    link_end(s->link, &c);
}

// ---- memory ----

static uint64_t info_number(const char *info, const char *field)
{
    const char *at = strstr(info, field);
    return at ? strtoull(at + strlen(field), NULL, 10) : 0;
}

static void store_on_memory(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    e = store_plain_status(owner, e, v);
    const char *info = e == TL_OK ? value_text(v) : "";
    ((store_memory_fn *)c->fn)(c->module, c->token, e, info_number(info, "\nused_memory:"),
                               info_number(info, "\nmaxmemory:"));
}

void store_memory(struct store *s, store_memory_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_on_memory, fn, module, token);
    struct resp_out *out = store_verb(s, &c, "INFO", 1);
    if (!out)
        return;
    resp_text(out, "memory");
    link_end(s->link, &c);
}
