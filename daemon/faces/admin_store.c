// SPDX-License-Identifier: Apache-2.0
// What the back office reads from Redis: why, decisions, timelines, customers, dead letters, the audit trail and
// the log itself. Every read is one request that waits for one or a few calls.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/core/decision.h"
#include "daemon/faces/admin.h"
#include "daemon/faces/media_face.h"
#include "daemon/faces/records.h"
#include "throughline/v1/admin.pb-c.h"
#include "throughline/v1/gateway.pb-c.h"

#define TIMELINE_BYTES_MAX (4u << 20) // of one page: where more is said, it holds fewer entries

static struct admin_call *begin(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    return face ? admin_call_new(face, r) : NULL;
}

struct admin_call *admin_begin_page(void *faces, struct http_request *r)
{
    struct http_page page;
    uint64_t cursor = 0;
    struct face *face = faces_of_request(faces, r);
    if (!face || !http_query_page(r, &page) || !admin_cursor_number(r, page.cursor, &cursor))
        return NULL;
    struct admin_call *c = admin_call_new(face, r);
    c->limit = page.limit;
    c->cursor = cursor;
    return c;
}

struct admin_call *admin_begin_id(void *faces, struct http_request *r)
{
    uint64_t id = 0;
    struct face *face = faces_of_request(faces, r);
    if (!face || !http_param_number(r, "id", &id))
        return NULL;
    struct admin_call *c = admin_call_new(face, r);
    c->number = id;
    return c;
}

static void number_text(char out[24], uint64_t n)
{
    snprintf(out, 24, "%" PRIu64, n);
}

// ---- decisions ----

static Throughline__V1__Decision **decisions_of(const struct store_bytes *v, size_t n, size_t *count)
{
    Throughline__V1__Decision **list = xcalloc(n + 1, sizeof(Throughline__V1__Decision *));
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        list[*count] = throughline__v1__decision__unpack(NULL, v[i].len, v[i].p);
        *count += list[*count] != NULL;
    }
    return list;
}

static void decisions_free(Throughline__V1__Decision **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        throughline__v1__decision__free_unpacked(list[i], NULL);
    free(list);
}

static void reply_decisions(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    char next[24] = "";
    Throughline__V1__DecisionList list = THROUGHLINE__V1__DECISION_LIST__INIT;
    list.decisions = decisions_of(v, n, &list.n_decisions);
    list.next = next;
    if (n == c->limit)
        number_text(next, v[n - 1].number);
    http_reply_message(r, 200, &list.base);
    decisions_free(list.decisions, list.n_decisions);
}

void admin_decisions(void *faces, struct http_request *r)
{
    struct admin_call *c = admin_begin_page(faces, r);
    if (!c)
        return;
    c->entries = reply_decisions;
    store_decisions(c->face->store, c->face->tenant, 0, c->cursor, c->limit, admin_on_entries, c->face->admin, c->id);
}

// The records, newest first, and every agent asked anew about work that is open.
static void reply_why(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    struct core *core = c->face->core;
    struct router_work_view w;
    struct router_stats stats;
    Throughline__V1__Why why = THROUGHLINE__V1__WHY__INIT;
    why.decisions = decisions_of(v, n, &why.n_decisions);
    const struct router_decision *now =
        router_work(core_router(core), c->number, &w) ? router_glance(core_router(core), c->number) : NULL;
    router_stats(core_router(core), &stats);
    if (now) {
        struct decision_place place = {
            .work = w.id, .conversation = w.conversation, .wall = stats.wall, .at = core_at(core), .reason = w.reason};
        why.now = decision_message(core_router(core), now, &place);
        why.work = core_work_message(core_router(core), &w);
        core_put_entered(why.work, &w);
        core_put_wait(why.work, core_router(core));
    }
    if (!now && !n)
        http_problem(r, PROBLEM_not_found, NULL, "no such work is open, and no decision about one is on record");
    else
        http_reply_message(r, 200, &why.base);
    decisions_free(why.decisions, why.n_decisions);
    if (why.now)
        throughline__v1__decision__free_unpacked(why.now, NULL);
    if (why.work)
        throughline__v1__work__free_unpacked(why.work, NULL);
}

void admin_why(void *faces, struct http_request *r)
{
    struct admin_call *c = admin_begin_id(faces, r);
    if (!c)
        return;
    c->entries = reply_why;
    store_decisions(c->face->store, c->face->tenant, c->number, 0, 100, admin_on_entries, c->face->admin, c->id);
}

// ---- timelines and customers ----

static void reply_timeline(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    Throughline__V1__Timeline t = THROUGHLINE__V1__TIMELINE__INIT;
    size_t from = record_newest(v, n, c->limit, TIMELINE_BYTES_MAX);
    t.conversation = c->number;
    t.more = from > 0;
    t.entries = xcalloc(n + 1, sizeof(Throughline__V1__Entry *));
    for (size_t i = from; i < n; i++) {
        t.entries[t.n_entries] = media_entry(c->face, &v[i]);
        t.n_entries += t.entries[t.n_entries] != NULL;
    }
    http_reply_message(r, 200, &t.base);
    for (size_t i = 0; i < t.n_entries; i++)
        throughline__v1__entry__free_unpacked(t.entries[i], NULL);
    free(t.entries);
}

static void timeline_of_known(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    (void)r;
    (void)v;
    (void)n;
    c->again = true;
    c->entries = reply_timeline;
    store_timeline(c->face->store, c->face->tenant, c->number, 0, c->cursor, c->limit + 1, true, admin_on_entries,
                   c->face->admin, c->id);
}

void admin_timeline(void *faces, struct http_request *r)
{
    uint64_t before = 0, limit = 50;
    if (!http_query_number(r, "before", 0, UINT64_MAX, &before) || !http_query_number(r, "limit", 1, 500, &limit))
        return;
    struct admin_call *c = admin_begin_id(faces, r);
    if (!c)
        return;
    c->limit = (uint32_t)limit;
    c->cursor = before ? before - 1 : core_input(c->face->core);
    c->entries = timeline_of_known;
    store_conversation(c->face->store, c->face->tenant, c->number, admin_on_entries, c->face->admin, c->id);
}

static void reply_customer(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    (void)c;
    Throughline__V1__Customer *m = record_customer(v, n);
    http_reply_message(r, 200, &m->base);
    throughline__v1__customer__free_unpacked(m, NULL);
}

void admin_customer(void *faces, struct http_request *r)
{
    struct admin_call *c = admin_begin_id(faces, r);
    if (!c)
        return;
    c->entries = reply_customer;
    store_customer(c->face->store, c->face->tenant, c->number, admin_on_entries, c->face->admin, c->id);
}

// ---- audit ----

static void reply_audit(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    char next[24] = "", id[24];
    Throughline__V1__AuditList list = THROUGHLINE__V1__AUDIT_LIST__INIT;
    list.entries = xcalloc(n + 1, sizeof(Throughline__V1__Audit *));
    list.next = next;
    for (size_t i = 0; i < n; i++) {
        Throughline__V1__Audit *a = throughline__v1__audit__unpack(NULL, v[i].len, v[i].p);
        if (!a)
            continue;
        number_text(id, v[i].number);
        if (!*a->id)
            a->id = xstrdup(id);
        list.entries[list.n_entries++] = a;
    }
    if (n == c->limit)
        number_text(next, v[n - 1].number);
    http_reply_message(r, 200, &list.base);
    for (size_t i = 0; i < list.n_entries; i++)
        throughline__v1__audit__free_unpacked(list.entries[i], NULL);
    free(list.entries);
}

void admin_audit_list(void *faces, struct http_request *r)
{
    struct admin_call *c = admin_begin_page(faces, r);
    if (!c)
        return;
    c->entries = reply_audit;
    store_audit_read(c->face->store, c->face->tenant, c->cursor, c->limit, admin_on_entries, c->face->admin, c->id);
}

// ---- dead letters ----

static void on_dead(void *module, uint64_t token, enum tl_err e, const struct store_outgoing *o)
{
    struct admin *a = module;
    struct admin_call *c = table_get(&a->calls, token);
    struct http_request *r = c ? http_find(a->face->faces->http, c->request) : NULL;
    if (!c)
        return;
    Throughline__V1__DeadLetterList *list = (Throughline__V1__DeadLetterList *)c->answer;
    if (e == TL_OK && o) {
        Throughline__V1__Delivery *d = throughline__v1__delivery__unpack(NULL, o->delivery_len, o->delivery);
        Throughline__V1__DeadLetter *m = xcalloc(1, sizeof *m);
        throughline__v1__dead_letter__init(m);
        m->delivery = xstrdup(o->id);
        m->state = xstrdup(o->state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED ? "failed" : "unknown");
        m->reason = xstrdup(o->reason ? o->reason : "");
        m->class_ = xstrdup(o->class);
        m->wall_ms = o->due_ms;
        m->attempts = o->attempt;
        if (d) {
            m->account = xstrdup(d->account);
            m->handle = xstrdup(d->to);
            m->conversation = d->conversation;
            m->entry = d->entry;
            throughline__v1__delivery__free_unpacked(d, NULL);
        }
        list->dead_letters =
            xrealloc(list->dead_letters, (list->n_dead_letters + 1) * sizeof(Throughline__V1__DeadLetter *));
        list->dead_letters[list->n_dead_letters++] = m;
        return;
    }
    if (r && e != TL_OK)
        admin_problem(r, e);
    else if (r)
        http_reply_message(r, 200, c->answer);
    admin_call_end(c);
}

void admin_dead_letters(void *faces, struct http_request *r)
{
    struct admin_call *c = admin_begin_page(faces, r);
    if (!c)
        return;
    Throughline__V1__DeadLetterList *list = xcalloc(1, sizeof *list);
    throughline__v1__dead_letter_list__init(list);
    c->answer = &list->base;
    store_dead_letters(c->face->store, c->face->tenant, c->limit, on_dead, c->face->admin, c->id);
}

static void resent(struct admin_call *c, struct http_request *r, const struct store_placed *p)
{
    (void)p;
    admin_audit(c->face, r, "dead-letter.resend", c->name, "");
    http_reply_empty(r, 204);
}

void admin_resend(void *faces, struct http_request *r)
{
    struct admin_call *c = begin(faces, r);
    if (!c)
        return;
    c->placed = resent;
    strncpy(c->name, http_param(r, "id"), sizeof c->name - 1);
    store_resend(c->face->store, c->face->tenant, c->name, admin_on_placed, c->face->admin, c->id);
}
