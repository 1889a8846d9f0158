// SPDX-License-Identifier: Apache-2.0
// The table of adapters, made from channels.def, and what adapters share: events, headers, settings, the usual meaning of HTTP answers.
// Owns constants only. A table that does not hold together is a bug and ends the tests (tests/unit/channels).
#include "channels/adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channels/adapters.inc" // made by CMake: the extern declarations and `adapters`, ending with NULL

const struct adapter *adapter_at(size_t index)
{
    return index < sizeof(adapters) / sizeof(adapters[0]) ? adapters[index] : NULL;
}

const struct adapter *adapter_named(const char *name)
{
    for (size_t i = 0; adapters[i]; i++)
        if (strcmp(adapters[i]->name, name) == 0)
            return adapters[i];
    return NULL;
}

const char *adapter_header(const struct adapter_header *v, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(v[i].name, name) == 0)
            return v[i].value;
    return NULL;
}

const char *adapter_value(const struct adapter *ad, const struct adapter_account *account, const char *setting)
{
    for (size_t i = 0; ad->settings && ad->settings[i].name; i++)
        if (strcmp(ad->settings[i].name, setting) == 0)
            return account->values[i];
    return NULL;
}

// ---- events ----

Throughline__V1__Event *adapter_event(struct region *m, struct adapter_events *out,
                                      const struct adapter_account *account)
{
    if (out->n == out->room) {
        size_t room = out->room ? out->room * 2 : 4;
        Throughline__V1__Event **v = region_new(m, room, sizeof(Throughline__V1__Event *));
        if (out->n)
            memcpy(v, out->v, out->n * sizeof(Throughline__V1__Event *));
        out->v = v;
        out->room = room;
    }
    Throughline__V1__Event *e = region_new(m, 1, sizeof(*e));
    throughline__v1__event__init(e);
    e->account = region_text(m, account->name);
    out->v[out->n++] = e;
    return e;
}

struct adapter_file *adapter_file(struct region *m, struct adapter_events *out, size_t event, size_t attachment)
{
    if (out->files_n == out->files_room) {
        size_t room = out->files_room ? out->files_room * 2 : 4;
        struct adapter_file *v = region_new(m, room, sizeof *v);
        if (out->files_n)
            memcpy(v, out->files, out->files_n * sizeof *v);
        out->files = v;
        out->files_room = room;
    }
    struct adapter_file *f = &out->files[out->files_n++];
    *f = (struct adapter_file){.event = event, .attachment = attachment, .bytes = "", .content_id = ""};
    return f;
}

void adapter_attribute(struct region *m, Throughline__V1__Event *e, const char *key, const char *value)
{
    Throughline__V1__Event__AttributesEntry **v = region_new(m, e->n_attributes + 1, sizeof(void *));
    Throughline__V1__Event__AttributesEntry *a = region_new(m, 1, sizeof(*a));
    if (e->n_attributes)
        memcpy(v, e->attributes, e->n_attributes * sizeof(void *));
    throughline__v1__event__attributes_entry__init(a);
    a->key = region_text(m, key);
    a->value = region_text(m, value);
    v[e->n_attributes++] = a;
    e->attributes = v;
}

// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): the same bytes get the same id.
static uint64_t adapter_digest(const char *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return h;
}

void adapter_unparsed(struct region *m, struct adapter_events *out, const struct adapter_account *account,
                      const struct adapter_request *r, const char *from, const char *reason)
{
    enum { RAW_MAX = 64 << 10 };
    Throughline__V1__Event *e = adapter_event(m, out, account);
    Throughline__V1__Unparsed *u = region_new(m, 1, sizeof(*u));
    const char *type = adapter_header(r->headers, r->headers_n, "Content-Type");
    throughline__v1__unparsed__init(u);
    u->reason = region_line(m, reason, strlen(reason), 200);
    u->content_type = type ? region_line(m, type, strlen(type), 127) : region_text(m, "application/octet-stream");
    u->raw.len = r->body_len < RAW_MAX ? r->body_len : RAW_MAX;
    u->raw.data = (uint8_t *)region_copy(m, r->body, u->raw.len);
    e->id = region_format(m, "unparsed-%016llx", (unsigned long long)adapter_digest(r->body, r->body_len));
    e->from = region_text(m, from);
    e->body_case = THROUGHLINE__V1__EVENT__BODY_UNPARSED;
    e->unparsed = u;
}

// ---- answers ----

// Retry-After in seconds (RFC 9110 10.2.3); a date, or nothing, is left to the usual back-off.
static int64_t adapter_retry_after(const struct adapter_answer *answer)
{
    const char *value = adapter_header(answer->headers, answer->headers_n, "Retry-After");
    char *end = NULL;
    long seconds = value ? strtol(value, &end, 10) : 0;
    return value && end != value && seconds > 0 && seconds <= 86400 ? seconds * 1000 : 0;
}

void adapter_classify_http(struct region *m, const struct adapter_answer *answer, struct adapter_outcome *out)
{
    unsigned s = answer->status;
    *out = (struct adapter_outcome){.external_id = "", .retry_ms = adapter_retry_after(answer)};
    if (s == 0)
        out->fate = answer->written ? ADAPTER_UNKNOWN : ADAPTER_RETRY;
    else if (s >= 200 && s < 300)
        out->fate = ADAPTER_SENT;
    else
        out->fate = s == 429 || s >= 500 ? ADAPTER_RETRY : ADAPTER_DEAD;
    out->account_trouble = s == 401 || s == 403;
    out->reason = s ? region_format(m, "HTTP %u", s) : region_text(m, answer->error ? answer->error : "no answer");
}
