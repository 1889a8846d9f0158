// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_TRIAGE_PRIVATE_H
#define THROUGHLINE_CORE_TRIAGE_PRIVATE_H

// What the files of the triage share: triage_check.c judges events, triage_digest.c tells their contents apart, triage.c sends them on.

#include "daemon/core/triage.h"
#include "daemon/store/store.h"
#include "proto/handle.h"
#include "throughline/v1/event.pb-c.h"

#define TRIAGE_THREADS_MAX 16
#define TRIAGE_HANDLES_MAX 16

// Why an event is refused for good.
struct triage_fault {
    const char *code; // static
    char field[64];
    char detail[160];
};
bool triage_fault(struct triage_fault *f, const char *code, const char *field, const char *detail); // always false

// An event found fit, with its handles in their normal form.
struct triage_fit {
    const Throughline__V1__Event *e;
    const char *call; // the call it belongs to, "" = none
    char from[HANDLE_MAX];
    char others[TRIAGE_HANDLES_MAX * 2][HANDLE_MAX];
    const char *verified[TRIAGE_HANDLES_MAX];
    uint32_t verified_n;
    const char *claimed[TRIAGE_HANDLES_MAX * 2];
    uint32_t claimed_n;
};
bool triage_check(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f);

// Of the event's content in its normal form: the same from JSON and from protobuf.
#define TRIAGE_DIGEST_SIZE 17
struct triage_digester;
struct triage_digester *triage_digester_new(void);
void triage_digester_free(struct triage_digester *d);
void triage_digest(struct triage_digester *d, const struct triage_fit *fit, char out[TRIAGE_DIGEST_SIZE]);

struct buffer {
    uint8_t *p;
    size_t room;
};

struct config;
struct config_account;
struct metric;
struct outbox;

// An account's; for the life of the triage.
struct balance {
    struct balance *next;
    char *account;
    struct triage_balance sheet;
    struct metric *received, *results[5];
};

// Waits for Redis' answer to one event.
struct pending {
    uint32_t next_free; // index + 1
    uint32_t turn;      // of the slot: an answer to its former user is not for this one
    bool used, active;
    triage_fn *fn;
    void *module;
    uint64_t token;
    struct balance *balance;
    char id[201];
};

struct triage {
    const struct config *config;
    struct store *store;
    struct core *core;
    struct outbox *outbox;
    uint64_t owner;
    struct triage_digester *digester;
    struct buffer entry, input;
    struct pending *pending;
    uint32_t pending_n, pending_used, free; // free: index + 1
    struct metric *results[5];
    struct balance *balances;
    struct balance **of_account; // by place in the configuration
    struct balance *now;         // of the event being given or answered
};

// triage_balance.c
void balance_configure(struct triage *t);
void balance_close(struct triage *t);
void balance_received(struct triage *t, const struct config_account *account);
void balance_answered(struct triage *t, uint32_t status, const char *code); // code: of a refusal

// Answers, each exactly once.
void triage_answer(struct triage *t, Throughline__V1__EventResult *r, triage_fn *fn, void *module, uint64_t token);
void triage_refuse(struct triage *t, const char *id, struct triage_fault *f, triage_fn *fn, void *module,
                   uint64_t token);
void triage_unknown(struct triage *t, const char *id, const char *detail, triage_fn *fn, void *module, uint64_t token);

// triage_pending.c. Fills a slot; its token, or 0 after having answered that there are too many.
uint64_t triage_pending_begin(struct triage *t, const char *id, triage_fn *fn, void *module, uint64_t token);
// Takes the slot out of use; its contents stay in *out. NULL: nobody waits for this answer any more.
struct triage *triage_pending_end(const void *module, uint64_t token, struct pending *out);

// triage_typing.c
void triage_typing(struct triage *t, const struct triage_fit *fit, triage_fn *fn, void *module, uint64_t token);

#endif
