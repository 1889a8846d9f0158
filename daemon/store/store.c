// SPDX-License-Identifier: Apache-2.0
// The store's life: its connections, when it is up, and what errors of Redis mean. The typed calls stand in store_*.c.
// An error reply of a function means that nothing was committed (docs/reference/redis.md), so it is `unavailable`, not
// `unknown`; those that name a lasting condition also show in store_trouble().
#include "daemon/store/store_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/metrics.h"

#define STORE_DEADLINE_MS 800
#define STORE_PENDING     65536
#define STORE_LOG_EVERY   1000
#define STORE_KEY_PARTS   4

// ---- being up ----

void store_set_up(struct store *s, bool up, const char *trouble)
{
    bool was = s->up;
    s->up = up;
    s->trouble = trouble;
    s->lane.turn = 0; // another server, or the same without its memory
    if (was == up)
        return;
    s->calls += up;
    metric_set(metric_get(METRIC_GAUGE, "throughline_store_up", "1 while Redis can be used.", ""), up);
    if (up)
        tl_log(LOG_INFO, "redis_up", LS("library", STORE_LIBRARY));
    else
        metric_add(metric_get(METRIC_COUNTER, "throughline_store_losses_total", "Connections to Redis lost.", ""), 1);
    for (unsigned i = 0; i < s->listeners_n; i++)
        s->listeners[i].fn(s->listeners[i].arg, up);
}

static void store_on_link_up(void *owner)
{
    store_library_ensure(owner);
}

static void store_on_link_down(void *owner, const char *why)
{
    (void)why; // the link keeps and logs it
    store_gather_empty(owner);
    store_set_up(owner, false, "");
}

struct store *store_new(struct loop *loop, const struct store_options *o)
{
    static const struct link_ops ops = {.up = store_on_link_up,
                                        .down = store_on_link_down,
                                        .release = store_gather_release,
                                        .leaving = store_gather_leaving};
    struct store *s = xcalloc(1, sizeof(*s));
    s->loop = loop;
    s->o = *o;
    s->o.deadline_ms = o->deadline_ms > 0 ? o->deadline_ms : STORE_DEADLINE_MS;
    s->o.max_pending = o->max_pending ? o->max_pending : STORE_PENDING;
    s->o.url = s->o.ca_file = NULL; // the caller's
    const char *why = "";
    s->net = wire_net_new(loop, o->url, o->ca_file, &why);
    s->trouble = s->net ? "" : why;
    if (!s->net)
        tl_log(LOG_ERROR, "redis_address", LS("why", why));
    struct link_options link = {.name = "calls",
                                .loop = loop,
                                .net = s->net,
                                .deadline_ms = s->o.deadline_ms,
                                .max_pending = s->o.max_pending,
                                .max_reply = STORE_REPLY_MAX,
                                .round_trip = metric_get(METRIC_HISTOGRAM, "throughline_store_round_trip_seconds",
                                                         "Time of a call to Redis, one at a time sampled.", "")};
    s->link = link_new(&link, &ops, s);
    loop_at_turn_end(loop, store_readers_turn_end, s);
    return s;
}

static void store_destroy(void *arg)
{
    struct store *s = arg;
    for (struct store_job *j = s->jobs, *next; j; j = next) {
        next = j->next;
        store_job_free(j);
    }
    wire_net_drop(s->net);
    store_gather_free(s);
    store_sent_free(s);
    free(s->heard);
    free(s);
}

void store_free(struct store *s)
{
    if (!s)
        return;
    s->up = false;
    loop_forget(s->loop, s);
    store_readers_part(s);
    link_free(s->link);
    link_free(s->ears);
    loop_defer_free(s->loop, store_destroy, s);
}

bool store_up(const struct store *s)
{
    return s->up;
}

void store_on_change(struct store *s, void (*fn)(void *arg, bool up), void *arg)
{
    assert(s->listeners_n < STORE_LISTENERS);
    s->listeners[s->listeners_n].fn = fn;
    s->listeners[s->listeners_n++].arg = arg;
}

uint32_t store_pending(const struct store *s)
{
    return link_pending(s->link);
}

const char *store_trouble(const struct store *s)
{
    if (*s->trouble)
        return s->trouble;
    if (s->up)
        return "";
    return *link_trouble(s->link) ? link_trouble(s->link) : "connecting";
}

// ---- writing calls ----

void store_put_keys(struct resp_out *out, const char *tenant, const char *const part[], size_t n)
{
    size_t tenant_len = strlen(tenant), len[STORE_KEY_PARTS], total = 6 + tenant_len;
    assert(n <= STORE_KEY_PARTS);
    for (size_t i = 0; i < n; i++)
        total += len[i] = strlen(part[i]);
    resp_begin(out, total);
    resp_put(out, "tl:{", 4);
    resp_put(out, tenant, tenant_len);
    resp_put(out, "}:", 2);
    for (size_t i = 0; i < n; i++)
        resp_put(out, part[i], len[i]);
    resp_end(out);
}

void store_put_key(struct resp_out *out, const char *tenant, const char *key)
{
    store_put_keys(out, tenant, &key, 1);
}

void store_put_fence(struct resp_out *out, const struct store_lease *fence)
{
    resp_text(out, fence ? fence->name : "");
    resp_u64(out, fence ? fence->epoch : 0);
    resp_u64(out, fence ? fence->nonce : 0);
}

struct resp_out *store_verb(struct store *s, const struct link_call *c, const char *verb, size_t n)
{
    struct resp_out *out = s->up ? link_begin(s->link) : NULL;
    if (s->resting)
        store_readers_wake(s); // it may be an input that we will want to see
    if (!out) {
        link_refuse(s->link, c, TL_UNAVAILABLE);
        return NULL;
    }
    resp_array(out, 1 + n);
    resp_text(out, verb);
    return out;
}

struct resp_out *store_plain(struct store *s, const struct link_call *c, const char *verb, const char *tenant,
                             const char *key, size_t n)
{
    struct resp_out *out = store_verb(s, c, verb, 1 + n);
    if (out)
        store_put_key(out, tenant, key);
    return out;
}

struct resp_out *store_fcall(struct store *s, const struct link_call *c, const char *function, const char *tenant,
                             size_t n)
{
    struct resp_out *out = store_verb(s, c, "FCALL", 3 + n);
    if (!out)
        return NULL;
    resp_text(out, function);
    resp_bulk(out, "1", 1);
    store_put_key(out, tenant, "inputs");
    return out;
}

// ---- what replies mean ----

enum store_remedy { STORE_NOTHING, STORE_RECONNECT, STORE_RELOAD };

static const struct store_error {
    const char *prefix;
    enum tl_err e;
    const char *trouble; // NULL: not a lasting one
    enum store_remedy remedy;
} store_errors[] = {
    {"OOM ", TL_UNAVAILABLE, "out of memory", STORE_NOTHING},
    {"ERR Function not found", TL_UNAVAILABLE, NULL, STORE_RELOAD},
    {"LOADING ", TL_UNAVAILABLE, NULL, STORE_RECONNECT},
    {"READONLY ", TL_UNAVAILABLE, "read only", STORE_RECONNECT},
    {"MASTERDOWN ", TL_UNAVAILABLE, "a replica without its master", STORE_RECONNECT},
    {"NOAUTH ", TL_UNAVAILABLE, "authentication required", STORE_RECONNECT},
    {"NOPERM ", TL_UNAVAILABLE, "not permitted", STORE_NOTHING},
    {"MISCONF ", TL_UNAVAILABLE, "the server cannot write its file", STORE_NOTHING},
    {"NOREPLICAS ", TL_UNAVAILABLE, "too few replicas", STORE_NOTHING},
    {"BUSY ", TL_UNAVAILABLE, "busy with a script", STORE_NOTHING},
    {"BEHIND ", TL_UNAVAILABLE, NULL, STORE_NOTHING},
    {"TL", TL_INVALID, NULL, STORE_NOTHING},
};

static void store_log_error(struct store *s, const struct value *v)
{
    int64_t now = loop_now(s->loop);
    metric_add(metric_get(METRIC_COUNTER, "throughline_store_errors_total", "Error replies of Redis.", ""), 1);
    if (s->logged && now - s->logged < STORE_LOG_EVERY)
        return;
    s->logged = now;
    char text[160];
    const char *shown = text;
    snprintf(text, sizeof(text), "%s", value_text(v));
    char *quoted = strstr(text, ", with args");
    if (quoted)
        *quoted = 0;
    tl_log(LOG_WARN, "redis_error", LS("error", shown));
}

static const struct store_error *store_error_known(const struct value *v)
{
    for (size_t i = 0; i < sizeof(store_errors) / sizeof(store_errors[0]); i++)
        if (value_starts(v, store_errors[i].prefix))
            return &store_errors[i];
    return NULL;
}

bool store_refused_whole(const struct value *v)
{
    return store_error_known(v) != NULL;
}

static enum tl_err store_error(struct store *s, const struct value *v)
{
    const struct store_error *known = store_error_known(v);
    store_log_error(s, v);
    if (!known)
        return TL_UNAVAILABLE;
    if (known->trouble)
        s->trouble = known->trouble;
    if (known->remedy == STORE_RECONNECT)
        link_break(s->link, known->trouble ? known->trouble : "loading");
    else if (known->remedy == STORE_RELOAD && s->up) {
        store_set_up(s, false, "loading the functions");
        store_library_ensure(s);
    }
    return known->e;
}

enum tl_err store_plain_status(struct store *s, enum tl_err e, const struct value *v)
{
    if (e != TL_OK)
        return e;
    return v->type == VALUE_ERROR ? store_error(s, v) : TL_OK;
}

enum tl_err store_status(struct store *s, enum tl_err e, const struct value *v)
{
    static const enum tl_err by_status[] = {TL_OK, TL_OK, TL_CONFLICT, TL_FENCED, TL_ABSENT};
    e = store_plain_status(s, e, v);
    if (e != TL_OK)
        return e;
    const struct value *status = value_at(v, 0);
    if (status->type != VALUE_INTEGER || status->integer < 0 || status->integer > 4) {
        tl_log(LOG_ERROR, "redis_answer", LS("why", "a function's answer has no status"));
        return TL_UNKNOWN;
    }
    return by_status[status->integer];
}

// ---- jobs ----

struct store_job *store_job_new(struct store *s, void (*fn)(void), void *module, uint64_t token, const char *tenant,
                                const char *name)
{
    struct store_job *j = xcalloc(1, sizeof(*j));
    *j = (struct store_job){.next = s->jobs, .s = s, .fn = fn, .module = module, .token = token};
    memcpy(j->tenant, tenant, strnlen(tenant, sizeof(j->tenant) - 1));
    memcpy(j->name, name, strnlen(name, sizeof(j->name) - 1));
    if (s->jobs)
        s->jobs->prev = j;
    s->jobs = j;
    return j;
}

void store_job_free(struct store_job *j)
{
    if (j->prev)
        j->prev->next = j->next;
    else
        j->s->jobs = j->next;
    if (j->next)
        j->next->prev = j->prev;
    free(j->bytes);
    free(j->meta);
    free(j);
}
