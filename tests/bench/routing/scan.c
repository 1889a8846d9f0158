// SPDX-License-Identifier: Apache-2.0
//
// What the router is compared with: one pass over all agents, or over all waiting work, in plain arrays without names. And figures.

#include "bench.h"

#include <stdlib.h>

// Whoever links the whole program at once must not see that a result is not needed, and leave out the scan.
static void bench_use(const void *result)
{
    __asm__ volatile("" : : "r"(result) : "memory");
}

static bool has(const struct bench_agent *a, const struct bench_queue *q)
{
    for (size_t i = 0; i < q->needs_n; i++) {
        uint32_t level = 0;
        for (size_t s = 0; s < BENCH_OF_AGENT; s++)
            level = a->skills[s].skill == q->needs[i].skill ? a->skills[s].level : level;
        if (level < q->needs[i].level)
            return false;
    }
    return true;
}

uint64_t bench_scan_agents(const struct bench *b, uint32_t queue, uint32_t *best)
{
    const struct bench_queue *q = &b->queues[queue];
    uint64_t start = bench_now();
    *best = UINT32_MAX;
    for (uint32_t i = 0; i < b->agents_n; i++) {
        const struct bench_agent *a = &b->agents[i];
        if (a->available && a->load < a->capacity && has(a, q) &&
            (*best == UINT32_MAX || a->idle_since < b->agents[*best].idle_since))
            *best = i;
    }
    bench_use(best);
    return bench_now() - start;
}

uint64_t bench_scan_waiting(const struct bench *b, const struct bench_wait *v, size_t n, uint32_t agent, size_t *best)
{
    uint64_t start = bench_now();
    *best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        bool before = *best == SIZE_MAX || v[i].priority < v[*best].priority ||
                      (v[i].priority == v[*best].priority && v[i].since < v[*best].since);
        if (has(&b->agents[agent], &b->queues[v[i].queue]) && before)
            *best = i;
    }
    bench_use(best);
    return bench_now() - start;
}

static int order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void bench_note(struct bench_figures *f, uint64_t ns)
{
    if (f->n == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 1024;
        f->v = realloc(f->v, f->cap * sizeof *f->v);
        if (!f->v)
            abort();
    }
    f->v[f->n++] = ns;
}

uint64_t bench_part(struct bench_figures *f, uint32_t permille)
{
    qsort(f->v, f->n, sizeof *f->v, order);
    return f->n ? f->v[(f->n - 1) * permille / 1000] : 0;
}

void bench_forget(struct bench_figures *f)
{
    free(f->v);
    *f = (struct bench_figures){0};
}
