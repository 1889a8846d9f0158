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

// Text without control characters, in UTF-8 that is known to be valid.
bool triage_is_line(const char *s, size_t len);
// "media:<sha256>", as an attachment names a file that is kept here.
bool triage_is_kept_file(const char *s, size_t len);

#endif
