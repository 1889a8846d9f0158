// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ROUTER_H
#define THROUGHLINE_ROUTING_ROUTER_H

// The router: a pure function of a log.
//
// router_step() folds one input into the state and lists what must be done because of it. There is no clock, no I/O, no
// randomness, no floating point and no unordered iteration in here: the same inputs give the same effects and the same
// state, byte for byte, on every machine and with every compiler. Time is what the inputs carry.
//
// Ownership: what the caller passes stays the caller's; the router copies. Effects are the router's, valid until the next
// call that takes the router without const. Strings are NUL-terminated UTF-8, at most ROUTER_NAME_MAX (names, ids) or
// ROUTER_TEXT_MAX (handles, values) bytes; a longer one makes the input illegal, and an illegal input is answered by a
// ROUTER_REFUSED effect, never by an assert.
//
// Not in here: message bodies, JSON, Redis, who is connected where.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/router_config.h"
#include "routing/router_effect.h"
#include "routing/router_input.h"
#include "routing/router_requirement.h"
#include "routing/router_words.h"

// ---- views: the state as it is now; pointers are valid until the next step ----

struct router_calibration { // estimates made when a wait began, compared with what came; of those answered after a wait
    uint64_t inside, below, above; // of low..high
    uint64_t unknown;              // there was none
    uint64_t error;                // sum of |came - middle| / middle (at least 1 s), in thousandths
};

struct router_responses { // of a queue on one channel, by whether the target was met; those that had one
    uint64_t first_met, first_missed, next_met, next_missed;
};

struct router_callbacks { // of a queue: callbacks asked for, dialled and answered, dialled in vain
    uint64_t asked, reached, unreached;
};

struct router_voicemails { // of a queue: calls that were sent to voicemail, and what came of it
    uint64_t sent, left, empty;
};

struct router_participant_view {
    const char *agent;
    enum router_role role;
    bool joined; // else asked, until:
    int64_t deadline;
    uint64_t epoch;
};

struct router_work_view { // while it is offered, agent, epoch and deadline are those of the oldest offer
    uint64_t id, conversation, customer, epoch;
    const char *queue, *agent, *former_agent, *language, *intent;
    enum router_work_state state;
    enum router_reason reason;
    enum router_channel channel_now;
    uint32_t priority, charge;
    const char *disposition;         // in wrap-up: what it was closed with so far; "" = none
    const char *const *dispositions; // that its queue allows; n = 0: any
    size_t dispositions_n;
    bool disposition_required;
    int64_t since, deadline; // at; deadline 0 = none
    int64_t snoozed_until;   // wall; 0 = it is not
    const struct router_session *sessions;
    size_t sessions_n;
    struct router_hand hand; // what a supervisor did last
    struct router_due due;
    uint32_t told; // bits (1u << enum router_notice_kind): notices that the customer was given
    size_t offers_n;
    uint64_t dialled;        // who waits to be called back is: the input ...
    uint32_t dialled_effect; // ... and its effect that did; 0 = nobody is
    struct router_voicemail voicemail;
    const struct router_entered *entered;
    struct router_participant_view participants[ROUTER_PARTICIPANTS_MAX]; // in order of asking
    size_t participants_n;
};

struct router_offer_view {
    const char *agent;
    uint64_t epoch;
    int64_t deadline; // at
};

struct router_agent_view {
    struct router_agent def;
    enum router_presence presence;
    uint32_t load, sessions;
    int64_t idle_since;
    const uint64_t *work; // held, offered and in wrap-up, oldest first
    size_t work_n;
};

struct router_closure { // of a queue, by a supervisor; all empty = it is not closed so
    const char *by, *note, *to, *message;
    int64_t since; // wall
    int64_t until; // wall; 0 = until it is opened
};

struct router_queue_view {
    struct router_queue def;
    uint32_t waiting, offered, assigned, recording;
    int64_t oldest; // at; 0 = none; by cost, of those who go first
    bool closed;    // by its calendar
    struct router_closure closure;
    bool implicit;       // stands in while none is configured
    uint32_t unmeetable; // of those waiting: their requirement, as relaxed so far, is met by no agent, present or not
    struct router_calibration estimates;
    struct router_responses responses[ROUTER_CHANNELS];
    struct router_callbacks callbacks;
    struct router_voicemails voicemails;
};

struct router_calendar_view {
    struct router_calendar def;
    uint64_t defined,
        compiled; // inputs: that brought these words; that brought those which its hours were made of, 0 = none
    bool open;
    int64_t from, until, next; // wall; next: when it turns, 0 = not known
};

struct router_lesson_view {     // what an agent has shown on one topic
    const char *queue, *intent; // intent "" = all that is under none which the queue lists
    uint32_t tried, solved;
    uint32_t estimate, mean; // millionths: of this agent, of all
};

struct router_closing_view { // that can still turn out otherwise
    uint64_t work;
    const char *queue, *intent;
    int64_t at;
    bool solved, contested;
};

struct router_stats {
    uint64_t input;   // the last folded
    int64_t at, wall; // its times
    uint32_t fold;
    uint64_t config;
    uint32_t agents, agents_present, work_open, work_waiting;
};

struct router *router_new(void);
void router_free(struct router *r);

// Folds one input. Timers due at or before in->at fire first, in order of (deadline, kind, id). Returns false, with nothing
// changed, only when the input's number is not the next one, its `at` runs backwards, one of its times is outside
// 0..ROUTER_TIME_MAX or the fold version is unknown: the caller has lost its place in the log, or reads another. Anything
// else wrong with an input is a REFUSED effect.
bool router_step(struct router *r, const struct router_input *in, struct router_effects *out)
    __attribute__((warn_unused_result));

// The `at` time at which the next timer is due; INT64_MAX = none. A tick at or after it fires it; or, where it is one by the
// wall clock and that was set back, asks for a later tick.
int64_t router_next_deadline(const struct router *r);

// Hash of the whole state; equal states have equal hashes on every machine.
uint64_t router_hash(const struct router *r);

// Writes the state in a portable form through `write`; false when write failed.
typedef bool router_write_fn(void *ctx, const void *bytes, size_t len);
bool router_snapshot(const struct router *r, router_write_fn *write, void *ctx) __attribute__((warn_unused_result));

// The same bytes in memory from malloc, the caller's to free.
unsigned char *router_snapshot_bytes(const struct router *r, size_t *len) __attribute__((warn_unused_result));

// A router from a snapshot's bytes; NULL when they are damaged or of an unknown version, with the reason in *why.
// Hostile bytes are refused, never trusted.
struct router *router_restore(const void *bytes, size_t len, const char **why) __attribute__((warn_unused_result));

// NULL when every invariant holds, else what is wrong: one holder per work, capacity kept, no orphan, order, lists and indexes agree,
// no work waiting while an agent who is eligible now has room.
const char *router_check(const struct router *r);

// What became of a command during the last ten minutes of `at`: 0 unknown, 1 done, 2 refused (*why). *input is its number.
int router_outcome(const struct router *r, const char *session, const char *client_id, uint64_t *input,
                   enum router_refusal *why);

// Asks every agent about this work as things stand now, as a decision would, with all agents named (not only
// ROUTER_CANDIDATES_MAX). NULL when there is no such work. Valid until the next call that takes the router without const,
// or the next router_explain.
const struct router_decision *router_explain(struct router *r, uint64_t work);
// The same, naming no more than ROUTER_CANDIDATES_MAX: who could take it first, then the others in order of id.
const struct router_decision *router_glance(struct router *r, uint64_t work);

// Whether decisions name every agent from now on (not only ROUTER_CANDIDATES_MAX). No part of the state: it changes nothing but what
// decisions tell, and makes each cost as much as router_explain.
void router_name_everybody(struct router *r, bool everybody);

void router_stats(const struct router *r, struct router_stats *out);
bool router_work(const struct router *r, uint64_t work, struct router_work_view *out);
bool router_work_of_conversation(const struct router *r, uint64_t conversation,
                                 struct router_work_view *out); // its open work
bool router_offer_at(const struct router *r, uint64_t work, size_t index,
                     struct router_offer_view *out); // oldest first
bool router_offer_to(const struct router *r, uint64_t work, const char *agent, struct router_offer_view *out);
bool router_agent(const struct router *r, const char *id, struct router_agent_view *out);
bool router_session_agent(const struct router *r, const char *session, const char **agent);
// The session that this agent opened last of those that live; NULL = they have none.
const char *router_agent_session(const struct router *r, const char *agent);
// Within how many ms this response is due to a customer of the queue on this channel at this priority; 0 = no target. *row: which of its
// rows says so, from 1; 0 = none does.
uint32_t router_sla_target(const struct router_queue *q, enum router_response response, enum router_channel channel,
                           uint32_t priority, size_t *row);
// In order of id, from the first greater than `after` (NULL, "" or 0 = from the start); false at the end.
bool router_next_agent(const struct router *r, const char *after, struct router_agent_view *out);
bool router_next_work(const struct router *r, uint64_t after, struct router_work_view *out);
// The queues that go before the one whose rules let the work in, in order, as both stand now: after the input that brought it there, this
// is why they did not. False at the end, and where that queue is no more.
bool router_passed_at(const struct router *r, uint64_t work, size_t index, struct router_passed *out);
// How long the work has still to wait; not KNOWN where nobody can say. Costs no more with more agents or work; see estimate.c.
struct router_wait router_work_wait(const struct router *r, uint64_t work);
// ... and whoever entered the queue now, at its usual priority; a queue that is full passes them on.
struct router_wait router_queue_wait(const struct router *r, size_t index, enum router_channel channel);
bool router_queue_at(const struct router *r, size_t index, struct router_queue_view *out); // in order of entry rules
// Of a queue that learns, in order of queue and intent; false at the end.
bool router_lesson_at(const struct router *r, const char *agent, size_t index, struct router_lesson_view *out);
// The newest first.
void router_each_closing(const struct router *r, const char *agent,
                         void (*fn)(void *ctx, const struct router_closing_view *c), void *ctx);
// The rules in force, without queues, agents and calendars, which have views of their own.
void router_rules(const struct router *r, struct router_config *out);
bool router_calendar_at(const struct router *r, size_t index, struct router_calendar_view *out);
// The conversations whose entries concern this agent: held, offered, in wrap-up, taken part in (or asked to) or informed. Calls fn for each in order of work id.
void router_each_concern(const struct router *r, const char *agent,
                         void (*fn)(void *ctx, const struct router_work_view *w, bool informed), void *ctx);

#endif
