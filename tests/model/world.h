// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_MODEL_WORLD_H
#define THROUGHLINE_TESTS_MODEL_WORLD_H

// A small made-up world that brings forth random inputs: few agents, few conversations, so that everything collides.

#include "routing/router.h"

#define WORLD_CALENDARS     3
#define WORLD_CONVERSATIONS 9
#define WORLD_DESKS         8

struct world {
    uint64_t seed;
    uint64_t client_id;
    int64_t at, ahead; // ahead: of the wall clock
    bool plenty;       // of agents who can take anything: work is offered to several
    // moods.c
    size_t mood;
    uint32_t mood_left; // inputs
    // the input's strings and lists live from here to the end until the next one; what else it points to are literals
    char names[384][20];
    size_t names_n;
    struct router_skill skills[128];
    size_t skills_n;
    struct router_agent agents[8];
    struct router_queue queues[8];
    struct router_relax steps[32];
    size_t steps_n;
    struct router_sla slas[8][4]; // of each queue
    size_t slas_n;
    struct router_attribute attributes[2][ROUTER_ATTRIBUTES_MAX]; // of an event, of its customer
    struct router_attribute_rule rules[32];
    size_t rules_n;
    char needs[64][128];
    size_t needs_n;
    struct router_calendar calendars[4];
    int64_t turns[4];
    const char *texts[192];
    size_t texts_n;
};

#define WORLD_MEMORY (sizeof(struct world) - offsetof(struct world, names)) // bytes, from names on

static inline unsigned char *world_memory(struct world *w)
{
    return (unsigned char *)w + offsetof(struct world, names);
}

uint32_t world_random(struct world *w, uint32_t below);
bool world_chance(struct world *w, uint32_t percent);
const char *world_name(struct world *w, const char *prefix, uint32_t n); // "a3"; valid until the next input
const char *world_copy(struct world *w, const char *s);                  // ... so is this

// Makers of inputs: each sets `kind` where it does not stand for one, and what belongs to it.
void world_config(struct world *w, struct router_config *c);
void world_happened(struct world *w, struct router_happened *h);
void world_attributes(struct world *w, struct router_happened *h); // attributes.c
void world_asks(struct world *w, struct router_queue *q);          // likewise: for attributes
void world_command(struct world *w, const struct router *r, struct router_command *c);
bool world_take_part(struct world *w, const struct router *r, struct router_command *c); // false = nobody has work
void world_desk(struct world *w, struct router_input *in);
void world_change(struct world *w, const struct router *r, struct router_input *in);
void world_turns(struct world *w, const struct router *r, struct router_input *in);
void world_learned(struct world *w, const struct router *r, struct router_input *in);
void world_supervision(struct world *w, const struct router *r, struct router_supervise *s);
void world_other(struct world *w, struct router_input *in);

// The next input (moods.c); looks at the router to make likely what would be rare by chance. Number, times and payload are set.
struct router_input world_next(struct world *w, const struct router *r, uint64_t number);

#endif
