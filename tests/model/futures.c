// SPDX-License-Identifier: Apache-2.0
//
// At each input the router is written down and restored, and the restored one lives through the inputs that follow beside the
// one that never was: effects must be the same for FOLLOWS inputs, and the states after them byte for byte.

#include "run.h"
#include "written.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLLOWS 8

static bool effect_equal(const struct router_effect *a, const struct router_effect *b)
{
    const char *const mine[] = {a->agent, a->session_id, a->client_id, a->text, a->former_agent, a->session.handle},
                      *const other[] = {b->agent, b->session_id,   b->client_id,
                                        b->text,  b->former_agent, b->session.handle};
    bool equal = a->kind == b->kind && a->reason == b->reason && a->refusal == b->refusal && a->work == b->work &&
                 a->conversation == b->conversation && a->customer == b->customer && a->number == b->number &&
                 a->epoch == b->epoch && a->deadline == b->deadline && a->state == b->state &&
                 a->resolved == b->resolved && a->informed == b->informed && !a->decision == !b->decision;
    for (size_t i = 0; equal && i < sizeof mine / sizeof mine[0]; i++)
        equal = !mine[i] == !other[i] && (!mine[i] || strcmp(mine[i], other[i]) == 0);
    const struct router_decision *d = a->decision, *e = b->decision;
    if (equal && d)
        equal = strcmp(d->winner, e->winner) == 0 && strcmp(d->queue, e->queue) == 0 && d->step == e->step &&
                d->candidates_n == e->candidates_n && memcmp(d->excluded, e->excluded, sizeof d->excluded) == 0;
    for (size_t i = 0; equal && d && i < d->candidates_n; i++) {
        const struct router_candidate *x = &d->candidates[i], *y = &e->candidates[i];
        equal = strcmp(x->agent, y->agent) == 0 && x->exclusions == y->exclusions && x->score == y->score &&
                x->load == y->load && x->idle_ms == y->idle_ms && x->behind == y->behind &&
                x->behind_by == y->behind_by && x->changes_n == y->changes_n;
    }
    return equal;
}

// `effects`: of the one that was never restored.
static bool lives_on(struct router *copy, const struct router_input *in, const struct router_effects *effects)
{
    struct router_effects out;
    bool same = router_step(copy, in, &out) && out.n == effects->n;
    for (size_t i = 0; same && i < out.n; i++)
        same = effect_equal(&out.v[i], &effects->v[i]);
    return same;
}

struct futures {
    struct router *r, *copies[FOLLOWS]; // the i-th is of an input whose number leaves i
};

static void *futures_begin(void)
{
    struct futures *f = calloc(1, sizeof *f);
    if (!f || !(f->r = router_new()))
        abort();
    return f;
}

static const struct router *futures_router(const void *self)
{
    return ((const struct futures *)self)->r;
}

static bool futures_step(void *self, const struct router_input *in, bool restore, struct difference *d)
{
    struct futures *f = self;
    struct router_effects out;
    struct router **oldest = &f->copies[in->number % FOLLOWS];
    *d = (struct difference){.what = "the input is refused as not the next one"};
    bool same = router_step(f->r, in, &out);
    for (uint64_t k = 0; same && k < FOLLOWS; k++) {
        d->what = "another future";
        same = !f->copies[k] || lives_on(f->copies[k], in, &out);
        if (same && &f->copies[k] == oldest && *oldest) {
            d->what = "another state";
            same = router_hash(*oldest) == router_hash(f->r);
        }
        if (!same)
            fprintf(stderr, "  restored %" PRIu64 " inputs before: %s\n", (in->number - 1 - k) % FOLLOWS + 1, d->what);
    }
    router_free(*oldest);
    *oldest = NULL;
    if (!same || !restore)
        return same;
    d->what = "the restored router";
    *oldest = written_again(f->r);
    return *oldest && router_next_deadline(f->r) == router_next_deadline(*oldest);
}

static void futures_end(void *self)
{
    struct futures *f = self;
    for (size_t k = 0; k < FOLLOWS; k++)
        router_free(f->copies[k]);
    router_free(f->r);
    free(f);
}

const struct subject futures_subject = {.name = "futures",
                                        .inputs = 20000,
                                        .restores = true,
                                        .begin = futures_begin,
                                        .router = futures_router,
                                        .step = futures_step,
                                        .end = futures_end};
