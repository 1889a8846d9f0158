// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_KEEPER_H
#define THROUGHLINE_CORE_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/store/store.h"

// Keeps one lease, or waits for it. Watches the beat on this process' own monotonic clock, takes the lease when it is free or has stood
// still for the lease time, beats while it holds it, and stops holding it the moment a beat comes back refused or none has come
// back for the lease time. Redis' fence refuses whatever a holder writes who has not noticed yet.

struct loop;
struct keeper;

struct keeper_options {
    const char *tenant;
    const char *name;   // of the lease
    const char *holder; // boot id
    const char *former; // boot id of this node's process before: what it held is taken without waiting. NULL = none
    int64_t lease_ms;
    void *ctx;
    bool (*wanted)(void *ctx);                                      // may it be held now? NULL = always
    void (*detail)(void *ctx, char *out, unsigned size);            // what the holder says of itself; NULL = ""
    void (*before_take)(void *ctx, const struct store_lease *seen); // about to take it from that holder; may be NULL
    void (*changed)(void *ctx, bool held);                          // never from inside a call of this module
};

struct keeper *keeper_new(struct loop *loop, struct store *store, const struct keeper_options *o);
void keeper_free(struct keeper *k); // keeps the lease standing until it runs out
// Gives the lease back and wants it no more; `given` (may be NULL) runs once, when that is done or cannot be.
void keeper_give(struct keeper *k, void (*given)(void *ctx));
// Somebody else wrote under a newer epoch: stop holding it now.
void keeper_fenced(struct keeper *k);
// Looks at once: it may be wanted now.
void keeper_look(struct keeper *k);
bool keeper_held(const struct keeper *k);
// Held by this very moment's clock, too: a process that was stopped wakes up believing that it holds what others have long taken.
bool keeper_sure(const struct keeper *k);
const struct store_lease *keeper_lease(const struct keeper *k); // while held: the fence; else what was seen last

#endif
