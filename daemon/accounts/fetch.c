// SPDX-License-Identifier: Apache-2.0
// Fetching vendors' files. Owns the list of those in hand: a few are asked for at a time, each has its timer for the next attempt. What the vendor
// says for good, or a file that is not to be kept, is noted with its reason; what may change is tried again, with back-off, and then noted, too.
#include "daemon/accounts/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channels/adapter.h"
#include "daemon/base/id.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/workers.h"
#include "daemon/config/config.h"
#include "daemon/core/owner.h"
#include "daemon/media/media.h"
#include "daemon/net/http_client.h"
#include "daemon/store/store.h"

enum { RUNNING_MAX = 8, IN_HAND_MAX = 1000, ATTEMPTS_MAX = 6, RETRY_MS = 2000, ANSWER_MS = 60000 };

struct fetch {
    struct fetcher *f;
    struct fetch *next;
    char *tenant, *account, *url, *type;
    char *moved; // where the vendor keeps it: one step, to the public internet, without credentials
    uint64_t entry, call;
    uint32_t index;
    unsigned attempts;
    bool running, writing;
    struct loop_timer *timer;
    void *bytes; // while they are written
    size_t len;
    const char *refusal;
    enum tl_err kept;
    char sha[MEDIA_SHA_SIZE];
};

struct fetcher {
    struct fetcher_options o;
    uint64_t owner;
    struct fetch *first;
    size_t in_hand, running;
    struct metric *fetched, *failed;
};

static void run_next(struct fetcher *f);

// ---- the end of a fetch ----

static void fetch_free(void *arg)
{
    struct fetch *t = arg;
    loop_timer_free(t->timer);
    free(t->tenant);
    free(t->account);
    free(t->url);
    free(t->type);
    free(t->moved);
    free(t->bytes);
    free(t);
}

static void leave(struct fetch *t)
{
    struct fetcher *f = t->f;
    struct fetch **p = &f->first;
    while (*p != t)
        p = &(*p)->next;
    *p = t->next;
    f->in_hand--;
    loop_timer_set(t->timer, -1);
    loop_defer_free(f->o.loop, fetch_free, t); // perhaps inside its own callback
    run_next(f);
}

static void stop_running(struct fetch *t)
{
    t->f->running -= t->running;
    t->running = false;
}

static void on_noted(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    (void)module, (void)token, (void)e, (void)p; // not noted: whoever looks has it fetched again
}

static void note(struct fetch *t, const char *text)
{
    char doc[64], field[16];
    snprintf(doc, sizeof doc, "file:%llu", (unsigned long long)t->entry);
    snprintf(field, sizeof field, "%u", t->index);
    store_doc_set(t->f->o.store, t->tenant, doc, field, text, strlen(text), on_noted, owner_module(t->f->owner), 0);
}

static void give_up(struct fetch *t, const char *why)
{
    char text[256];
    snprintf(text, sizeof text, "!%s", why);
    note(t, text);
    metric_add(t->f->failed, 1);
    tl_log(LOG_WARN, "fetch_failed", LS("account", t->account), LN("entry", t->entry), LN("attachment", t->index),
           LS("why", why));
    stop_running(t);
    leave(t);
}

static void try_later(struct fetch *t, const char *why)
{
    if (t->attempts >= ATTEMPTS_MAX) {
        give_up(t, why);
        return;
    }
    free(t->moved);
    t->moved = NULL; // such addresses do not last
    stop_running(t);
    loop_timer_set(t->timer, 1 + (int64_t)(id_random_u64() % ((uint64_t)RETRY_MS << t->attempts)));
    run_next(t->f);
}

// ---- keeping ----

static void on_thread(void *job)
{
    struct fetch *t = job;
    t->refusal = media_refusal(t->f->o.media, t->type, t->bytes, t->len);
    if (!t->refusal)
        t->kept = media_put(t->f->o.media, t->tenant, t->bytes, t->len, t->sha);
}

static void on_kept(void *job)
{
    struct fetch *t = job;
    char text[256];
    const char *is = media_sniff(t->bytes, t->len);
    t->writing = false;
    if (t->refusal) {
        snprintf(text, sizeof text, "not kept: %s", t->refusal);
        give_up(t, text);
    } else if (t->kept != TL_OK) {
        try_later(t, "there is no room for it");
    } else {
        // What it is counts, not what it is called.
        snprintf(text, sizeof text, "%s %zu %s", t->sha, t->len, is ? is : t->type);
        note(t, text);
        metric_add(t->f->fetched, 1);
        stop_running(t);
        leave(t);
    }
}

static void keep(struct fetch *t, const struct http_answer *a)
{
    free(t->bytes);
    t->bytes = xmemdup(a->body, a->body_len);
    t->len = a->body_len;
    t->writing = workers_do(t->f->o.workers, on_thread, on_kept, t);
    if (!t->writing)
        try_later(t, "too much is being written");
}

// A redirection that may be followed.
static const char *moved_to(const struct fetch *t, const struct http_answer *a)
{
    for (size_t i = 0; !t->moved && a->status >= 301 && a->status <= 308 && i < a->headers_n; i++)
        if (strcasecmp(a->headers[i].name, "Location") == 0 && strncmp(a->headers[i].value, "https://", 8) == 0)
            return a->headers[i].value;
    return NULL;
}

static void on_answer(void *module, uint64_t token, const struct http_answer *a)
{
    struct fetch *t = module;
    char why[160];
    (void)token;
    t->call = 0;
    const char *moved = moved_to(t, a);
    if (moved) {
        t->moved = xstrdup(moved);
        stop_running(t);
        loop_timer_set(t->timer, 0);
    } else if (a->status == 200 && a->cut && a->body_len >= (size_t)t->f->o.config->media.file_max)
        give_up(t, "not kept: larger than media.file_max");
    else if (a->status == 200 && !a->cut && a->body_len > 0)
        keep(t, a);
    else if (a->kept_out)
        give_up(t, "the vendor's server: its address is not of the public internet");
    else if (a->status == 200 || a->status == 0 || a->status == 429 || a->status >= 500) {
        snprintf(why, sizeof why, "the vendor's server: %.120s", a->error ? a->error : "no answer that holds a file");
        try_later(t, why);
    } else {
        snprintf(why, sizeof why, "the vendor's server says %u", a->status);
        give_up(t, why);
    }
}

// ---- asking ----

// The URL stands below one that the operator has configured for this account.
static bool is_own(const struct config_endpoint *e, const char *url)
{
    for (size_t i = 0; e->adapter->settings && e->adapter->settings[i].name; i++) {
        const char *own = e->account.values[i];
        size_t n = own ? strlen(own) : 0;
        if (e->adapter->settings[i].type == ADAPTER_URL && n > 0 && strncmp(url, own, n) == 0 &&
            (url[n] == '/' || own[n - 1] == '/'))
            return true;
    }
    return false;
}

static bool ask(struct fetch *t, const struct config_endpoint *e, struct region *m, const char **why)
{
    struct adapter_call c = {.method = "GET", .url = t->moved ? t->moved : t->url};
    struct http_pair headers[sizeof c.headers / sizeof *c.headers];
    if (!t->moved && e->adapter->fetch && !e->adapter->fetch(m, &e->account, t->url, &c)) {
        *why = "the adapter does not fetch this address";
        return false;
    }
    for (size_t i = 0; i < c.headers_n; i++)
        headers[i] = (struct http_pair){c.headers[i].name, c.headers[i].value};
    t->call = http_client_call(t->f->o.client,
                               &(struct http_call){.method = c.method,
                                                   .url = c.url,
                                                   .user = c.user,
                                                   .password = c.password,
                                                   .headers = headers,
                                                   .headers_n = c.headers_n,
                                                   .foreign = t->moved || !is_own(e, c.url),
                                                   .repeatable = true,
                                                   .answer_ms = ANSWER_MS,
                                                   .answer_max = (size_t)t->f->o.config->media.file_max},
                               on_answer, t, 0, why);
    return t->call != 0;
}

static void begin(struct fetch *t)
{
    const struct config_account *a = config_account(t->f->o.config, t->account);
    const char *why = "its account is gone";
    struct region m = {0};
    t->attempts++;
    t->running = true;
    t->f->running++;
    bool asked = a && a->endpoint.adapter && ask(t, &a->endpoint, &m, &why);
    region_free(&m);
    if (!asked)
        give_up(t, why);
}

static void run_next(struct fetcher *f)
{
    for (struct fetch *t = f->first; t && f->running < RUNNING_MAX; t = t->next)
        if (!t->running && !loop_timer_pending(t->timer)) {
            loop_timer_set(t->timer, 0); // not from inside whatever ended
            return;
        }
}

static void on_timer(void *arg)
{
    struct fetch *t = arg;
    if (t->running)
        return;
    if (t->f->running < RUNNING_MAX)
        begin(t);
}

void fetcher_begin(struct fetcher *f, const struct fetch_wish *w)
{
    for (const struct fetch *t = f->first; t; t = t->next)
        if (t->entry == w->entry && t->index == w->index && strcmp(t->tenant, w->tenant) == 0)
            return;
    if (f->in_hand >= IN_HAND_MAX)
        return;
    struct fetch *t = xcalloc(1, sizeof *t);
    *t = (struct fetch){.f = f, .next = f->first, .entry = w->entry, .index = w->index};
    t->tenant = xstrdup(w->tenant);
    t->account = xstrdup(w->account);
    t->url = xstrdup(w->url);
    t->type = xstrdup(*w->type ? w->type : "application/octet-stream");
    t->timer = loop_timer_new(f->o.loop, on_timer, t);
    f->first = t;
    f->in_hand++;
    run_next(f);
}

// ---- life ----

struct fetcher *fetcher_new(const struct fetcher_options *o)
{
    struct fetcher *f = xcalloc(1, sizeof *f);
    f->o = *o;
    f->owner = owner_add(f);
    f->fetched =
        metric_get(METRIC_COUNTER, "throughline_fetches_total", "Files fetched from vendors.", "result=\"kept\"");
    f->failed =
        metric_get(METRIC_COUNTER, "throughline_fetches_total", "Files fetched from vendors.", "result=\"failed\"");
    return f;
}

void fetcher_reconfigure(struct fetcher *f, const struct config *config)
{
    f->o.config = config;
}

void fetcher_free(struct fetcher *f)
{
    if (!f)
        return;
    owner_remove(f->owner);
    for (struct fetch *t = f->first, *next; t; t = next) {
        next = t->next;
        if (t->call)
            http_client_cancel(f->o.client, t->call);
        fetch_free(t);
    }
    free(f);
}
