// SPDX-License-Identifier: Apache-2.0
// Metrics of this process and their Prometheus text form. Owns every series until the process ends: the pointers given out stay
// valid. Not for other threads. One name with two types or helps is a bug (assert).
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"

#define BUCKETS 16
#define HASHES  512

static const double bounds[BUCKETS] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                       0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   5.0,  10.0};

struct family {
    enum metric_type type;
    char *name, *help;
    struct family *next;
    struct metric *series, **tail;
};

struct metric {
    struct family *family;
    char *labels;
    struct metric *next, *next_hash;
    double value; // a histogram's sum
    uint64_t count, buckets[];
};

static struct family *families, **families_tail = &families;
static struct metric *hashes[HASHES];

static struct family *family_get(enum metric_type type, const char *name, const char *help)
{
    for (struct family *f = families; f; f = f->next) {
        if (strcmp(f->name, name) != 0)
            continue;
        assert(f->type == type && strcmp(f->help, help) == 0);
        return f;
    }
    struct family *f = xcalloc(1, sizeof *f);
    *f = (struct family){.type = type, .name = xstrdup(name), .help = xstrdup(help), .tail = &f->series};
    *families_tail = f;
    families_tail = &f->next;
    return f;
}

static size_t hash_of(const char *name, const char *labels)
{
    uint32_t h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    for (; *labels; labels++)
        h = (h ^ (unsigned char)*labels) * 16777619u;
    return (h ^ h >> 16) % HASHES;
}

struct metric *metric_get(enum metric_type type, const char *name, const char *help, const char *labels)
{
    struct metric **at = &hashes[hash_of(name, labels)];
    for (; *at; at = &(*at)->next_hash)
        if (strcmp((*at)->family->name, name) == 0 && strcmp((*at)->labels, labels) == 0) {
            assert((*at)->family->type == type);
            return *at;
        }
    struct metric *m = xcalloc(1, sizeof *m + (type == METRIC_HISTOGRAM ? BUCKETS * sizeof m->buckets[0] : 0));
    m->family = family_get(type, name, help);
    m->labels = xstrdup(labels);
    *m->family->tail = m;
    m->family->tail = &m->next;
    return *at = m;
}

char *metric_label(char *out, size_t size, const char *key, const char *value)
{
    int head = snprintf(out, size, "%s=\"", key);
    assert(head > 0 && (size_t)head + 2 < size);
    size_t n = (size_t)head;
    for (; *value && n + 4 <= size; value++) { // an escape, the quote, the end
        char c = *value;
        if (c == '\\' || c == '"' || c == '\n')
            out[n++] = '\\';
        out[n++] = c == '\n' ? 'n' : c;
    }
    out[n++] = '"';
    out[n] = '\0';
    return out;
}

void metric_add(struct metric *m, double by)
{
    m->value += by;
}

void metric_set(struct metric *m, double to)
{
    assert(m->family->type == METRIC_GAUGE);
    m->value = to;
}

void metric_observe(struct metric *m, double seconds)
{
    assert(m->family->type == METRIC_HISTOGRAM);
    m->value += seconds;
    m->count++;
    for (size_t i = 0; i < BUCKETS; i++)
        if (seconds <= bounds[i]) {
            m->buckets[i]++; // this one only; rendering adds up
            return;
        }
}

double metric_value(const struct metric *m)
{
    return m->family->type == METRIC_HISTOGRAM ? (double)m->count : m->value;
}

static void put_number(FILE *out, double v)
{
    if (isnan(v))
        fputs("NaN\n", out);
    else if (isinf(v))
        fputs(v > 0 ? "+Inf\n" : "-Inf\n", out);
    else
        fprintf(out, "%.15g\n", v);
}

static void put_series(FILE *out, const struct metric *m, const char *suffix, const char *le)
{
    bool both = m->labels[0] && le, any = m->labels[0] || le;
    fprintf(out, "%s%s%s%s%s%s%s%s%s ", m->family->name, suffix, any ? "{" : "", m->labels, both ? "," : "",
            le ? "le=\"" : "", le ? le : "", le ? "\"" : "", any ? "}" : "");
}

static void put_histogram(FILE *out, const struct metric *m)
{
    uint64_t sum = 0;
    char le[16];
    for (size_t i = 0; i < BUCKETS; i++) {
        sum += m->buckets[i];
        snprintf(le, sizeof le, "%g", bounds[i]);
        put_series(out, m, "_bucket", le);
        put_number(out, (double)sum);
    }
    put_series(out, m, "_bucket", "+Inf");
    put_number(out, (double)m->count);
    put_series(out, m, "_sum", NULL);
    put_number(out, m->value);
    put_series(out, m, "_count", NULL);
    put_number(out, (double)m->count);
}

static void put_help(FILE *out, const char *help)
{
    for (; *help; help++)
        if (*help == '\\' || *help == '\n')
            fputs(*help == '\n' ? "\\n" : "\\\\", out);
        else
            fputc(*help, out);
}

char *metrics_render(size_t *len)
{
    static const char *const types[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
    char *page = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&page, &n);
    if (!out)
        abort();
    for (const struct family *f = families; f; f = f->next) {
        fprintf(out, "# HELP %s ", f->name);
        put_help(out, f->help);
        fprintf(out, "\n# TYPE %s %s\n", f->name, types[f->type]);
        for (const struct metric *m = f->series; m; m = m->next) {
            if (f->type == METRIC_HISTOGRAM) {
                put_histogram(out, m);
                continue;
            }
            put_series(out, m, "", NULL);
            put_number(out, m->value);
        }
    }
    if (fclose(out) != 0)
        abort();
    if (len)
        *len = n;
    return page;
}
