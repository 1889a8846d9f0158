// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_TRIAGE_PRIVATE_H
#define THROUGHLINE_CORE_TRIAGE_PRIVATE_H

// What the files of the triage share: triage_check.c judges events, triage_digest.c tells their contents apart, triage.c sends them on.

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

#endif
