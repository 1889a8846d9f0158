// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ROUTER_WORDS_H
#define THROUGHLINE_ROUTING_ROUTER_WORDS_H

// The words of the router: its limits, and the kinds and states that its configuration, inputs and effects are told in.

#include <stdbool.h>
#include <stddef.h>

#define ROUTER_FOLD_VERSION         2 // the newest version of the fold that this code knows
#define ROUTER_NAME_MAX             64
#define ROUTER_TEXT_MAX             256
#define ROUTER_ATTRIBUTES_MAX       16 // of an event, of a customer, and keys that a queue asks for
#define ROUTER_ATTRIBUTE_VALUES_MAX 64 // that a queue lists for one key
#define ROUTER_SESSIONS_MAX         8  // per work; the oldest that is not live gives way
#define ROUTER_CANDIDATES_MAX       32 // agents, who are then all named in a decision; of more, the winner and ten others
#define ROUTER_NEEDS_MAX            1000 // bytes of an expression
#define ROUTER_LEARN_INTENTS        32   // that a learning queue may list
#define ROUTER_OFFERS_MAX           8    // of one work at a time
#define ROUTER_PARTICIPANTS_MAX     4    // of one work, besides its holder
#define ROUTER_STEPS_MAX            16
#define ROUTER_SLAS_MAX             60 // one for each channel, each priority and none
#define ROUTER_CALENDARS_MAX        64
#define ROUTER_TURNS_MAX            1024              // of one calendar that are known ahead
#define ROUTER_SNOOZE_MAX_MS        (90 * 86400000LL) // ahead
#define ROUTER_TIME_MAX             (1LL << 60)       // ms, of both clocks: some 36 million years
#define ROUTER_CHANNELS             6                 // size of tables indexed by enum router_channel

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
    ROUTER_SNOOZED = 6,   // put away by its agent until a time, or until the customer speaks
    ROUTER_RECORDING = 7, // its caller is at voicemail, or what they said is awaited
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
    ROUTER_PUT_AWAY = 17, // snoozed
    ROUTER_WOKEN = 18,    // its time has come, or its agent wants it back
    ROUTER_SUPERVISED = 19,
    ROUTER_LEFT = 20,               // a participant, by themselves
    ROUTER_DISMISSED = 21,          // a participant, by the holder
    ROUTER_SILENT = 22,             // the customer was, for too long
    ROUTER_CALLBACK_UNREACHED = 23, // who asked to be called back was dialled and did not answer
    ROUTER_CALLBACK_CANCELLED = 24, // ... wants it no longer
    ROUTER_CALLBACK_CLOSED = 25,    // ... waits for the hours in which callers are called back
    ROUTER_TO_VOICEMAIL = 26,       // the call was sent there, or came from there
    ROUTER_REASONS = 27,            // size of tables
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
    ROUTER_NO_DISPOSITION = 11,
    ROUTER_UNKNOWN_TEAM = 12,
    ROUTER_AGENT_ABSENT = 13,
    ROUTER_AGENT_CHANNEL = 14,
    ROUTER_AGENT_UNFIT = 15,
    ROUTER_AGENT_FULL = 16,
    ROUTER_NOBODY = 17, // who could be asked to take part
};

enum router_supervision { // what a supervisor does; values equal throughline.v1.Supervision
    ROUTER_SUPERVISION_NONE = 0,
    ROUTER_LOG_OUT = 1,       // an agent: their desks end, they are offline, their work goes back
    ROUTER_DRAIN = 2,         // an agent: finishes what is at hand
    ROUTER_ASSIGN_TO = 3,     // work to an agent by name
    ROUTER_PULL = 4,          // work from its agent, back to its queue
    ROUTER_REQUEUE = 5,       // work to another queue
    ROUTER_PRIORITISE = 6,    // work that waits
    ROUTER_CLOSE_QUEUE = 7,   // until a time, or until it is opened
    ROUTER_OPEN_QUEUE = 8,    // which was closed so
    ROUTER_LISTEN = 9,        // to work that somebody has at hand, heard and seen by nobody
    ROUTER_WHISPER = 10,      // ... heard by agents only
    ROUTER_BARGE = 11,        // ... heard by the customer, too
    ROUTER_TAKE_OVER = 12,    // ... and have it from now on
    ROUTER_SUPERVISIONS = 13, // size of tables
};

enum router_notice_kind { // what the queue tells a customer by itself; values equal throughline.v1.NoticeKind
    ROUTER_NOTICE_NONE = 0,
    ROUTER_NOTICE_CLOSED = 1,        // their work waits while the queue is closed by its calendar
    ROUTER_NOTICE_FULL = 2,          // ... with more in front of it than the queue wants
    ROUTER_NOTICE_WAIT = 3,          // ... and is estimated to wait for longer than was promised
    ROUTER_NOTICE_SILENT = 4,        // they have been silent for a while: the conversation will be closed
    ROUTER_NOTICE_SILENT_CLOSED = 5, // ... and now is
    ROUTER_NOTICE_EMERGENCY = 6,     // a supervisor has closed the queue that they came to
    ROUTER_NOTICES = 7,              // size of tables
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
    ROUTER_EX_OFFERED = 12, // has an offer of this work already
    ROUTER_EXCLUSIONS = 13, // size of tables
};

enum router_learned {           // what is done about what was learned of an agent
    ROUTER_LEARNED_CONTEST = 1, // the close of this work does not count
    ROUTER_LEARNED_RESTORE = 2, // it does after all
    ROUTER_LEARNED_RESET = 3,   // nothing counts any more
};

// What would have to differ about an agent who is excluded, and why a chosen one goes before another who could.
// Values equal throughline.v1.ChangeKind and Behind.
enum router_change_kind {
    ROUTER_CHANGE_NONE = 0,
    ROUTER_CHANGE_PRESENCE = 1,     // to be available
    ROUTER_CHANGE_CHANNEL = 2,      // to take `channel`
    ROUTER_CHANGE_SKILL = 3,        // `name` at level `to`, has `from`
    ROUTER_CHANGE_LESS_SKILL = 4,   // `name` at most at level `to`
    ROUTER_CHANGE_TEAM = 5,         // to be in the team `name`
    ROUTER_CHANGE_OTHER_TEAM = 6,   // not to be in it
    ROUTER_CHANGE_ATTRIBUTE = 7,    // to be `name`
    ROUTER_CHANGE_NO_ATTRIBUTE = 8, // not to be `name`
    ROUTER_CHANGE_BOT = 9,
    ROUTER_CHANGE_HUMAN = 10,
    ROUTER_CHANGE_ROOM = 11,     // at most `to` units in hand, has `from`
    ROUTER_CHANGE_CAPACITY = 12, // a capacity of `to`, has `from`
    ROUTER_CHANGE_PLACE = 13,    // at most `to` conversations with `channel`, has `from`
    ROUTER_CHANGE_PAUSE = 14,    // `ms` later: asked again only then
    ROUTER_CHANGE_ASKED = 15,    // declined or missed it at most `to` times, did `from` times
    ROUTER_CHANGES = 16,         // size of tables
};

enum router_behind {
    ROUTER_BEHIND_UNSET = 0,
    ROUTER_BEHIND_NOBODY = 1, // is, or with the changes would have been, the choice
    ROUTER_BEHIND_PASSED = 2, // the work was passed to the other by name
    ROUTER_BEHIND_HELD = 3,   // somebody whom the customer knows is waited for
    ROUTER_BEHIND_AGAIN = 4,  // has declined or missed it before, the other has not
    ROUTER_BEHIND_KNOWN = 5,  // the other knows the customer better
    ROUTER_BEHIND_SCORE = 6,  // `behind_by` points
    ROUTER_BEHIND_DRAW = 7,   // was not drawn
    ROUTER_BEHIND_ASKED = 8,  // is being offered something else, the other is not
    ROUTER_BEHIND_IDLE = 9,   // the other has been idle for `behind_by` ms longer
    ROUTER_BEHIND_ID = 10,    // equal in all; the lower id goes first
    ROUTER_BEHIND_NEVER = 11, // what is required contradicts itself for them: no change would do
    ROUTER_BEHIND_NAMED = 12, // a supervisor named the other
};

enum router_cause { // of overflow, of voicemail, and of what is required being relaxed; values equal throughline.v1.Cause
    ROUTER_CAUSE_NONE = 0,
    ROUTER_CAUSE_FULL = 1,   // overflow: so many waited in the other queue
    ROUTER_CAUSE_WAITED = 2, // for so many milliseconds
    ROUTER_CAUSE_TARGET = 3, // for this share of the queue's target
    ROUTER_CAUSE_BREACH = 4, // the estimated wait told that the target would be missed
    ROUTER_CAUSE_CLOSED = 5, // overflow: a supervisor has closed the other queue
    ROUTER_CAUSE_HOURS = 6,  // voicemail: the queue is closed by its calendar
    ROUTER_CAUSE_LONG = 7,   // voicemail: the wait was estimated to be longer than was promised
    ROUTER_CAUSES = 8,       // size of tables
};

enum router_select {
    // whom a queue prefers of those who qualify; ties: longest idle, then the lower id
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

enum router_order {
    // which waiting work goes first; ties: the longest waiting, then the lower id
    ROUTER_ORDER_PRIORITY = 0,      // by class
    ROUTER_ORDER_FIFO = 1,          // by age alone
    ROUTER_ORDER_COST = 2,          // weight x age / target of the queue
    ROUTER_ORDER_PRIORITY_COST = 3, // by class, within it by cost
    ROUTER_ORDER_SKILL_LEVEL = 4,   // highest level, in what the work needs, of an agent who has room for it
    ROUTER_ORDERS = 5,              // size of tables
};

enum router_when {
    // entry rule: what a queue's calendar must say
    ROUTER_ALWAYS = 0,
    ROUTER_WHEN_OPEN = 1,
    ROUTER_WHEN_CLOSED = 2,
    ROUTER_WHENS = 3, // size of tables
};

enum router_condition_kind { // what an entry rule asks for, in the order in which they are looked at
    ROUTER_BY_NOTHING = 0,
    ROUTER_BY_CHANNEL = 1,
    ROUTER_BY_ACCOUNT = 2,
    ROUTER_BY_LANGUAGE = 3,
    ROUTER_BY_INTENT = 4,
    ROUTER_BY_ATTRIBUTE = 5,
    ROUTER_BY_HOURS = 6,
    ROUTER_CONDITIONS = 7, // size of tables
};

enum router_said_by { // whose word on an attribute counts
    ROUTER_SAID_BY_NOBODY = 0,
    ROUTER_SAID_BY_EVENT = 1,
    ROUTER_SAID_BY_RECORD = 2, // of the customer
    ROUTER_SAID_BYS = 3,       // size of tables
};

enum router_wait_kind {       // what is known of how long there is still to wait
    ROUTER_WAIT_NONE = 0,     // it does not wait
    ROUTER_WAIT_KNOWN = 1,    // within bounds
    ROUTER_WAIT_NOBODY = 2,   // not known: nobody who could take it is available
    ROUTER_WAIT_LEARNING = 3, // not known: too few contacts of the queue have ended
    ROUTER_WAIT_PERSON = 4,   // not known: it waits for somebody in particular
};

enum router_response { // of ours to the customer; values equal throughline.v1.Response
    ROUTER_RESPONSE_NONE = 0,
    ROUTER_RESPONSE_FIRST = 1,
    ROUTER_RESPONSE_NEXT = 2, // each after the first
};

enum router_response_kept { // values equal throughline.v1.ResponseKept
    ROUTER_RESPONSE_OPEN = 0,
    ROUTER_RESPONSE_MET = 1,
    ROUTER_RESPONSE_MISSED = 2,
};

enum router_role { // in work that another agent has
    ROUTER_ROLE_NONE = 0,
    ROUTER_ROLE_CONSULTED = 1,  // speaks with agents only
    ROUTER_ROLE_INVITED = 2,    // speaks with the customer, too
    ROUTER_ROLE_LISTENING = 3,  // a supervisor, who hears everything and is heard by nobody
    ROUTER_ROLE_WHISPERING = 4, // a supervisor, who speaks with agents only
    ROUTER_ROLES = 5,           // size of tables
};

enum router_target {
    ROUTER_TARGET_NONE = 0,
    ROUTER_TARGET_QUEUE = 1,
    ROUTER_TARGET_AGENT = 2,
    ROUTER_TARGET_TEAM = 3,
};

enum router_happened_kind {
    ROUTER_WORDS = 1,        // the customer's own words: opens work, moves channel-now
    ROUTER_CALL_STARTED = 2, // likewise
    ROUTER_CALL_ENDED = 3,
    ROUTER_CHAT_OPENED = 4,
    ROUTER_CHAT_CLOSED = 5,
    ROUTER_ASIDE = 6, // shown, but no contact
};

// The words for them, as in the configuration; "" beyond.
const char *router_select_name(enum router_select s);
const char *router_order_name(enum router_order o);
const char *router_when_name(enum router_when w);
bool router_select_of(const char *name, enum router_select *out);
bool router_order_of(const char *name, enum router_order *out);
bool router_when_of(const char *name, enum router_when *out);

// Whether the intent is the listed one or lies below it: "billing" stands for itself and all that begins with "billing."
bool router_intent_under(const char *intent, const char *listed);

// Whether an expression of requirements can be read; else what is wrong with it and at which byte.
bool router_needs_ok(const char *text, const char **why, size_t *at);

#endif
