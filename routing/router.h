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

#define ROUTER_FOLD_VERSION   2 // the newest version of the fold that this code knows
#define ROUTER_NAME_MAX       64
#define ROUTER_TEXT_MAX       256
#define ROUTER_SESSIONS_MAX   8    // per work; the oldest that is not live gives way
#define ROUTER_CANDIDATES_MAX 32   // agents, who are then all named in a decision; of more, the winner and ten others
#define ROUTER_NEEDS_MAX      1000 // bytes of an expression
#define ROUTER_STEPS_MAX      16
#define ROUTER_CALENDARS_MAX  64
#define ROUTER_TURNS_MAX      1024 // of one calendar that are known ahead
#define ROUTER_CHANNELS       6    // size of tables indexed by enum router_channel

// Values equal throughline.v1.Channel, PresenceState, WorkState, Reason, Refusal, Exclusion, DeliveryState; a test compares them.
enum router_channel {
    ROUTER_CHANNEL_NONE = 0,
    ROUTER_CHAT = 1,
    ROUTER_SMS = 2,
    ROUTER_EMAIL = 3,
    ROUTER_VOICE = 4,
    ROUTER_SOCIAL = 5,
};

enum router_presence {
    ROUTER_PRESENCE_NONE = 0,
    ROUTER_OFFLINE = 1,
    ROUTER_AVAILABLE = 2,
    ROUTER_AWAY = 3,
    ROUTER_LOST = 4,
    ROUTER_FOCUS = 5,     // deep work: nothing new for a limited time, and no place lost
    ROUTER_DRAINING = 6,  // finishes what is at hand, gets nothing new, and is away when the last is done
    ROUTER_PRESENCES = 7, // size of tables
};

enum router_work_state {
    ROUTER_WORK_NONE = 0,
    ROUTER_QUEUED = 1,
    ROUTER_OFFERED = 2,
    ROUTER_ASSIGNED = 3,
    ROUTER_WRAP_UP = 4,
    ROUTER_CLOSED = 5,
};

enum router_reason {
    ROUTER_REASON_NONE = 0,
    ROUTER_NEW = 1,
    ROUTER_REOPENED = 2,
    ROUTER_ACCEPTED = 3,
    ROUTER_DECLINED = 4,
    ROUTER_TIMED_OUT = 5,
    ROUTER_DESK_LOST = 6,
    ROUTER_ABANDONED = 7,
    ROUTER_TRANSFERRED = 8,
    ROUTER_CLOSED_BY_AGENT = 9,
    ROUTER_WRAPPED_UP = 10,
    ROUTER_CHANNEL_SWITCH = 11,
    ROUTER_WENT_AWAY = 12,
    ROUTER_REMOVED = 13,
    ROUTER_TAKEN = 14,
    ROUTER_CUSTOMER_BACK = 15,
    ROUTER_OVERFLOWED = 16,
};

enum router_refusal {
    ROUTER_REFUSAL_NONE = 0,
    ROUTER_UNKNOWN_WORK = 1,
    ROUTER_NOT_YOURS = 2,
    ROUTER_OFFER_PAST = 3,
    ROUTER_UNKNOWN_AGENT = 4,
    ROUTER_UNKNOWN_QUEUE = 5,
    ROUTER_UNKNOWN_SESSION = 6,
    ROUTER_WRONG_STATE = 7,
    ROUTER_NO_CHANNEL = 8,
    ROUTER_FULL = 9,
    ROUTER_INVALID = 10,
};

enum router_exclusion {
    ROUTER_EXCLUSION_UNSET = 0,
    ROUTER_QUALIFIED = 1,
    ROUTER_EX_OFFLINE = 2,
    ROUTER_EX_AWAY = 3,
    ROUTER_EX_LOST = 4,
    ROUTER_EX_CHANNEL = 5,
    ROUTER_EX_SKILL = 6,
    ROUTER_EX_CAPACITY = 7,
    ROUTER_EX_DECLINED = 8,
    ROUTER_EX_OCCUPIED = 9,
    ROUTER_EX_FOCUS = 10,
    ROUTER_EX_DRAINING = 11,
    ROUTER_EXCLUSIONS = 12, // size of tables
};

enum router_select { // whom a queue prefers of those who qualify; ties: longest idle, then the lower id
    ROUTER_SUITED = 0,
    ROUTER_LONGEST_IDLE = 1,
    ROUTER_LEAST_LOADED = 2,
    ROUTER_FEWEST_SKILLS = 3,
    ROUTER_MOST_SKILLED = 4,
    ROUTER_FASTEST = 5,
    ROUTER_RESOLUTION = 6,
    ROUTER_RANDOM = 7,
    ROUTER_MIX = 8,
    ROUTER_SELECTS = 9, // size of tables
};

enum router_order {                 // which waiting work goes first; ties: the longest waiting, then the lower id
    ROUTER_ORDER_PRIORITY = 0,      // by class
    ROUTER_ORDER_FIFO = 1,          // by age alone
    ROUTER_ORDER_COST = 2,          // weight x age / target of the queue
    ROUTER_ORDER_PRIORITY_COST = 3, // by class, within it by cost
    ROUTER_ORDER_SKILL_LEVEL = 4,   // highest level, in what the work needs, of an agent who has room for it
    ROUTER_ORDERS = 5,              // size of tables
};

enum router_when { // entry rule: what a queue's calendar must say
    ROUTER_ALWAYS = 0,
    ROUTER_WHEN_OPEN = 1,
    ROUTER_WHEN_CLOSED = 2,
    ROUTER_WHENS = 3, // size of tables
};

enum router_happened_kind {
    ROUTER_WORDS = 1,        // the customer's own words: opens work, moves channel-now
    ROUTER_CALL_STARTED = 2, // likewise
    ROUTER_CALL_ENDED = 3,
    ROUTER_CHAT_OPENED = 4,
    ROUTER_CHAT_CLOSED = 5,
    ROUTER_ASIDE = 6, // shown, but no contact
};

// ---- configuration, by value ----

struct router_skill {
    const char *name;
    uint32_t level; // 1..5
};

struct router_agent {
    const char *id;
    const char *name;
    bool bot;
    bool from_file;
    const struct router_skill *skills;
    size_t skills_n;
    uint32_t capacity;   // units
    uint32_t channels;   // bit (1u << channel); 0 = all
    uint32_t speed;      // declared, in thousandths of the usual; 0 = 1000
    uint32_t resolution; // declared chance to resolve, in thousandths; 0 = 1000
    const char *team;    // "" or NULL = none
    const char *const *attributes;
    size_t attributes_n;
};

struct router_relax { // what a queue requires instead, once work has waited for so long
    uint32_t after_ms;
    uint32_t percent;  // ... or for this share of the queue's target; one of the two is 0
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
    const char *calendar;      // "" or NULL = always open, as with one that does not exist
    enum router_when when;     // entry rule
    const char *overflow;      // queue that takes what is too much for this one; "" or NULL = none
    uint32_t overflow_waiting; // so many wait: who would enter goes there; 0 = never
    uint32_t overflow_ms;      // whoever has waited here for so long goes there; 0 = never
    enum router_select select;
    uint32_t weight_speed;        // ROUTER_RESOLUTION: resolution x speed ^ (this / 1000), 0..1000
    uint32_t mix[ROUTER_SELECTS]; // ROUTER_MIX: weight 0..100 of each of the others, not of ROUTER_RANDOM
    uint32_t weight;              // orders by cost: what waiting here costs, in thousandths; 0 = 1000
    uint32_t target_ms;           // the first answer is due within this time; 0 = 60000
    uint32_t offer_ms;
    uint32_t wrap_up_ms;
    uint32_t prefer_known_ms;
    bool from_file;
};

struct router_channel_rules {
    uint32_t units;
    uint32_t idle_ms;  // a session lives this long after the customer's last own word; 0 = until it is ended
    uint32_t offer_ms; // an offer of work on this channel stands so long; 0 = as the queue says
    bool auto_accept;  // whoever is offered work on this channel has it
    uint32_t max;      // conversations that one agent has on this channel at a time; 0 = as many as the capacity allows
    bool exclusive;    // who has one on this channel is offered nothing else
    uint32_t give_back_ms; // so long after the agent's last word what waits for its customer takes no room; 0 = it does
};

struct router_config {
    const struct router_queue *queues;
    size_t queues_n;
    const struct router_agent *agents;
    size_t agents_n;
    const struct router_calendar *calendars;
    size_t calendars_n;
    uint32_t grace_ms;
    uint32_t timeouts_to_away;
    uint32_t decline_pause_ms;
    uint32_t decline_max;
    uint32_t extend_max;      // times that one offer or wrap-up is given its time again
    uint32_t calls_interrupt; // bits: a call finds room as if work on these channels alone weighed nothing; never voice
    uint32_t focus_ms;        // an agent's focus ends by itself after so long; 0 = there is none
    enum router_order order;
    uint64_t seed;      // of ROUTER_RANDOM
    bool idle_from_end; // idle counts from the end of the last contact only, not from the beginning of another
    struct router_channel_rules channels[ROUTER_CHANNELS];
};

// ---- inputs ----

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
    ROUTER_IN_NOTHING,  // checkpoints, hashes, voided inputs: takes its number and its time, nothing else
};

struct router_happened {
    enum router_happened_kind kind;
    enum router_channel channel;
    const char *account;
    const char *handle;
    const char *call;     // "" = none
    const char *language; // "" = unknown
    const char *intent;   // "" = unknown
    uint32_t priority;    // 0 = the queue's
    bool simulated;
    // where the function placed it
    uint64_t conversation;
    uint64_t customer;
    bool reopened;
    bool participant;       // not the customer's own: shown, but no contact
    const char *last_agent; // "" = none
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
};

struct router_command {
    const char *session;
    const char *client_id;
    const char *agent;
    enum router_act act;
    uint64_t work;         // accept, decline, transfer, close, wrap_up_done, extend
    uint64_t epoch;        // accept, decline
    uint64_t conversation; // send, note
    enum router_presence presence;
    enum router_channel channel; // send; NONE = current
    const char *account;         // send on a channel without a session: from
    const char *handle;          // ... and to; "" = none
    const char *to;              // transfer: queue or agent
    const char *text;            // decline reason, disposition
    bool resolved;               // close
};

struct router_delivery_news {
    const char *delivery;
    uint64_t conversation;
    uint64_t entry;
    uint32_t state; // throughline.v1.DeliveryState
    const char *reason;
};

struct router_input {
    enum router_input_kind kind;
    uint64_t number; // exactly the last one + 1
    int64_t wall;    // Unix ms
    int64_t at;      // ms, never smaller than the last one's
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
    };
};

// ---- effects ----

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
    ROUTER_CONVERSATION_CLOSED, // disposition `text`, resolved or not, by `agent`
    ROUTER_ENTRY_REFUSED,       // take entry `number` of `conversation` back: its command was refused
    ROUTER_CONFIGURED,          // another configuration is in force
    ROUTER_CUSTOMER,            // to `agent`: this customer's handles changed
};

struct router_session {
    enum router_channel channel;
    const char *account;
    const char *handle;
    const char *call;
    bool live;
    bool simulated;
    int64_t last_word; // at
};

struct router_shortfall {
    const char *skill;
    uint32_t needs;
    uint32_t has;
};

struct router_candidate {
    const char *agent;
    enum router_exclusion exclusion;           // the first that holds
    const struct router_shortfall *shortfalls; // every skill missing, whatever the exclusion
    size_t shortfalls_n;
    uint32_t load, capacity, cost;
    int64_t idle_ms;
    uint32_t surplus;
    int64_t score; // what the queue's choice makes of them; higher is better
    bool known;
    enum router_channel occupied; // ROUTER_EX_OCCUPIED: this channel is why ...
    uint32_t maximum;             // ... being at this maximum; 0 = being exclusive
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
};

struct router_effect {
    enum router_effect_kind kind;
    enum router_reason reason;
    enum router_refusal refusal;
    uint64_t work, conversation, customer;
    uint64_t number; // ENTRY, DELIVER, ENTRY_REFUSED: the entry; DONE, REFUSED: the input of the command
    uint64_t epoch;
    int64_t deadline;                   // at; OFFER: when it ends
    const char *agent;                  // "" = none
    const char *session_id, *client_id; // DONE, REFUSED
    const char *text;                   // disposition, reason text, delivery id
    bool resolved, informed;
    uint32_t state;                // PRESENCE, DELIVERY_NEWS, WORK: the state (closed work has no view any more)
    struct router_session session; // DELIVER, CONNECT, DISCONNECT
    const struct router_decision *decision; // DECISION
    const struct router_candidate *why;     // OFFER
    const char *former_agent;               // OFFER
};

struct router_effects {
    const struct router_effect *v;
    size_t n;
};

// ---- views: the state as it is now; pointers are valid until the next step ----

struct router_work_view {
    uint64_t id, conversation, customer, epoch;
    const char *queue, *agent, *former_agent, *language, *intent;
    enum router_work_state state;
    enum router_reason reason;
    enum router_channel channel_now;
    uint32_t priority, charge;
    int64_t since, deadline; // at; deadline 0 = none
    const struct router_session *sessions;
    size_t sessions_n;
};

struct router_agent_view {
    struct router_agent def;
    enum router_presence presence;
    uint32_t load, sessions;
    int64_t idle_since;
    const uint64_t *work; // held, offered and in wrap-up, oldest first
    size_t work_n;
};

struct router_queue_view {
    struct router_queue def;
    uint32_t waiting, offered, assigned;
    int64_t oldest; // at; 0 = none
    bool closed;    // by its calendar
};

struct router_calendar_view {
    struct router_calendar def;
    uint64_t defined,
        compiled; // inputs: that brought these words; that brought those which its hours were made of, 0 = none
    bool open;
    int64_t from, until, next; // wall; next: when it turns, 0 = not known
};

struct router_stats {
    uint64_t input;   // the last folded
    int64_t at, wall; // its times
    uint32_t fold;
    uint64_t config;
    uint32_t agents, agents_present, work_open, work_waiting;
};

// The words for them, as in the configuration; "" beyond.
const char *router_select_name(enum router_select s);
const char *router_order_name(enum router_order o);
const char *router_when_name(enum router_when w);
bool router_select_of(const char *name, enum router_select *out);
bool router_order_of(const char *name, enum router_order *out);
bool router_when_of(const char *name, enum router_when *out);

// Whether an expression of requirements can be read; else what is wrong with it and at which byte.
bool router_needs_ok(const char *text, const char **why, size_t *at);

struct router *router_new(void);
void router_free(struct router *r);

// Folds one input. Timers due at or before in->at fire first, in order of (deadline, kind, id). Returns false, with nothing
// changed, only when the input's number is not the next one, its `at` runs backwards or the fold version is unknown: the
// caller has lost its place in the log. Anything else wrong with an input is a REFUSED effect.
bool router_step(struct router *r, const struct router_input *in, struct router_effects *out)
    __attribute__((warn_unused_result));

// The `at` time at which the next timer is due; INT64_MAX = none. A tick at or after it fires it.
int64_t router_next_deadline(const struct router *r);

// Hash of the whole state; equal states have equal hashes on every machine.
uint64_t router_hash(const struct router *r);

// Writes the state in a portable form through `write`; false when write failed.
typedef bool router_write_fn(void *ctx, const void *bytes, size_t len);
bool router_snapshot(const struct router *r, router_write_fn *write, void *ctx) __attribute__((warn_unused_result));

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

void router_stats(const struct router *r, struct router_stats *out);
bool router_work(const struct router *r, uint64_t work, struct router_work_view *out);
bool router_work_of_conversation(const struct router *r, uint64_t conversation,
                                 struct router_work_view *out); // its open work
bool router_agent(const struct router *r, const char *id, struct router_agent_view *out);
bool router_session_agent(const struct router *r, const char *session, const char **agent);
// In order of id, from the first greater than `after` (NULL, "" or 0 = from the start); false at the end.
bool router_next_agent(const struct router *r, const char *after, struct router_agent_view *out);
bool router_next_work(const struct router *r, uint64_t after, struct router_work_view *out);
bool router_queue_at(const struct router *r, size_t index, struct router_queue_view *out); // in order of entry rules
bool router_calendar_at(const struct router *r, size_t index, struct router_calendar_view *out);
// The conversations whose entries concern this agent: held, offered, in wrap-up or informed. Calls fn for each in order of work id.
void router_each_concern(const struct router *r, const char *agent,
                         void (*fn)(void *ctx, const struct router_work_view *w, bool informed), void *ctx);

#endif
