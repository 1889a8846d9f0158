// SPDX-License-Identifier: Apache-2.0
// Medians, spreads, percentiles, and the clock.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void bench_die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("bench: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static int figures_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

void bench_add(struct bench_series *s, double v)
{
    if (s->n < sizeof s->v / sizeof *s->v)
        s->v[s->n++] = v;
    s->latest = v;
    qsort(s->v, s->n, sizeof *s->v, figures_order);
}

double bench_median(const struct bench_series *s)
{
    if (s->n == 0)
        return 0;
    return s->n % 2 ? s->v[s->n / 2] : (s->v[s->n / 2 - 1] + s->v[s->n / 2]) / 2;
}

double bench_low(const struct bench_series *s)
{
    return s->n ? s->v[0] : 0;
}

double bench_high(const struct bench_series *s)
{
    return s->n ? s->v[s->n - 1] : 0;
}

void bench_latency_add(struct bench_latency *l, double seconds)
{
    if (!l)
        return;
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 4096;
        l->v = realloc(l->v, l->cap * sizeof *l->v);
        if (!l->v)
            bench_die("out of memory");
    }
    l->v[l->n++] = seconds;
}

double bench_percentile(struct bench_latency *l, double p)
{
    if (l->n == 0)
        return 0;
    qsort(l->v, l->n, sizeof *l->v, figures_order);
    size_t at = (size_t)(p * (double)(l->n - 1) + 0.5);
    return l->v[at];
}

void bench_latency_reset(struct bench_latency *l)
{
    l->n = 0;
}
