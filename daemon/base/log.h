// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_LOG_H
#define THROUGHLINE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

// Log lines on stderr, logfmt or JSON, one write(2) each: time, level, event, then the fields. Never a body, never a secret.
// Handles are personal: log ids instead.

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *key;
    const char *text; // NULL: number
    int64_t number;
};
static inline const char *log_text(const char *s)
{
    return s ? s : "";
}
#define LS(k, v) ((struct log_field){.key = (k), .text = log_text(v)})
#define LN(k, v) ((struct log_field){.key = (k), .number = (int64_t)(v)})

void log_configure(bool json, enum log_level least);
void log_write(enum log_level level, const char *event, const struct log_field *fields, unsigned n);
// tl_log(LOG_WARN, "redis_lost", LS("why", why), LN("attempt", n));
#define tl_log(level, event, ...)                                                                                      \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}},                             \
              sizeof((const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}}) / sizeof(struct log_field) - 1)

#endif
