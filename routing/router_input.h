// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ROUTER_INPUT_H
#define THROUGHLINE_ROUTING_ROUTER_INPUT_H

// What goes into the router: one entry of the log, by value. What is passed stays the caller's.

#include <stdbool.h>
#include <stdint.h>

#include "routing/router_config.h"
#include "routing/router_words.h"

enum router_input_kind {
    ROUTER_IN_HAPPENED = 1,
    ROUTER_IN_DESK_OPENED,
    ROUTER_IN_DESK_CLOSED,
    ROUTER_IN_NODE_LOST,
    ROUTER_IN_COMMAND,
    ROUTER_IN_TICK,
    ROUTER_IN_CONFIG,
    ROUTER_IN_AGENT_PUT,
    ROUTER_IN_AGENT_REMOVED,
    ROUTER_IN_QUEUE_PUT,
    ROUTER_IN_QUEUE_REMOVED,
    ROUTER_IN_FOLD,
    ROUTER_IN_DELIVERY,
    ROUTER_IN_CUSTOMER_CHANGED,
    ROUTER_IN_CALENDAR, // what a calendar's words come to
    ROUTER_IN_LEARNED,  // what is done about what was learned of an agent
    ROUTER_IN_SUPERVISE,
    ROUTER_IN_SAID,    // a notice was written to the customer: its words are this input's entry
    ROUTER_IN_NOTHING, // checkpoints, hashes, voided inputs: takes its number and its time, nothing else
};

struct router_happened {
    enum router_happened_kind kind;
    enum router_channel channel;
    const char *account;
    const char *handle;
    const char *call;                          // "" = none
    const char *language;                      // "" = unknown
    const char *intent;                        // "" = unknown
    const char *callback;                      // CALL_ENDED of a call: whom to call back, E.164; "" = nobody
    const struct router_attribute *attributes; // what the event says; no two of the same key
    size_t attributes_n;
    uint32_t priority; // 0 = the queue's
    bool simulated;
    // where the function placed it
    uint64_t conversation;
    uint64_t customer;
    bool reopened;
    bool participant;                                   // not the customer's own: shown, but no contact
    const char *last_agent;                             // "" = none
    const struct router_attribute *customer_attributes; // the customer's own of now; the event's go before them
    size_t customer_attributes_n;
};

enum router_act {
    ROUTER_ACT_PRESENCE = 1,
    ROUTER_ACT_ACCEPT,
    ROUTER_ACT_DECLINE,
    ROUTER_ACT_SEND,
    ROUTER_ACT_NOTE,
    ROUTER_ACT_TRANSFER_QUEUE,
    ROUTER_ACT_TRANSFER_AGENT,
    ROUTER_ACT_CLOSE,
    ROUTER_ACT_WRAP_UP_DONE,
    ROUTER_ACT_EXTEND,
    ROUTER_ACT_DISPOSITION, // set or corrected in wrap-up
    ROUTER_ACT_SNOOZE,
    ROUTER_ACT_WAKE,
    ROUTER_ACT_TRANSFER_TEAM,
    ROUTER_ACT_CONSULT,
    ROUTER_ACT_INVITE,
    ROUTER_ACT_JOIN,
    ROUTER_ACT_LEAVE,
    ROUTER_ACT_DISMISS,
    ROUTER_ACT_HAND_OVER, // a warm transfer, to a participant who has joined
    ROUTER_ACTS,          // size of tables
};

struct router_command {
    const char *session;
    const char *client_id;
    const char *agent;
    enum router_act act;
    uint64_t work;         // accept, decline, transfer, close, wrap_up_done, extend, disposition, snooze, wake
    uint64_t epoch;        // accept, decline, join
    uint64_t conversation; // send, note
    enum router_presence presence;
    enum router_channel channel; // send; NONE = current
    const char *account;         // send on a channel without a session: from
    const char *handle;          // ... and to; "" = none
    const char *to;              // transfer, consult, invite: queue, agent or team; dismiss, hand over: agent
    const char *text;            // decline reason, disposition
    bool resolved;               // close, disposition
    int64_t until;               // snooze: wall
    enum router_target target;   // consult, invite: what `to` names
};

struct router_supervise {
    enum router_supervision act;
    const char *session; // with client_id: the desk that asks and is answered, once; both "" = the back office
    const char *client_id;
    const char *by;      // who: agent or token; not empty
    const char *note;    // why, for the record and for whom it concerns; "" = not told
    const char *agent;   // log_out, drain; assign: to; listen, whisper, barge, take_over: who does it, themselves
    const char *queue;   // requeue: to; close_queue, open_queue: which
    uint64_t work;       // assign, pull, requeue, prioritise, listen, whisper, barge, take_over
    uint32_t priority;   // prioritise: class 1..9; 0 = the queue's
    int64_t until;       // close_queue: wall; 0 = until it is opened
    const char *to;      // close_queue: where its work goes first; "" = where it overflows to
    const char *message; // close_queue: for whom it concerns; "" = none but the usual
    bool over_capacity;  // assign: whether the agent has room or not
};

struct router_said { // what ROUTER_NOTICE asked for, by value: it is carried out whatever became of the work meanwhile
    enum router_notice_kind kind;
    uint64_t work, conversation, customer;
    enum router_channel channel; // never voice
    const char *account, *handle;
    bool simulated;
};

struct router_delivery_news {
    const char *delivery;
    uint64_t conversation;
    uint64_t entry;
    uint32_t state; // throughline.v1.DeliveryState
    const char *reason;
    uint64_t input; // whose effect it is, from 0; of a delivery that is none, 0
    uint32_t effect;
};

struct router_input {
    enum router_input_kind kind;
    uint64_t number; // exactly the last one + 1
    int64_t wall;    // Unix ms, 0..ROUTER_TIME_MAX
    int64_t at;      // ms, never smaller than the last one's nor larger than ROUTER_TIME_MAX
    bool has_entry;  // a timeline entry of this number exists
    union {
        struct router_happened happened;
        struct {
            const char *session;
            const char *agent;
            const char *boot;
        } desk_opened;
        struct {
            const char *session;
            const char *boot; // which node says so: news of a session that has moved to another boot is stale. "" = any
            bool logout;
        } desk_closed;
        struct {
            const char *boot;
        } node_lost;
        struct router_command command;
        struct router_supervise supervise;
        struct router_said said;
        struct router_config config;
        struct router_agent agent_put;
        struct {
            const char *id;
        } agent_removed;
        struct router_queue queue_put;
        struct {
            const char *name;
        } queue_removed;
        struct {
            uint32_t version;
        } fold;
        struct router_delivery_news delivery;
        struct {
            uint64_t customer;
            uint64_t other;
        } customer_changed;
        struct {
            const char *name;
            uint64_t defined; // input that brought the words it was made of
            struct router_turns turns;
        } calendar;
        struct {
            enum router_learned act;
            const char *agent;
            const char *queue; // reset: on its topics; "" = on all
            uint64_t work;     // contest, restore
        } learned;
    };
};

#endif
