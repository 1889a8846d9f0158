// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ROUTER_EFFECT_H
#define THROUGHLINE_ROUTING_ROUTER_EFFECT_H

// What comes out of the router: what must be done because of an input, and how a decision came about. All of it is the
// router's, valid until the next call that takes the router without const.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/router_config.h"
#include "routing/router_words.h"

enum router_effect_kind {
    ROUTER_DONE = 1,    // command: (session, client_id) took effect
    ROUTER_REFUSED,     // command: it did not, and why
    ROUTER_DECISION,    // an agent was chosen, or nobody could be
    ROUTER_OFFER,       // to `agent`
    ROUTER_OFFER_ENDED, // to `agent`
    ROUTER_ASSIGN,      // to `agent`
    ROUTER_UNASSIGN,    // to `agent`
    ROUTER_WORK, // state, agent, queue, charge, sessions or channel of `work` changed: read models, desks that show it
    ROUTER_ENTRY, // timeline entry `number` of `conversation` concerns `agent` (once per holder and informed former holder)
    ROUTER_DELIVER,             // outbox: entry `number` to the customer through `session`
    ROUTER_CONNECT,             // outbox: bridge call `session.call` to `agent`
    ROUTER_DISCONNECT,          // outbox: take `agent` off the call
    ROUTER_DELIVERY_NEWS,       // to `agent`: a delivery's state
    ROUTER_PRESENCE,            // `agent`'s presence changed
    ROUTER_CONVERSATION_CLOSED, // disposition `text`, resolved or not, by `agent`; again when wrap-up corrects it
    ROUTER_ENTRY_REFUSED,       // take entry `number` of `conversation` back: its command was refused
    ROUTER_CONFIGURED,          // another configuration is in force
    ROUTER_CUSTOMER,            // to `agent`: this customer's handles changed
    ROUTER_NOTICE, // the customer is to be told `notice` through `session`; whoever does so gives ROUTER_IN_SAID back
    ROUTER_DESK_ENDED,         // to `agent`: a supervisor has ended the desk `session_id`
    ROUTER_PARTICIPANT_ASKED,  // to `agent`: to take part in `former_agent`'s work, by `epoch` and until `deadline`
    ROUTER_PARTICIPANT_JOINED, // to `agent`: they take part
    ROUTER_PARTICIPANT_ENDED,  // to `agent`: they do not, or no longer
    ROUTER_DIAL,               // outbox: call `session.callback` for `agent`, until `deadline` at most
    ROUTER_RECORD,             // outbox: call `session.call` goes to voicemail, see `recording`
    ROUTER_EFFECTS,            // size of tables
};

struct router_session {
    enum router_channel channel;
    const char *account;
    const char *handle;
    const char *call;
    bool live;
    bool simulated;
    bool voicemail;       // a call that is at voicemail; then it does not live
    int64_t last_word;    // at
    const char *callback; // the customer waits to be called at this number, E.164; "" = they are on the line
    uint32_t attempts;    // ... and was so many times
};

struct router_shortfall {
    const char *skill;
    uint32_t needs;
    uint32_t has;
};

struct router_change {
    enum router_change_kind kind;
    const char *name; // "" = none
    uint32_t from, to;
    enum router_channel channel;
    int64_t ms;
};

struct router_candidate {
    const char *agent;
    enum router_exclusion exclusion;           // the first that holds
    uint32_t exclusions;                       // a bit for each that holds; 0 = qualified
    const struct router_shortfall *shortfalls; // every skill missing, whatever the exclusion
    size_t shortfalls_n;
    uint32_t load, capacity, cost;
    int64_t idle_ms;
    uint32_t surplus;
    uint32_t resolution;    // millionths: what a queue that chooses by resolution goes by; 0 = it does not
    uint32_t tried, solved; // what it was learned from; the rest is the mean of all
    int64_t score;          // what the queue's choice makes of them; higher is better
    bool known;
    enum router_channel occupied;        // ROUTER_EX_OCCUPIED: this channel is why ...
    uint32_t maximum;                    // ... being at this maximum; 0 = being exclusive
    const struct router_change *changes; // of one who is excluded: with all of these they would have qualified
    size_t changes_n;
    enum router_behind behind; // why another goes before them, of one who is excluded: even with these changes
    int64_t behind_by;
};

struct router_hand { // what a supervisor did; all empty = nobody did
    enum router_supervision act;
    const char *by, *note;
};

struct router_overflowed { // how work came to the queue where it is
    const char *from;      // the queue that would have had it otherwise, "" = it did not overflow
    enum router_cause cause;
};

struct router_condition { // of a queue's entry rules, and how a work stands to it
    enum router_condition_kind kind;
    enum router_channel channel; // BY_CHANNEL: the work's
    const char *name;  // the work's account, language or intent (if it is met: as the queue lists it); key; calendar
    const char *value; // BY_ATTRIBUTE: what the queue asks for, if that is one value alone; never what a customer has
    enum router_said_by said_by; // BY_ATTRIBUTE
    bool open;                   // BY_HOURS: whether the calendar is
};

struct router_entered {                 // which entry rules let a work in, last
    uint64_t input;                     // that brought it there
    const char *queue;                  // whose rules they are; it may have gone elsewhere since, or at once
    uint32_t before;                    // so many queues went before it
    bool last;                          // it takes what no other does, whatever its rules: `met` is empty
    const struct router_condition *met; // all that the queue asks for, in order of kind
    size_t met_n;
};

struct router_passed { // a queue that goes before it, and did not let the work in
    const char *queue;
    struct router_condition failed; // the first that is not met; BY_NOTHING: all are, now
};

struct router_voicemail {    // of a work
    enum router_cause cause; // why its call was sent to voicemail; NONE = it was not
    bool left;               // words were left
    uint64_t input;          // the effect that sent it there, last; 0 = none did
    uint32_t index;
};

struct router_recording { // what a gateway is told of a call that it is to record
    const char *queue, *language;
    enum router_cause cause;
    uint32_t most_ms; // so long at most
};

struct router_wait { // until being offered to whoever takes it; ms from now
    enum router_wait_kind kind;
    int64_t low, middle, high; // KNOWN: with a chance of 10, 50 and 90 % it takes no longer
};

struct router_relaxed { // why the step in force is; all 0 = none is
    enum router_cause cause;
    int64_t ms;              // it began when the work had waited for so long
    uint32_t percent;        // CAUSE_TARGET: which is this share of the queue's target
    struct router_wait wait; // CAUSE_BREACH: how long it had still to wait, as estimated then ...
    int64_t left_ms;         // ... so long before the target would be missed; 0 = it was over
};

struct router_due {                // what is due to the customer of a work
    enum router_response response; // NONE: no answer is; what follows but for the counts is 0
    enum router_response_kept first;
    uint32_t met, missed;        // responses that had a target
    uint32_t target_ms;          // 0 = none is set
    int64_t waited_ms;           // for this response
    int64_t at, wall;            // after this moment the target is missed; 0 = no target
    enum router_channel channel; // of the queue's row that applies ...
    uint32_t priority;           // ... and its priority; both 0: the queue's own target, or a row for all
    const char
        *hours; // only open hours of this calendar count; "" = all. Where the target is over, `at` is as if all had
};

struct router_decision {
    const char *queue;
    const char *winner; // "" = nobody
    enum router_select select;
    const struct router_candidate
        *candidates;     // winner first, qualified by score; then, of few agents, the excluded by id
    size_t candidates_n; // <= ROUTER_CANDIDATES_MAX
    uint32_t considered;
    uint32_t excluded[ROUTER_EXCLUSIONS];
    enum router_channel channel;
    const struct router_skill *requires; // of the first step
    size_t requires_n;
    const char *needs, *floor; // the expressions in force, "" = none
    uint32_t step;             // how often the requirement has been relaxed
    uint32_t able;             // agents who meet the requirement, present or not; 0 = nobody ever can as things are
    uint64_t config;           // input that brought the configuration in force
    const char *wanted;        // whom it was passed to by name, "" = nobody
    const char *former;        // who had it last, "" = nobody; of a transfer, who passed it on
    int64_t hold_ms;         // so long yet, somebody whom the customer knows and who has no room is waited for; 0 = not
    const char *team;        // it was passed to this team, of whom the floor alone is required; "" = to none
    struct router_hand hand; // with the reason SUPERVISED: the supervisor's
    struct router_overflowed overflowed;
    struct router_relaxed relaxed;
    struct router_due due;
    uint32_t told;     // bits: notices that the customer has been given about this work
    uint32_t callback; // the customer waits to be called back, and this would be attempt number so many; 0 = does not
    struct router_voicemail voicemail;
    const struct router_entered *entered;
};

struct router_notice { // facts alone; what is not known is 0 or empty
    enum router_notice_kind kind;
    const char *queue, *language;
    struct router_wait wait; // estimated, of those that are told
    int64_t opens;           // wall: when the queue opens
    const char *zone;        // of its calendar
    const char *to;          // EMERGENCY: where they wait instead; "" = here
    const char *message;     // EMERGENCY: the supervisor's
    int64_t until;           // EMERGENCY: wall
    uint32_t closes_ms;      // SILENT: until the conversation is closed
};

struct router_effect {
    enum router_effect_kind kind;
    enum router_reason reason;
    enum router_refusal refusal;
    uint64_t work, conversation, customer;
    uint64_t number; // ENTRY, DELIVER, ENTRY_REFUSED: the entry; DONE, REFUSED: the input of the command
    uint64_t epoch;
    int64_t deadline;                   // at; OFFER, DIAL: when it ends
    const char *agent;                  // "" = none
    const char *session_id, *client_id; // DONE, REFUSED
    const char *text;                   // disposition (CONVERSATION_CLOSED, WORK), reason text, delivery id
    bool resolved, informed;
    uint32_t state;                // PRESENCE, DELIVERY_NEWS, WORK: the state (closed work has no view any more)
    struct router_session session; // DELIVER, CONNECT, DISCONNECT, DIAL, RECORD
    const struct router_decision *decision;   // DECISION
    const struct router_candidate *why;       // OFFER
    const char *former_agent;                 // OFFER; PARTICIPANT_*: the holder
    const struct router_notice *notice;       // NOTICE
    const struct router_recording *recording; // RECORD
    enum router_role
        role; // PARTICIPANT_*; ENTRY, CONNECT ... to a participant, NONE = as the holder; WORK: LISTENING = who
              // does has changed, and nothing else
    struct router_hand hand; // the input was a supervisor's, and this is what it did at once
};

struct router_effects {
    const struct router_effect *v;
    size_t n;
};

#endif
