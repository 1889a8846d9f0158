// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_CORE_H
#define THROUGHLINE_ROUTING_CORE_H

// What the router's files offer each other, file by file. The data they work on is state.h.

#include "routing/offer.h"
#include "routing/state.h"

// ---- memory.c: out of memory aborts ----

void *memory_new(size_t n, size_t each);
void *memory_new_lines(size_t n, size_t each); // begins where a line of memory does
void *memory_grow(void *v, size_t *cap, size_t need, size_t each);
void memory_bury(struct router *r, const void *p); // freed when the next step begins, or a later one
void memory_unearth(struct router *r);
void memory_unearth_all(struct router *r);
char *text_new(const char *s);
char *text_place(char **room, const char *s); // a copy at *room, which then is behind it
void text_set(struct router *r, char **to, const char *s);
void text_bury(struct router *r, const char *s);
void text_free(const char *s);
bool text_is(const char *s, size_t max); // NULL is not

// Lists of texts, as configurations have them.
bool texts_are(const char *const *v, size_t n, size_t n_max); // each text_is() of ROUTER_TEXT_MAX
const char **texts_new(const char *const *from, size_t n);
void texts_bury(struct router *r, const char *const *v, size_t n);
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
void timer_aim(struct router *r, struct timer *t,
               int64_t deadline); // starts it, or stops it where that is INT64_MAX: never
struct timer *timer_first(const struct router *r);
struct timer *timer_first_alarm(const struct router *r); // by `wall`
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

bool config_legal(const struct router_config *c);
bool config_rules_legal(const struct router_config *c);
bool config_agent_legal(const struct router_agent *a);
bool config_queue_legal(const struct router_queue *q);

// ---- config_force.c ----

enum router_refusal config_apply(struct router *r, const struct router_input *in);
enum router_refusal config_agent_put(struct router *r, const struct router_input *in);
enum router_refusal config_agent_removed(struct router *r, const struct router_input *in);
enum router_refusal config_queue_put(struct router *r, const struct router_input *in);
enum router_refusal config_queue_removed(struct router *r, const struct router_input *in);

// ---- queue.c ----

struct queue *queue_new(const struct router_queue *def);
struct queue *queue_new_implicit(void);
void queue_bury(struct router *r, struct queue *q);
void queue_free(struct queue *q);
bool queue_is(struct router *r, const struct queue *q, const struct router_queue *def); // defined so already
void queue_redefine(struct router *r, struct queue *q, const struct router_queue *def);
struct queue *queue_find(const struct router *r, const char *name);
int64_t queue_step_after(const struct router_queue *def, size_t step);
struct pool *queue_pool(const struct router *r, const struct work *w); // of the step it is at and its topic
struct pool *queue_pool_at(const struct queue *q, size_t step);        // whom it takes is the same for all topics
uint32_t queue_step(const struct router *r, const struct work *w);
void queue_arm_step(struct router *r, struct work *w);
void queue_line_up(struct router *r, struct work *w);
void queue_leave_line(struct router *r, struct work *w);
void queue_line_up_again(struct router *r, struct work *w);
void queue_sort_lines(struct router *r); // another order is in force
uint32_t queue_priority(const struct work *w);

// ---- order.c ----

typedef unsigned __int128 order_rank;
bool order_older(const struct work *a, const struct work *b);
int64_t order_stamp(const struct router *r, const struct work *w); // the earlier, the sooner within a line
bool order_in_line(const struct router *r, const struct work *a,
                   const struct work *b); // as order_before(), of one line
bool order_by_cost(const struct router *r);
bool order_before(const struct router *r, const struct work *a, const struct work *b);
bool order_by_class(const struct router *r); // a lower class always goes first
bool order_shifts(const struct router *r);   // whether giving work out can change the order of the rest
void order_sort(const struct router *r, struct work **v, size_t n);

// ---- needs.c ----

void needs_free(struct needs *n);
void needs_bury(struct router *r, struct needs *n);
void needs_add(struct needs *n, const char *text);
void needs_add_skill(struct needs *n, const struct router_skill *s);
void needs_of_queue(struct needs *n, const struct router_queue *q, size_t step);
bool needs_met(const struct needs *n, const struct agent *a, uint32_t *surplus);
const char *needs_key(const struct needs *n);                 // a skill that nobody can do without; "" = there is none
size_t needs_skills(const struct needs *n, const char **out); // those to be had, each once; out: room for all parts
bool needs_is(const struct agent *a, const char *attribute);
size_t needs_missing(const struct needs *n, const struct agent *a, struct router_shortfall *out);

// ---- select.c ----

int64_t select_score(const struct router *r, const struct pool *p, const struct member *m, const struct agent *a);
int64_t select_score_now(const struct router *r, const struct pool *p, const struct seat *s, bool asked);
int64_t select_seat_score(const struct pool *p, const struct member *m, const struct agent *a);
uint32_t select_idle_weight(const struct router_queue *q);
bool select_legal(const struct router_queue *q);

// ---- agent.c ----

struct agent *agent_find(const struct router *r, const char *id);
struct agent *agent_put(struct router *r, const struct router_agent *def);
void agent_free(struct agent *a);
void agent_bury(struct router *r, struct agent *a);
bool agent_is_defined_so(const struct agent *a, const struct router_agent *def);
void agent_remove(struct router *r, struct agent *a);
void agent_charge(struct router *r, struct agent *a, struct charge before, struct charge after);
void agent_mark_freed(struct router *r, struct agent *a);
void agent_reconsider(struct router *r, const struct agent *a);
uint32_t agent_level(const struct agent *a, const char *skill);
int64_t agent_idle_ms(const struct router *r, const struct agent *a);
bool agent_takes(const struct agent *a, uint32_t channels);
void agent_set_presence(struct router *r, struct agent *a, enum router_presence to, enum router_reason reason);
void agent_grace_over(struct router *r, struct agent *a);
void agent_focus_over(struct router *r, struct agent *a);
void agent_drained(struct router *r, struct agent *a);
bool agent_is_here(const struct agent *a);

// ---- agents.c ----

void agents_order(struct router *r, size_t from);
void agents_sweep(struct router *r);

// ---- room.c: what an agent's work leaves room for ----

uint32_t room_closed(const struct router *r, const struct agent *a, const struct work *but);
bool room_for_change(const struct router *r, const struct agent *a, struct charge before, struct charge after);
bool room_exceeded(const struct router *r, const struct agent *a);
bool room_for(const struct router *r, const struct agent *a, uint32_t channels, uint32_t cost, const struct work *but);
bool room_interrupts(const struct router *r, uint32_t channels, uint32_t cost);
bool room_for_call(const struct router *r, const struct agent *a);
uint32_t room_light(const struct router *r, struct charge c);
void room_weigh_anew(struct router *r, struct agent *a);
enum router_channel room_why(const struct router *r, const struct agent *a, const struct work *w, uint32_t *maximum);

// ---- wait.c: work at hand that waits for its customer ----

void wait_begin(struct router *r, struct work *w);
void wait_over(struct router *r, struct work *w);
struct charge wait_end(struct router *r, struct work *w);
bool wait_returns(struct charge given, struct charge after);

// ---- desk.c ----

struct desk *desk_find(const struct router *r, const char *id);
struct desk *desk_add(struct router *r, struct agent *a, const char *id, const char *boot);
void desk_drop(struct router *r, struct desk *d);
enum router_refusal desk_opened(struct router *r, const struct router_input *in);
enum router_refusal desk_closed(struct router *r, const struct router_input *in);
enum router_refusal desk_node_lost(struct router *r, const struct router_input *in);

// ---- works.c ----

struct work_slot *work_slot(const struct router *r, size_t i);
struct work *work_find(const struct router *r, uint64_t id);
struct work *work_next(const struct router *r, uint64_t after);
struct work *work_of_conversation(const struct router *r, uint64_t conversation);
struct work *work_new(struct router *r, uint64_t id, uint64_t conversation);
void work_free(struct work *w);
void work_bury(struct router *r, struct work *w);
void work_forget(struct router *r, const struct work *w);

// ---- work.c ----

void work_move(struct router *r, struct work *w, enum router_work_state to, struct agent *agent,
               enum router_reason reason);
void work_enter(struct router *r, struct work *w);
void work_recharge(struct router *r, struct work *w);
void work_touch(struct router *r, struct work *w);
void work_overhear(struct router *r, struct work *w);
void work_undecide(struct router *r, struct work *w);
void work_want(struct work *w, struct agent *a);
void work_inform(struct work *w, struct agent *a);
void work_stand(struct router *r, struct work *w);
void work_step_over(struct router *r, struct work *w);
void work_requeue(struct router *r, struct work *w, enum router_reason reason, bool informed);
void work_close(struct router *r, struct work *w, enum router_reason reason);
void work_finish_step(struct router *r);
void work_change_queue(struct router *r, struct work *w, struct queue *to);

// ---- session.c: the customer's sessions of a work ----

uint32_t session_channels(const struct work *w); // bits: channel-now and every live one
uint32_t session_weight(const struct router *r, const struct work *w, bool waiting);
struct charge session_charge(const struct router *r, const struct work *w, bool waiting);
size_t session_latest(const struct work *w, enum router_channel channel, bool textual); // SIZE_MAX = none
size_t session_exact(const struct work *w, enum router_channel channel, const char *account, const char *handle);
bool session_full(const struct work *w);
size_t session_add(struct router *r, struct work *w, const struct router_session *s);
size_t session_place(const struct work *w, const struct router_happened *h, bool renew);
void session_set_callback(struct router *r, struct router_session *s, const char *number);
void session_end(struct router *r, struct work *w, size_t i); // it lives no longer
bool session_speak(struct router *r, struct work *w, const struct router_happened *h);
bool session_hang_up(struct router *r, struct work *w, const struct router_happened *h);
void session_connect(struct router *r, struct work *w);
void session_disconnect(struct router *r, struct work *w);
void session_end_calls(struct router *r, struct work *w);
bool session_any_live(const struct work *w);
bool session_any_call(const struct work *w); // live
void session_arm(struct router *r, struct work *w);
void session_idle_over(struct router *r, struct work *w);

// ---- match.c ----

struct match {
    struct agent *winner; // NULL = nobody
    struct verdict why;   // the winner's
    bool held;            // somebody could, but a known agent is waited for
    bool waits;           // a known agent who lacks only room is waited for, unless somebody else is known too
    bool named;           // by a supervisor, whatever would have been chosen
};

uint32_t match_cost(const struct router *r, const struct work *w);
struct verdict match_agent(const struct router *r, const struct work *w, struct agent *a);
bool match_better(const struct verdict *a, const struct verdict *b);
uint64_t match_dice(const struct router *r, const struct work *w);
struct agent *match_wanted(const struct router *r, const struct work *w);
struct match match_work(const struct router *r, const struct work *w, size_t limit, struct ranking *k);
void match_begin(const struct router *r, const struct work *w, struct ranking *k);
struct match match_choose(const struct router *r, const struct work *w, const struct ranking *k);

// ---- check.c ----

const char *check_restored(const struct router *r); // as router_check(), but without asking everybody about everything

// ---- scan.c: every agent asked, for explanations and checks ----

struct match scan_work(const struct router *r, const struct work *w, struct verdict *all, struct ranking *k);

// ---- record.c ----

#define RECORD_NAMED 11 // of many agents: the winner and ten who came next

size_t record_limit(const struct router *r);
struct router_decision *record_decision(struct router *r, struct arena *arena, const struct work *w,
                                        const struct match *m);
struct router_decision *record_taken(struct router *r, const struct work *w, const struct agent *by);
struct router_decision *record_everybody(struct router *r, struct arena *arena, const struct work *w, size_t most);
struct router_candidate *record_candidate(struct arena *arena, const struct router *r, const struct work *w,
                                          const struct verdict *v);

// ---- would.c: what would have had to differ ----

enum router_behind would_behind(const struct router *r, const struct work *w, const struct ranking *k,
                                const struct match *m, const struct verdict *v, int64_t *by);
void would_tell(struct arena *arena, const struct router *r, const struct work *w, const struct ranking *k,
                const struct match *m, const struct verdict *v, struct router_candidate *out);

// ---- needed.c: the fewest changes with which an agent meets conditions ----

size_t needed_changes(struct arena *arena, const struct needs *n, const struct agent *a,
                      struct router_change *out); // out: room for all parts
struct agent needed_agent(struct arena *arena, const struct agent *a, const struct router_change *v, size_t n);

// ---- pool.c ----

#define PROFILES 1024 // see pool_profile()

struct pool_need { // of work, in the terms of rows
    uint32_t channels, room;
    bool interrupts;
};

uint32_t pool_profile(const struct router *r, const struct agent *a);
bool pool_profile_open(uint32_t profile);
uint32_t pool_declared(const struct agent *a); // channels
struct row *pool_row(struct pool *p, uint32_t profile);
void pool_clear(struct pool *p);
struct member *pool_member(const struct agent *a, const struct pool *p);
struct pool_need pool_need(const struct router *r, uint32_t channels, uint32_t cost);
size_t pool_row_for(const struct pool *p, const struct pool_need *need, size_t from);
bool pool_asked(const struct row *w);
uint32_t pool_top_levels(const struct router *r, const struct pool *p, uint32_t channels, uint32_t cost);
void pool_counts(const struct router *r, const struct pool *p, uint32_t channels, uint32_t cost,
                 uint32_t out[ROUTER_EXCLUSIONS]);
const char *pool_check(const struct router *r);

// ---- pool_seat.c ----

struct seat pool_seat(const struct member *m, struct agent *a, int64_t idle);
void pool_mark(struct router *r, struct agent *a);
void pool_settle(struct router *r);
void pool_leave(struct router *r, struct agent *a);
void pool_enter(struct router *r, struct agent *a, struct member *m);
void pool_quit(struct router *r, struct agent *a, struct member *m);
void pool_reset(struct router *r);

// ---- line.c ----

void line_put(const struct router *r, struct line *l, struct work *w);
void line_drop(struct work *w);
void line_sort(const struct router *r, struct line *l);
const char *line_check(const struct router *r, const struct line *l);

// ---- enter.c ----

void enter_queues(struct router *r);
struct queue *enter_queue(struct router *r, struct work *w); // by the entry rules, or what that overflows into
bool enter_lets(const struct router *r, const struct queue *q, const struct work *w); // its entry rules do

// ---- overflow.c ----

bool overflow_legal(const struct router_queue *q);
struct queue *overflow_enter(const struct router *r, struct queue *q);
void overflow_arm(struct router *r, struct work *w); // which waits
void overflow_over(struct router *r, struct work *w);
void overflow_note(struct router *r, struct work *w, const struct queue *from,
                   enum router_cause cause); // NULL = it did not

// ---- settle.c ----

void settle(struct router *r);
struct work *settle_first(struct router *r); // NULL = none
void settle_answer_later(struct router *r, struct work *w);
void settle_hold_from(const struct router *r, struct work *w);
void settle_hold_again(struct router *r, struct work *w);
void settle_hold(struct router *r, struct work *w);
void settle_unhold(struct router *r, struct work *w);
void settle_pause_over(struct router *r, struct work *w);
void settle_hold_over(struct router *r, struct work *w);

// ---- act_close.c ----

void close_wrap_up(struct router *r, struct work *w, enum router_reason reason);

// ---- happened.c ----

enum router_refusal happened_apply(struct router *r, const struct router_input *in);
enum router_refusal happened_delivery(struct router *r, const struct router_input *in);
enum router_refusal happened_customer_changed(struct router *r, const struct router_input *in);

// ---- command.c ----

enum router_refusal command_apply(struct router *r, const struct router_input *in);

// ---- outcome.c ----

struct outcome *outcome_find(const struct router *r, const char *session, const char *client_id);
void outcome_remember(struct router *r, const char *session, const char *client_id, uint64_t input, int64_t at,
                      enum router_refusal refusal);
void outcome_free(struct router *r);
void outcome_forget_old(struct router *r, int64_t at);

#endif
