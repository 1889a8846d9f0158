// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_STATE_H
#define THROUGHLINE_ROUTING_STATE_H

// The router's data model, top to bottom. What its files offer each other stands in core.h; nobody outside routing/ includes either.
//
// What is state is written by snapshot.c. What is derived from it (lines, lists, loads, heap, tables, fits) is rebuilt by
// restore.c through the same functions that keep it current, so that a restored router decides like the one it was taken
// from. Nothing that an effect or a view may point to is freed before the next step begins: it is buried (memory.c).

#include "routing/router.h"

#define CORE_LIST_MAX     1024 // skills, requirements, accounts, intents, languages of one definition
#define CORE_LEVEL_MAX    5
#define CORE_PRIORITY_MAX 9
#define CORE_TIMES_MAX    100 // timeouts_to_away, decline_max: bounds what one jump of the time can set off
#define CORE_MS_MAX       (366 * 86400000LL)
#define CORE_MEMORY_MS    600000 // a command's outcome is remembered this long
#define CORE_UNITS_MAX    1000
#define CORE_MIX_MAX      100
#define CORE_SPEED_MAX    1000000    // thousandths
#define CORE_WEIGHT_MAX   1000000000 // thousandths

#define CORE_BIT(n)       (1u << (unsigned)(n))
#define CORE_CHANNELS_ALL (CORE_BIT(ROUTER_CHANNELS) - 2u)

// ---- containers ----

struct ids { // ascending
    uint64_t *v;
    size_t n, cap;
};

struct table { // open addressing; never iterated
    struct table_slot {
        uint64_t hash;
        void *item;
    } * v;
    size_t n, cap;
};

struct arena {
    struct arena_chunk *chunks;
};

enum timer_kind { // the order in which those due at the same moment fire
    TIMER_OFFER = 1,
    TIMER_GRACE,
    TIMER_WRAP_UP,
    TIMER_IDLE,
    TIMER_PAUSE,
    TIMER_HOLD,
    TIMER_KINDS,
};

struct timer {
    int64_t deadline;
    enum timer_kind kind;
    uint32_t place; // in the heap, from 1; 0 = not running
    void *owner;    // struct agent for TIMER_GRACE, else struct work
};

// ---- the world ----

struct desk { // one session of an agent's desktop
    char *id, *boot;
    struct agent *agent;
    struct desk *next; // of the same agent, in order of opening
};

struct agent {
    struct router_agent def;               // owned; skills in order of name
    uint16_t *fit;                         // by index of queue: 0 = lacks a skill, else surplus + 1
    enum router_presence presence, before; // before: what a lost agent comes back to
    struct timer grace;
    int64_t idle_since;
    uint32_t load, misses, offers, wanted;
    uint32_t desks_n;
    bool over;  // more load than capacity, because the configuration changed under it
    bool freed; // listed in router.freed
    bool named; // by the configuration being applied
    struct desk *desks;
    struct ids held;     // offered, assigned, in wrap-up
    struct ids informed; // has left, goes on seeing
};

struct line { // work that waits with the same need: whoever can take one can take all, but for personal reasons
    struct queue *queue;
    uint32_t priority, channels, cost;
    struct work *head, *tail; // by age, then id
    struct work *cursor;      // of the settling under way
    uint64_t stamp;           // which settling that is
};

struct queue {
    struct router_queue def; // owned; requires in order of name
    size_t index;
    uint32_t levels; // required, summed
    uint64_t rate;   // what a millisecond of waiting costs, in fixed point
    bool implicit;   // stands in while none is configured
    struct line **lines;
    size_t lines_n, lines_cap;
    uint32_t waiting, offered, assigned;
};

struct ask { // an agent who declined or missed this work, or passed it on
    struct agent *agent;
    uint32_t times;
    int64_t until;
};

struct work {
    uint64_t id, conversation, customer, epoch;
    enum router_work_state state;
    enum router_reason reason;
    enum router_channel channel_now;
    uint32_t own_priority; // 0 = the queue's
    uint32_t charge;
    int64_t since;      // waits since
    int64_t hold_until; // a known agent who is full is waited for until then
    struct queue *queue;
    struct agent *agent;    // offered to, or held by
    struct agent *informed; // who left it and goes on seeing it
    struct agent *wanted;   // transferred to
    char *former, *last_agent, *language, *intent;
    bool prefer_former;
    bool told;         // that nobody can take it has been recorded for its present need
    bool undecided;    // listed in router.undecided
    bool touched;      // listed in router.touched
    uint8_t connected; // bit per session: the call is bridged to the agent
    uint8_t sessions_n, sessions_cap;
    struct router_session *sessions; // owned
    struct ask *asks;
    size_t asks_n, asks_cap;
    struct timer limit; // of an offer or a wrap-up
    struct timer idle, pause, hold;
    struct line *line;
    struct work *prev, *next; // in the line
};

struct outcome { // what became of a command
    struct outcome *next;
    uint64_t input;
    int64_t at;
    enum router_refusal refusal; // NONE = done
    char *session, *client_id;
};

struct work_slot {
    uint64_t id;
    struct work *work; // NULL = closed
};

struct router {
    uint64_t input, config, epoch;
    int64_t at, wall;
    uint32_t fold;
    struct router_config rules; // without queues and agents

    struct queue **queues; // never empty
    size_t queues_n;
    struct agent **agents; // in order of id
    size_t agents_n, agents_cap;
    uint32_t present;

    struct work_slot *works; // in order of id, with holes
    size_t works_n, works_cap, works_holes;
    uint32_t waiting, held;

    struct outcome *outcomes, *outcomes_last; // oldest first
    size_t outcomes_n;

    struct table conversations, desks, commands;
    struct timer **heap;
    size_t heap_n, heap_cap;

    // of the step under way
    struct work **undecided, **touched;
    size_t undecided_n, undecided_cap, touched_n, touched_cap;
    struct agent **freed;
    size_t freed_n, freed_cap;
    bool everything; // all that waits is undecided
    uint64_t stamp;
    struct router_effect *effects;
    size_t effects_n, effects_cap;
    struct arena arena, explained;
    void **grave;
    size_t grave_n, grave_cap;
    struct verdict *verdicts;
    const struct verdict **ranked;
    size_t verdicts_cap, ranked_cap;
};

#endif
