// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_OUTBOX_H
#define THROUGHLINE_CORE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/core/core.h"

// Messages waiting to be delivered to customers. One outbox per tenant; a carrier (a gateway connection, later an adapter's sender) takes the
// deliveries of one account key while this node owns that account's lease. First in, first out per conversation and channel; `sending` is marked
// in Redis before the carrier sees the delivery; found so after a death it becomes `unknown`, unless the carrier deduplicates.

struct outbox;
struct Throughline__V1__Delivery;

struct outbox *outbox_new(struct loop *loop, struct store *store, struct core *core);
void outbox_free(struct outbox *o);

struct outbox_carrier {
    void *ctx;
    uint64_t token;
    const char *account; // account key; "~name" for simulated ones
    const char *handle;  // only deliveries to this handle; NULL = all (simulation by one terminal)
    bool dedupes;
    // Takes the delivery now; false = no credit: it is asked again after outbox_credit(). May report from inside, but neither attach nor
    // detach.
    bool (*carry)(void *ctx, uint64_t token, const struct Throughline__V1__Delivery *d);
    // How many it would take now; asked before one is marked as being sent. NULL = as many as there are.
    size_t (*room)(void *ctx, uint64_t token);
    void (*owned)(void *ctx, uint64_t token, bool owned); // the account's lease was got, or lost to another node
};
// What holds for all of a tenant's deliveries, whoever carries them. Each may be NULL.
struct outbox_policy {
    void *ctx;
    const char *(*account)(void *ctx, size_t index); // the tenant's accounts; NULL beyond the last
    int64_t (*life)(void *ctx, const char *account); // how long one may wait, ms; 0 = for ever
    // Why nothing may be sent to this handle now, for people; NULL = it may. Asked before each message.
    const char *(*quiet)(void *ctx, const char *account, const char *handle);
};
void outbox_govern(struct outbox *o, const struct outbox_policy *p);
// Adds a carrier; its id, never 0. Removing it leaves what it was given and has not reported as SENDING.
uint64_t outbox_attach(struct outbox *o, const struct outbox_carrier *c);
void outbox_detach(struct outbox *o, uint64_t carrier);
void outbox_credit(struct outbox *o, uint64_t carrier); // it has room again
// What became of a delivery; retried until it is durable. QUEUED without retry_ms: full-jitter back-off by the number of attempts.
void outbox_report(struct outbox *o, const struct store_report *r);
// The same once, with its outcome: for who must not acknowledge a report before it is durable.
void outbox_report_once(struct outbox *o, const struct store_report *r, store_placed_fn *fn, void *module,
                        uint64_t token);

#endif
