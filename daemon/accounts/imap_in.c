// SPDX-License-Identifier: Apache-2.0
// One mailbox. It owns its lease, its connection and the mail in hand. Each step asks for the next when it is done; whatever fails ends the
// connection, and a new one begins where the store says that the reading got to.
//
//   lease ──► cursor ──► connect ──► search ──► size ──► mail ──► stored ──► cursor kept ──► marked ──► size ...
//                                      ▲                                                  no more ──► IDLE or pause ──► search
#include "daemon/accounts/imap_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/accounts/imap_in_private.h"
#include "daemon/base/id.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/core/keeper.h"
#include "daemon/core/owner.h"

#define DAY_S 86400

static const char *const steps[] = {"idle", "search", "size", "fetch", "mark"};

// ---- connections ----

void imap_in_count(struct imap_in *in, const char *what)
{
    char account[160], labels[200];
    snprintf(labels, sizeof labels, "%s,event=\"%s\"", metric_label(account, sizeof account, "account", in->account),
             what);
    metric_add(metric_get(METRIC_COUNTER, "throughline_imap_total", "What happened on IMAP connections.", labels), 1);
}

void imap_in_forget(struct imap_in *in)
{
    free(in->body);
    in->body = NULL;
    in->body_len = 0;
}

// Full jitter: many mailboxes of one server that comes back do not come back together.
static int64_t pause_ms(const struct imap_in *in)
{
    int64_t most = in->o.retry_ms;
    for (unsigned i = 0; i < in->failures && most < in->o.retry_max_ms; i++)
        most *= 2;
    most = most < in->o.retry_max_ms ? most : in->o.retry_max_ms;
    return 1 + (int64_t)(id_random_u64() % (uint64_t)most);
}

void imap_in_later(struct imap_in *in, const char *event, const char *why)
{
    imap_close(in->imap);
    in->imap = NULL;
    in->step = IMAP_IN_IDLE;
    imap_in_count(in, event);
    tl_log(LOG_WARN, "imap_lost", LS("account", in->account), LS("why", why), LN("failures", in->failures));
    loop_timer_set(in->timer, pause_ms(in));
    in->failures++;
}

static void on_lost(void *ctx, bool refused, const char *why)
{
    struct imap_in *in = ctx;
    in->imap = NULL; // it closed itself
    imap_in_forget(in);
    imap_in_later(in, refused ? "refused" : "lost", why);
}

void imap_in_command(struct imap_in *in, enum imap_in_step step, int64_t ms, const char *text)
{
    in->step = step;
    imap_command(in->imap, text, ms);
}

// ---- searching ----

static void search(struct imap_in *in)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[64];
    struct tm tm;
    time_t since = (time_t)in->cursor.since - DAY_S;
    in->uids_n = in->uid_at = 0;
    in->more = false;
    gmtime_r(&since, &tm);
    if (in->cursor.uid)
        snprintf(text, sizeof text, "UID SEARCH UID %" PRIu32 ":*", in->cursor.uid + 1);
    else
        snprintf(text, sizeof text, "UID SEARCH SINCE %d-%s-%d", tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900);
    imap_in_command(in, IMAP_IN_SEARCH, IMAP_IN_ASK_MS, text);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

// "n:*" names the last mail even when its number is below n (RFC 3501 6.4.8).
static void note_uids(struct imap_in *in, struct imap_response *r)
{
    for (uint32_t uid = imap_next_uid(r); uid && in->uids_n < IMAP_IN_UIDS; uid = imap_next_uid(r))
        if (uid > in->cursor.uid)
            in->uids[in->uids_n++] = uid;
    qsort(in->uids, in->uids_n, sizeof *in->uids, by_number);
}

void imap_in_next(struct imap_in *in)
{
    char text[64];
    if (in->uid_at < in->uids_n) {
        in->sized = false;
        snprintf(text, sizeof text, "UID FETCH %" PRIu32 " (RFC822.SIZE)", in->uids[in->uid_at]);
        imap_in_command(in, IMAP_IN_SIZE, IMAP_IN_ASK_MS, text);
        return;
    }
    if (in->uids_n > 0 || in->more) { // others may have come meanwhile
        search(in);
        return;
    }
    in->step = IMAP_IN_IDLE;
    if (in->capabilities & IMAP_CAN_IDLE)
        imap_idle(in->imap, in->o.idle_ms);
    else
        loop_timer_set(in->timer, in->o.poll_ms);
}

// ---- what the connection says ----

static void on_ready(void *ctx, unsigned capabilities, uint32_t uid_validity)
{
    struct imap_in *in = ctx;
    in->capabilities = capabilities;
    in->connection++;
    if (in->cursor.validity != uid_validity) {
        if (in->cursor.validity)
            tl_log(LOG_WARN, "imap_numbered_anew", LS("account", in->account), LN("uid_validity", uid_validity));
        in->cursor.validity = uid_validity;
        in->cursor.uid = 0;
    }
    imap_in_count(in, "connected");
    tl_log(LOG_INFO, "imap_connected", LS("account", in->account), LN("uid", in->cursor.uid));
    search(in);
}

static void on_told(void *ctx, struct imap_response *r)
{
    struct imap_in *in = ctx;
    bool ours = r->kind == IMAP_FETCH && in->uid_at < in->uids_n && r->uid == in->uids[in->uid_at];
    if (r->kind == IMAP_SEARCH && in->step == IMAP_IN_SEARCH) {
        note_uids(in, r);
    } else if (r->kind == IMAP_EXISTS) {
        in->more = true;
    } else if (ours && r->sized) {
        in->sized = true;
        in->size = r->size;
    } else if (ours && r->body && in->step == IMAP_IN_FETCH && !in->body) {
        in->body = xcalloc(1, r->body_len + 1);
        if (r->body_len)
            memcpy(in->body, r->body, r->body_len);
        in->body_len = r->body_len;
    }
}

static void on_done(void *ctx, bool ok)
{
    struct imap_in *in = ctx;
    if (!ok && in->step != IMAP_IN_MARK) {
        char why[64];
        snprintf(why, sizeof why, "the server refuses: %s", steps[in->step]);
        imap_in_later(in, "lost", why);
        return;
    }
    if (!ok)
        tl_log(LOG_WARN, "imap_not_marked", LS("account", in->account), LN("uid", in->uids[in->uid_at]));
    switch (in->step) {
    case IMAP_IN_IDLE:
        search(in);
        break;
    case IMAP_IN_SEARCH:
        imap_in_next(in);
        break;
    case IMAP_IN_SIZE:
        imap_in_sized(in);
        break;
    case IMAP_IN_FETCH:
        imap_in_fetched(in);
        break;
    case IMAP_IN_MARK:
        imap_in_behind(in);
        break;
    }
}

// ---- the lease and the cursor ----

static void open_connection(struct imap_in *in)
{
    static const struct imap_ops ops = {.ready = on_ready, .told = on_told, .done = on_done, .lost = on_lost};
    in->imap = imap_open(in->o.loop, in->o.workers,
                         &(struct imap_options){.host = in->host,
                                                .port = in->port,
                                                .tls = in->tls,
                                                .user = in->user,
                                                .password = in->password,
                                                .folder = in->folder,
                                                .message_max = in->o.message_max},
                         &ops, in);
}

static bool field_is(const struct store_bytes *b, const char *text)
{
    return b->len == strlen(text) && memcmp(b->p, text, b->len) == 0;
}

static void on_cursor(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct imap_in *in = owner_find(module);
    char text[96];
    (void)token;
    if (!in || in->imap || !keeper_held(in->lease))
        return;
    if (e != TL_OK && e != TL_ABSENT) {
        imap_in_later(in, "store", "how far it was read is not known");
        return;
    }
    in->cursor = (struct imap_cursor){.since = loop_unix_ms() / 1000};
    for (size_t i = 0; i + 1 < n; i += 2)
        if (field_is(&v[i], in->account)) {
            snprintf(text, sizeof text, "%.*s", (int)v[i + 1].len, (const char *)v[i + 1].p);
            sscanf(text, "%" SCNu32 " %" SCNu32 " %" SCNd64, &in->cursor.validity, &in->cursor.uid, &in->cursor.since);
        }
    open_connection(in);
}

static void on_timer(void *arg)
{
    struct imap_in *in = arg;
    if (in->imap)
        search(in); // without IDLE, it is time to look
    else if (keeper_held(in->lease) && !in->busy)
        store_doc_all(in->o.store, in->tenant, IMAP_IN_DOC, on_cursor, owner_module(in->owner), 0);
    else if (in->busy)
        loop_timer_set(in->timer, in->o.retry_ms); // the mail in hand comes back first
}

static void on_lease(void *ctx, bool held)
{
    struct imap_in *in = ctx;
    if (held) {
        loop_timer_set(in->timer, 0);
        return;
    }
    loop_timer_set(in->timer, -1);
    imap_close(in->imap);
    in->imap = NULL;
    imap_in_forget(in);
}

// ---- life ----

struct imap_in *imap_in_new(const struct imap_in_options *o)
{
    struct imap_in *in = xcalloc(1, sizeof *in);
    in->o = *o;
    imap_in_copy(in, o);
    in->owner = owner_add(in);
    in->timer = loop_timer_new(o->loop, on_timer, in);
    char *name = xasprintf("imap:%s", in->account);
    in->lease = keeper_new(o->loop, o->store,
                           &(struct keeper_options){.tenant = in->tenant,
                                                    .name = name,
                                                    .holder = in->boot,
                                                    .lease_ms = o->lease_ms,
                                                    .ctx = in,
                                                    .changed = on_lease});
    free(name);
    return in;
}

void imap_in_free(struct imap_in *in)
{
    if (!in)
        return;
    owner_remove(in->owner);
    keeper_give(in->lease, NULL);
    keeper_free(in->lease);
    imap_close(in->imap);
    loop_timer_free(in->timer);
    imap_in_forget(in);
    imap_in_copy_free(in);
    free(in);
}
