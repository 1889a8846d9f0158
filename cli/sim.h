// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_SIM_H
#define THROUGHLINE_CLI_SIM_H

// The simulator: a made-up world whose contacts go through the very router that routes live ones.
//
//     sim_scenario.c   what the file says, checked
//     sim_steps.c      a class's steps and target
//     sim_load.c       whether the agents can keep up
//     sim_draw.c       chance
//     sim_clock.c      seconds in units of the router's time
//     sim_router.c     the router at work: the world told to it as inputs, its offers taken at once
//     sim_run.c        the world: who comes, waits, gives up, is served, comes back
//     sim_meter.c      what is measured over time: agents at work, contacts waiting
//     sim_waits.c      percentiles of waits
//     sim_tally.c      what is counted, and how estimates with their intervals are made of it
//     sim_report.c     results as JSON and as a table
//     cmd_sim.c        the command
//
// Floating point lives here and never in routing/.

#include "daemon/config/config_errors.h"
#include "routing/router.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

// ---- the scenario ----

struct sim_texts {
    char **v;
    size_t n;
};

struct sim_skills {
    struct router_skill *v; // names owned
    size_t n;
};

struct sim_pool {
    struct config_place place;
    char *name;
    int64_t count, concurrency;
    struct sim_skills skills;
    double speed, resolution;
};

enum sim_form { SIM_EXPONENTIAL, SIM_CONSTANT, SIM_LOGNORMAL }; // in the order of their words in sim_file.c

struct sim_shape { // of a time, whose mean stands elsewhere
    int form;      // enum sim_form
    double cv;     // standard deviation / mean, of the lognormal; 0 = not given, is 1
};

struct sim_class {
    struct config_place place, needs_place, steps_place;
    char *name;
    struct sim_shape service, patience;
    double rate, service_mean, patience_mean, cost; // patience_mean 0 = waits for ever
    double target;                                  // 0 = none
    int64_t priority;
    struct sim_texts needs, steps;
};

// In the order of their words in sim_scenario.c.
enum sim_select {
    SIM_LONGEST_IDLE,
    SIM_LEAST_LOADED,
    SIM_FEWEST_SKILLS,
    SIM_MOST_SKILLED,
    SIM_FASTEST,
    SIM_RESOLUTION,
    SIM_RANDOM,
};
enum sim_order { SIM_FIFO, SIM_PRIORITY, SIM_SKILL_LEVEL, SIM_COST };

struct sim_scenario {
    int64_t seed, contacts;
    double warmup;
    int64_t waiting_places; // -1 = endless
    double service_level;
    int select; // enum sim_select
    int order;  // enum sim_order
    double weight_speed;
    struct sim_pool *pools;
    size_t pools_n;
    struct sim_class *classes;
    size_t classes_n;
};

// False with everything that is wrong in *errs; free the scenario in either case.
bool sim_scenario_read(const char *path, struct sim_scenario *s, struct config_errors *errs)
    __attribute__((warn_unused_result));
void sim_scenario_free(struct sim_scenario *s);
bool sim_pool_serves(const struct sim_pool *p, const struct sim_class *c);
double sim_scenario_rate(const struct sim_scenario *s); // of all classes
int64_t sim_scenario_unmeasured(const struct sim_scenario *s);
bool sim_scenario_targets(const struct sim_scenario *s);      // a class has one
bool sim_scenario_steps(const struct sim_scenario *s);        // likewise
struct router_relax *sim_steps_of(const struct sim_class *c); // malloc'd; the words are the class's

// ---- chance ----

enum sim_kind {
    SIM_DRAW_GAP,
    SIM_DRAW_CLASS,
    SIM_DRAW_SERVICE,
    SIM_DRAW_PATIENCE,
    SIM_DRAW_RESOLUTION,
    SIM_DRAW_KINDS
};

// Uniform in (0, 1), the same for the same key whatever else was drawn: two policies see the same contacts.
double sim_draw(uint64_t seed, uint64_t contact, uint32_t attempt, enum sim_kind kind);
double sim_draw_exponential(uint64_t seed, uint64_t contact, uint32_t attempt, enum sim_kind kind); // of mean 1
double sim_draw_shape(const struct sim_shape *shape, uint64_t seed, uint64_t contact, uint32_t attempt,
                      enum sim_kind kind);                 // likewise
double sim_draw_shape_most(const struct sim_shape *shape); // no draw exceeds it

// ---- time ----

struct sim_clock {
    double per_second; // units; a power of two, or 1000 where there are steps
};
struct sim_clock sim_clock_for(const struct sim_scenario *s);
int64_t sim_clock_units(struct sim_clock c, double seconds);
double sim_clock_seconds(struct sim_clock c, int64_t units);

// ---- what is counted ----

#define SIM_BATCHES 20

enum sim_quantity {
    SIM_OFFERED,
    SIM_ANSWERED,
    SIM_ABANDONED,
    SIM_BLOCKED,
    SIM_WAITED,         // seconds, of all attempts
    SIM_NOT_AT_ONCE,    // contacts that waited at their first attempt
    SIM_ANSWERED_AFTER, // seconds that those answered waited at their first attempt
    SIM_WITHIN,         // ... were answered within the service level's time
    SIM_GONE_WITHIN,    // ... gave up within it
    SIM_SOJOURN,        // seconds from arrival to resolution
    SIM_RESOLVED,
    SIM_SERVED, // attempts
    SIM_FIRST,  // resolved at the first attempt
    SIM_AIMED,  // contacts of a class with a target
    SIM_AIMED_BLOCKED,
    SIM_IN_TARGET, // ... answered within it
    SIM_LINE,      // seconds that contacts waited while the batch lasted, whosever they are
    SIM_LASTED,    // seconds that it lasted
    SIM_QUANTITIES,
};

struct sim_tally { // of a class, or of all
    double v[SIM_BATCHES][SIM_QUANTITIES];
};

struct sim_pool_tally {
    double busy[SIM_BATCHES], slots[SIM_BATCHES]; // seconds in hand, seconds that slots were there
    double served[SIM_BATCHES];
    double lowest, highest; // occupancy over its agents
};

// Of bins, see sim_waits.c.
#define SIM_WAIT_BINS 1792

struct sim_waits {
    uint32_t n[SIM_BATCHES][SIM_WAIT_BINS];
};

struct sim_result {
    struct sim_clock clock;
    struct sim_tally overall;
    struct sim_waits *waits; // of all, then of each class
    struct sim_tally *classes;
    struct sim_pool_tally *pools;
    double served[SIM_BATCHES]; // attempts, by all pools
    bool timed;                 // there is time between the first measured arrival and the last
};

struct sim_estimate {
    bool known; // false: nothing to divide by
    double value, half_width;
    double residual[SIM_BATCHES]; // of each batch, in units of the value
};

void sim_estimate_spread(struct sim_estimate *e); // its half-width, by its residuals
struct sim_estimate sim_estimate_ratio(const double over[SIM_BATCHES], const double under[SIM_BATCHES]);
struct sim_estimate sim_estimate_difference(const struct sim_estimate *a, const struct sim_estimate *b); // b - a
double sim_tally_total(const struct sim_tally *t, enum sim_quantity q);

// What a run estimates of a class, in the order of the report.
struct sim_measure {
    const char *group; // NULL, or the object that it stands in
    const char *name;
    signed char over[SIM_QUANTITIES], under[SIM_QUANTITIES];
    bool aims; // only where there are targets
};
extern const struct sim_measure sim_measures[];
extern const size_t sim_measures_n;
struct sim_estimate sim_measure_of(const struct sim_measure *m, const struct sim_tally *t);

// batch: 0 .. SIM_BATCHES - 1. The percentile is in seconds; not known of nothing.
void sim_waits_count(struct sim_waits *w, int32_t batch, int64_t units);
struct sim_estimate sim_waits_percentile(const struct sim_waits *w, double percent, struct sim_clock clock);

// ---- what is measured over time ----

struct sim_agent {
    uint32_t pool, in_hand;
    int64_t since, busy, all; // busy: this batch; all: of the measured time
};

struct sim_line { // of a class
    int64_t waiting, since;
    double waited; // contacts' seconds, this batch
};

struct sim_meter {
    const struct sim_scenario *s;
    struct sim_result *out;
    struct sim_clock clock;
    struct sim_agent *agents; // in order of the file
    uint32_t agents_n;
    struct sim_line *lines; // by class
    int64_t waiting;        // of all classes
    bool measuring;
    int32_t batch;
    int64_t batch_since, measured_since;
};

void sim_meter_open(struct sim_meter *m, const struct sim_scenario *s, struct sim_clock clock, struct sim_result *out);
void sim_meter_close(struct sim_meter *m);
void sim_meter_hand(struct sim_meter *m, int64_t now, uint32_t agent, int change);  // of contacts in hand
void sim_meter_line(struct sim_meter *m, int64_t now, uint32_t class, int change);  // of contacts waiting
void sim_meter_arrival(struct sim_meter *m, int64_t now, int32_t batch, bool last); // batch -1: not measured

// ---- the router at work ----

struct sim_offer { // made and taken
    uint64_t conversation, work;
    uint32_t agent; // in order of the file
};

struct sim_router {
    struct router *router;
    uint64_t input;
    char (*agents)[24]; // ids, in order of the file; the desks' too
    uint32_t agents_n;
    char (*queues)[24]; // names, by class; the accounts' too
    struct sim_offer *taken;
    size_t taken_n, taken_cap;
    bool ticks; // something happens by time alone
};

// Each leaves in `taken` which agents took which contacts because of it, in order; contacts are known by their conversation.
void sim_router_open(struct sim_router *r, const struct sim_scenario *s);
void sim_router_close(struct sim_router *r);
void sim_router_arrive(struct sim_router *r, int64_t at, uint64_t conversation, uint32_t class);
void sim_router_give_up(struct sim_router *r, int64_t at, uint64_t conversation, uint32_t class);
void sim_router_end(struct sim_router *r, int64_t at, const struct sim_offer *o, bool resolved);
// When the router would do something by itself, and that it does; INT64_MAX = never, as where no class has steps.
int64_t sim_router_due(const struct sim_router *r);
void sim_router_tick(struct sim_router *r, int64_t at);

// ---- a run ----

void sim_run(const struct sim_scenario *s, struct sim_result *out);
void sim_result_free(struct sim_result *r);

// ---- reports ----

json_t *sim_report(const struct sim_scenario *s, const struct sim_result *r);
void sim_print(const json_t *report);
// What B differs in: its figures less A's, contact for contact in the same world.
json_t *sim_report_difference(const struct sim_scenario *a, const struct sim_result *ra, const struct sim_scenario *b,
                              const struct sim_result *rb);
// {"classes": [...], "pools": [...]}: the names in one report that the other has not; a line for each.
json_t *sim_report_unpaired(const json_t *mine, const json_t *others);
void sim_print_unpaired(const json_t *unpaired, const char *path);

#endif
