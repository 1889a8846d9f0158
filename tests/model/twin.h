// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_MODEL_TWIN_H
#define THROUGHLINE_TESTS_MODEL_TWIN_H

// The router's naive twin: the same rules, written down a second time in the plainest way. Fixed arrays, linear scans, nothing
// cached, nothing incremental: loads are summed when asked for, timers are searched for, and after every moment each waiting
// work is decided anew. It shares no code with the router, only the types of inputs and effects.

#include "routing/router.h"

#define TWIN_AGENTS   16
#define TWIN_QUEUES   16
#define TWIN_WORKS    64
#define TWIN_DESKS    64
#define TWIN_SKILLS   8
#define TWIN_COMMANDS 8192
#define TWIN_EVENTS   32768 // a leap of the time while queues overflow into each other
#define TWIN_NAME     16
#define TWIN_TEXT     128
#define TWIN_RULES    512
#define TWIN_TRAITS   2
#define TWIN_STEPS    4
#define TWIN_HOURS    4 // calendars
#define TWIN_TURNS    8
#define TWIN_TOPICS   64
#define TWIN_LESSONS  512
#define TWIN_CLOSINGS 1024
#define TWIN_SLAS     4

struct twin_skill {
    char name[TWIN_NAME];
    uint32_t level;
};

struct twin_agent {
    char id[TWIN_NAME];
    bool from_file;
    struct twin_skill skills[TWIN_SKILLS];
    size_t skills_n;
    uint32_t capacity, channels, misses, speed, resolution;
    bool bot;
    char team[TWIN_NAME], attributes[TWIN_TRAITS][TWIN_NAME]; // "" = none
    enum router_presence presence, before;
    int64_t gone_since, idle_since, focus_end; // focus_end: 0 = no focus under way
};

struct twin_pair { // an attribute
    char key[TWIN_NAME], value[TWIN_NAME];
};

struct twin_pairs {
    struct twin_pair v[2 * ROUTER_ATTRIBUTES_MAX];
    size_t n;
};

struct twin_queue {
    char name[TWIN_NAME];
    bool from_file, implicit;
    uint32_t priority, channels, offer_to, offer_ms, wrap_up_ms, prefer_known_ms;
    struct twin_skill requires[TWIN_SKILLS];
    size_t requires_n;
    char account[TWIN_NAME], intent[TWIN_NAME], language[TWIN_NAME]; // "" = any
    struct twin_pair asks[8];                                        // one for each value of each key
    size_t asks_n;
    enum router_select select;
    char needs[TWIN_TEXT], floor[TWIN_TEXT];
    struct {
        int64_t after;
        bool breach;
        uint32_t percent; // of the target, which is as much as `after`; 0 = told in time
        char needs[TWIN_TEXT];
    } steps[TWIN_STEPS];
    size_t steps_n;
    struct twin_skill prefers[TWIN_SKILLS];
    size_t prefers_n;
    uint32_t weight_speed, mix[ROUTER_SELECTS], weight, target_ms;
    struct router_sla slas[TWIN_SLAS];
    size_t slas_n;
    char calendar[TWIN_NAME], sla_calendar[TWIN_NAME];
    enum router_when when;
    char overflow[TWIN_NAME];
    char dispositions[2][TWIN_NAME];
    size_t dispositions_n;
    bool disposition_required;
    uint32_t overflow_waiting, overflow_ms, tells, promise_ms;
    uint32_t callback_retry_ms, callback_attempts, callback_dial_ms;
    char callback_hours[TWIN_NAME];
    struct router_silence silent[ROUTER_CHANNELS];
    uint32_t voicemail, voicemail_ms, voicemail_wait_ms;
    bool learn;
    uint32_t learn_prior;
};

struct twin_forecast { // of a queue
    char queue[TWIN_NAME];
    struct {
        int64_t n, sum, squares;
    } holds[ROUTER_CHANNELS];
    int64_t waits, left, waited;
    struct router_calibration seen;
    struct router_responses responses[ROUTER_CHANNELS];
    struct router_callbacks callbacks;
    uint64_t sent, left_words, said_nothing; // calls to voicemail
};

struct twin_shut { // a queue that a supervisor has closed
    char queue[TWIN_NAME], to[TWIN_NAME], by[TWIN_NAME];
    bool says;
    int64_t since, until;
};

struct twin_topic {
    char queue[TWIN_NAME], intent[TWIN_NAME];
    int64_t since, mean;
};

struct twin_lesson {
    char agent[TWIN_NAME], queue[TWIN_NAME], intent[TWIN_NAME];
    int64_t tried, solved;
};

struct twin_closing {
    char agent[TWIN_NAME], queue[TWIN_NAME], intent[TWIN_NAME];
    uint64_t work, customer;
    int64_t at;
    bool solved, contested;
};

struct twin_calendar {
    char name[TWIN_NAME], words[TWIN_TEXT]; // all of them, strung together
    uint64_t defined;
    bool known, open;
    int64_t until, turns[TWIN_TURNS];
    size_t turns_n;
};

struct twin_session {
    enum router_channel channel;
    char account[TWIN_NAME], handle[TWIN_NAME], call[TWIN_NAME], callback[TWIN_NAME];
    uint32_t attempts;
    bool live, simulated, connected, at_voicemail;
    int64_t last_word;
};

struct twin_ask {
    char agent[TWIN_NAME];
    uint32_t times;
    int64_t until;
};

struct twin_need { // what a waiting work asks of whoever takes it
    char queue[TWIN_NAME];
    size_t step;
    uint32_t priority, channels, cost;
    uint64_t rate;
};

struct twin_offer {
    char agent[TWIN_NAME];
    uint64_t epoch;
    int64_t limit;
    uint32_t extended;
    bool by_itself;
};

struct twin_participant {
    char agent[TWIN_NAME], to[TWIN_NAME];
    enum router_role role;
    enum router_target target;
    bool joined;
    bool boss; // a supervisor, who came unasked
    int64_t until;
    uint64_t epoch;
    uint32_t units, places;
};

struct twin_taking_part {
    uint32_t units, heavy, places;
};

struct twin_work {
    uint64_t id, conversation, customer, epoch;
    enum router_work_state state;
    enum router_reason reason;
    enum router_channel channel_now;
    uint32_t own_priority, frozen, frozen_places, given, given_places, extended;
    int64_t since, entered, hold_until, limit, give_back; // give_back: 0 = not waiting for the customer
    enum router_response due;                             // NONE: the last word was ours
    enum router_response_kept first;
    int64_t look, foreseen_left; // look: 0 = not at the estimate
    bool foreseen;
    struct router_wait foreseen_wait;
    int64_t age; // of the word that waits, or that did last, by the hours of its queue
    uint32_t met, missed;
    int64_t snoozed;    // until; wall
    int64_t dial_until; // 0 = nobody is dialled
    uint64_t dial_input;
    uint32_t dial_effect;
    char queue[TWIN_NAME], agent[TWIN_NAME], informed[TWIN_NAME], wanted[TWIN_NAME], team[TWIN_NAME];
    int64_t taken, given_at;
    bool measured, promised, fresh; // fresh: began to wait since the last settling
    struct router_wait promise;
    char former[TWIN_NAME], last_agent[TWIN_NAME], language[TWIN_NAME], intent[TWIN_NAME], disposition[TWIN_NAME];
    struct twin_pairs said, record;                                  // attributes: by events, by the customer's record
    uint64_t gate_input, gate_before;                                // when its rules were asked last ...
    char gate[TWIN_NAME], let_in[TWIN_RULES], passed_by[TWIN_RULES]; // ... whose let it in, why, and whose did not
    bool prefer_former, told, changed;
    bool overheard;               // likewise, but it is only who listens that changed
    char supervisor[TWIN_NAME];   // who last did something to it
    char overflowed[TWIN_NAME];   // from this queue, "" = not
    bool was_full;                // ... since it was full
    bool was_shut;                // ... or since a supervisor had closed it
    bool warned;                  // of this silence
    int64_t answered;             // by the agent, and not by the customer; 0 = nobody waits for them
    bool left_words, unfit, rang; // at voicemail; rang: it is time to send the call there
    enum router_cause to_voicemail;
    int64_t recorded; // until; 0 = its call is not there
    uint64_t sent_by;
    size_t sent_as;
    bool newly;                                        // waits newly, or elsewhere, since the last settling
    bool asked[ROUTER_NOTICES], heard[ROUTER_NOTICES]; // notices
    struct twin_need told_need;
    struct twin_session sessions[ROUTER_SESSIONS_MAX];
    size_t sessions_n;
    struct twin_offer offers[ROUTER_OFFERS_MAX];
    size_t offers_n;
    struct twin_participant participants[ROUTER_PARTICIPANTS_MAX];
    size_t participants_n;
    struct twin_ask asks[TWIN_AGENTS];
    size_t asks_n;
};

struct twin_desk {
    char id[TWIN_NAME], agent[TWIN_NAME], boot[TWIN_NAME];
};

struct twin_command {
    char session[TWIN_NAME], client_id[TWIN_NAME];
    uint64_t input;
    int64_t at;
    enum router_refusal refusal;
};

struct twin_event {
    uint64_t gate_input;
    enum router_effect_kind kind;
    enum router_reason reason;
    enum router_refusal refusal;
    uint64_t work, number, epoch;
    int64_t deadline;
    char agent[TWIN_NAME];
    uint32_t state;
    enum router_role role;
    bool informed, resolved;
    enum router_channel channel;
    char handle[TWIN_NAME], call[TWIN_NAME], callback[TWIN_NAME]; // callback, attempts: of a dial
    uint32_t attempts;
    char winner[TWIN_NAME], team[TWIN_NAME], supervisor[TWIN_NAME];
    struct {
        char agent[TWIN_NAME];
        enum router_exclusion exclusion;
        uint32_t exclusions;
        enum router_behind behind; // of one who qualifies
        int64_t score, by;
    } candidates[TWIN_AGENTS];
    size_t candidates_n;
    uint32_t excluded[ROUTER_EXCLUSIONS], step, able;
    char overflowed[TWIN_NAME];
    enum router_cause voicemail; // of a decision, and of a call that goes there
    bool left_words;
    uint32_t most_ms;
    enum router_cause overflow, relaxed;
    int64_t relaxed_ms, relaxed_left;
    struct router_wait relaxed_wait;
    uint32_t relaxed_percent;
    char wanted[TWIN_NAME], former[TWIN_NAME];
    int64_t hold;
    struct router_due due;
    uint32_t heard;   // bits, of a decision
    int64_t facts[9]; // of a notice: kind, wait's kind, low, middle, high, opens, closes, until, has a message
    char instead[TWIN_NAME];
};

struct twin_view { // of one agent, on one work
    struct twin_agent *a;
    enum router_exclusion exclusion;
    uint32_t exclusions; // a bit for each that holds
    enum router_behind behind;
    int64_t by;
    bool again, asked;
    int known; // 0 former, 1 last, 2 neither
    uint32_t surplus, preferred;
    int64_t idle, score;
};

struct twin {
    uint64_t input, epoch;
    int64_t now, wall, end; // end: of the input
    const char *supervisor; // whose input it is
    struct router_config rules;
    struct twin_calendar calendars[TWIN_HOURS];
    size_t calendars_n;
    struct twin_agent agents[TWIN_AGENTS]; // in order of id
    size_t agents_n;
    struct twin_queue queues[TWIN_QUEUES];
    size_t queues_n;
    struct twin_work works[TWIN_WORKS]; // in order of id
    size_t works_n;
    struct twin_desk desks[TWIN_DESKS];
    size_t desks_n;
    struct twin_command commands[TWIN_COMMANDS];
    size_t commands_n;
    size_t events_n;
    struct twin_forecast forecasts[TWIN_QUEUES];
    size_t forecasts_n;
    struct twin_shut shut[TWIN_QUEUES];
    size_t shut_n;
    struct twin_topic topics[TWIN_TOPICS];
    size_t topics_n;
    struct twin_lesson lessons[TWIN_LESSONS];
    size_t lessons_n;
    struct twin_closing closings[TWIN_CLOSINGS]; // oldest first
    size_t closings_n;
    const char *spared_of; // an agent who is thought to have so many fewer conversations of a channel
    uint32_t spared[ROUTER_CHANNELS];
    uint64_t fired[20], passed_on;         // timers by kind; work that found its queue full, for the model's coverage
    struct twin_event events[TWIN_EVENTS]; // of the last input; last, for they are too many to be cleared
};

const char *twin_timer_name(int kind); // NULL = there is none

void twin_init(struct twin *t);
void twin_step(struct twin *t, const struct router_input *in);

// Used by twin.c, answered by twin_rules.c.
struct twin_event *twin_tell(struct twin *t, enum router_effect_kind kind, const struct twin_work *w, const char *agent,
                             enum router_reason reason);
struct twin_agent *twin_agent(struct twin *t, const char *id);
struct twin_queue *twin_queue(struct twin *t, const char *name);
struct twin_work *twin_work(struct twin *t, uint64_t id);
struct twin_ask *twin_ask_of(struct twin_work *w, const char *agent);
struct twin_queue *twin_enter(struct twin *t, struct twin_work *w);
void twin_note_entry(struct twin *t, struct twin_work *w, const struct twin_queue *q); // twin_entry.c
bool twin_lets(struct twin *t, const struct twin_queue *q, const struct twin_work *w); // its entry rules do
uint32_t twin_weight(const struct twin *t, const struct twin_work *w, enum router_work_state as);
uint32_t twin_charge(const struct twin *t, const struct twin_work *w);
uint32_t twin_load(const struct twin *t, const char *agent);
uint32_t twin_channels(const struct twin_work *w);
uint32_t twin_places(const struct twin_work *w, enum router_work_state as);
uint32_t twin_on_channel(const struct twin *t, const char *agent, size_t channel);
bool twin_has_room(const struct twin *t, const struct twin_agent *a, uint32_t channels, uint32_t units, uint64_t but);
bool twin_occupied(const struct twin *t, const char *agent, uint32_t channels);
bool twin_takes(const struct twin_agent *a, uint32_t channels);
size_t twin_step_of(const struct twin *t, const struct twin_queue *q, const struct twin_work *w);
bool twin_meets_floor(const struct twin_agent *a, const struct twin_queue *q);
bool twin_meets(const struct twin_agent *a, const struct twin_queue *q, size_t step, uint32_t *surplus);
uint32_t twin_levels(const struct twin_agent *a, const struct twin_queue *q, size_t step, size_t *named);
uint32_t twin_level(const struct twin_agent *a, const char *skill);
bool twin_holds_any(const struct twin *t, const char *agent);
bool twin_is_asked(const struct twin *t, const char *agent);
bool twin_goes_first(struct twin *t, const struct twin_work *a, const struct twin_work *b);
void twin_score(struct twin *t, const struct twin_work *w, struct twin_view *v, size_t n);
uint32_t twin_priority(struct twin *t, const struct twin_work *w);
void twin_name(char *to, const char *from);
void twin_attributes_heard(struct twin_work *w, const struct router_happened *h);
void twin_attributes_asked(struct twin_queue *q, const struct router_queue *def);
bool twin_attributes_suit(const struct twin_queue *q, const struct twin_work *w);
void twin_hold(struct twin *t, struct twin_work *w); // for whom it is known to, by its channel of now
void twin_move(struct twin *t, struct twin_work *w, enum router_work_state to, const char *agent,
               enum router_reason reason);
void twin_ask(struct twin *t, struct twin_work *w, const char *agent, uint32_t times);
void twin_presence(struct twin *t, struct twin_agent *a, enum router_presence to, enum router_reason reason);
bool twin_holds_any(const struct twin *t, const char *agent);
void twin_requeue(struct twin *t, struct twin_work *w, enum router_reason reason, bool informed);
void twin_close(struct twin *t, struct twin_work *w, enum router_reason reason);
void twin_wrap_up(struct twin *t, struct twin_work *w, enum router_reason reason);
void twin_connect(struct twin *t, struct twin_work *w);
void twin_disconnect(struct twin *t, struct twin_work *w);
void twin_settle(struct twin *t);
void twin_time(struct twin *t, int64_t at);

// Answered by twin_offer.c.
struct twin_offer *twin_offer_to(struct twin_work *w, const char *agent);
bool twin_at_hand(const struct twin_work *w, const char *agent);
const char *twin_shown(const struct twin_work *w);
bool twin_open(struct twin *t, struct twin_work *w); // to an offer, or another
void twin_offer(struct twin *t, struct twin_work *w, const char *agent);
void twin_end_offer(struct twin *t, struct twin_work *w, const char *agent, enum router_reason reason);
void twin_end_offers(struct twin *t, struct twin_work *w, enum router_reason reason);
void twin_accept(struct twin *t, struct twin_work *w, const char *agent);
void twin_decline(struct twin *t, struct twin_work *w, const char *agent);
void twin_offer_missed(struct twin *t, struct twin_work *w);

bool twin_has_attribute(const struct twin_agent *a, const char *name);
struct twin_view twin_look(struct twin *t, struct twin_work *w, struct twin_agent *a);

// Answered by changes.c: whether what a decision as things stand tells of changes is so. thorough: whether they are the
// fewest as well.
bool twin_changes_hold(struct twin *t, const struct router_decision *d, uint64_t work, bool thorough);

// Answered by twin_overflow.c.
struct twin_queue *twin_overflow(struct twin *t, const struct twin_queue *q); // NULL = nowhere
struct twin_queue *twin_with_room(struct twin *t, struct twin_queue *q);
void twin_overflows(struct twin *t, struct twin_work *w);
uint32_t twin_unmeetable(struct twin *t, const struct twin_queue *q);

// Answered by twin_shut.c.
const struct twin_shut *twin_shut(const struct twin *t, const char *queue); // NULL = it is not
struct twin_queue *twin_instead(struct twin *t, const struct twin_work *w, struct twin_queue *q);
void twin_divert(struct twin *t, struct twin_work *w);
enum router_refusal twin_may_shut(struct twin *t, const struct router_supervise *s);
void twin_shut_or_open(struct twin *t, const struct router_supervise *s);
void twin_shut_prune(struct twin *t);

// Answered by twin_notice.c.
int64_t twin_silence_ends(struct twin *t,
                          const struct twin_work *w); // next thing that comes of it; INT64_MAX = nothing
void twin_silent(struct twin *t, struct twin_work *w);
void twin_newly(struct twin_work *w);
void twin_notices(struct twin *t);
void twin_said(struct twin *t, const struct router_input *in);
uint32_t twin_heard(const struct twin_work *w); // bits
enum router_notice_kind twin_holds(struct twin *t, const struct twin_work *w, const struct router_wait *wait,
                                   uint32_t words);

// Answered by twin_voicemail.c.
bool twin_is_recording(const struct router_happened *h);
bool twin_rings(const struct twin_work *w); // a call of it does
bool twin_voicemail_instead(struct twin *t, const struct twin_work *w, const struct twin_queue *q);
int64_t twin_voicemail_time(struct twin *t, const struct twin_work *w); // INT64_MAX = never
void twin_voicemail_ends(struct twin *t, struct twin_work *w);
bool twin_to_voicemail(struct twin *t, struct twin_work *w); // whether its calls go there
void twin_voicemail_contact(struct twin *t, struct twin_work *w, const struct router_happened *h);
void twin_voicemail_failed(struct twin *t, struct twin_work *w, const struct router_delivery_news *n);
void twin_rather_called(struct twin *t, struct twin_work *w, struct twin_session *s, const struct router_happened *h);
void twin_record_nobody(struct twin *t, struct twin_work *w); // of twin_rules.c

// Answered by twin_participant.c.
struct twin_participant *twin_participant(struct twin_work *w, const char *agent); // NULL = they are not
bool twin_takes_part(const struct twin *t, const char *agent);
struct twin_taking_part twin_taking_part(const struct twin *t, const char *agent, size_t channel);
const char *twin_somebody(struct twin *t, struct twin_work *w, enum router_target target, const char *to);
void twin_ask_to_come(struct twin *t, struct twin_work *w, const char *agent, enum router_role role,
                      enum router_target target, const char *to);
void twin_call_of_participants(struct twin *t, enum router_effect_kind kind, const struct twin_work *w,
                               const struct twin_session *s);
void twin_all_go(struct twin *t, struct twin_work *w, enum router_reason reason);
void twin_nobody_came(struct twin *t, struct twin_work *w);
void twin_leaves_all(struct twin *t, const char *agent, bool gone, enum router_reason reason);
void twin_ears_off(struct twin *t, const char *agent, enum router_reason reason);
enum router_refusal twin_may_sit_in(struct twin *t, const struct router_supervise *s, struct twin_work *w);
void twin_sit_in(struct twin *t, const struct router_supervise *s, struct twin_work *w);
enum router_refusal twin_may_take_part(struct twin *t, const struct router_command *c, struct twin_work *w);
void twin_take_part(struct twin *t, struct twin_work *w, const struct router_command *c);

// Answered by twin_team.c.
const char *twin_best_of_team(struct twin *t, struct twin_work *w); // "" = nobody

// Answered by twin_snooze.c.
enum router_refusal twin_may_snooze(const struct twin *t, const struct router_command *c, const struct twin_work *w);
void twin_snooze(struct twin *t, struct twin_work *w, int64_t until);
void twin_wake(struct twin *t, struct twin_work *w, enum router_reason reason, bool keeps_place);
bool twin_morning(struct twin *t);

// Answered by twin_callback.c.
struct twin_session *twin_to_call(struct twin_work *w); // NULL = nobody is to be called
void twin_dial(struct twin *t, struct twin_work *w, struct twin_session *s);
void twin_call_off(struct twin *t, struct twin_work *w, const struct twin_session *s);
bool twin_sleeps_until_hours(struct twin *t, struct twin_work *w);
void twin_hours_anew(struct twin *t);
void twin_dialled_for_long(struct twin *t, struct twin_work *w);
void twin_dial_reported(struct twin *t, struct twin_work *w, const struct router_delivery_news *news);
bool twin_call_over(struct twin *t, struct twin_work *w, struct twin_session *s, const struct router_happened *h);
bool twin_call_begins(struct twin *t, struct twin_work *w, struct twin_session *s); // true: it lives anew

// Answered by twin_learn.c.
int64_t twin_chance(struct twin *t, const struct twin_work *w, const char *agent);
void twin_learn_closed(struct twin *t, const struct twin_work *w, const char *agent, bool solved);
void twin_learn_again(struct twin *t, const struct twin_work *w);
void twin_learn_forget(struct twin *t, int64_t at);
void twin_learn_prune(struct twin *t);
enum router_refusal twin_learned(struct twin *t, const struct router_input *in);
const struct twin_lesson *twin_lesson_of(struct twin *t, const char *agent, const char *queue, const char *intent);
// Answered by twin_record.c.
void twin_record(struct twin *t, const struct twin_work *w, const struct twin_agent *winner,
                 const struct twin_view *all, struct twin_view *qualified, size_t n, bool named);

void twin_record_taken(struct twin *t, const struct twin_work *w, const char *by);

// Used by twin_supervise.c, answered by twin.c and twin_rules.c.
void twin_refuse(struct twin *t, enum router_refusal why);
void twin_drop_desks(struct twin *t, const char *agent, bool told);
void twin_assign(struct twin *t, struct twin_work *w, const char *agent);

// Answered by twin_supervise.c.
void twin_supervise(struct twin *t, const struct router_input *in);

// Answered by twin_estimate.c.
struct router_wait twin_wait(struct twin *t, struct twin_work *w);
struct router_wait twin_wait_new(struct twin *t, struct twin_queue *q, enum router_channel channel);
struct twin_forecast *twin_forecast(struct twin *t, const char *queue);
void twin_estimate_moves(struct twin *t, struct twin_work *w, enum router_work_state to, enum router_reason reason);
void twin_estimate_elsewhere(struct twin *t, struct twin_work *w);
void twin_estimate_given_ends(struct twin *t, struct twin_work *w);
void twin_estimate_prune(struct twin *t);
void twin_promise(struct twin *t);

// Answered by twin_sla.c.
uint32_t twin_target(const struct twin_queue *q, enum router_response response, enum router_channel channel,
                     uint32_t priority);
uint64_t twin_rate(struct twin *t, const struct twin_work *w, uint32_t *target);
bool twin_by_cost(const struct twin *t);
int64_t twin_stamp(const struct twin *t, const struct twin_work *w);
void twin_asks(struct twin *t, struct twin_work *w);
void twin_answered(struct twin *t, struct twin_work *w);
void twin_unanswered(struct twin *t, struct twin_work *w);
struct router_due twin_due(struct twin *t, const struct twin_work *w);

// Answered by twin_breach.c.
void twin_watch(struct twin *t, struct twin_work *w);
void twin_watch_anew(struct twin *t, struct twin_work *w); // in another queue
void twin_looks(struct twin *t, struct twin_work *w);

// Answered by twin_calendar.c.
const struct twin_calendar *twin_hours(const struct twin *t, const struct twin_queue *q); // NULL = all
void twin_pass(struct twin *t, int64_t to);
int64_t twin_reach(const struct twin *t, const struct twin_queue *q, int64_t ms);
int64_t twin_opens(const struct twin *t, const struct twin_queue *q); // 0 = not known
bool twin_closed(const struct twin *t, const struct twin_queue *q);
void twin_calendars(struct twin *t, const struct router_config *c);
bool twin_calendar(struct twin *t, const struct router_input *in); // false: it is refused

#endif
