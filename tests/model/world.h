// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_MODEL_WORLD_H
#define THROUGHLINE_TESTS_MODEL_WORLD_H

// A small made-up world that brings forth random inputs: few agents, few conversations, so that everything collides.

#include "routing/router.h"

struct world {
    uint64_t seed;
    uint64_t client_id;
    int64_t at, ahead; // ahead: of the wall clock
    // the input's strings and lists live here until the next one
    char names[192][20];
    size_t names_n;
    struct router_skill skills[128];
    size_t skills_n;
    struct router_agent agents[8];
    struct router_queue queues[8];
    struct router_relax steps[32];
    size_t steps_n;
    struct router_sla slas[8][4]; // of each queue
    size_t slas_n;
    char needs[64][128];
    size_t needs_n;
    struct router_calendar calendars[4];
    int64_t turns[4];
    const char *texts[128];
    size_t texts_n;
};

uint32_t world_random(struct world *w, uint32_t below);

// The next input; looks at the router to make likely what would be rare by chance. Number, times and payload are set.
struct router_input world_next(struct world *w, const struct router *r, uint64_t number);

#endif
