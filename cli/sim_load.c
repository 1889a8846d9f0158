// SPDX-License-Identifier: Apache-2.0
// Whether the agents can keep up: a scenario whose contacts bring more work than its agents can do, wait for ever and find endless room has no
// figures to estimate, since its waits grow for as long as it runs. It is told as a warning, and run all the same.
//
// Looked at are each class together with all that only its agents can serve, and all classes together. That finds
// what no rule of routing could keep up with; a rule can still waste what there is. Who gives up makes no wait endless and is not counted.
#include "cli/sim_file.h"

#define LOAD_FULL (1 - 1e-6) // as much as there is, but for rounding

struct load {
    double work, room; // slots kept busy, slots there are, at speed and resolution 1
};

static bool load_serves(const struct sim_scenario *s, const struct sim_class *c, size_t pool)
{
    return !c || sim_pool_serves(&s->pools[pool], c);
}

// Whether every pool that serves the one serves the other. A class with steps is served by more as it waits.
static bool load_within(const struct sim_scenario *s, const struct sim_class *one, const struct sim_class *other)
{
    bool within = !one->steps.n || !other;
    for (size_t p = 0; within && p < s->pools_n; p++)
        within = !load_serves(s, one, p) || load_serves(s, other, p);
    return within;
}

// Of all that only agents of this class can serve; NULL = of everything.
static struct load load_of(const struct sim_scenario *s, const struct sim_class *c)
{
    struct load l = {0};
    for (size_t p = 0; p < s->pools_n; p++) {
        const struct sim_pool *pool = &s->pools[p];
        if (load_serves(s, c, p))
            l.room += (double)pool->count * (double)pool->concurrency * pool->speed * pool->resolution;
    }
    for (size_t i = 0; i < s->classes_n; i++) {
        const struct sim_class *other = &s->classes[i];
        if (other->patience_mean == 0 && load_within(s, other, c))
            l.work += other->rate * other->service_mean;
    }
    return l;
}

void sim_load_check(const struct sim_scenario *s, struct config_errors *errs)
{
    static const char advice[] = "the wait grows for as long as the run lasts (give agents, a patience_mean or "
                                 "waiting_places)";
    bool told = s->waiting_places >= 0;
    for (size_t i = 0; i < s->classes_n && s->waiting_places < 0; i++) {
        const struct sim_class *c = &s->classes[i];
        struct load l = load_of(s, c);
        if (c->patience_mean > 0 || c->steps.n || l.work < l.room * LOAD_FULL)
            continue;
        errors_warn(errs, c->place,
                    "class %s and all that only its agents can do keep %.4g slots busy, and there are %.4g: %s",
                    c->name ? c->name : "", l.work, l.room, advice);
        told = true;
    }
    struct load all = load_of(s, NULL);
    if (!told && all.work >= all.room * LOAD_FULL)
        errors_warn(errs, (struct config_place){1, 1}, "all classes keep %.4g slots busy, and there are %.4g: %s",
                    all.work, all.room, advice);
}
