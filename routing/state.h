// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_STATE_H
#define THROUGHLINE_ROUTING_STATE_H

// The router's data model, top to bottom. What its files offer each other stands in core.h; nobody outside routing/ includes either.
//
// What is state is written by snapshot.c. What is derived from it (lines, lists, loads, heap, tables, fits) is rebuilt by
// restore.c through the same functions that keep it current, so that a restored router decides like the one it was taken
// from. Nothing that an effect or a view may point to is freed before the next step begins: it is buried (memory.c).

#include "routing/callback.h"
#include "routing/containers.h"
#include "routing/notice.h"
#include "routing/row.h"
#include "routing/sla.h"
#include "routing/voicemail.h"

#include <stddef.h>

#define CORE_LIST_MAX     1024 // skills, requirements, accounts, intents, languages of one definition
#define CORE_LEVEL_MAX    5
#define CORE_PRIORITY_MAX 9
#define CORE_TIMES_MAX    100 // timeouts_to_away, decline_max: bounds what one jump of the time can set off
#define CORE_MS_MAX       (366 * 86400000LL)
#define CORE_MEMORY_MS    600000 // a command's outcome is remembered this long
#define CORE_UNITS_MAX    1000
#define CORE_NEEDS_MAX    1200 // parts of all expressions of one step: more than their bytes can make
#define CORE_REQUIRES_MAX 64
#define CORE_RULES_MAX    512        // texts of each kind of one calendar
#define CORE_WEIGHT_MAX   1000000000 // thousandths

#define POOL_ROWS_OWN     4
#define AGENT_MEMBERS_OWN 6

#define CORE_BIT(n)       (1u << (unsigned)(n))
#define CORE_CHANNELS_ALL (CORE_BIT(ROUTER_CHANNELS) - 2u)

// ---- timers ----

enum timer_kind { // the order in which those due at the same moment fire
    TIMER_OFFER = 1,
    TIMER_GRACE,
    TIMER_WRAP_UP,
    TIMER_IDLE,
    TIMER_PAUSE,
    TIMER_HOLD,
    TIMER_STEP,
    TIMER_GIVE_BACK,
    TIMER_FOCUS,
    TIMER_OVERFLOW,
    TIMER_SNOOZE, // the one whose deadline is in `wall`
    TIMER_ABSENCE,
    TIMER_ASKED,
    TIMER_BREACH,
    TIMER_SILENCE,
    TIMER_DIAL,
    TIMER_VOICEMAIL,
    TIMER_KINDS,
};

struct timer {
    int64_t deadline;
    enum timer_kind kind;
    uint32_t place; // in the heap, from 1; 0 = not running
    void *owner;    // struct agent for TIMER_GRACE and TIMER_FOCUS, else struct work
};

struct timers { // a heap
    struct timer **v;
    size_t n, cap;
};

// ---- the world ----

struct desk { // one session of an agent's desktop
    char *id, *boot;
    struct agent *agent;
    struct desk *next; // of the same agent, in order of opening
};

enum needs_kind {
    NEEDS_ANY,
    NEEDS_AND,
    NEEDS_OR,
    NEEDS_NOT,
    NEEDS_SKILL,
    NEEDS_TEAM,
    NEEDS_IS,
    NEEDS_BOT,
    NEEDS_HUMAN,
};

struct needs { // conditions that all must be met; see needs.c
    struct needs_part {
        enum needs_kind kind;
        uint32_t level;
        const char *name;
        uint16_t child, next; // 0 = none
    } * v;
    uint16_t n, cap, root; // root: the first condition, the others are next to it
};

struct member { // an agent in a pool whose requirement they meet
    struct pool *pool;
    uint32_t index;     // the pool's
    uint32_t surplus;   // levels above what is required
    uint32_t levels;    // in all that the requirement names
    uint16_t preferred; // levels of what is preferred
    bool shares;        // the pool has something in common with others (share.h)
    int64_t score;      // of their seat
};

struct charge {        // what a work takes of its agent
    uint32_t units;    // of the capacity
    uint32_t channels; // bits: a place on each of these
};

struct agent {
    // what seating them reads, side by side (pool.c)
    _Alignas(MEMORY_LINE) struct member *members; // the pools whose requirement they meet, in order of index
    size_t members_n;
    enum router_presence presence;
    uint32_t load, offers;
    uint32_t light;                   // of the load, what a call may interrupt
    uint32_t places[ROUTER_CHANNELS]; // of the work at hand, how many take a place on the channel
    int64_t idle_since;
    size_t marked;                   // place in router.marked, from 1; 0 = not there
    int64_t seat_idle;               // in the rows, as counted in `slots` and below: as it was when they were seated
    enum router_presence counted;    // in router.by_presence; NONE = not
    uint32_t counted_channels;       // ... and in router.by_channels
    uint32_t profile;                // of the row of each pool they are a member of
    uint32_t slots[ROUTER_CHANNELS]; // as counted in the pools while seated
    bool seated;                     // in these rows
    bool freed;                      // listed in router.freed
    bool named;                      // by the configuration being applied
    bool gone;                       // removed in the step under way
    // More load or places than allowed: the configuration changed under it, a customer came back, or a call interrupts.
    bool over;
    struct member own[AGENT_MEMBERS_OWN]; // the room for `members` while they are few
    size_t members_cap;
    struct router_agent def; // owned; skills in order of name
    struct agent_skill *skills;
    size_t skills_n;
    enum router_presence before; // what a lost agent comes back to
    struct timer grace, focus;
    int64_t absent_since; // lost or away; else 0
    uint32_t misses;
    uint32_t desks_n;
    uint32_t asked_by; // works that remember having asked them
    struct desk *desks;
    struct team *team;               // NULL = none
    struct ids held;                 // offered, assigned, in wrap-up
    struct ids informed, takes_part; // has left, goes on seeing; or takes part, or is asked to
    struct lesson *lessons;          // in order of queue and intent
    size_t lessons_n, lessons_cap;
    struct ids awaited; // waits for them in particular: passed to them, or held for them
};

struct team { // who is of it, and the work passed to it; gone when there is neither
    char *name;
    struct agent **v; // in no particular order
    size_t n, cap;
    struct ids works;
};

struct line { // work that waits with the same need: whoever can take one can take all, but for personal reasons
    struct queue *queue;
    uint32_t step, priority, channels, cost;
    bool offered;             // to somebody, and may be to more
    struct work *head;        // of those in the order of order_in_line()
    struct work *cursor;      // of the settling under way: the first not yet looked at
    uint64_t stamp;           // which settling that is; what it looks at lies side by side up to here
    size_t place;             // in router.open
    uint64_t barren;          // the settling in which nobody was found for it
    uint64_t rate;            // what a millisecond of waiting costs, in fixed point
    struct work *tail, *root; // the tree: line.c
    uint32_t n;               // works
};

struct
    pool { // who meets what a queue requires at one of its steps; first what a choice reads, then what a seating does
    _Alignas(MEMORY_LINE) struct row *rows; // of the available ones, in order of profile
    size_t rows_n, rows_cap;
    struct topic *topic; // of a queue that learns; NULL
    struct queue *queue;
    enum router_select select; // the queue's
    uint32_t idle_weight;      // in its mix
    size_t index;              // among all pools of the router, its own for as long as it is there
    size_t skills_n;
    uint64_t slots[ROUTER_CHANNELS];            // contacts that the available ones can have at a time
    uint32_t seated[CORE_CHANNELS_ALL / 2 + 1]; // agents in the rows, by the channels they take / 2
    uint32_t able;                              // agents who meet it, present or not
    struct skill *key;                          // one that it cannot do without, fit.h
    int64_t after;                              // work that has waited for so long is at this step
    struct needs needs;
    const char **skills;           // that it names as to be had, each once
    struct row own[POOL_ROWS_OWN]; // the room for `rows` while they are few: found without reading where they are
};

struct calendar {
    struct router_calendar def; // owned
    uint64_t defined, compiled; // inputs; compiled 0 = its hours are not known
    struct router_turns turns;  // owned
    struct calendar_clock clock;
};

struct queue {
    _Alignas(MEMORY_LINE) struct pool *pools; // one per step; where the queue learns, one per step and topic
    size_t pools_n, topics_n;
    struct line **lines;
    size_t lines_n, lines_cap;
    uint32_t lined;          // work in the lines
    bool implicit;           // stands in while none is configured
    bool changed;            // by the definitions being put in force
    struct topic *topics;    // what it learns about
    struct router_queue def; // owned; requires in order of name
    size_t index;
    struct needs floor; // of the definition
    uint32_t waiting, offered, assigned, recording;
    struct forecast *forecast;               // what it has shown, estimate.h
    const struct calendar *calendar, *hours; // hours: of its service levels; NULL = always open
    struct closure *closure;                 // by a supervisor; NULL = none
    struct pool own;                         // the room for `pools` where it is one, found without reading where it is
};

struct work {
    uint64_t
        id; // what a line is ordered by and hangs together with comes first: many are compared that are looked at no closer
    int64_t since; // waits since
    struct line *line;
    struct work *prev, *next, *up, *left, *right; // in the line and its tree
    uint64_t conversation, customer, epoch;
    enum router_work_state state;
    enum router_reason reason;
    enum router_channel channel_now;
    uint32_t own_priority; // 0 = the queue's
    struct charge charge;
    struct charge given; // what it gave back while it waits for its customer; without channels = nothing
    int64_t entered;     // waits in this queue since
    struct sla sla;
    struct notices notices;
    struct voicemail voicemail;
    uint32_t extended;  // times, of the wrap-up under way
    int64_t taken;      // offered since, to whom it is or who has it; later by as long as it was given back
    int64_t given_at;   // since when it is given back
    int64_t hold_until; // a known agent who is full is waited for until then
    struct queue *queue;
    struct agent *agent;                                         // held by
    struct agent *informed;                                      // who left it and goes on seeing it
    struct agent *wanted;                                        // transferred to
    struct team *team;                                           // likewise; `wanted` is then the best of them
    char *former, *last_agent, *language, *intent, *disposition; // disposition: in wrap-up, as told so far
    struct attributes *attributes, *customer_attributes;         // owned; NULL = none: attribute.h
    struct router_entered *entry;                                // owned, one piece of memory: entry.h
    char *overflowed;                                            // from this queue to where it is, "" = it did not
    enum router_cause overflow_cause;
    bool prefer_former;
    bool told;         // that nobody can take it has been recorded for its present need
    bool undecided;    // listed in router.undecided
    bool measured;     // how long it takes of a slot, since `taken`
    bool promised;     // an estimate was made when it began to wait
    bool touched;      // listed in router.touched ...
    bool seen;         // ... for more than who listens to it
    uint8_t connected; // bit per session: the call is bridged to the agent
    uint8_t sessions_n, sessions_cap;
    struct router_session *sessions; // owned
    struct offer *offers;            // under way, in order of epoch; while OFFERED, never none
    size_t offers_n, offers_cap, participants_n, participants_cap;
    struct participant *participants;
    struct ask *asks;
    size_t asks_n, asks_cap;
    struct timer limit; // of the first offer to end, or of a wrap-up
    struct timer idle, pause, hold, step, give_back, overflow, snooze, absence, asked, breach, silence, dial, record;
    struct dialled dialled; // while `dial` runs
    struct router_wait promise;
    struct hand *hand; // what a supervisor did last; NULL = nothing
};

struct outcome_page { // outcomes one behind the other
    struct outcome_page *next;
    size_t n, used; // outcomes not yet forgotten; bytes
    _Alignas(max_align_t) unsigned char bytes[16384];
};

struct outcome { // what became of a command
    struct outcome *next;
    uint64_t input;
    int64_t at;
    enum router_refusal refusal; // NONE = done
    char *session, *client_id;
};

#define WORK_PAGE 512 // a power of 2

struct work_slot {
    uint64_t id;
    struct work *work; // NULL = closed
};

struct verdict { // on one agent and one work
    struct agent *agent;
    enum router_exclusion exclusion;
    bool again;     // declined or missed it before: asked only when nobody else can
    bool asked;     // is being offered something else at this moment
    uint32_t known; // 0 = had it before, 1 = last resolved for this customer, 2 = neither
    int64_t score;  // by the queue's choice
    int64_t idle_ms;
};

struct ranked_row { // of the pool: the first of those in it who have not been ranked yet
    const struct row *row;
    struct row_cursor at;
    struct verdict head;
};

struct ranking {             // what matching found out about one work
    struct ranked_row *rows; // of those who can take it
    size_t rows_n, rows_cap;
    struct verdict *best; // who can take it, best first, as many as were asked for
    struct verdict *own;  // whom this work has to do with: known to it, asked before, wanted
    size_t best_n, best_cap, own_n, own_cap;
};

struct router {
    uint64_t input, config, epoch;
    int64_t at, wall, end; // end: `at` of the input under way, to which `wall` belongs
    uint32_t fold;
    struct router_config rules; // without queues and agents

    struct pool **pools; // by index; NULL = none has this one now
    size_t pools_n, pools_cap;
    struct share *shares; // what two pools have in common: a hash table, share.h
    size_t shares_n, shares_cap;
    struct entry { // a queue by an intent that it lists
        const char *intent;
        struct queue *queue;
    } * entries;
    struct queue **open_entries; // those that list none, in order of index
    size_t entries_n, open_entries_n;
    uint32_t by_presence[ROUTER_PRESENCES];          // agents
    uint32_t by_channels[CORE_CHANNELS_ALL / 2 + 1]; // available agents, by the channels they take / 2
    struct agent **marked;
    size_t marked_n, marked_cap;

    struct calendar **calendars; // in the order of the configuration
    size_t calendars_n;
    struct queue **queues; // never empty
    size_t queues_n;
    struct agent **agents; // in order of id
    size_t agents_n, agents_cap;
    struct agent **gone; // removed in the step under way
    size_t gone_n, gone_cap;
    uint32_t present;
    struct team **teams; // in order of name
    size_t teams_n, teams_cap;

    struct work_slot **works; // pages of WORK_PAGE, in order of id, with holes
    size_t works_n, works_pages, works_cap, works_holes, works_to, works_from; // the last two: works.c
    uint32_t waiting, held, lined;

    struct outcome *outcomes, *outcomes_last; // oldest first
    size_t outcomes_n;
    struct outcome_page *outcome_pages, *outcome_page_last;

    struct closing *closings, *closings_last; // oldest first
    size_t closings_n;
    struct table closings_by_work, closings_by_customer;

    struct table conversations, desks, commands, agent_ids;
    struct table skills;          // fit.h; by name
    struct timers timers, alarms; // by `at`, by `wall`

    // of the step under way
    struct work **undecided, **touched, **unheard; // unheard: those who wait newly, or elsewhere
    size_t undecided_n, undecided_cap, touched_n, touched_cap, unheard_n, unheard_cap;
    struct work **newcomers; // who have begun to wait and were promised nothing yet
    size_t newcomers_n, newcomers_cap;
    struct agent **freed;
    size_t freed_n, freed_cap;
    struct work **answers; // offers that nobody needs to accept
    size_t answers_n, answers_cap;
    struct line **open; // lines that somebody with new room could serve
    size_t open_n, open_cap;
    bool everything;      // all that waits is undecided
    bool names_everybody; // decisions do; no part of the state
    uint64_t stamp;
    struct router_effect *effects;
    size_t effects_n, effects_cap;
    struct arena arena, explained;
    void **grave;
    size_t grave_n, grave_cap;
    struct ranking ranking;
    struct router_hand hand; // of a supervisor's input
};

#endif
