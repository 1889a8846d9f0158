// SPDX-License-Identifier: Apache-2.0
// Answers to events, and who waits for them: a pool of slots that grows to a bound and is used again, so that an event costs no malloc. A
// slot's turn tells an answer to its former user from one to its present one.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/config/config.h"
#include "daemon/core/owner.h"
#include "daemon/core/triage_private.h"

void triage_answer(struct triage *t, Throughline__V1__EventResult *r, triage_fn *fn, void *module, uint64_t token)
{
    metric_add(t->results[r->status], 1);
    balance_answered(t, r->status, r->error ? r->error->code : "");
    fn(module, token, r);
}

void triage_refuse(struct triage *t, const char *id, struct triage_fault *f, triage_fn *fn, void *module,
                   uint64_t token)
{
    Throughline__V1__EventResult r = THROUGHLINE__V1__EVENT_RESULT__INIT;
    Throughline__V1__Error error = THROUGHLINE__V1__ERROR__INIT;
    r.id = (char *)id;
    r.status = THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_REFUSED;
    r.error = &error;
    error.code = (char *)f->code;
    error.field = f->field;
    error.detail = f->detail;
    triage_answer(t, &r, fn, module, token);
}

void triage_unknown(struct triage *t, const char *id, const char *detail, triage_fn *fn, void *module, uint64_t token)
{
    Throughline__V1__EventResult r = THROUGHLINE__V1__EVENT_RESULT__INIT;
    Throughline__V1__Error error = THROUGHLINE__V1__ERROR__INIT;
    r.id = (char *)id;
    r.status = THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN;
    r.error = &error;
    error.code = (char *)"unavailable";
    error.detail = (char *)detail;
    triage_answer(t, &r, fn, module, token);
}

// A free slot's index + 1, or 0 when there are too many.
static uint32_t pending_take(struct triage *t)
{
    if (t->pending_used >= (uint64_t)t->config->server.max_pending)
        return 0;
    if (!t->free) {
        uint32_t n = t->pending_n ? t->pending_n * 2 : 256;
        t->pending = xrealloc(t->pending, n * sizeof *t->pending);
        memset(t->pending + t->pending_n, 0, (n - t->pending_n) * sizeof *t->pending);
        for (uint32_t i = n; i > t->pending_n; i--) {
            t->pending[i - 1].next_free = t->free;
            t->free = i;
        }
        t->pending_n = n;
    }
    uint32_t slot = t->free;
    t->free = t->pending[slot - 1].next_free;
    t->pending_used++;
    return slot;
}

// Takes the slot out of use; its contents stay in *out.
struct triage *triage_pending_end(const void *module, uint64_t token, struct pending *out)
{
    struct triage *t = owner_find(module);
    uint32_t slot = (uint32_t)token;
    if (!t || !slot || slot > t->pending_n)
        return NULL;
    struct pending *p = &t->pending[slot - 1];
    if (!p->used || p->turn != token >> 32)
        return NULL;
    *out = *p;
    t->now = p->balance;
    p->used = false;
    t->pending_used--;
    p->turn++;
    p->next_free = t->free;
    t->free = slot;
    return t;
}

// Fills a slot; its token, or 0 after having answered that there are too many.
uint64_t triage_pending_begin(struct triage *t, const char *id, triage_fn *fn, void *module, uint64_t token)
{
    uint32_t slot = pending_take(t);
    if (!slot) {
        triage_unknown(t, id, "too many events wait for Redis", fn, module, token);
        return 0;
    }
    struct pending *p = &t->pending[slot - 1];
    p->used = true;
    p->fn = fn;
    p->module = module;
    p->token = token;
    p->balance = t->now;
    memcpy(p->id, id, strnlen(id, sizeof p->id - 1) + 1);
    return (uint64_t)p->turn << 32 | slot;
}
