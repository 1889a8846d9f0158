// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_READER_H
#define THROUGHLINE_ROUTING_READER_H

// Takes values from a snapshot's bytes. After the first thing that is wrong every take yields nothing, so callers may take
// several values and look at `why` once.

#include "routing/core.h"

struct reader {
    const unsigned char *p;
    size_t n;
    const char *why; // the first thing that was wrong
    struct arena arena;
};

bool reader_fail(struct reader *in, const char *why);
bool reader_must(struct reader *in, bool ok, const char *why);
const unsigned char *take_bytes(struct reader *in, size_t n);
uint64_t take(struct reader *in, size_t width);
uint64_t take64(struct reader *in);
uint32_t take32(struct reader *in);
uint8_t take8(struct reader *in);
bool take_bool(struct reader *in);
int64_t take_time(struct reader *in);
int64_t take_past(struct reader *in, int64_t now);
size_t take_count(struct reader *in, size_t width, size_t least);
const char *take_text(struct reader *in, size_t max);
const char *const *take_texts(struct reader *in, size_t *n); // each of ROUTER_TEXT_MAX bytes at most

// ---- restore_config.c ----

const struct router_skill *take_skills(struct reader *in, size_t *n);
void take_rules(struct reader *in, struct router_config *c);
void take_queues(struct reader *in, struct router *r);
void take_lessons(struct reader *in, const struct router *r, struct agent *a);
void take_closings(struct reader *in, struct router *r);

// ---- restore_calendar.c ----

void take_calendars(struct reader *in, struct router *r);

#endif
