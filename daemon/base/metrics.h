// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_METRICS_H
#define THROUGHLINE_BASE_METRICS_H

#include <stddef.h>
#include <stdint.h>

// Prometheus text metrics. A metric is declared where it is used and lives for ever; labels are few and never personal.

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric;

// Finds or makes the series of `name` with these labels ("account=\"sms-1\"" or ""). name: Prometheus conventions
// (throughline_events_total, throughline_store_call_seconds ...). The same name must always have the same type and help.
struct metric *metric_get(enum metric_type type, const char *name, const char *help, const char *labels);
// Writes key="value" with the value escaped into out (cut to fit) and returns out: for values that are not constants.
char *metric_label(char *out, size_t size, const char *key, const char *value);
void metric_add(struct metric *m, double by);
void metric_set(struct metric *m, double to);
void metric_observe(struct metric *m, double seconds); // histogram, fixed buckets 0.1 ms .. 10 s
double metric_value(const struct metric *m);

// The whole page, malloc'd.
char *metrics_render(size_t *len);

#endif
