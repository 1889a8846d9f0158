// SPDX-License-Identifier: Apache-2.0
// Deliveries on their way to a vendor: rendered, sent, their answer judged, reported. The outbox has marked each as being sent before it comes
// here; what is not reported (a crash) is found so and becomes unknown. How many may go at a time and in a second is kept here, and that nothing
// goes while the vendor refuses the account itself: then one is tried after a pause that grows.
#include <stdlib.h>
#include <string.h>

#include "daemon/accounts/accounts_private.h"
#include "daemon/accounts/enclosing.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/config/config.h"
#include "daemon/core/core.h"
#include "daemon/core/owner.h"
#include "daemon/store/store.h"
#include "throughline/v1/conversation.pb-c.h"

enum {
    PAUSE_FIRST_MS = 30000,
    PAUSE_MOST_MS = 900000,
    TIMELINE_READ = 200, // entries of the conversation, of all accounts
    TIMELINE_SHOWN = 50,
    REASON_MAX = 200,
    EXTERNAL_MAX = 200,
};

struct send {
    struct accounts *all;
    uint64_t id, account; // account: gone where the configuration changed meanwhile
    struct endpoint *endpoint;
    struct outbox *outbox;
    struct region region;
    Throughline__V1__Delivery *delivery;
    const struct adapter_bytes *files; // in the region, as many as attachments; NULL = none
    const Throughline__V1__Entry **timeline;
    size_t timeline_n;
    const char *external_id; // known before the answer
};

// ---- pace ----

static bool has_allowance(struct account *a)
{
    int64_t now = loop_now(a->all->o.loop), most = a->per_second * 1000;
    if (!a->per_second)
        return true;
    a->allowance += (now - a->allowed_at) * a->per_second;
    a->allowance = a->allowance < most ? a->allowance : most;
    a->allowed_at = now;
    return a->allowance >= 1000;
}

static void on_timer(void *arg)
{
    struct account *a = arg;
    outbox_credit(a->tenant->outbox, a->carrier);
}

// Somebody may be waiting: at once, or when there is room again.
static void plan(struct account *a)
{
    int64_t now = loop_now(a->all->o.loop);
    if (a->stopped_until > now)
        loop_timer_set(a->timer, a->stopped_until - now);
    else if (!has_allowance(a))
        loop_timer_set(a->timer, (1000 - a->allowance + a->per_second - 1) / a->per_second);
    else
        loop_timer_set(a->timer, 0);
}

// How many would be taken now.
static size_t room(void *ctx, uint64_t token)
{
    struct account *a = ctx;
    int64_t now = loop_now(a->all->o.loop);
    (void)token;
    if (a->all->draining || a->in_flight >= a->max_in_flight)
        return 0;
    if (!has_allowance(a) || a->stopped_until > now) {
        plan(a);
        return 0;
    }
    if (a->stopped_until)
        return !a->in_flight; // one is tried
    size_t free = a->max_in_flight - a->in_flight, allowed = (size_t)a->allowance / 1000;
    return a->per_second && allowed < free ? allowed : free;
}

void sender_wake(struct account *a)
{
    plan(a);
}

static void stop(struct account *a, const char *why)
{
    bool was = a->stopped_until != 0;
    a->pause = !a->pause ? PAUSE_FIRST_MS : a->pause * 2 < PAUSE_MOST_MS ? a->pause * 2 : PAUSE_MOST_MS;
    a->stopped_until = loop_now(a->all->o.loop) + a->pause;
    metric_set(a->stopped, 1);
    tl_log(was ? LOG_WARN : LOG_ERROR, "account_refused", LS("account", a->name), LS("why", why),
           LN("again_in_ms", a->pause));
}

void sender_forgive(struct account *a)
{
    a->stopped_until = 0;
    a->pause = 0;
    metric_set(a->stopped, 0);
}

static void go_on(struct account *a)
{
    if (!a->stopped_until)
        return;
    sender_forgive(a);
    tl_log(LOG_INFO, "account_accepted", LS("account", a->name));
}

// ---- the end of one ----

#define STATE(name) THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_##name
static const struct {
    uint32_t state;
    enum store_reach reach;
    const char *name, *class;
} fates[] = {
    [ADAPTER_SENT] = {STATE(SENT), STORE_REACH_NONE, "sent", NULL},
    [ADAPTER_RETRY] = {STATE(QUEUED), STORE_REACH_NONE, "retry", "exhausted"},
    [ADAPTER_DEAD] = {STATE(FAILED), STORE_REACH_NONE, "dead", "refused"},
    [ADAPTER_STOPPED] = {STATE(FAILED), STORE_REACH_STOPPED, "stopped", "stopped"},
    [ADAPTER_GONE] = {STATE(FAILED), STORE_REACH_GONE, "gone", "gone"},
    [ADAPTER_UNKNOWN] = {STATE(UNKNOWN), STORE_REACH_NONE, "unknown", "unknown"},
};

static void count(struct account *a, enum adapter_fate fate)
{
    char account[160];
    if (!a->outcomes[fate]) {
        char *labels =
            xasprintf("%s,outcome=\"%s\"", metric_label(account, sizeof account, "account", a->name), fates[fate].name);
        a->outcomes[fate] = metric_get(METRIC_COUNTER, "throughline_sends_total",
                                       "Requests to vendors, by what became of them.", labels);
        free(labels);
    }
    metric_add(a->outcomes[fate], 1);
}

static void send_free(struct send *s)
{
    struct account *a = account_by_id(s->all, s->account);
    table_take(&s->all->sends, s->id);
    if (a) {
        metric_set(a->sending, (double)--a->in_flight);
        plan(a);
    }
    endpoint_drop(s->endpoint);
    throughline__v1__delivery__free_unpacked(s->delivery, NULL);
    region_free(&s->region);
    free(s);
}

static void send_end(struct send *s, const struct adapter_outcome *o)
{
    struct account *a = account_by_id(s->all, s->account);
    const Throughline__V1__Delivery *d = s->delivery;
    char reason[REASON_MAX + 1], external[EXTERNAL_MAX + 1];
    enum adapter_fate fate = o->fate;
    // Where the account is refused, nothing is wrong with the message; where the vendor knows repetitions, an unknown one may go again.
    if ((fate == ADAPTER_DEAD && o->account_trouble) || (fate == ADAPTER_UNKNOWN && s->endpoint->adapter->dedupes))
        fate = ADAPTER_RETRY;
    plain_text(reason, sizeof reason, fate == ADAPTER_SENT ? "" : o->reason);
    plain_text(external, sizeof external, o->external_id && *o->external_id ? o->external_id : s->external_id);
    outbox_report(s->outbox, &(struct store_report){
                                 .id = d->id,
                                 .account = s->endpoint->account.name,
                                 .state = fates[fate].state,
                                 .attempt = d->attempt,
                                 .reason = reason,
                                 .external_id = fate == ADAPTER_SENT ? external : "",
                                 .retry_ms = o->retry_ms,
                                 .reach = fates[fate].reach,
                                 .class = fates[fate].class,
                             });
    if (a) {
        count(a, fate);
        if (fate != ADAPTER_SENT)
            account_error(a, reason);
        if (o->account_trouble)
            stop(a, reason);
        else if (fate != ADAPTER_RETRY && fate != ADAPTER_UNKNOWN)
            go_on(a);
    }
    send_free(s);
}

static void send_fail(struct send *s, enum adapter_fate fate, const char *why)
{
    send_end(s, &(struct adapter_outcome){.fate = fate, .external_id = "", .reason = why});
}

static void on_answer(void *module, uint64_t token, const struct http_answer *got)
{
    struct accounts *all = module;
    struct send *s = table_get(&all->sends, token);
    struct adapter_outcome o = {0};
    struct adapter_answer answer;
    if (!s)
        return;
    const struct adapter *ad = s->endpoint->adapter;
    answer_of(&s->region, got, &answer);
    if (ad->classify)
        ad->classify(&s->region, &s->endpoint->account, &answer, &o);
    else
        adapter_classify_http(&s->region, &answer, &o);
    send_end(s, &o);
}

// ---- the beginning ----

static void render(struct send *s)
{
    const struct adapter *ad = s->endpoint->adapter;
    struct adapter_context context = {
        .timeline = s->timeline, .timeline_n = s->timeline_n, .files = s->files, .now_ms = loop_unix_ms()};
    struct adapter_call rendered = {0};
    struct http_pair pairs[16];
    struct http_call call;
    const char *why = "this kind of account only receives";
    if (!ad->render || !ad->render(&s->region, &s->endpoint->account, s->delivery, &context, &rendered, &why)) {
        send_fail(s, ADAPTER_DEAD, why);
        return;
    }
    s->external_id = rendered.external_id;
    call_of(&rendered, &call, pairs);
    if (!http_client_call(s->all->o.client, &call, on_answer, s->all, s->id, &why))
        send_fail(s, ADAPTER_DEAD, why);
}

// ---- its files ----

static Throughline__V1__Message *message_of(const struct send *s)
{
    return s->delivery->what_case == THROUGHLINE__V1__DELIVERY__WHAT_MESSAGE ? s->delivery->message : NULL;
}

// Whatever is not enclosed is a link from here on.
static void link_and_render(struct send *s)
{
    const struct config *c = s->all->o.config;
    struct account *a = account_by_id(s->all, s->account);
    if (message_of(s) && a)
        enclosing_link(s->all->o.media, a->tenant->name, s->endpoint->account.public_url, c->media.fetch_hours * 3600,
                       message_of(s));
    render(s);
}

static void on_files(void *module, uint64_t token, const struct adapter_bytes *files, size_t n)
{
    struct accounts *all = owner_find(module);
    struct send *s = all ? table_get(&all->sends, token) : NULL;
    if (!s)
        return;
    struct adapter_bytes *v = region_new(&s->region, n + 1, sizeof *v);
    for (size_t i = 0; i < n; i++)
        if (files[i].bytes)
            v[i] = (struct adapter_bytes){region_copy(&s->region, files[i].bytes, files[i].len), files[i].len};
    s->files = v;
    link_and_render(s);
}

static void enclose(struct send *s)
{
    const Throughline__V1__Message *m = message_of(s);
    struct account *a = account_by_id(s->all, s->account);
    if (!a || !m || !s->endpoint->adapter->wants_files || !enclosing_has(m))
        link_and_render(s);
    else if (!enclosing_read(s->all->o.workers, s->all->o.media, a->tenant->name, m, on_files,
                             owner_module(s->all->owner), s->id))
        send_fail(s, ADAPTER_RETRY, "too many files are being read");
}

// ---- its conversation ----

static void *region_alloc(void *m, size_t size)
{
    return region_new(m, 1, size);
}

static void region_keep(void *m, void *p)
{
    (void)m, (void)p; // goes with the region
}

static void on_timeline(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct accounts *all = owner_find(module);
    struct send *s = all ? table_get(&all->sends, token) : NULL;
    if (!s)
        return;
    if (e != TL_OK && e != TL_ABSENT) {
        send_fail(s, ADAPTER_RETRY, "its conversation could not be read");
        return;
    }
    ProtobufCAllocator in = {.alloc = region_alloc, .free = region_keep, .allocator_data = &s->region};
    const Throughline__V1__Entry **entries = region_new(&s->region, n + 1, sizeof(void *));
    size_t kept = 0;
    for (size_t i = 0; e == TL_OK && i < n; i++) {
        Throughline__V1__Entry *entry = throughline__v1__entry__unpack(&in, v[i].len, v[i].p);
        if (!entry || strcmp(entry->account, s->endpoint->account.name) != 0)
            continue;
        entry->number = v[i].number;
        entries[kept++] = entry;
    }
    size_t skipped = kept > TIMELINE_SHOWN ? kept - TIMELINE_SHOWN : 0;
    s->timeline = entries + skipped;
    s->timeline_n = kept - skipped;
    enclose(s);
}

// ---- taking one ----

static Throughline__V1__Delivery *copy(struct region *m, const Throughline__V1__Delivery *d)
{
    size_t len = throughline__v1__delivery__get_packed_size(d);
    uint8_t *bytes = region_new(m, len + 1, 1);
    throughline__v1__delivery__pack(d, bytes);
    return throughline__v1__delivery__unpack(NULL, len, bytes);
}

static bool carry(void *ctx, uint64_t token, const Throughline__V1__Delivery *d)
{
    struct account *a = ctx;
    if (!room(ctx, token)) {
        plan(a);
        return false;
    }
    struct send *s = xcalloc(1, sizeof *s);
    *s = (struct send){
        .all = a->all, .account = a->id, .endpoint = endpoint_use(a->endpoint), .outbox = a->tenant->outbox};
    s->delivery = copy(&s->region, d);
    s->id = table_add(&a->all->sends, s);
    metric_set(a->sending, (double)++a->in_flight);
    a->allowance -= a->per_second ? 1000 : 0;
    if (a->endpoint->adapter->wants_timeline && d->entry)
        store_timeline(a->tenant->store, a->tenant->name, d->conversation, 0, d->entry - 1, TIMELINE_READ, true,
                       on_timeline, owner_module(a->all->owner), s->id);
    else
        enclose(s);
    return true;
}

// ---- life ----

static void owned(void *ctx, uint64_t token, bool is)
{
    struct account *a = ctx;
    (void)token;
    a->owned = is;
    if (is)
        asking_begin(a);
    else
        asking_end(a);
}

void sender_attach(struct account *a)
{
    a->timer = loop_timer_new(a->all->o.loop, on_timer, a);
    a->allowed_at = loop_now(a->all->o.loop);
    a->allowance = a->per_second * 1000;
    a->carrier = outbox_attach(a->tenant->outbox, &(struct outbox_carrier){
                                                      .ctx = a,
                                                      .account = a->name,
                                                      .dedupes = a->endpoint->adapter->dedupes,
                                                      .carry = carry,
                                                      .room = room,
                                                      .owned = owned,
                                                  });
}

void sender_detach(struct account *a)
{
    outbox_detach(a->tenant->outbox, a->carrier);
    loop_timer_free(a->timer);
}

void senders_free(struct accounts *all)
{
    void *s;
    while ((s = table_any(&all->sends)))
        send_free(s);
    table_close(&all->sends);
}
