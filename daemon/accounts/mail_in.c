// SPDX-License-Identifier: Apache-2.0
// A mail's way in: grouped by account, read and its files written on a worker, its events given to the triage, answered when the last is known.
// Owns the tasks in hand, each with a region of its own; the mail itself stays its bringer's. Whatever cannot be told to be durable is answered as such:
// the mail comes again, and what was stored meanwhile is found to be a duplicate.
#include "daemon/accounts/mail_in.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/table.h"
#include "daemon/base/workers.h"
#include "daemon/core/triage.h"
#include "daemon/media/media.h"
#include "daemon/net/lmtp.h"

#define RECEIVED_MAX 100 // headers: a mail that came so far goes round in circles; mail servers give up at fifty
#define PART_BITS    8   // of an event's token: which account of the task

// A mail as one account sees it.
struct part {
    const struct adapter *adapter;
    struct adapter_account account;
    const char *tenant;
    struct triage *triage;
    struct adapter_request request;
    struct adapter_events events;
    enum tl_err kept; // of its files
    size_t open, stored, refused, unknown;
    enum lmtp_verdict verdict;
};

struct task {
    struct mail_in *in;
    uint64_t id;
    struct region region;
    struct part *parts;
    size_t parts_n, open;
    unsigned char part_of[LMTP_RECIPIENTS_MAX];
    enum lmtp_verdict verdicts[LMTP_RECIPIENTS_MAX]; // of recipients that belong to no part, until the end
    size_t n;
    bool loop;
    mail_in_fn *fn;
    void *module;
    uint64_t token;
};

#define NO_PART 255

struct mail_in {
    struct mail_in_options o;
    struct lmtp_server *server;
    struct table tasks;
    struct loop_timer *soon; // for tasks that end without having begun
};

// ---- the end of a task ----

static void count(const struct part *p)
{
    static const char *const results[LMTP_VERDICTS] = {[LMTP_STORED] = "stored",
                                                       [LMTP_NOT_NOW] = "again",
                                                       [LMTP_BUSY] = "busy",
                                                       [LMTP_LOOP] = "loop",
                                                       [LMTP_REFUSED] = "refused"};
    char account[160], labels[200];
    snprintf(labels, sizeof labels, "%s,result=\"%s\"",
             metric_label(account, sizeof account, "account", p->account.name), results[p->verdict]);
    metric_add(
        metric_get(METRIC_COUNTER, "throughline_mails_total", "Mails that came in, by what became of them.", labels),
        1);
}

static void task_end(struct task *t)
{
    table_take(&t->in->tasks, t->id);
    for (size_t i = 0; i < t->parts_n; i++)
        count(&t->parts[i]);
    for (size_t i = 0; i < t->n; i++)
        if (t->part_of[i] != NO_PART)
            t->verdicts[i] = t->parts[t->part_of[i]].verdict;
    t->fn(t->module, t->token, t->verdicts, t->n);
    region_free(&t->region);
    free(t);
}

static void on_soon(void *arg)
{
    struct mail_in *in = arg;
    size_t cursor = 0;
    uint64_t id;
    void *t;
    while (table_next(&in->tasks, &cursor, &id, &t))
        if (((struct task *)t)->open == 0) {
            task_end(t);
            cursor = 0; // the table has changed
        }
}

// ---- on the worker ----

static unsigned count_received(const char *body, size_t len)
{
    unsigned n = 0;
    for (const char *p = body, *end = body + len; p && p < end && *p != '\r' && *p != '\n';) {
        n += strncasecmp(p, "Received:", 9) == 0;
        p = memchr(p, '\n', (size_t)(end - p));
        p = p ? p + 1 : NULL;
    }
    return n;
}

static Throughline__V1__Attachment *attachment_of(const struct part *p, const struct adapter_file *f)
{
    const Throughline__V1__Event *e = p->events.v[f->event];
    assert(e->body_case == THROUGHLINE__V1__EVENT__BODY_MESSAGE && f->attachment < e->message->n_attachments);
    return e->message->attachments[f->attachment];
}

static enum tl_err keep_file(struct task *t, struct part *p, const struct adapter_file *f)
{
    char sha[MEDIA_SHA_SIZE];
    Throughline__V1__Attachment *a = attachment_of(p, f);
    const char *refusal = media_refusal(t->in->o.media, a->content_type, f->bytes, f->len);
    a->size = f->len;
    if (refusal) {
        a->missing = region_format(&t->region, "not kept: %s", refusal);
        return TL_OK;
    }
    enum tl_err e = media_put(t->in->o.media, p->tenant, f->bytes, f->len, sha);
    a->sha256 = region_text(&t->region, sha);
    a->url = region_format(&t->region, MEDIA_REFERENCE "%s", sha);
    return e;
}

static void read_part(struct task *t, struct part *p)
{
    p->adapter->parse(&t->region, &p->account, &p->request, &p->events);
    for (size_t i = 0; i < p->events.files_n && p->kept == TL_OK; i++)
        p->kept = keep_file(t, p, &p->events.files[i]);
}

static void on_thread(void *job)
{
    struct task *t = job;
    t->loop = t->parts_n > 0 && count_received(t->parts[0].request.body, t->parts[0].request.body_len) > RECEIVED_MAX;
    for (size_t i = 0; i < t->parts_n && !t->loop; i++)
        read_part(t, &t->parts[i]);
}

// ---- events ----

static enum lmtp_verdict verdict_of(const struct part *p)
{
    if (p->unknown)
        return LMTP_NOT_NOW;
    // Another mail with the id of one that is stored: refused, so that its sender hears of it.
    return p->refused && !p->stored ? LMTP_REFUSED : LMTP_STORED;
}

static void part_done(struct task *t, struct part *p)
{
    p->verdict = verdict_of(p);
    if (p->refused)
        tl_log(LOG_WARN, "mail_refused", LS("account", p->account.name), LN("events", p->refused));
    if (--t->open == 0)
        task_end(t);
}

// An event's id is made of what the mail says, so another content under the same id is this mail come by another of our addresses: it is stored.
static bool is_refused(const Throughline__V1__EventResult *r)
{
    return r->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_REFUSED && strcmp(r->error->code, "conflict") != 0;
}

static void on_event(void *module, uint64_t token, const Throughline__V1__EventResult *r)
{
    struct mail_in *in = module;
    struct task *t = table_get(&in->tasks, token >> PART_BITS);
    if (!t)
        return;
    struct part *p = &t->parts[token & ((1u << PART_BITS) - 1)];
    if (r->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN)
        p->unknown++;
    else if (is_refused(r))
        p->refused++;
    else
        p->stored++;
    if (--p->open == 0)
        part_done(t, p);
}

static void judge(struct task *t, size_t index)
{
    struct part *p = &t->parts[index];
    p->open = 1; // refusals come at once: the part must outlive the loop
    for (size_t i = 0; p->kept == TL_OK && i < p->events.n; i++) {
        p->open++;
        triage_event(p->triage, p->events.v[i], on_event, t->in, t->id << PART_BITS | index);
    }
    if (p->kept != TL_OK)
        p->unknown++;
    if (--p->open == 0)
        part_done(t, p);
}

static void on_read(void *job)
{
    struct task *t = job;
    size_t n = t->parts_n;
    t->open = n + 1;
    for (size_t i = 0; i < n; i++) {
        if (t->loop) {
            t->parts[i].verdict = LMTP_LOOP;
            t->open--;
        } else {
            judge(t, i);
        }
    }
    if (--t->open == 0)
        task_end(t);
}

// ---- the beginning ----

static bool has_token(const char *rcpt)
{
    const char *plus = strchr(rcpt, '+'), *at = strrchr(rcpt, '@');
    return plus && at && plus < at;
}

// The part of this account, made if there is none. Of several addresses the one with a token says most.
static unsigned char part_for(struct task *t, const struct mail_in_mail *m, size_t i, const char *name)
{
    struct mail_account a;
    for (size_t k = 0; k < t->parts_n; k++)
        if (strcmp(t->parts[k].account.name, name) == 0) {
            if (!has_token(t->parts[k].request.rcpt) && has_token(m->rcpt[i]))
                t->parts[k].request.rcpt = m->rcpt[i];
            return (unsigned char)k;
        }
    if (!t->in->o.describe(t->in->o.ctx, name, &t->region, &a))
        return NO_PART;
    struct part *p = &t->parts[t->parts_n];
    *p = (struct part){.adapter = a.adapter, .account = *a.account, .triage = a.triage, .verdict = LMTP_NOT_NOW};
    p->tenant = region_text(&t->region, a.tenant);
    p->request = (struct adapter_request){
        .method = "MAIL",
        .target = "",
        .body = m->body,
        .body_len = m->body_len,
        .now_ms = loop_unix_ms(),
        .peer = m->peer,
        .mail_from = m->from,
        .rcpt = m->rcpt[i],
    };
    return (unsigned char)t->parts_n++;
}

void mail_in_take(struct mail_in *in, const struct mail_in_mail *m, mail_in_fn *fn, void *module, uint64_t token)
{
    struct task *t = xcalloc(1, sizeof *t);
    *t = (struct task){.in = in, .n = m->n, .fn = fn, .module = module, .token = token};
    assert(m->n <= LMTP_RECIPIENTS_MAX);
    t->id = table_add(&in->tasks, t);
    t->parts = region_new(&t->region, m->n, sizeof *t->parts);
    for (size_t i = 0; i < m->n; i++) {
        const char *name = m->accounts ? m->accounts[i] : in->o.find(in->o.ctx, m->rcpt[i]);
        t->part_of[i] = name ? part_for(t, m, i, name) : NO_PART;
        t->verdicts[i] = LMTP_UNKNOWN_USER; // it was removed since RCPT
    }
    if (t->parts_n > 0 && workers_do(in->o.workers, on_thread, on_read, t)) {
        t->open = 1;
        return;
    }
    for (size_t i = 0; i < t->parts_n; i++)
        t->parts[i].verdict = LMTP_BUSY;
    loop_timer_set(in->soon, 0);
}

// ---- LMTP ----

struct delivery {
    struct mail_in *in;
    uint64_t id;
    struct lmtp_mail *mail;
};

enum lmtp_verdict mail_in_recipient(void *arg, const char *address)
{
    struct mail_in *in = arg;
    return in->o.find(in->o.ctx, address) ? LMTP_RECIPIENT : LMTP_UNKNOWN_USER;
}

static void on_delivered(void *module, uint64_t token, const enum lmtp_verdict *v, size_t n)
{
    struct delivery *d = module;
    (void)token;
    lmtp_answer(d->in->server, d->id, v, n);
    lmtp_release(d->in->server, d->mail);
    free(d);
}

void mail_in_lmtp(void *arg, uint64_t id, struct lmtp_mail *mail)
{
    struct delivery *d = xcalloc(1, sizeof *d);
    *d = (struct delivery){.in = arg, .id = id, .mail = mail};
    mail_in_take(arg,
                 &(struct mail_in_mail){.from = mail->from,
                                        .rcpt = (const char *const *)mail->rcpt,
                                        .n = mail->rcpt_n,
                                        .body = mail->body,
                                        .body_len = mail->body_len,
                                        .peer = mail->peer},
                 on_delivered, d, 0);
}

void mail_in_serve(struct mail_in *in, struct lmtp_server *server)
{
    in->server = server;
}

// ---- life ----

struct mail_in *mail_in_new(const struct mail_in_options *o)
{
    struct mail_in *in = xcalloc(1, sizeof *in);
    in->o = *o;
    in->soon = loop_timer_new(o->loop, on_soon, in);
    return in;
}

void mail_in_free(struct mail_in *in)
{
    if (!in)
        return;
    void *t;
    while ((t = table_any(&in->tasks)))
        task_end(t); // what it waited for is not known: LMTP_NOT_NOW
    loop_timer_free(in->soon);
    table_close(&in->tasks);
    free(in);
}
