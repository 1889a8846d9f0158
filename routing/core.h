// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_CORE_H
#define THROUGHLINE_ROUTING_CORE_H

// The router's data model, top to bottom, and what its files offer each other. Nobody outside routing/ includes this.
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

#define CORE_BIT(n)       (1u << (unsigned)(n))

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
    bool implicit; // stands in while none is configured
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

// ---- memory.c: out of memory aborts ----

void *memory_new(size_t n, size_t each);
void *memory_grow(void *v, size_t *cap, size_t need, size_t each);
void memory_bury(struct router *r, const void *p); // freed when the next step begins
void memory_unearth(struct router *r);
char *text_new(const char *s);
void text_set(struct router *r, char **to, const char *s);
void text_bury(struct router *r, const char *s);
void text_free(const char *s);
bool text_is(const char *s, size_t max); // NULL is not
const char *text_or_empty(const char *s);
void *arena_new(struct arena *a, size_t n, size_t each);
const char *arena_text(struct arena *a, const char *s);
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

// ---- table.c ----

typedef bool table_same_fn(const void *item, const void *key);
uint64_t table_hash_number(uint64_t n);
uint64_t table_hash_text(uint64_t seed, const char *s);
void *table_find(const struct table *t, uint64_t hash, table_same_fn *same, const void *key);
void table_insert(struct table *t, uint64_t hash, void *item);
void table_drop(struct table *t, uint64_t hash, const void *item);
void table_free(struct table *t);
void ids_put(struct ids *s, uint64_t id);
void ids_drop(struct ids *s, uint64_t id);
bool ids_have(const struct ids *s, uint64_t id);

// ---- timer.c ----

int64_t timer_after(int64_t at, int64_t ms); // saturates
void timer_init(struct timer *t, enum timer_kind kind, void *owner);
void timer_start(struct router *r, struct timer *t, int64_t deadline);
void timer_stop(struct router *r, struct timer *t);
struct timer *timer_first(const struct router *r);
bool timer_check(const struct router *r);

// ---- effect.c ----

struct router_effect *effect_add(struct router *r, enum router_effect_kind kind);
struct router_effect *effect_work(struct router *r, enum router_effect_kind kind, const struct work *w,
                                  const struct agent *a, enum router_reason reason);
void effect_entry(struct router *r, const struct work *w);
void effect_answer(struct router *r, const char *session, const char *client_id, const char *agent,
                   enum router_refusal why, uint64_t input);
void effect_presence(struct router *r, const struct agent *a, enum router_reason reason);

// ---- config.c ----

enum router_refusal config_apply(struct router *r, const struct router_input *in);
enum router_refusal config_agent_put(struct router *r, const struct router_input *in);
enum router_refusal config_agent_removed(struct router *r, const struct router_input *in);
enum router_refusal config_queue_put(struct router *r, const struct router_input *in);
enum router_refusal config_queue_removed(struct router *r, const struct router_input *in);
bool config_rules_legal(const struct router_config *c);
bool config_agent_legal(const struct router_agent *a);
bool config_queue_legal(const struct router_queue *q);

// ---- queue.c ----

struct queue *queue_new(const struct router_queue *def);
struct queue *queue_new_implicit(void);
void queue_bury(struct router *r, struct queue *q);
void queue_free(struct queue *q);
void queue_redefine(struct router *r, struct queue *q, const struct router_queue *def);
struct queue *queue_find(const struct router *r, const char *name);
struct queue *queue_enter(const struct router *r, const struct work *w); // by the entry rules
void queue_line_up(struct work *w);
void queue_leave_line(struct work *w);
uint32_t queue_priority(const struct work *w);
bool queue_before(const struct work *a, const struct work *b); // the order in which waiting work is served

// ---- agent.c ----

struct agent *agent_find(const struct router *r, const char *id);
struct agent *agent_put(struct router *r, const struct router_agent *def);
void agent_free(struct agent *a);
void agent_remove(struct router *r, struct agent *a);
void agent_fit(const struct router *r, struct agent *a);
void agent_charge(struct router *r, struct agent *a, uint32_t before, uint32_t after);
void agent_mark_freed(struct router *r, struct agent *a);
void agent_reconsider(struct router *r, const struct agent *a);
bool agent_takes(const struct agent *a, uint32_t channels);
bool agent_has_room(const struct agent *a, uint32_t before, uint32_t after);
void agent_set_presence(struct router *r, struct agent *a, enum router_presence to, enum router_reason reason);
void agent_grace_over(struct router *r, struct agent *a);

// ---- desk.c ----

struct desk *desk_find(const struct router *r, const char *id);
struct desk *desk_add(struct router *r, struct agent *a, const char *id, const char *boot);
void desk_drop(struct router *r, struct desk *d);
enum router_refusal desk_opened(struct router *r, const struct router_input *in);
enum router_refusal desk_closed(struct router *r, const struct router_input *in);
enum router_refusal desk_node_lost(struct router *r, const struct router_input *in);

// ---- work.c ----

struct work *work_find(const struct router *r, uint64_t id);
struct work *work_next(const struct router *r, uint64_t after);
struct work *work_of_conversation(const struct router *r, uint64_t conversation);
struct work *work_new(struct router *r, uint64_t id, uint64_t conversation);
void work_free(struct work *w);
void work_move(struct router *r, struct work *w, enum router_work_state to, struct agent *agent,
               enum router_reason reason);
void work_enter(struct router *r, struct work *w);
void work_recharge(struct router *r, struct work *w);
void work_touch(struct router *r, struct work *w);
void work_undecide(struct router *r, struct work *w);
void work_want(struct work *w, struct agent *a);
void work_inform(struct work *w, struct agent *a);
void work_requeue(struct router *r, struct work *w, enum router_reason reason, bool informed);
void work_close(struct router *r, struct work *w, enum router_reason reason);
void work_finish_step(struct router *r);
void work_change_queue(struct router *r, struct work *w, struct queue *to);

// ---- session.c: the customer's sessions of a work ----

uint32_t session_channels(const struct work *w); // bits: channel-now and every live one
uint32_t session_weight(const struct router *r, const struct work *w, bool waiting);
size_t session_latest(const struct work *w, enum router_channel channel, bool textual); // SIZE_MAX = none
size_t session_exact(const struct work *w, enum router_channel channel, const char *account, const char *handle);
bool session_full(const struct work *w);
size_t session_add(struct router *r, struct work *w, const struct router_session *s);
bool session_speak(struct router *r, struct work *w, const struct router_happened *h);
bool session_hang_up(struct router *r, struct work *w, const struct router_happened *h);
void session_connect(struct router *r, struct work *w);
void session_disconnect(struct router *r, struct work *w);
void session_end_calls(struct router *r, struct work *w);
bool session_any_live(const struct work *w);
void session_arm_idle(struct router *r, struct work *w);
void session_idle_over(struct router *r, struct work *w);

// ---- match.c ----

struct verdict {
    struct agent *agent;
    enum router_exclusion exclusion;
    bool again;     // declined or missed it before: asked only when nobody else can
    uint32_t known; // 0 = had it before, 1 = last resolved for this customer, 2 = neither
    uint32_t surplus;
    int64_t idle_ms;
};

struct match {
    struct agent *winner; // NULL = nobody
    const struct verdict *why;
    bool held; // somebody could, but a known agent is waited for
};

struct verdict match_agent(const struct router *r, const struct work *w, struct agent *a);
struct agent *match_wanted(const struct router *r, const struct work *w);
struct verdict *match_scratch(struct router *r); // one verdict per agent
struct match match_work(const struct router *r, const struct work *w, struct verdict *verdicts);
struct router_decision *match_record(struct router *r, struct arena *arena, const struct work *w, const struct match *m,
                                     size_t limit);
struct router_candidate *match_candidate(struct arena *arena, const struct router *r, const struct work *w,
                                         const struct verdict *v);

// ---- settle.c ----

void settle(struct router *r);
void settle_pause_over(struct router *r, struct work *w);
void settle_hold_over(struct router *r, struct work *w);

// ---- offer.c ----

void offer_make(struct router *r, struct work *w, const struct match *m);
void offer_accept(struct router *r, struct work *w);
void offer_decline(struct router *r, struct work *w, const char *text);
void offer_timed_out(struct router *r, struct work *w);
void offer_rescind(struct router *r, struct work *w, enum router_reason reason);
struct ask *offer_ask_of(const struct work *w, const struct agent *a);
void offer_note_ask(struct router *r, struct work *w, struct agent *a, uint32_t times);
void offer_forget_ask(struct router *r, struct work *w, const struct agent *a);
void offer_arm_pause(struct router *r, struct work *w);

// ---- happened.c ----

enum router_refusal happened_apply(struct router *r, const struct router_input *in);
enum router_refusal happened_delivery(struct router *r, const struct router_input *in);
enum router_refusal happened_customer_changed(struct router *r, const struct router_input *in);

// ---- command.c ----

enum router_refusal command_apply(struct router *r, const struct router_input *in);
struct outcome *command_find(const struct router *r, const char *session, const char *client_id);
void command_remember(struct router *r, const char *session, const char *client_id, uint64_t input, int64_t at,
                      enum router_refusal refusal);
void command_forget_old(struct router *r, int64_t at);

#endif
