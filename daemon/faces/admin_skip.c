// SPDX-License-Identifier: Apache-2.0
// POST /v1/log/{input}/skip: has every node skip an input of the log, as is done with one that ends the process twice; and the list of
// those that are skipped. It works on a node that is not ready, since that may be the very reason for it. Refused: an input that
// is not there yet, and one that the newest snapshot holds, since nobody folds it again.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/faces/admin.h"
#include "throughline/v1/admin.pb-c.h"

#define SKIP_REASON_MAX 200

static void written(struct admin_call *c, struct http_request *r, const struct store_placed *p)
{
    const Throughline__V1__Skipped *m = (Throughline__V1__Skipped *)c->answer;
    (void)p;
    store_publish(c->face->store, c->face->tenant, CORE_TOPIC_VOID, "", 0);
    tl_log(LOG_WARN, "input_skipped_by_hand", LS("tenant", c->face->tenant), LN("input", c->number));
    admin_audit(c->face, r, "log.skip", c->name, m->reason);
    http_reply_message(r, 200, c->answer);
}

// Whether it can be skipped, as the log stands; if not, that is answered.
static bool can(const struct admin_call *c, struct http_request *r, const struct store_place *p)
{
    char why[160];
    snprintf(why, sizeof why, "the snapshot after input %" PRIu64 " holds it: nobody folds it again", p->snapshot);
    if (c->number == 0 || c->number > p->last)
        http_problem(r, PROBLEM_not_found, "input", "the log has no such input yet");
    else if (c->number <= p->snapshot)
        http_problem(r, PROBLEM_conflict, "input", why);
    else
        return true;
    return false;
}

static void on_place(void *module, uint64_t token, enum tl_err e, const struct store_place *p)
{
    struct admin *a = module;
    struct admin_call *c = table_get(&a->calls, token);
    struct http_request *r = c ? http_find(a->face->faces->http, c->request) : NULL;
    if (r && (e != TL_OK || !p))
        admin_problem(r, e);
    if (!r || e != TL_OK || !p || !can(c, r, p)) {
        if (c)
            admin_call_end(c);
        return;
    }
    const Throughline__V1__Skipped *m = (Throughline__V1__Skipped *)c->answer;
    const char *reason = *m->reason ? m->reason : "by hand";
    c->placed = written;
    store_doc_set(a->face->store, a->face->tenant, CORE_DOC_VOID, c->name, reason, strlen(reason), admin_on_placed, a,
                  c->id);
}

void admin_skip(void *faces, struct http_request *r)
{
    uint64_t input = 0;
    struct face *face = faces_of_request(faces, r);
    ProtobufCMessage *m = face && http_param_number(r, "input", &input)
                              ? http_body_message(r, &throughline__v1__skipped__descriptor)
                              : NULL;
    Throughline__V1__Skipped *wish = (Throughline__V1__Skipped *)m;
    if (!m)
        return;
    const char *wrong = wish->input && wish->input != input      ? "must be that of the path"
                        : strlen(wish->reason) > SKIP_REASON_MAX ? "at most 200 bytes"
                                                                 : NULL;
    if (wrong) {
        http_problem(r, PROBLEM_invalid_body, wish->input && wish->input != input ? "input" : "reason", wrong);
        protobuf_c_message_free_unpacked(m, NULL);
        return;
    }
    wish->input = input;
    struct admin_call *c = admin_call_new(face, r);
    c->number = input;
    c->answer = m;
    snprintf(c->name, sizeof c->name, "%" PRIu64, input);
    store_place(face->store, face->tenant, input, on_place, face->admin, c->id);
}

// ---- GET /v1/log/skipped ----

static char *text_of(const struct store_bytes *b)
{
    char *s = xcalloc(1, b->len + 1);
    memcpy(s, b->p, b->len);
    return s;
}

static int by_input(const void *a, const void *b)
{
    uint64_t x = (*(Throughline__V1__Skipped *const *)a)->input, y = (*(Throughline__V1__Skipped *const *)b)->input;
    return (x > y) - (x < y);
}

static void list(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    Throughline__V1__SkippedList *all = xcalloc(1, sizeof *all);
    throughline__v1__skipped_list__init(all);
    c->answer = &all->base;
    all->skipped = xcalloc(n + 1, sizeof(Throughline__V1__Skipped *));
    for (size_t i = 0; i + 1 < n; i += 2) {
        Throughline__V1__Skipped *m = all->skipped[all->n_skipped++] = xcalloc(1, sizeof *m);
        throughline__v1__skipped__init(m);
        char *number = text_of(&v[i]);
        m->input = strtoull(number, NULL, 10);
        m->reason = text_of(&v[i + 1]);
        free(number);
    }
    qsort(all->skipped, all->n_skipped, sizeof(Throughline__V1__Skipped *), by_input);
    http_reply_message(r, 200, c->answer);
}

void admin_skipped(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    if (!face)
        return;
    struct admin_call *c = admin_call_new(face, r);
    c->entries = list;
    store_doc_all(face->store, face->tenant, CORE_DOC_VOID, admin_on_entries, face->admin, c->id);
}
