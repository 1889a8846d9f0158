// SPDX-License-Identifier: Apache-2.0
// Hashes of Redis to messages. The fields are those of docs/reference/redis.md. What is missing or damaged is left at its
// default: these are read models for people, never the ground of a decision.
#include "daemon/faces/records.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "throughline/v1/log.pb-c.h"

static char *text_of(const struct store_bytes *b)
{
    char *s = xcalloc(1, b->len + 1);
    if (b->len)
        memcpy(s, b->p, b->len);
    return s;
}

static uint64_t number_of(const struct store_bytes *b)
{
    char text[24] = {0};
    memcpy(text, b->p ? b->p : "", b->len < sizeof text ? b->len : 0);
    return strtoull(text, NULL, 10);
}

static bool field_is(const struct store_bytes *f, const char *name)
{
    return f->len == strlen(name) && memcmp(f->p, name, f->len) == 0;
}

static bool field_begins(const struct store_bytes *f, const char *prefix)
{
    return f->len > strlen(prefix) && memcmp(f->p, prefix, strlen(prefix)) == 0;
}

static void *grow(void *v, size_t n)
{
    return xrealloc(v, (n + 1) * sizeof(void *));
}

static void text_set(char **to, const struct store_bytes *from)
{
    if (from->len)
        *to = text_of(from);
}

static Throughline__V1__Handle *handle_of(const struct store_bytes *field, const struct store_bytes *value)
{
    unsigned evidence = 0, shared = 0;
    struct store_bytes address = {.p = (const char *)field->p + 2, .len = field->len - 2};
    Throughline__V1__Handle *h = xcalloc(1, sizeof *h);
    throughline__v1__handle__init(h);
    h->handle = text_of(&address);
    char *text = text_of(value);
    int n = sscanf(text, "%u,%u,%" SCNu64 ",%" SCNu64, &evidence, &shared, &h->since, &h->came_with);
    if (n < 2) { // a claim: only since when
        evidence = THROUGHLINE__V1__EVIDENCE__EVIDENCE_CLAIMED;
        h->since = strtoull(text, NULL, 10);
    }
    free(text);
    h->evidence = (Throughline__V1__Evidence)evidence;
    h->shared = shared != 0;
    return h;
}

static void handle_add(Throughline__V1__Handle ***v, size_t *n, const struct store_bytes *f,
                       const struct store_bytes *val)
{
    *v = grow(*v, *n);
    (*v)[(*n)++] = handle_of(f, val);
}

// "r:<handle> stop:<account>" or "r:<handle> gone" -> "<wall> <reason>", behind the handles.
static void reach_add(Throughline__V1__Customer *c, const struct store_bytes *f, const struct store_bytes *val)
{
    char *name = text_of(f), *text = text_of(val), *what = strchr(name, ' '), *reason = NULL;
    for (size_t i = 0; what && i < c->n_handles; i++) {
        Throughline__V1__Handle *h = c->handles[i];
        if (strncmp(h->handle, name + 2, (size_t)(what - name - 2)) != 0 || h->handle[what - name - 2])
            continue;
        Throughline__V1__Reach *r = xcalloc(1, sizeof *r);
        throughline__v1__reach__init(r);
        r->stopped = strncmp(what + 1, "stop:", 5) == 0;
        r->gone = !r->stopped;
        if (r->stopped)
            r->account = xstrdup(what + 6);
        r->since_ms = strtoll(text, &reason, 10);
        if (*reason)
            r->reason = xstrdup(reason + 1);
        h->reach = grow(h->reach, h->n_reach);
        h->reach[h->n_reach++] = r;
    }
    free(name);
    free(text);
}

static void merged_add(Throughline__V1__Customer *c, const struct store_bytes *f)
{
    struct store_bytes id = {.p = (const char *)f->p + 2, .len = f->len - 2};
    c->merged = xrealloc(c->merged, (c->n_merged + 1) * sizeof *c->merged);
    c->merged[c->n_merged++] = number_of(&id);
}

static void conversations_add(Throughline__V1__Customer *c, const struct store_bytes *list)
{
    char *text = text_of(list), *save = NULL;
    for (char *id = strtok_r(text, ",", &save); id; id = strtok_r(NULL, ",", &save)) {
        c->conversations = xrealloc(c->conversations, (c->n_conversations + 1) * sizeof *c->conversations);
        c->conversations[c->n_conversations++] = strtoull(id, NULL, 10);
    }
    free(text);
}

// As packed in the log's Placement.
static void attributes_take(Throughline__V1__Customer *c, const struct store_bytes *val)
{
    Throughline__V1__Placement *p = throughline__v1__placement__unpack(NULL, val->len, val->p);
    if (!p)
        return;
    c->attributes = xcalloc(p->n_attributes + 1, sizeof *c->attributes);
    for (; c->n_attributes < p->n_attributes; c->n_attributes++) {
        Throughline__V1__Customer__AttributesEntry *a = xcalloc(1, sizeof *a);
        throughline__v1__customer__attributes_entry__init(a);
        a->key = xstrdup(p->attributes[c->n_attributes]->key);
        a->value = xstrdup(p->attributes[c->n_attributes]->value);
        c->attributes[c->n_attributes] = a;
    }
    throughline__v1__placement__free_unpacked(p, NULL);
}

Throughline__V1__Customer *record_customer(const struct store_bytes *v, size_t n)
{
    Throughline__V1__Customer *c = xcalloc(1, sizeof *c);
    throughline__v1__customer__init(c);
    for (size_t i = 0; i + 1 < n; i += 2) {
        const struct store_bytes *f = &v[i], *val = &v[i + 1];
        if (field_is(f, "id"))
            c->id = number_of(val);
        else if (field_is(f, "name"))
            text_set(&c->name, val);
        else if (field_is(f, "last_agent"))
            text_set(&c->last_agent, val);
        else if (field_is(f, "attributes"))
            attributes_take(c, val);
        else if (field_is(f, "convs"))
            conversations_add(c, val);
        else if (field_begins(f, "h:"))
            handle_add(&c->handles, &c->n_handles, f, val);
        else if (field_begins(f, "c:"))
            handle_add(&c->suggestions, &c->n_suggestions, f, val);
        else if (field_begins(f, "r:"))
            reach_add(c, f, val);
        else if (field_begins(f, "m:"))
            merged_add(c, f);
    }
    return c;
}

Throughline__V1__Conversation *record_conversation(const struct store_bytes *v, size_t n)
{
    Throughline__V1__Conversation *c = xcalloc(1, sizeof *c);
    throughline__v1__conversation__init(c);
    for (size_t i = 0; i + 1 < n; i += 2) {
        const struct store_bytes *f = &v[i], *val = &v[i + 1];
        if (field_is(f, "id"))
            c->id = number_of(val);
        else if (field_is(f, "customer"))
            c->customer = number_of(val);
        else if (field_is(f, "opened"))
            c->opened_ms = (int64_t)number_of(val);
        else if (field_is(f, "last"))
            c->last_ms = (int64_t)number_of(val);
        else if (field_is(f, "channel"))
            c->channel_now = (Throughline__V1__Channel)number_of(val);
        else if (field_is(f, "follows"))
            c->follows = number_of(val);
        else if (field_is(f, "closed"))
            c->closed = number_of(val) != 0;
        else if (field_is(f, "resolved"))
            c->resolved = number_of(val) != 0;
        else if (field_is(f, "disposition"))
            text_set(&c->disposition, val);
        else if (field_is(f, "ended"))
            text_set(&c->ended, val);
        else if (field_is(f, "work"))
            c->work = number_of(val);
        else if (field_is(f, "agent"))
            text_set(&c->agent, val);
    }
    return c;
}

static void text_replace(char **to, const char *from)
{
    if (*to != protobuf_c_empty_string)
        free(*to);
    *to = *from ? xstrdup(from) : (char *)protobuf_c_empty_string;
}

void record_add_work(Throughline__V1__Conversation *c, const Throughline__V1__Work *w)
{
    c->work = w->id;
    c->channel_now = w->channel_now;
    text_replace(&c->agent, w->state == THROUGHLINE__V1__WORK_STATE__WORK_STATE_OFFERED ? "" : w->agent);
    text_replace(&c->language, w->language);
    text_replace(&c->intent, w->intent);
    for (size_t i = 0; i < w->n_sessions; i++) {
        c->sessions = grow(c->sessions, c->n_sessions);
        c->sessions[c->n_sessions++] = (Throughline__V1__Session *)record_copy(&w->sessions[i]->base);
    }
}

void record_add_customer(Throughline__V1__Conversation *c, const struct store_bytes *v, size_t n)
{
    Throughline__V1__Customer *customer = record_customer(v, n);
    const Throughline__V1__Handle *first = NULL;
    for (size_t i = 0; i < customer->n_handles; i++)
        if (!first || customer->handles[i]->since < first->since)
            first = customer->handles[i];
    text_replace(&c->customer_name, customer->name);
    text_replace(&c->customer_handle, first ? first->handle : "");
    throughline__v1__customer__free_unpacked(customer, NULL);
}

Throughline__V1__Entry *record_entry(const struct store_bytes *b)
{
    Throughline__V1__Entry *e = throughline__v1__entry__unpack(NULL, b->len, b->p);
    if (e)
        e->number = b->number;
    return e;
}

ProtobufCMessage *record_copy(const ProtobufCMessage *m)
{
    size_t len = protobuf_c_message_get_packed_size(m);
    uint8_t *bytes = xcalloc(1, len + 1);
    protobuf_c_message_pack(m, bytes);
    ProtobufCMessage *copy = protobuf_c_message_unpack(m->descriptor, NULL, len, bytes);
    free(bytes);
    return copy;
}

size_t record_newest(const struct store_bytes *v, size_t n, size_t limit, size_t room)
{
    size_t from = n, bytes = 0;
    while (from > 0 && n - from < limit && (from == n || bytes + v[from - 1].len <= room))
        bytes += v[--from].len;
    return from;
}
