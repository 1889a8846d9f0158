// SPDX-License-Identifier: Apache-2.0

#include "run.h"
#include "words.h"

#include <stdlib.h>

bool run_until(struct run *run, uint64_t n, uint64_t seed, struct difference *d)
{
    const struct subject *of = run->of;
    void *self = of->begin();
    bool good = true;
    run->tape = calloc(RUN_KEEPS, sizeof *run->tape);
    if (!run->tape)
        abort();
    run->seed = seed;
    run->w.seed = seed * 1000003;
    while (good && run->n < n) {
        struct taped *kept = &run->tape[run->n % RUN_KEEPS];
        struct router_input in = world_next(&run->w, of->router(self), ++run->n);
        tape_free(kept);
        tape_keep(kept, &run->w, &in, of->router(self));
        kept->restore = of->restores || world_random(&run->w, 100) == 0;
        good = of->step(self, &in, kept->restore, d);
    }
    run->hash = good ? router_hash(of->router(self)) : 0;
    of->end(self);
    return !good;
}

bool run_again(struct run *run, struct taped *const *v, size_t n, bool told, struct difference *d, size_t *at)
{
    void *self = run->of->begin();
    bool good = true;
    int64_t before = n ? v[0]->in.at : 0;
    for (*at = 0; good && *at < n; *at += good) {
        const struct taped *t = v[*at];
        struct router_input in = tape_play(t, &run->w, run->of->router(self), *at + 1);
        if (told)
            words_print(&in, in.at - before, t->restore);
        before = in.at;
        good = run->of->step(self, &in, t->restore, d);
    }
    run->of->end(self);
    return !good;
}

struct taped **run_tape(struct run *run, size_t *n)
{
    *n = run->n < RUN_KEEPS ? run->n : RUN_KEEPS;
    struct taped **v = calloc(*n + 1, sizeof *v);
    if (!v)
        abort();
    for (size_t i = 0; i < *n; i++)
        v[i] = &run->tape[(run->n - *n + i) % RUN_KEEPS];
    return v;
}

void run_free(struct run *run)
{
    for (size_t i = 0; run->tape && i < RUN_KEEPS; i++)
        tape_free(&run->tape[i]);
    free(run->tape);
}
