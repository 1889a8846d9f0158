// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_GOLDEN_STORY_H
#define THROUGHLINE_TESTS_GOLDEN_STORY_H

// A story: a configuration as in the daemon's file, and lines in plain words of what people do, each at its time. What the
// router makes of them is told between the lines.

#include "daemon/core/input.h"
#include "routing/router.h"

#define STORY_PEOPLE 64
#define STORY_NAME   32
#define STORY_WORDS  24

struct story_customer {
    char name[STORY_NAME], last_agent[STORY_NAME];
    bool before; // had a conversation that was closed
};

struct story {
    const char *file;
    size_t line;
    struct router *r;
    struct scratch scratch; // of the configuration in force
    uint64_t number, client_id;
    int64_t start, wall; // Unix ms; `at` counts from the start
    bool begun, told;    // told: of the step under way
    struct story_customer customers[STORY_PEOPLE];
    size_t customers_n;
};

__attribute__((noreturn, format(printf, 2, 3))) void story_fail(const struct story *s, const char *format, ...);

// story.c: folds one input of this moment, with the invariants checked, and tells what came of it.
void story_step(struct story *s, struct router_input *in);
int64_t story_time(const struct story *s, const char *text,
                   int64_t day_of);    // "18:00:00" of that day, or "2026-10-25T18:00:00"
const char *story_clock(int64_t wall); // "18:00:00", valid until the fourth call after

// story_say.c: from words to inputs. A customer is a number as well: of the customer, and of the conversation.
void story_say(struct story *s, char **words, size_t n);
const char *story_customer(const struct story *s, uint64_t number);

// story_tell.c: from effects to words, a line each.
void story_tell(struct story *s, const struct router_effects *out);
void story_tell_work(const struct story *s, uint64_t conversation);
void story_tell_lessons(const struct story *s, const char *agent);

#endif
