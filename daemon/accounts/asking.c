// SPDX-License-Identifier: Apache-2.0
// What a vendor did while we were away, where it can be asked: when the account becomes ours, and then now and then. The cursor stands in Redis
// (document "cursors") and moves only when every event of an answer is durable, a duplicate, or refused for good; so what was asked twice is
// found to be a duplicate, and nothing is passed over.
#include <stdlib.h>
#include <string.h>

#include "daemon/accounts/accounts_private.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/core/owner.h"
#include "daemon/core/triage.h"
#include "daemon/store/store.h"
#include "throughline/v1/event.pb-c.h"

enum {
    AGAIN_MS = 5000,   // after something failed
    PAGES_MOST = 1000, // of one round
    CURSOR_MAX = 1024,
};
#define CURSORS "cursors"

// One round; found by the account's id, and by its turn, so that answers to a former round find nothing.
struct asking {
    uint64_t turn;
    uint64_t call;
    unsigned pages;
    char cursor[CURSOR_MAX];
    struct endpoint *endpoint;
    struct region region; // of the page in hand
    struct adapter_events events;
    const char *next;
    size_t open;
    bool more, unknown;
};

#define TURN_BITS 24
static uint64_t token_of(const struct account *a)
{
    return a->id << TURN_BITS | a->asking->turn;
}

static struct account *of_token(const struct accounts *all, uint64_t token)
{
    struct account *a = all ? account_by_id(all, token >> TURN_BITS) : NULL;
    return a && a->asking && a->asking->turn == (token & ((1u << TURN_BITS) - 1)) ? a : NULL;
}

static void round_end(struct account *a, int64_t again_ms)
{
    struct asking *k = a->asking;
    a->asking = NULL;
    http_client_cancel(a->all->o.client, k->call);
    region_free(&k->region);
    endpoint_drop(k->endpoint);
    free(k);
    loop_timer_set(a->ask_timer, again_ms);
}

static void failed(struct account *a, const char *why)
{
    account_error(a, why);
    round_end(a, AGAIN_MS);
}

// ---- a page ----

static void ask_page(struct account *a);

static void on_saved(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct account *a = of_token(owner_find(module), token);
    (void)p;
    if (!a)
        return;
    if (e != TL_OK)
        failed(a, "the place up to which the vendor was asked could not be written");
    else if (a->asking->more && ++a->asking->pages < PAGES_MOST)
        ask_page(a);
    else
        round_end(a, a->ask_ms ? a->ask_ms : -1);
}

static void page_done(struct account *a)
{
    struct asking *k = a->asking;
    if (k->unknown) {
        failed(a, "what the vendor told is not known to be stored");
        return;
    }
    if (k->next && strlen(k->next) < sizeof k->cursor)
        strcpy(k->cursor, k->next);
    store_doc_set(a->tenant->store, a->tenant->name, CURSORS, a->name, k->cursor, strlen(k->cursor), on_saved,
                  owner_module(a->all->owner), token_of(a));
}

static void on_event(void *module, uint64_t token, const Throughline__V1__EventResult *r)
{
    struct account *a = of_token(module, token);
    if (!a)
        return;
    a->asking->unknown |= r->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN;
    if (--a->asking->open == 0)
        page_done(a);
}

static void on_answer(void *module, uint64_t token, const struct http_answer *got)
{
    struct account *a = of_token(module, token);
    struct adapter_answer answer;
    if (!a)
        return;
    struct asking *k = a->asking;
    k->call = 0;
    if (got->status < 200 || got->status > 299 || got->cut) {
        struct adapter_outcome o;
        answer_of(&k->region, got, &answer);
        adapter_classify_http(&k->region, &answer, &o);
        failed(a, got->error ? got->error : o.reason);
        return;
    }
    answer_of(&k->region, got, &answer);
    k->more = k->endpoint->adapter->told(&k->region, &k->endpoint->account, k->cursor, &answer, &k->events, &k->next);
    uint64_t page = token;
    k->open = k->events.n + 1; // refusals come at once
    for (size_t i = 0; i < k->events.n; i++) {
        k->events.v[i]->account = (char *)k->endpoint->account.name;
        triage_event(a->tenant->triage, k->events.v[i], on_event, a->all, page);
    }
    if (--k->open == 0)
        page_done(a);
}

static void ask_page(struct account *a)
{
    struct asking *k = a->asking;
    struct adapter_call call = {0};
    struct http_pair pairs[16];
    struct http_call request;
    const char *why = "";
    region_free(&k->region);
    k->events = (struct adapter_events){0};
    k->next = NULL;
    k->unknown = k->more = false;
    if (!k->endpoint->adapter->ask(&k->region, &k->endpoint->account, k->cursor, loop_unix_ms(), &call)) {
        round_end(a, a->ask_ms ? a->ask_ms : -1); // nothing to ask by these settings
        return;
    }
    call_of(&call, &request, pairs);
    request.repeatable = true;
    k->call = http_client_call(a->all->o.client, &request, on_answer, a->all, token_of(a), &why);
    if (!k->call)
        failed(a, why);
}

// ---- a round ----

static void on_cursors(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct account *a = of_token(owner_find(module), token);
    if (!a)
        return;
    if (e != TL_OK && e != TL_ABSENT) {
        failed(a, "the place up to which the vendor was asked could not be read");
        return;
    }
    size_t name = strlen(a->name);
    for (size_t i = 0; e == TL_OK && i + 1 < n; i += 2)
        if (v[i].len == name && memcmp(v[i].p, a->name, name) == 0 && v[i + 1].len < CURSOR_MAX)
            memcpy(a->asking->cursor, v[i + 1].p, v[i + 1].len);
    ask_page(a);
}

static void on_timer(void *arg)
{
    static uint64_t turns;
    struct account *a = arg;
    if (a->asking || !a->owned || a->all->draining)
        return;
    a->asking = xcalloc(1, sizeof *a->asking);
    a->asking->turn = ++turns & ((1u << TURN_BITS) - 1);
    a->asking->endpoint = endpoint_use(a->endpoint);
    store_doc_all(a->tenant->store, a->tenant->name, CURSORS, on_cursors, owner_module(a->all->owner), token_of(a));
}

void asking_begin(struct account *a)
{
    if (!a->endpoint->adapter->ask)
        return;
    if (!a->ask_timer)
        a->ask_timer = loop_timer_new(a->all->o.loop, on_timer, a);
    loop_timer_set(a->ask_timer, 0);
}

void asking_end(struct account *a)
{
    if (a->asking)
        round_end(a, -1);
    if (a->ask_timer)
        loop_timer_free(a->ask_timer);
    a->ask_timer = NULL;
}

void asking_plan(struct account *a)
{
    if (a->ask_timer && !a->asking)
        loop_timer_set(a->ask_timer, a->ask_ms ? a->ask_ms : -1);
}
