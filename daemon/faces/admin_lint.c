// SPDX-License-Identifier: Apache-2.0
// The lint of what is in force, queues and agents of the API among it: as an answer of its own, of what a file would make of it, and as headers
// `Warning` (RFC 7234, 299) of the answer to each change. These tell what is new since the change, and what concerns its row; all of it after a whole
// configuration was applied.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/config/config_lint.h"
#include "daemon/core/decision.h"
#include "daemon/faces/admin.h"

enum {
    STEPS_OF_A_CHANGE = LINT_STEPS / 20, // who changes thousands of agents one by one keeps nobody else waiting
    WARNINGS_MAX = 1600,                 // bytes of headers
};

// ---- messages ----

static Throughline__V1__LintFinding **findings(const struct lint_report *report, size_t *n)
{
    Throughline__V1__LintFinding **v = xcalloc(report->n + 1, sizeof(Throughline__V1__LintFinding *));
    for (size_t i = 0; i < report->n; i++) {
        const struct lint_finding *f = &report->v[i];
        Throughline__V1__LintFinding *m = v[i] = xcalloc(1, sizeof *m);
        throughline__v1__lint_finding__init(m);
        m->rule = message_text(f->rule);
        m->error = f->error;
        m->table = message_text(f->table);
        m->name = message_text(f->name);
        m->key = message_text(f->key);
        m->text = message_text(f->text);
    }
    *n = report->n;
    return v;
}

void admin_findings_free(Throughline__V1__LintFinding **v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        throughline__v1__lint_finding__free_unpacked(v[i], NULL);
    free(v);
}

Throughline__V1__LintFinding **admin_findings_after(const struct face *face, const Throughline__V1__RoutingConfig *now,
                                                    const Throughline__V1__RoutingConfig *next, size_t *n)
{
    Throughline__V1__RoutingConfig after;
    struct lint_report *report = xcalloc(1, sizeof *report);
    config_after(now, next, &after);
    config_lint_message(&after, face->faces->config, face->tenant, LINT_STEPS, report);
    Throughline__V1__LintFinding **v = findings(report, n);
    config_after_free(&after);
    free(report);
    return v;
}

// The report's names are those of the message, which is the caller's.
static Throughline__V1__RoutingConfig *lint_in_force(const struct face *face, int64_t steps, struct lint_report *out)
{
    Throughline__V1__RoutingConfig *m = core_config_message(core_router(face->core));
    config_lint_message(m, face->faces->config, face->tenant, steps, out);
    return m;
}

// The queues that are closed by hand; each is the caller's.
static Throughline__V1__QueueClosed **closed_by_hand(const struct router *r, size_t *n)
{
    struct router_queue_view q;
    size_t all = 0;
    while (router_queue_at(r, all, &q))
        all++;
    Throughline__V1__QueueClosed **v = xcalloc(all + 1, sizeof *v);
    *n = 0;
    for (size_t i = 0; i < all && router_queue_at(r, i, &q); i++) {
        if (!*q.closure.by)
            continue;
        Throughline__V1__QueueClosed *m = v[(*n)++] = xcalloc(1, sizeof *m);
        throughline__v1__queue_closed__init(m);
        m->queue = message_text(q.def.name);
        m->closure = core_closure_message(&q.closure);
    }
    return v;
}

void admin_config_lint(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    if (!face)
        return;
    struct lint_report *report = xcalloc(1, sizeof *report);
    Throughline__V1__RoutingConfig *m = lint_in_force(face, LINT_STEPS, report);
    Throughline__V1__ConfigLint answer = THROUGHLINE__V1__CONFIG_LINT__INIT;
    answer.findings = findings(report, &answer.n_findings);
    answer.errors = (uint32_t)report->errors;
    answer.untold = (uint32_t)report->untold;
    answer.closed = closed_by_hand(core_router(face->core), &answer.n_closed);
    http_reply_message(r, 200, &answer.base);
    for (size_t i = 0; i < answer.n_closed; i++)
        throughline__v1__queue_closed__free_unpacked(answer.closed[i], NULL);
    free(answer.closed);
    admin_findings_free(answer.findings, answer.n_findings);
    throughline__v1__routing_config__free_unpacked(m, NULL);
    free(report);
}

// ---- what is new since a change ----

static uint64_t hash_of(const struct lint_finding *f) // FNV-1a; the text names its row
{
    uint64_t h = 0xcbf29ce484222325;
    for (const char *c = f->rule; *c; c++)
        h = (h ^ (unsigned char)*c) * 0x100000001b3;
    for (const char *c = f->text; *c; c++)
        h = (h ^ (unsigned char)*c) * 0x100000001b3;
    return h;
}

static bool was_said(const struct admin *a, uint64_t hash)
{
    for (size_t i = 0; i < a->said.n; i++)
        if (a->said.v[i] == hash)
            return true;
    return false;
}

static void remember_said(struct admin *a, const struct lint_report *report)
{
    struct router_stats s;
    router_stats(core_router(a->face->core), &s);
    a->said.config = s.config;
    a->said.n = report->n;
    a->said.v = xrealloc(a->said.v, (report->n + 1) * sizeof *a->said.v);
    for (size_t i = 0; i < report->n; i++)
        a->said.v[i] = hash_of(&report->v[i]);
}

// The row that is changed; "" = all of them, NULL = none.
static const char *row_of(const Throughline__V1__Input *in, const char **table)
{
    *table = "agent";
    if (in->kind_case == THROUGHLINE__V1__INPUT__KIND_AGENT_PUT)
        return in->agent_put->id;
    if (in->kind_case == THROUGHLINE__V1__INPUT__KIND_AGENT_REMOVED)
        return in->agent_removed->id;
    *table = "queue";
    if (in->kind_case == THROUGHLINE__V1__INPUT__KIND_QUEUE_PUT)
        return in->queue_put->name;
    if (in->kind_case == THROUGHLINE__V1__INPUT__KIND_QUEUE_REMOVED)
        return in->queue_removed->name;
    *table = NULL;
    return in->kind_case == THROUGHLINE__V1__INPUT__KIND_CONFIG ? "" : NULL;
}

void admin_lint_before(struct admin_call *c, const Throughline__V1__Input *in)
{
    struct admin *a = c->face->admin;
    struct router_stats s;
    const char *row = row_of(in, &c->table);
    if (!row)
        return;
    c->lints = true;
    strncpy(c->name, row, sizeof c->name - 1);
    router_stats(core_router(c->face->core), &s);
    if (!c->table || (a->said.v && a->said.config == s.config))
        return;
    struct lint_report *report = xcalloc(1, sizeof *report);
    Throughline__V1__RoutingConfig *m = lint_in_force(c->face, STEPS_OF_A_CHANGE, report);
    remember_said(a, report);
    throughline__v1__routing_config__free_unpacked(m, NULL);
    free(report);
}

// 299 throughline "no agent can serve queue 'law' ... [queue-unserved]"
static size_t warn(struct http_request *r, const struct lint_finding *f)
{
    char value[2 * LINT_TEXT_MAX + 80];
    size_t n = (size_t)snprintf(value, sizeof value, "299 throughline \"%s", f->error ? "error: " : "");
    for (const char *c = f->text; *c; c++) {
        if (*c == '"' || *c == '\\')
            value[n++] = '\\';
        value[n++] = *c >= ' ' && *c <= '~' ? *c : '?';
    }
    n += (size_t)snprintf(value + n, sizeof value - n, " [%s]\"", f->rule);
    http_header(r, "Warning", value);
    return n + sizeof "Warning: \r\n";
}

static bool concerns(const struct admin_call *c, const struct lint_finding *f)
{
    return !c->table || (strcmp(f->table, c->table) == 0 && strcmp(f->name, c->name) == 0) ||
           !was_said(c->face->admin, hash_of(f));
}

void admin_lint_after(struct admin_call *c, struct http_request *r)
{
    struct lint_report *report = xcalloc(1, sizeof *report);
    Throughline__V1__RoutingConfig *m = lint_in_force(c->face, STEPS_OF_A_CHANGE, report);
    size_t bytes = 0, more = report->untold;
    for (size_t i = 0; i < report->n; i++) {
        if (!concerns(c, &report->v[i]))
            continue;
        if (bytes + LINT_TEXT_MAX < WARNINGS_MAX)
            bytes += warn(r, &report->v[i]);
        else
            more++;
    }
    if (more) {
        char value[80];
        snprintf(value, sizeof value, "299 throughline \"and %zu more: see GET /v1/config/lint\"", more);
        http_header(r, "Warning", value);
    }
    remember_said(c->face->admin, report);
    throughline__v1__routing_config__free_unpacked(m, NULL);
    free(report);
}
