// SPDX-License-Identifier: Apache-2.0
// Whether the agents can keep up: a scenario whose contacts bring more work than its agents can do, wait for ever and find endless room has no
// figures to estimate, since its waits grow for as long as it runs. It is told as a warning, and run all the same.
//
// Looked at are each class together with all that only its agents can serve, and all classes together. That finds
// what no rule of routing could keep up with; a rule can still waste what there is. Who gives up makes no wait endless and is not counted.
#include "cli/sim_file.h"

#include <stdlib.h>

#define LOAD_FULL (1 - 1e-6) // as much as there is, but for rounding

struct load {
    double work, room; // slots kept busy, slots there are, at speed and resolution 1
};

// Which pools serve which class: a row of bits for each class, and a last one, all set, for all classes together.
struct load_map {
    const struct sim_scenario *s;
    size_t words; // of a row
    uint64_t *rows;
};

static struct load_map load_map_of(const struct sim_scenario *s)
{
    struct load_map m = {.s = s, .words = (s->pools_n + 63) / 64};
    m.rows = sim_file_alloc((s->classes_n + 1) * m.words, sizeof *m.rows);
    for (size_t i = 0; i <= s->classes_n; i++) {
        for (size_t p = 0; p < s->pools_n; p++) {
            if (i == s->classes_n || sim_pool_serves(&s->pools[p], &s->classes[i]))
                m.rows[i * m.words + p / 64] |= UINT64_C(1) << p % 64;
        }
    }
    return m;
}

// Whether every pool that serves the class is of the row. A class with steps is served by more as it waits.
static bool load_within(const struct load_map *m, size_t class, size_t row)
{
    bool within = !m->s->classes[class].steps.n || row == m->s->classes_n;
    for (size_t w = 0; within && w < m->words; w++)
        within = !(m->rows[class * m->words + w] & ~m->rows[row * m->words + w]);
    return within;
}

// Of all that only the row's agents can serve.
static struct load load_of(const struct load_map *m, size_t row)
{
    const struct sim_scenario *s = m->s;
    struct load l = {0};
    for (size_t p = 0; p < s->pools_n; p++) {
        const struct sim_pool *pool = &s->pools[p];
        if (m->rows[row * m->words + p / 64] >> p % 64 & 1)
            l.room += (double)pool->count * (double)pool->concurrency * pool->speed * pool->resolution;
    }
    for (size_t i = 0; i < s->classes_n; i++) {
        const struct sim_class *c = &s->classes[i];
        if (c->patience_mean == 0 && load_within(m, i, row))
            l.work += c->rate * c->service_mean;
    }
    return l;
}

void sim_load_check(const struct sim_scenario *s, struct config_errors *errs)
{
    static const char advice[] = "the wait grows for as long as the run lasts (give agents, a patience_mean or "
                                 "waiting_places)";
    if (s->waiting_places >= 0)
        return;
    bool told = false;
    struct load_map m = load_map_of(s);
    for (size_t i = 0; i < s->classes_n; i++) {
        const struct sim_class *c = &s->classes[i];
        struct load l = load_of(&m, i);
        if (c->patience_mean > 0 || c->steps.n || l.work < l.room * LOAD_FULL)
            continue;
        errors_warn(errs, c->place,
                    "class %s and all that only its agents can do keep %.4g slots busy, and there are %.4g: %s",
                    c->name, l.work, l.room, advice);
        told = true;
    }
    struct load all = load_of(&m, s->classes_n);
    if (!told && all.work >= all.room * LOAD_FULL)
        errors_warn(errs, (struct config_place){1, 1}, "all classes keep %.4g slots busy, and there are %.4g: %s",
                    all.work, all.room, advice);
    free(m.rows);
}
