// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CONFIG_LINT_PRIVATE_H
#define THROUGHLINE_CONFIG_LINT_PRIVATE_H

// What the files of config_lint*.c share: one look at a configuration, and the rules.

#include "daemon/config/config_lint.h"

#define LINT_CHANNELS 0x3Eu // bits of all channels

struct lint;

struct lint_queue {
    const struct router_queue *def;
    struct router_requirement **requirements; // one per step, the first before them
    size_t requirements_n;
    size_t overflow; // its place; SIZE_MAX = none: a queue does not overflow into itself
    bool impossible; // nobody could ever serve it, whoever they are
    uint32_t
        channels; // work on these can enter by the entry rules, and there is an account for them or a rule names them
};

struct lint_names { // texts of the configuration; after lint_names_once() in order, each once
    const char **v;
    size_t n, cap;
};

struct lint_calendar {
    bool opens, closes; // within a year; both where that is not known
};

struct lint_rule {
    const char *name;
    void (*look)(struct lint *l);
    bool error;
};

struct lint {
    const struct router_config *c;
    const struct lint_account *accounts;
    size_t accounts_n;
    uint32_t in_use;             // channels of the accounts; 0 = not known
    struct router_agent *agents; // the configuration's, skills in order of name
    struct lint_queue *queues;
    const struct router_queue **defs;        // the same, for who looks at the first n of them
    struct lint_names skills, teams, traits; // that the agents have; traits: for is = NAME
    struct lint_calendar *calendars;
    int64_t now, budget; // budget: steps that may still be thought; without any left, rules are silent
    const struct lint_rule *rule;
    struct lint_report *out;
};

// ---- telling (config_lint.c) ----

void lint_queue_say(struct lint *l, size_t queue, const char *key, size_t item, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void lint_agent_say(struct lint *l, size_t agent, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void lint_calendar_say(struct lint *l, size_t calendar, const char *key, size_t item, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void lint_channel_say(struct lint *l, unsigned channel, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void lint_routing_say(struct lint *l, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

const char *lint_channel_name(unsigned channel);
size_t lint_calendar_named(const struct lint *l, const char *name);    // SIZE_MAX = none
const char *lint_step_name(const struct router_queue *q, size_t step); // "step at 60 s"; valid until the next call
int64_t lint_step_begins(const struct router_queue *q, size_t step);   // in ms of waiting; steps from 1, 0 = 0

void lint_names_add(struct lint_names *names, const char *const *v, size_t n);
void lint_names_once(struct lint_names *names);
bool lint_names_have(const struct lint_names *names, const char *name); // after lint_names_once()

// ---- entry rules (config_lint_entry.c) ----

uint32_t lint_channels_let(const struct lint *l, const struct router_queue *q); // by its own rules alone
void lint_find_channels(struct lint *l);                                        // fills lint_queue.channels

// ---- who serves (config_lint_serve.c) ----

bool lint_serves(struct lint *l, size_t queue, size_t step, size_t agent, uint32_t channels); // any of them
bool lint_served(struct lint *l, size_t queue, uint32_t channels); // at some step, by somebody

// ---- calendars (config_lint_hours.c) ----

void lint_find_hours(struct lint *l); // fills lint.calendars

// ---- rules ----

void lint_queue_unreachable(struct lint *l);
void lint_queue_entry(struct lint *l);
void lint_queue_never(struct lint *l);
void lint_last_queue(struct lint *l);

void lint_queue_unserved(struct lint *l);
void lint_channel_unserved(struct lint *l);
void lint_first_step_unserved(struct lint *l);
void lint_skill_unknown(struct lint *l);
void lint_offer_few(struct lint *l);
void lint_agent_room(struct lint *l);
void lint_agent_idle(struct lint *l);

void lint_queue_impossible(struct lint *l);
void lint_step_impossible(struct lint *l);
void lint_step_void(struct lint *l);
void lint_step_late(struct lint *l);

void lint_target_offer(struct lint *l);
void lint_target_known(struct lint *l);
void lint_overflow_missing(struct lint *l);
void lint_overflow_cycle(struct lint *l);
void lint_overflow_unserved(struct lint *l);
void lint_order_starves(struct lint *l);

void lint_calendar_never(struct lint *l);
void lint_calendar_unused(struct lint *l);
void lint_hours_overlap(struct lint *l);
void lint_holidays_past(struct lint *l);

void lint_exclusive_max(struct lint *l);
void lint_interrupt_exclusive(struct lint *l);
void lint_accepted_offer(struct lint *l);
void lint_no_effect(struct lint *l);

#endif
