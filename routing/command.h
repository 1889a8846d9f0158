// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_COMMAND_H
#define THROUGHLINE_ROUTING_COMMAND_H

// What command.c and the files of acts agree on.

#include "routing/core.h"

struct order { // a command under way
    const struct router_command *c;
    struct agent *agent;
    struct work *work;
    size_t session; // send; SIZE_MAX = the one to add
    bool has_entry;
};

struct command_act {
    enum router_refusal (*check)(const struct router *r, struct order *o);
    void (*act)(struct router *r, struct order *o);
    bool entry; // brought a timeline entry, to be taken back when refused
};

extern const struct command_act command_acts[]; // by enum router_act; in act.c

// Finds the work that the command names; whether its agent has it, in this state.
enum router_refusal command_work_in(const struct router *r, struct order *o, enum router_work_state state);

// ---- act_close.c ----

enum router_refusal close_check(const struct router *r, struct order *o);
void close_act(struct router *r, struct order *o);
enum router_refusal close_check_wrap_up(const struct router *r, struct order *o);
void close_act_wrap_up_done(struct router *r, struct order *o);
enum router_refusal close_check_disposition(const struct router *r, struct order *o);
void close_act_disposition(struct router *r, struct order *o);

// ---- act_participant.c ----

enum router_refusal participant_check_ask(const struct router *r, struct order *o);
void participant_act_ask(struct router *r, struct order *o);
enum router_refusal participant_check_join(const struct router *r, struct order *o);
void participant_act_join(struct router *r, struct order *o);
enum router_refusal participant_check_leave(const struct router *r, struct order *o);
void participant_act_leave(struct router *r, struct order *o);
enum router_refusal participant_check_dismiss(const struct router *r, struct order *o);
void participant_act_dismiss(struct router *r, struct order *o);
enum router_refusal participant_check_hand_over(const struct router *r, struct order *o);
void participant_act_hand_over(struct router *r, struct order *o);

// ---- snooze.c ----

enum router_refusal snooze_check(const struct router *r, struct order *o);
void snooze_act(struct router *r, struct order *o);
enum router_refusal snooze_check_wake(const struct router *r, struct order *o);
void snooze_act_wake(struct router *r, struct order *o);

#endif
