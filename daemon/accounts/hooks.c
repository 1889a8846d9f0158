// SPDX-License-Identifier: Apache-2.0
// What vendors send: verified over its raw bytes, then read by the adapter, then judged and stored like every event. The vendor hears that all is
// well only when every event is durable, a duplicate, or refused for good; otherwise it is told, in its own way, to send again. What comes
// too late for the vendor's patience is stored all the same, and its repetition is a duplicate.
#include <stdlib.h>
#include <string.h>

#include "daemon/accounts/accounts_private.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/config/config.h"
#include "daemon/core/triage.h"
#include "daemon/store/store.h"
#include "throughline/v1/event.pb-c.h"

enum {
    HOOK_DEADLINE_MS = 8000, // vendors wait 10 to 15 s
    FIELDS_MAX = 100,
};

struct hook {
    struct accounts *all;
    uint64_t id, request, account;
    struct endpoint *endpoint;
    struct region region;
    struct adapter_events events;
    size_t open;
    bool unknown;
};

static void reply(struct http_request *r, const struct adapter_reply *with)
{
    if (with->body)
        http_reply(r, with->status, with->type ? with->type : "text/plain; charset=utf-8", with->body,
                   strlen(with->body));
    else
        http_reply_empty(r, with->status);
}

static void hook_free(struct hook *h)
{
    table_take(&h->all->hooks, h->id);
    region_free(&h->region);
    endpoint_drop(h->endpoint);
    free(h);
}

static void hook_end(struct hook *h)
{
    const struct adapter *ad = h->endpoint->adapter;
    struct http_request *r = http_find(h->all->o.http, h->request);
    if (r && h->unknown)
        reply(r, &ad->replies.again);
    else if (r)
        reply(r, h->events.reply ? h->events.reply : &ad->replies.done);
    hook_free(h);
}

static void on_event(void *module, uint64_t token, const Throughline__V1__EventResult *result)
{
    struct accounts *all = module;
    struct hook *h = table_get(&all->hooks, token);
    if (!h)
        return;
    struct account *a = account_by_id(all, h->account);
    h->unknown |= result->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN;
    if (result->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_REFUSED && a) {
        account_error(a, result->error->detail);
        tl_log(LOG_WARN, "event_refused", LS("account", a->name), LS("code", result->error->code),
               LS("field", result->error->field));
    }
    if (--h->open == 0)
        hook_end(h);
}

static void judge(struct hook *h, struct account *a)
{
    h->open = h->events.n + 1; // refusals come at once: the hook must outlive the loop
    for (size_t i = 0; i < h->events.n; i++) {
        h->events.v[i]->account = (char *)h->endpoint->account.name; // nobody speaks for another account
        triage_event(a->tenant->triage, h->events.v[i], on_event, h->all, h->id);
    }
    if (--h->open == 0)
        hook_end(h);
}

// ---- the request ----

static const char *method_name(const struct http_request *r)
{
    return http_method(r) == HTTP_GET ? "GET" : http_method(r) == HTTP_HEAD ? "HEAD" : "POST";
}

static struct adapter_request request_of(struct region *m, struct http_request *r)
{
    struct adapter_header *fields = region_new(m, FIELDS_MAX, sizeof *fields);
    size_t n = 0, len;
    const char *name, *value, *body = http_body(r, &len);
    for (; n < FIELDS_MAX && http_header_at(r, n, &name, &value); n++)
        fields[n] = (struct adapter_header){region_text(m, name), region_text(m, value)};
    return (struct adapter_request){
        .method = method_name(r),
        .target = region_text(m, http_target(r)),
        .headers = fields,
        .headers_n = n,
        .body = region_copy(m, body, len),
        .body_len = len,
        .now_ms = loop_unix_ms(),
        .peer = region_text(m, http_peer(r)),
        .mail_from = "",
        .rcpt = "",
    };
}

// Whether it is from the vendor; if not, it has been answered.
static bool is_genuine(struct account *a, struct http_request *r, const struct adapter_request *request)
{
    const struct endpoint *e = a->endpoint;
    switch (e->adapter->verify(&e->account, request)) {
    case ADAPTER_GENUINE:
        return true;
    case ADAPTER_UNSIGNED:
        tl_log(LOG_WARN, "hook_unsigned", LS("account", a->name), LS("peer", http_peer(r)));
        http_problem(r, PROBLEM_unsigned, NULL, NULL);
        return false;
    case ADAPTER_FORGED:
        break;
    }
    tl_log(LOG_WARN, "hook_forged", LS("account", a->name), LS("peer", http_peer(r)));
    http_problem(r, PROBLEM_forged, NULL, NULL);
    return false;
}

static void take(struct accounts *all, struct account *a, struct http_request *r)
{
    struct hook *h = xcalloc(1, sizeof *h);
    *h = (struct hook){.all = all, .request = http_id(r), .account = a->id, .endpoint = endpoint_use(a->endpoint)};
    struct adapter_request request = request_of(&h->region, r);
    if (!is_genuine(a, r, &request)) {
        hook_free(h);
        return;
    }
    a->last_event_ms = request.now_ms;
    h->id = table_add(&all->hooks, h);
    h->endpoint->adapter->parse(&h->region, &h->endpoint->account, &request, &h->events);
    judge(h, a);
}

static void on_hook(void *ctx, struct http_request *r)
{
    struct accounts *all = ctx;
    struct account *a = accounts_find(all, NULL, http_param(r, "account"));
    const struct adapter *ad = a ? a->endpoint->adapter : NULL;
    size_t len;
    http_body(r, &len);
    if (!ad || !ad->parse || strcmp(ad->name, http_param(r, "adapter")) != 0)
        http_problem(r, PROBLEM_not_found, NULL, NULL);
    else if (ad->body_max && len > ad->body_max)
        http_problem(r, PROBLEM_body_too_large, NULL, NULL);
    else if (all->draining || store_pending(a->tenant->store) > (uint32_t)all->o.config->server.max_pending)
        reply(r, &ad->replies.again);
    else
        take(all, a, r);
}

void hooks_routes(struct accounts *a)
{
    static const struct http_route routes[] = {
        {.method = HTTP_POST,
         .pattern = "/hooks/{adapter}/{account}",
         .roles = 0, // the vendor's own proof instead of a token
         .handler = on_hook,
         .body_max = ADAPTER_BODY_MAX,
         .deadline_ms = HOOK_DEADLINE_MS},
        {.method = HTTP_GET,
         .pattern = "/hooks/{adapter}/{account}",
         .roles = 0, // the vendor's own proof instead of a token
         .handler = on_hook,
         .deadline_ms = HOOK_DEADLINE_MS},
    };
    http_route_add(a->o.http, routes, sizeof routes / sizeof *routes, a);
}

void hooks_free(struct accounts *a)
{
    void *h;
    while ((h = table_any(&a->hooks)))
        hook_free(h);
    table_close(&a->hooks);
}
