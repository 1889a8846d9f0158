// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_TRIAGE_H
#define THROUGHLINE_CORE_TRIAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/core/core.h"
#include "daemon/core/outbox.h"

// Events from outside, made fit for the log: every bound of event.proto is checked here, once, for every face. Then receipts go to the outbox, typing
// is published, and everything else becomes one store_ingest call.

struct triage;
struct Throughline__V1__Event;
struct Throughline__V1__EventResult;

struct triage *triage_new(const struct config *config, struct store *store, struct core *core, struct outbox *outbox);
void triage_free(struct triage *t);
void triage_reconfigure(struct triage *t, const struct config *config);

// The outcome of one event; valid during the callback. Runs exactly once, possibly from inside triage_event() when the event is refused without asking Redis.
typedef void triage_fn(void *module, uint64_t token, const struct Throughline__V1__EventResult *r);
// raw: the packed bytes of the event if the caller has them (else NULL): the digest is taken over content either way, so that JSON and protobuf deliveries of one event agree.
void triage_event(struct triage *t, const struct Throughline__V1__Event *e, triage_fn *fn, void *module,
                  uint64_t token);

// One account's balance sheet on this node since its start: received = the results and what waits for Redis. The counters are in the
// metrics, throughline_ingest_total.
struct triage_balance {
    uint64_t received, results[5]; // by EventStatus
    int64_t last_ms;               // Unix time of the latest event; 0 = none yet
};
struct triage_balance triage_balance(const struct triage *t, const char *account);

// Text without control characters, in UTF-8 that is known to be valid.
bool triage_is_line(const char *s, size_t len);
// "media:<sha256>", as an attachment names a file that is kept here.
bool triage_is_kept_file(const char *s, size_t len);

#endif
