// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ROUTER_CONFIG_H
#define THROUGHLINE_ROUTING_ROUTER_CONFIG_H

// What the router goes by: agents, queues, calendars and the rules of channels, by value. What is passed stays the
// caller's. Times ending in _ms are milliseconds.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/router_words.h"

struct router_skill {
    const char *name;
    uint32_t level; // 1..5
};

struct router_attribute { // of a customer, in words of the user's own
    const char *key, *value;
};

struct router_attribute_rule { // entry rule: has one of these values
    const char *key;
    const char *const *values; // "*" = any
    size_t values_n;           // at least one
};

struct router_agent {
    const char *id;
    const char *name;
    bool bot;
    bool from_file;
    const struct router_skill *skills;
    size_t skills_n;
    uint32_t capacity;      // units
    uint32_t channels;      // bit (1u << channel); 0 = all
    uint32_t speed;         // declared, in thousandths of the usual; 0 = 1000
    uint32_t resolution;    // declared chance to resolve, in thousandths; 0 = 1000
    const char *team;       // "" or NULL = none
    bool sees_conversation; // ... at hand only, not the customer's others; the router only keeps it
    const char *const *attributes;
    size_t attributes_n;
};

struct router_relax { // what a queue requires instead, once work has waited for so long
    uint32_t after_ms;
    uint32_t percent; // ... or for this share of the queue's target
    bool breach;      // ... or once a response's target is about to be missed; one step at most. Two of the three are 0
    const char *needs; // the requirement from then on; "any" = none
};

struct router_calendar { // in words, which the router only keeps
    const char *name;
    const char *zone;
    const char *const *hours;
    size_t hours_n;
    const char *const *holidays;
    size_t holidays_n;
};

struct router_turns { // when it is open, from `from` until `until`, in `wall`; nothing is known beyond
    bool open;        // at `from`
    int64_t from, until;
    const int64_t *turns; // ascending: at each, open becomes closed or closed open
    size_t turns_n;
};

struct router_sla { // within which time a queue answers; of those that apply, the most specific that says it holds
    enum router_channel channel; // NONE = any; goes before a priority
    uint32_t priority;           // 1..9; 0 = any
    uint32_t first_ms;           // the first response; 0 = says nothing of it
    uint32_t next_ms;            // each later one
};

struct router_silence { // of a customer whom the agent has answered; 0 = never
    uint32_t notice_ms; // they are told
    uint32_t close_ms;  // the conversation is closed; later than the notice
};

struct router_queue {
    const char *name;
    uint32_t priority; // 1 first .. 9
    const struct router_skill *requires;
    size_t requires_n;
    const char *needs;                // further requirement, an expression as in needs.c; "" or NULL = none
    const char *floor;                // likewise, and never relaxed
    const struct router_relax *steps; // in order of time; each replaces what the queue requires, but for the floor
    size_t steps_n;
    const struct router_skill *prefers; // good to have: count for ROUTER_SUITED
    size_t prefers_n;
    uint32_t channels;           // entry rule, bits; 0 = any
    const char *const *accounts; // entry rules; n = 0: any
    size_t accounts_n;
    const char *const *intents;
    size_t intents_n;
    const char *const *languages;
    size_t languages_n;
    const struct router_attribute_rule *attributes; // no two of the same key; all must match; n = 0: any
    size_t attributes_n;
    const char *const *dispositions; // words for how work ends; n = 0: any
    size_t dispositions_n;
    bool disposition_required; // nothing is closed without one
    const char *calendar;      // "" or NULL = always open, as with one that does not exist
    enum router_when when;     // entry rule
    const char *overflow;      // queue that takes what is too much for this one; "" or NULL = none
    uint32_t overflow_waiting; // so many wait: who would enter goes there; 0 = never
    uint32_t overflow_ms;      // whoever has waited here for so long goes there; 0 = never
    uint32_t tells;            // bits (1u << enum router_notice_kind): what customers are told by itself
    struct router_silence silent[ROUTER_CHANNELS]; // by the customer's channel of now; not of voice
    uint32_t promise_ms;   // ROUTER_NOTICE_WAIT: told when the wait is estimated to be longer; 0 = never
    uint32_t voicemail;    // bits (1u << enum router_notice_kind) of CLOSED, FULL, WAIT: calls then go to voicemail
    uint32_t voicemail_ms; // ... and whatever call has waited here for so long; 0 = never
    uint32_t voicemail_wait_ms; // so long the call may be there, and what was said awaited after its end; 0 = 600000
    enum router_select select;
    uint32_t weight_speed;         // ROUTER_RESOLUTION: resolution x speed ^ (this / 1000), 0..1000
    bool learn;                    // ROUTER_RESOLUTION: from what came of contacts, instead of what is declared
    uint32_t learn_prior;          // so many attempts weighs the mean of all agents, 1..1000; 0 = 20
    uint32_t mix[ROUTER_SELECTS];  // ROUTER_MIX: weight 0..100 of each of the others, not of ROUTER_RANDOM
    uint32_t weight;               // orders by cost: what waiting here costs, in thousandths; 0 = 1000
    uint32_t target_ms;            // the first response is due within this time; 0 = 60000
    const struct router_sla *slas; // ... where none of these says otherwise; no two alike
    size_t slas_n;
    const char *sla_calendar; // only its open hours count for them; "" or NULL = all, as with one that does not exist
    uint32_t offer_to;        // so many at once, 1..ROUTER_OFFERS_MAX; 0 = 1. The first to accept has it
    uint32_t offer_ms;
    uint32_t wrap_up_ms;
    uint32_t prefer_known_ms;
    uint32_t callback_retry_ms; // who was called back and did not answer is called again after this time; 0 = 900000
    uint32_t callback_attempts; // so many times in all; 0 = 3
    const char *
        callback_hours; // a calendar: they are called back while it is open; "" or NULL = always, as with one that does not exist
    uint32_t
        callback_after_ms; // those who have longer to wait are offered it; 0 = nobody is. For others: nothing here goes by it
    uint32_t callback_dial_ms; // so long a customer is dialled; 0 = 60000
    bool from_file;
};

struct router_channel_rules {
    uint32_t units;
    uint32_t idle_ms;         // a session lives this long after the customer's last own word; 0 = until it is ended
    uint32_t offer_ms;        // an offer of work on this channel stands so long; 0 = as the queue says
    uint32_t prefer_known_ms; // work on this channel is held so long for a known agent; 0 = as the queue says
    bool auto_accept;         // whoever is offered work on this channel has it
    uint32_t max;     // conversations that one agent has on this channel at a time; 0 = as many as the capacity allows
    bool exclusive;   // who has one on this channel is offered nothing else
    uint32_t lost_ms; // an agent whose desks are lost keeps work on this channel so long; 0 = for the rest of the shift
    uint32_t away_ms; // ... who is away
    uint32_t give_back_ms; // so long after the agent's last word what waits for its customer takes no room; 0 = it does
};

struct router_config {
    const struct router_queue *queues;
    size_t queues_n;
    const struct router_agent *agents;
    size_t agents_n;
    const struct router_calendar *calendars;
    size_t calendars_n;
    uint32_t grace_ms; // the shift of an agent whose desks have been lost for so long has ended
    uint32_t timeouts_to_away;
    uint32_t decline_pause_ms;
    uint32_t decline_max;
    uint32_t extend_max;      // times that one offer or wrap-up is given its time again
    uint32_t calls_interrupt; // bits: a call finds room as if work on these channels alone weighed nothing; never voice
    uint32_t focus_ms;        // an agent's focus ends by itself after so long; 0 = there is none
    uint32_t learn_ms;        // a contact on the same topic within this time after a close takes "resolved" back
    enum router_order order;
    uint64_t seed;      // of ROUTER_RANDOM
    bool idle_from_end; // idle counts from the end of the last contact only, not from the beginning of another
    struct router_channel_rules channels[ROUTER_CHANNELS];
};

#endif
