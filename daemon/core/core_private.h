// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_CORE_PRIVATE_H
#define THROUGHLINE_CORE_CORE_PRIVATE_H

// What the files of one core share. Each part owns its struct below and is changed by its own file only; core.c ties them together.

#include <sys/types.h>

#include "daemon/core/core.h"
#include "daemon/core/core_archive.h"
#include "daemon/core/core_explain.h"
#include "daemon/core/input.h"
#include "daemon/core/keeper.h"
#include "daemon/core/scratch.h"
#include "throughline/v1/log.pb-c.h"

struct loop_timer;
struct metric;

enum { CORE_LISTENERS_MAX = 8, CORE_CHECKPOINTS = 8 };

// core_place.c: where in the log this fold stands
enum core_phase {
    CORE_DOWN,    // waiting for the reader's connection
    CORE_PROVING, // asking Redis whether the log is still the one folded, and what of it is void
    CORE_LOADING, // snapshot
    CORE_READING,
};
struct core_place {
    enum core_phase phase;
    struct store_reader *reader;
    struct loop_timer *timer; // tries again
    int64_t pause;
    uint64_t round; // answers of an earlier attempt are stale
    char incarnation[48];
    uint64_t live_from;     // inputs after this one are news, not history
    uint64_t base;          // the fold began after this input: it is in the snapshot
    struct store_place log; // as of the last proof
    uint32_t tried;         // snapshots found wanting
    bool distrusted;        // the fold is no good whatever the proof says
};

// core_void.c: inputs that every node skips
struct core_void {
    uint64_t *v;
    size_t n;
};

// core_lag.c: how far behind, without comparing clocks
struct core_lag {
    struct loop_timer *timer;
    bool asked;
    int64_t asked_at;
    int64_t behind_since; // when `last` was asked for; 0 = it is folded
    uint64_t last;        // the log's end then
};

// core_leader.c
struct core_leader {
    struct keeper *lease;
    bool settled;            // `applied` has been asked since the lease was got
    bool starting;           // an input that begins the log is in flight
    uint64_t started;        // number of the last such
    int64_t calendars_again; // one could not be read: not before, loop clock
    struct loop_timer *timer;
};

// core_apply.c
struct apply_op;
struct core_apply {
    struct apply_op *head, **tail;
    size_t n;
    uint64_t applied; // as far as is known
    uint64_t wanted;  // bring the watermark up to here even with nothing to write
    uint64_t sent;    // upto of the batch in flight, 0 = none
    bool asking;
    struct loop_timer *timer;
    int64_t pause;
};

struct core_ticks {
    struct loop_timer *timer;
    bool flying;
    uint64_t number; // of the last one: none other before it is folded
};

struct watched_node;
struct core_nodes {
    struct keeper *own;
    char *former;        // boot id of this node's process before; NULL = none
    bool former_pending; // its loss is not logged yet
    struct loop_timer *timer;
    struct watched_node *watched;
    bool listing, reporting;
    bool lost_self;      // the log says that this boot is lost
    uint32_t fold_least; // least version that all nodes know, as of the last listing
};

struct core_snapshot {
    struct loop_timer *timer;
    pid_t child;
    int go;    // pipe's end: tells the child that all before its input is written
    bool gone; // told
    uint64_t input;
    int64_t wall, started;
    uint64_t done;   // input of the last good one
    uint64_t before; // of the one before
    int64_t done_at;
};

struct core_checkpoint {
    struct loop_timer *timer;
    bool flying, dirty;
    struct {
        uint64_t input, hash;
    } v[CORE_CHECKPOINTS];
    unsigned next;
    uint64_t hash; // of the last checkpoint, for the status page
};

struct core_poison {
    struct poison_note *note; // mapped file, or a private page when it cannot be
    uint64_t condemned;       // 0 = none
};

struct core_bodies {
    uint8_t *ring;
    uint64_t head; // bytes ever written
    struct body_slot *slots;
    uint64_t last_ref;
};

struct ring_item;
struct core_ring {
    struct ring_item *first, *last;
    size_t bytes;
    uint64_t from; // effects of inputs after this one are all here
};

struct core_metrics {
    struct metric *inputs, *malformed, *voided, *refused, *applied, *lag, *leader, *diverged, *resets, *snapshots,
        *fold;
};

struct core {
    struct loop *loop;
    struct store *store;
    struct core_options o; // what it points to is copied
    core_says_fn *says;    // NULL = nothing is told
    void *says_ctx;
    uint64_t owner;

    struct router *router;  // NULL until a fold is loaded
    struct router *nothing; // what others see until then
    struct scratch scratch;
    uint64_t folded;
    int64_t at, wall;  // of the last input
    int64_t folded_at; // when it was folded, loop clock
    uint8_t *last;     // its bytes, for the proof of place
    size_t last_len, last_room;
    uint64_t last_digest;   // where the bytes are not known: after a restore
    uint64_t config_digest; // of the last whole configuration folded
    uint64_t file_digest;   // of this node's file
    bool begun;             // the log has a configuration

    struct core_listener listeners[CORE_LISTENERS_MAX];
    unsigned listeners_n;

    struct core_place place;
    struct core_void voids;
    struct core_lag lag;
    struct core_leader leader;
    struct core_apply apply;
    struct core_ticks ticks;
    struct core_nodes nodes;
    struct core_snapshot snapshot;
    struct core_explain explain;
    struct core_archive archive;
    struct core_checkpoint checkpoint;
    struct core_poison poison;
    struct core_bodies bodies;
    struct core_ring ring;
    struct core_metrics m;
    bool draining;
    void (*drained)(void *arg);
    void *drained_arg;
};

struct core *core_find(const void *module); // NULL = gone
void *core_module(const struct core *c);
bool core_writing(const struct core *c); // leader, and knows what has been applied
// A path of this tenant's in the data directory, malloc'd.
char *core_path(const struct core *c, const char *what);
// Another fold: forgets everything derived from the former one.
void core_start_over(struct core *c, struct router *r, uint64_t folded);
void core_tell_applied(struct core *c, uint64_t upto);

// core_fold.c
bool fold_input(struct core *c, uint64_t number, const void *bytes, size_t len);
void fold_batch_end(struct core *c);

// core_place.c
void place_open(struct core *c);
void place_close(struct core *c);
void place_lost(struct core *c, const char *why);     // the fold cannot be trusted: load another
void place_distrust(struct core *c, const char *why); // likewise, in whatever phase
void place_judge(struct core *c);                     // what is void is known: prove or load
void place_try_later(struct core *c);
struct core *place_of_round(const void *module, uint64_t token); // NULL: the answer is of an earlier round

// core_void.c
bool void_has(const struct core *c, uint64_t number);
void void_read(struct core *c); // then place_judge()
void void_heard(struct core *c, const char *topic);
void void_close(struct core *c);

void lag_open(struct core *c);
void lag_close(struct core *c);
void lag_folded(struct core *c);

void leader_open(struct core *c);
void leader_close(struct core *c);
void leader_settled(struct core *c);
void leader_batch_end(struct core *c);
void leader_append(struct core *c, Throughline__V1__Input *in); // one at a time

void calendars_renew(struct core *c);

void apply_open(struct core *c);
void apply_close(struct core *c);
void apply_reset(struct core *c, uint64_t applied);
void apply_effect(struct core *c, const struct core_effect *e);
// core_notice.c: an op to write what this effect asks for; its bytes are the caller's to free. False: there are no words.
bool notice_op(const struct core *c, const struct core_effect *ce, struct store_op *op);

void apply_ask(struct core *c); // what has been applied? then go on
void apply_heard(struct core *c, uint64_t applied);
void apply_want(struct core *c, uint64_t upto);
void apply_pump(struct core *c);

void ticks_open(struct core *c);
void ticks_close(struct core *c);
void ticks_plan(struct core *c);

void nodes_open(struct core *c);
void nodes_close(struct core *c);
void nodes_fold(struct core *c, const Throughline__V1__Input *m);
void nodes_drain(struct core *c);
void nodes_batch_end(struct core *c);

void snapshot_open(struct core *c);
void snapshot_close(struct core *c);
void snapshot_applied(struct core *c);
void snapshot_cancel(struct core *c);

void checkpoint_open(struct core *c);
void checkpoint_close(struct core *c);
void checkpoint_reset(struct core *c);
void checkpoint_fold(struct core *c, const Throughline__V1__Input *m);

void poison_open(struct core *c);
void poison_close(struct core *c);
void poison_begin(struct core *c, uint64_t number);
void poison_end(struct core *c);

void bodies_open(struct core *c);
void bodies_close(struct core *c);
const uint8_t *bodies_find(struct core *c, const Throughline__V1__Input *m, size_t *len);

void ring_add(struct core *c, const struct core_effect *e);
void ring_reset(struct core *c, uint64_t from);
void ring_trim(struct core *c);

#endif
