// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ACCOUNTS_PRIVATE_H
#define THROUGHLINE_ACCOUNTS_PRIVATE_H

// What the files of the accounts share: accounts.c has their lives, hooks.c what comes in, sender.c what goes out, asking.c what was missed,
// channels.c how they stand.

#include <stdbool.h>
#include <stdint.h>

#include "channels/adapter.h"
#include "channels/region.h"
#include "daemon/accounts/accounts.h"
#include "daemon/base/table.h"
#include "daemon/core/outbox.h"
#include "daemon/net/http.h"
#include "daemon/net/http_client.h"
#include "throughline/v1/gateway.pb-c.h"

struct config_account;
struct loop_timer;
struct metric;

// An account as its adapter sees it, for as long as somebody works with it: a request in hand outlives a change of the configuration.
struct endpoint {
    unsigned users;
    const struct adapter *adapter;
    struct adapter_account account; // everything a copy
};
struct endpoint *endpoint_new(const struct config_account *a);
struct endpoint *endpoint_use(struct endpoint *e);
void endpoint_drop(struct endpoint *e); // NULL is fine

struct account {
    struct accounts *all;
    struct account *next;
    uint64_t id; // names it in answers
    const struct accounts_tenant *tenant;
    char *name;
    struct endpoint *endpoint;
    bool seen; // in the configuration being read
    bool owned;
    // what goes out
    uint64_t carrier;
    size_t in_flight, max_in_flight;
    int64_t per_second, allowance, allowed_at; // a bucket of thousandths of a message
    int64_t stopped_until, pause;              // its vendor refuses the account itself; 0 = it does not
    struct loop_timer *timer;
    // what was missed
    int64_t ask_ms;
    struct loop_timer *ask_timer;
    struct asking *asking;
    // how it stands
    int64_t last_event_ms, last_error_ms; // Unix time; 0 = none yet
    char last_error[200];
    struct metric *stopped, *sending, *outcomes[8];
};

struct accounts {
    struct accounts_options o;
    struct accounts_tenant *tenants;
    uint64_t owner; // for answers of the store
    struct account *list;
    struct table by_id;
    struct table hooks; // id -> struct hook
    struct table sends; // id -> struct send
    struct table views; // id -> struct view
    bool draining;
    struct loop_timer *drain_timer;
    int64_t drain_until;
    void (*drained)(void *arg);
    void *drained_arg;
};

struct account *accounts_find(const struct accounts *a, const char *tenant, const char *name); // tenant NULL = any
struct account *account_by_id(const struct accounts *a, uint64_t id);
void account_error(struct account *a, const char *what);

void hooks_routes(struct accounts *a);
void hooks_free(struct accounts *a);

void sender_attach(struct account *a);
void sender_detach(struct account *a);
void sender_forgive(struct account *a); // nothing is held against the account any more
void sender_wake(struct account *a);    // its limits have changed
void senders_free(struct accounts *a);

void asking_begin(struct account *a); // it is ours now: ask at once
void asking_end(struct account *a);
void asking_plan(struct account *a); // its interval has changed

const struct accounts_tenant *accounts_tenant_of(const struct accounts *a, const char *name); // NULL = not served

void channels_routes(struct accounts *a);
void channels_free(struct accounts *a);

// The adapter's words for a request and its answer, in the client's, and the other way round. Both borrow.
void call_of(const struct adapter_call *c, struct http_call *out, struct http_pair pairs[16]);
void answer_of(struct region *m, const struct http_answer *a, struct adapter_answer *out);
// For people and logs: one line of valid text, cut to fit.
void plain_text(char *out, size_t size, const char *text);

#endif
