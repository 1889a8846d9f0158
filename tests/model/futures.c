// SPDX-License-Identifier: Apache-2.0
//
// futures N SEED: at each of N random inputs the router is written down and restored, and the restored one lives through the
// inputs that follow beside the one that never was: effects must be the same for FOLLOWS inputs, and the states after them byte for byte. A
// difference ends it with the seed and the input, exit 1.

#include "world.h"
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

int main(int argc, char **argv)
{
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000, seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    struct world w = {.seed = seed * 1000003};
    struct router *r = router_new(), *copies[FOLLOWS] = {NULL};
    struct bytes b = {0};
    bool same = true;
    for (uint64_t i = 1; same && i <= n; i++) {
        struct router_effects out;
        struct router_input in = world_next(&w, r, i);
        same = router_step(r, &in, &out);
        struct router **oldest = &copies[i % FOLLOWS];
        for (uint64_t k = 0; same && k < FOLLOWS; k++) {
            same = !copies[k] || lives_on(copies[k], &in, &out);
            same = same && (&copies[k] != oldest || !*oldest || router_hash(*oldest) == router_hash(r));
            if (!same)
                fprintf(stderr,
                        "seed %" PRIu64 ": input %" PRIu64 " of kind %d: restored %" PRIu64
                        " inputs before, another future\n",
                        seed, i, (int)in.kind, (i - 1 - k) % FOLLOWS + 1);
        }
        router_free(*oldest);
        *oldest = written_again(r, &b);
        same = same && *oldest && router_next_deadline(r) == router_next_deadline(*oldest);
    }
    printf("%" PRIu64 " inputs, seed %" PRIu64 ", each restored and followed by %d, hash %016" PRIx64 "\n", n, seed,
           FOLLOWS, router_hash(r));
    for (size_t k = 0; k < FOLLOWS; k++)
        router_free(copies[k]);
    router_free(r);
    free(b.v);
    return same ? 0 : 1;
}
