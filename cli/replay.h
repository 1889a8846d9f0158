// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_REPLAY_H
#define THROUGHLINE_CLI_REPLAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/core/input.h"
#include "routing/router.h"

// A recorded log folded twice, side by side: as it was, and as it would have been with another configuration. replay_world.c holds the two
// and tells what becomes of each work in both; replay_people.c says what people do where the two differ; replay_report.c compares.

enum replay_side { REPLAY_WAS, REPLAY_WOULD, REPLAY_SIDES };

#define REPLAY_NEVER (-1)

// What became of one work in one of the worlds. Times are `at`; REPLAY_NEVER = it did not come to that.
struct replay_fate {
    bool opened, abandoned, resolved;
    char queue[ROUTER_NAME_MAX + 1]; // where it was last before somebody had it
    char agent[ROUTER_NAME_MAX + 1]; // who had it first
    enum router_channel channel;     // when it was opened
    bool late;                       // they had it after the target for the first response
    int64_t since, assigned, closed, ended;
    int64_t offered, held_since, held; // while folding: the offer that stands, the time in hand so far
};

// The latest decision about a work.
struct replay_choice {
    char agent[ROUTER_NAME_MAX + 1], queue[ROUTER_NAME_MAX + 1]; // "" = nobody
    enum router_reason reason;
};

struct replay_work {
    uint64_t number;           // in the log
    uint64_t id[REPLAY_SIDES]; // in each world
    uint64_t conversation;
    bool counted; // opened within the time asked for
    bool left;    // the two worlds differ about it, so that the log's commands about it have lost their meaning
    bool joined;  // its first words came while the conversation's former work was still open in the other world
    int64_t wall;
    bool gave_up, resolved;          // as recorded
    int64_t accept, handle, wrap_up; // ms as recorded, or as is usual there; REPLAY_NEVER = nobody ever did
    struct replay_fate fate[REPLAY_SIDES];
    // What its agent will do next in the other world, once it has left.
    bool listed;
    int64_t due;
    enum router_work_state due_state;
    uint64_t due_epoch;
    struct replay_choice choice[REPLAY_SIDES], told[REPLAY_SIDES]; // told: when last compared
    bool chosen;                                                   // to be compared
};

// How long people usually take, of a queue; of the first, of all.
struct replay_usual {
    char queue[ROUTER_NAME_MAX + 1];
    int64_t accept, accepts, handle, handles; // ms, and how often
};

struct replay_usuals {
    struct replay_usual *v;
    size_t n, cap;
};

struct replay_list {
    struct replay_work **v;
    size_t n, cap;
};

struct replay {
    const uint8_t *log;
    size_t len;
    uint64_t after;       // the log begins after this input ...
    const uint8_t *state; // ... with this state, a router's bytes; 0, NULL = with its first input
    size_t state_len;
    int64_t from, to; // wall, ms
    const struct router_config *config;
    struct router *router[REPLAY_SIDES];
    struct replay_list works[REPLAY_SIDES]; // in order of their id there
    struct replay_list all;                 // in order of the log
    struct scratch scratch;
    bool first;             // the pass that only learns what was recorded
    bool begun;             // the other configuration is in force
    uint64_t number;        // the other world's last input
    int64_t at, wall;       // the last input's
    int64_t next;           // the earliest of all that is due
    struct replay_list due; // works with something due, or lately so
    struct replay_list
        doubt; // works that moved in the other world between two recorded inputs: to be compared after the second
    uint64_t inputs, set_aside, supposed;
    struct replay_list chosen; // works that either world has decided about
    uint64_t decisions, differing, parted;
    struct replay_usuals usual;
    // A log that goes on: what people did is learned as it comes, and choices that differ are told.
    bool live;
    void (*differs)(void *ctx, const struct replay *r, const struct replay_work *w); // may be NULL
    void *ctx;
};

struct cli;
struct replay_other { // configuration
    Throughline__V1__RoutingConfig *message;
    struct scratch scratch;
    struct router_config config;
};
// Reads a file; a sysexits code, what is wrong is told. replay_unconfigure() in any case.
int replay_configure(const struct cli *cli, const char *path, struct replay_other *o);
void replay_unconfigure(struct replay_other *o);

// Both passes; a sysexits code.
int replay_run(struct replay *r, const char *name);
void replay_close(struct replay *r);
// Folds an input that the log does not have in the other world; *done = nothing of it was refused.
bool replay_suppose(struct replay *r, struct router_input *in, bool *done);
// Its id in that world, 0 = it is not open there.
uint64_t replay_id(const struct replay *r, enum replay_side side, const struct replay_work *w,
                   struct router_work_view *view);
struct replay_work *replay_work_of(const struct replay *r, enum replay_side side, uint64_t id);
struct replay_work *replay_find(const struct replay *r, uint64_t number); // of the log

// The recorded input as it is told to the other world.
struct router_input replay_translate(struct replay *r, const struct router_input *in);
// Whoever now has a work that has left the log plans what to do with it.
void replay_plan(struct replay *r, struct replay_work *w);
// Does everything that is due until then.
bool replay_act(struct replay *r, int64_t until);
// From what the first pass found: how long people took, for those too of whom the log does not tell.
void replay_learn(struct replay *r);
// Live, from what has become of one.
void replay_hear(struct replay *r, struct replay_work *w);
// One input of the log, in both worlds; false when it does not follow. *past: it is of after the time asked for. words: NULL, or gets what it
// says (NULL = nothing that is understood), valid until the next.
struct log_frame;
bool replay_input(struct replay *r, const struct log_frame *f, bool *past, const Throughline__V1__Input **words);
// Puts the other configuration in force.
bool replay_switch(struct replay *r, int64_t at, int64_t wall);
struct replay_work *replay_add(struct replay *r, uint64_t number, uint64_t conversation);
void replay_begin(struct replay *r, struct replay_work *w, enum replay_side side, uint64_t id,
                  enum router_channel channel, int64_t since);
// What the effects in one world make of its works.
void replay_follow(struct replay *r, enum replay_side side, const struct router_effects *effects);
// Compares the choices made since the last time.
void replay_choices(struct replay *r);

// Follows the works that are open in the state that a world begins with, in the first pass in the recorded one; they are counted nowhere.
void replay_adopt(struct replay *r);
// Begins both worlds live: with a state (NULL = with the log's first input). False with why.
bool replay_live(struct replay *r, const void *state, size_t len, const char **why);
// Of works that have ended in both worlds, forgets all but about the latest `keep`.
void replay_forget(struct replay *r, size_t keep);

void *replay_new(size_t n, size_t size); // zeroed
void *replay_resize(void *p, size_t size);
void replay_list_add(struct replay_list *l, struct replay_work *w);

json_t *replay_report(const struct replay *r);
void replay_print(const json_t *report);

#endif
