// SPDX-License-Identifier: Apache-2.0
//
// The twin's rules: who can take what, and who is best.

#include "twin.h"

#include <stdlib.h>
#include <string.h>

#define BIT(n) (1u << (unsigned)(n))

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

void twin_name(char *to, const char *from)
{
    if (strlen(from) >= TWIN_NAME)
        abort();
    char copy[TWIN_NAME];
    strcpy(copy, from);
    strcpy(to, copy);
}

struct twin_event *twin_tell(struct twin *t, enum router_effect_kind kind, const struct twin_work *w, const char *agent,
                             enum router_reason reason)
{
    if (t->events_n == TWIN_EVENTS)
        abort();
    struct twin_event *e = &t->events[t->events_n++];
    memset(e, 0, sizeof *e);
    e->kind = kind;
    e->reason = reason;
    if (w) {
        e->work = w->id;
        e->epoch = w->epoch;
    }
    twin_name(e->agent, agent);
    twin_name(e->supervisor, t->supervisor ? t->supervisor : "");
    return e;
}

struct twin_agent *twin_agent(struct twin *t, const char *id)
{
    for (size_t i = 0; i < t->agents_n; i++) {
        if (same(t->agents[i].id, id))
            return &t->agents[i];
    }
    return NULL;
}

struct twin_queue *twin_queue(struct twin *t, const char *name)
{
    for (size_t i = 0; i < t->queues_n; i++) {
        if (same(t->queues[i].name, name))
            return &t->queues[i];
    }
    return NULL;
}

struct twin_work *twin_work(struct twin *t, uint64_t id)
{
    for (size_t i = 0; i < t->works_n; i++) {
        if (t->works[i].id == id && t->works[i].state != ROUTER_CLOSED)
            return &t->works[i];
    }
    return NULL;
}

struct twin_ask *twin_ask_of(struct twin_work *w, const char *agent)
{
    for (size_t i = 0; i < w->asks_n; i++) {
        if (same(w->asks[i].agent, agent))
            return &w->asks[i];
    }
    return NULL;
}

static bool waits(enum router_work_state s)
{
    return s == ROUTER_QUEUED || s == ROUTER_OFFERED;
}

uint32_t twin_weight(const struct twin *t, const struct twin_work *w, enum router_work_state as)
{
    uint32_t most = 0;
    for (size_t i = 0; i < w->sessions_n; i++) {
        uint32_t units = t->rules.channels[w->sessions[i].channel].units;
        if (w->sessions[i].live && units > most)
            most = units;
    }
    uint32_t mail = t->rules.channels[ROUTER_EMAIL].units;
    if (w->left_words && mail > most)
        most = mail;
    if (w->left_words && w->channel_now == ROUTER_VOICE)
        return most;
    uint32_t now = t->rules.channels[w->channel_now].units;
    return waits(as) && now > most ? now : most;
}

uint32_t twin_charge(const struct twin *t, const struct twin_work *w)
{
    if (w->state == ROUTER_SNOOZED || w->state == ROUTER_RECORDING)
        return 0;
    if (w->state == ROUTER_ASSIGNED && w->given_places)
        return 0;
    return w->state == ROUTER_WRAP_UP ? w->frozen : twin_weight(t, w, w->state);
}

uint32_t twin_load(const struct twin *t, const char *agent)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < t->works_n; i++) {
        if (twin_at_hand(&t->works[i], agent))
            sum += twin_charge(t, &t->works[i]);
    }
    return sum + twin_taking_part(t, agent, 0).units;
}

uint32_t twin_priority(struct twin *t, const struct twin_work *w)
{
    return w->own_priority ? w->own_priority : twin_queue(t, w->queue)->priority;
}

uint32_t twin_channels(const struct twin_work *w)
{
    uint32_t bits = BIT(w->channel_now);
    for (size_t i = 0; i < w->sessions_n; i++)
        bits |= w->sessions[i].live ? BIT(w->sessions[i].channel) : 0;
    return bits;
}

// Bits: the channels on which it takes a place of its agent.
uint32_t twin_places(const struct twin_work *w, enum router_work_state as)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < w->sessions_n; i++)
        bits |= w->sessions[i].live ? BIT(w->sessions[i].channel) : 0;
    if (as == ROUTER_WRAP_UP)
        return w->frozen_places;
    if (w->state == ROUTER_ASSIGNED && w->given_places)
        return 0;
    return waits(as) ? bits | BIT(w->channel_now) : bits;
}

uint32_t twin_on_channel(const struct twin *t, const char *agent, size_t channel)
{
    uint32_t n = 0;
    for (size_t i = 0; i < t->works_n; i++) {
        const struct twin_work *w = &t->works[i];
        if (twin_at_hand(w, agent) && twin_places(w, w->state) & BIT(channel))
            n++;
    }
    n += twin_taking_part(t, agent, channel).places;
    return t->spared_of && same(t->spared_of, agent) ? n - t->spared[channel] : n;
}

// Whether nothing new on these channels can be offered: one of them is at its maximum, or an exclusive one is in use.
bool twin_occupied(const struct twin *t, const char *agent, uint32_t channels)
{
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        const struct router_channel_rules *rules = &t->rules.channels[c];
        uint32_t n = twin_on_channel(t, agent, c);
        if ((rules->exclusive && n > 0) || (channels & BIT(c) && rules->max && n >= rules->max))
            return true;
    }
    return false;
}

// Room by units; a call may interrupt what is only on the channels that it may. `but` is a work that does not count.
bool twin_has_room(const struct twin *t, const struct twin_agent *a, uint32_t channels, uint32_t units, uint64_t but)
{
    uint32_t all = 0, heavy = 0;
    for (size_t i = 0; i < t->works_n; i++) {
        const struct twin_work *w = &t->works[i];
        if (!twin_at_hand(w, a->id) || w->id == but)
            continue;
        all += twin_charge(t, w);
        heavy += twin_places(w, w->state) & ~t->rules.calls_interrupt ? twin_charge(t, w) : 0;
    }
    all += twin_taking_part(t, a->id, 0).units;
    heavy += twin_taking_part(t, a->id, 0).heavy;
    bool call = channels & BIT(ROUTER_VOICE) && units == t->rules.channels[ROUTER_VOICE].units;
    return all + units <= a->capacity || (t->rules.calls_interrupt && call && heavy + units <= a->capacity);
}

static bool rule_matches_intent(const char *rule, const char *intent)
{
    char prefix[TWIN_NAME + 1];
    strcpy(prefix, rule);
    strcat(prefix, ".");
    return same(rule, "") || same(rule, intent) || strncmp(intent, prefix, strlen(prefix)) == 0;
}

bool twin_lets(struct twin *t, const struct twin_queue *q, const struct twin_work *w)
{
    const char *account = "";
    int64_t latest = -1;
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].channel == w->channel_now && w->sessions[i].last_word >= latest) {
            latest = w->sessions[i].last_word;
            account = w->sessions[i].account;
        }
    }
    bool channel = q->channels == 0 || q->channels & BIT(w->channel_now);
    bool from = same(q->account, "") || same(q->account, account);
    bool tongue = same(q->language, "") || same(q->language, w->language);
    bool hours = q->when == ROUTER_ALWAYS || twin_closed(t, q) == (q->when == ROUTER_WHEN_CLOSED);
    return q == &t->queues[t->queues_n - 1] || (channel && from && tongue && hours && twin_attributes_suit(q, w) &&
                                                rule_matches_intent(q->intent, w->intent));
}

struct twin_queue *twin_enter(struct twin *t, struct twin_work *w)
{
    for (size_t i = 0; i < t->queues_n; i++) {
        struct twin_queue *q = &t->queues[i];
        if (!twin_lets(t, q, w))
            continue;
        twin_note_entry(t, w, q);
        struct twin_queue *open = twin_instead(t, w, q), *to = twin_with_room(t, open);
        twin_name(w->overflowed, to == q ? "" : q->name);
        w->was_shut = open != q;
        w->was_full = open == q;
        t->passed_on += to != open;
        return to;
    }
    abort();
}

// ---- matching ----

bool twin_takes(const struct twin_agent *a, uint32_t channels)
{
    return a->channels == 0 || (channels & ~a->channels) == 0;
}

bool twin_is_asked(const struct twin *t, const char *agent)
{
    for (size_t i = 0; i < t->works_n; i++) {
        if (t->works[i].state == ROUTER_OFFERED && twin_at_hand(&t->works[i], agent))
            return true;
    }
    return false;
}

// Looked at from the last reason to the first: the one that stays is the first.
static void keep_out(struct twin_view *v, enum router_exclusion why)
{
    v->exclusion = why;
    v->exclusions |= 1u << why;
}

struct twin_view twin_look(struct twin *t, struct twin_work *w, struct twin_agent *a)
{
    bool has_it = twin_offer_to(w, a->id);
    struct twin_view v = {.a = a, .known = 2};
    struct twin_ask *ask = twin_ask_of(w, a->id);
    const struct twin_queue *q = twin_queue(t, w->queue);
    for (size_t i = 0; i < q->prefers_n; i++) {
        uint32_t level = twin_level(a, q->prefers[i].name);
        v.preferred += level >= q->prefers[i].level ? level : 0;
    }
    bool skilled = twin_meets(a, q, twin_step_of(t, q, w), &v.surplus);
    v.preferred = skilled ? v.preferred : 0;
    v.again = ask != NULL;
    if (same(w->last_agent, a->id))
        v.known = 1;
    if (w->prefer_former && same(w->former, a->id))
        v.known = 0;
    v.asked = twin_is_asked(t, a->id);
    v.idle = a->presence == ROUTER_AVAILABLE && !v.asked ? t->now - a->idle_since : 0;
    v.exclusion = ROUTER_QUALIFIED;
    if (has_it)
        keep_out(&v, ROUTER_EX_OFFERED);
    if (!has_it && ask && (ask->until > t->now || ask->times >= t->rules.decline_max))
        keep_out(&v, ROUTER_EX_DECLINED);
    if (!has_it && !twin_has_room(t, a, twin_channels(w), twin_charge(t, w), 0))
        keep_out(&v, ROUTER_EX_CAPACITY);
    if (!has_it && twin_occupied(t, a->id, twin_channels(w)))
        keep_out(&v, ROUTER_EX_OCCUPIED);
    if (!skilled && !same(w->wanted, a->id))
        keep_out(&v, ROUTER_EX_SKILL);
    if (!twin_takes(a, twin_channels(w)))
        keep_out(&v, ROUTER_EX_CHANNEL);
    if (a->presence == ROUTER_DRAINING)
        keep_out(&v, ROUTER_EX_DRAINING);
    if (a->presence == ROUTER_FOCUS)
        keep_out(&v, ROUTER_EX_FOCUS);
    if (a->presence == ROUTER_LOST)
        keep_out(&v, ROUTER_EX_LOST);
    if (a->presence == ROUTER_AWAY)
        keep_out(&v, ROUTER_EX_AWAY);
    if (a->presence == ROUTER_OFFLINE)
        keep_out(&v, ROUTER_EX_OFFLINE);
    return v;
}

static bool goes_before(const struct twin_view *a, const struct twin_view *b)
{
    if (a->again != b->again)
        return b->again;
    if (a->known != b->known)
        return a->known < b->known;
    if (a->score != b->score)
        return a->score > b->score;
    if (a->asked != b->asked)
        return b->asked;
    if (a->idle != b->idle)
        return a->idle > b->idle;
    return strcmp(a->a->id, b->a->id) < 0;
}

static void sort_qualified(struct twin_view *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            if (goes_before(&v[j], &v[i])) {
                struct twin_view swap = v[i];
                v[i] = v[j];
                v[j] = swap;
            }
        }
    }
}

static bool can_expect(struct twin *t, struct twin_work *w, struct twin_agent *a)
{
    return a && a->presence == ROUTER_AVAILABLE && twin_takes(a, twin_channels(w)) &&
           twin_charge(t, w) <= a->capacity && !twin_ask_of(w, a->id);
}

static bool worth_waiting(struct twin *t, struct twin_work *w, const struct twin_view *all)
{
    for (size_t i = 0; i < t->agents_n && t->now < w->hold_until; i++) {
        bool full = all[i].exclusion == ROUTER_EX_CAPACITY || all[i].exclusion == ROUTER_EX_OCCUPIED;
        if (all[i].known < 2 && !all[i].again && all[i].exclusion == ROUTER_EX_OFFERED)
            return true;
        if (all[i].known < 2 && !all[i].again && full && twin_charge(t, w) <= all[i].a->capacity)
            return true;
    }
    return false;
}

static struct twin_agent *choose(struct twin *t, struct twin_work *w, const struct twin_view *all,
                                 const struct twin_view *qualified, size_t n)
{
    if (!same(w->wanted, "")) {
        for (size_t i = 0; i < n; i++) {
            if (same(qualified[i].a->id, w->wanted))
                return qualified[i].a;
        }
        return NULL;
    }
    if (n == 0)
        return NULL;
    if ((qualified[0].known == 2 || qualified[0].again) && worth_waiting(t, w, all))
        return NULL;
    if (w->offers_n && qualified[0].again)
        return NULL;
    return qualified[0].a;
}

static size_t look_at_everybody(struct twin *t, struct twin_work *w, struct twin_view *all, struct twin_view *qualified)
{
    size_t n = 0;
    for (size_t i = 0; i < t->agents_n; i++)
        all[i] = twin_look(t, w, &t->agents[i]);
    twin_score(t, w, all, t->agents_n);
    for (size_t i = 0; i < t->agents_n; i++) {
        if (all[i].exclusion == ROUTER_QUALIFIED)
            qualified[n++] = all[i];
    }
    sort_qualified(qualified, n);
    return n;
}

void twin_record_nobody(struct twin *t, struct twin_work *w)
{
    struct twin_view all[TWIN_AGENTS], qualified[TWIN_AGENTS];
    size_t n = look_at_everybody(t, w, all, qualified);
    twin_record(t, w, NULL, all, qualified, n, false);
}

// By a supervisor's word; the record is as if it had been chosen.
void twin_assign(struct twin *t, struct twin_work *w, const char *agent)
{
    struct twin_view all[TWIN_AGENTS], qualified[TWIN_AGENTS];
    size_t n = look_at_everybody(t, w, all, qualified);
    struct twin_agent *a = twin_agent(t, agent);
    twin_record(t, w, a, all, qualified, n, true);
    twin_move(t, w, ROUTER_ASSIGNED, agent, ROUTER_SUPERVISED);
    twin_tell(t, ROUTER_ASSIGN, w, agent, ROUTER_SUPERVISED);
    twin_connect(t, w);
}

static bool decide(struct twin *t, struct twin_work *w)
{
    struct twin_view all[TWIN_AGENTS], qualified[TWIN_AGENTS];
    struct twin_need need = {.step = twin_step_of(t, twin_queue(t, w->queue), w),
                             .priority = twin_priority(t, w),
                             .channels = twin_channels(w),
                             .cost = twin_charge(t, w)};
    uint32_t target;
    need.rate = twin_rate(t, w, &target);
    twin_name(need.queue, w->queue);
    if (w->told && (!same(need.queue, w->told_need.queue) || need.step != w->told_need.step ||
                    need.priority != w->told_need.priority || need.channels != w->told_need.channels ||
                    need.cost != w->told_need.cost || need.rate != w->told_need.rate))
        w->told = false;
    if (*w->team) {
        twin_name(w->wanted, twin_best_of_team(t, w));
        if (!*w->wanted)
            *w->team = 0;
    } else if (!can_expect(t, w, twin_agent(t, w->wanted))) {
        twin_name(w->wanted, "");
    }
    size_t n = look_at_everybody(t, w, all, qualified);
    struct twin_agent *winner = choose(t, w, all, qualified, n);
    if (winner && twin_sleeps_until_hours(t, w))
        return false;
    if (winner || (!w->told && !w->offers_n))
        twin_record(t, w, winner, all, qualified, n, false);
    w->told = true;
    w->told_need = need;
    if (winner)
        twin_offer(t, w, winner->id);
    return winner != NULL;
}

// Every work that may be offered, each time that which goes first of those not yet looked at: first all that nobody has been
// offered, one offer each; then what may be offered to more, to as many as it may be.
static void go_through(struct twin *t)
{
    bool seen[TWIN_WORKS] = {false};
    for (;;) {
        struct twin_work *first = NULL;
        for (size_t i = 0; i < t->works_n; i++) {
            struct twin_work *w = &t->works[i];
            if (seen[i] || !twin_open(t, w))
                continue;
            if (!first || twin_goes_first(t, w, first))
                first = w;
        }
        if (!first)
            return;
        bool more = first->offers_n > 0, made = decide(t, first);
        while (more && made && twin_open(t, first))
            made = decide(t, first);
        seen[first - t->works] = more || !made;
    }
}

// Offers of this settling that nobody needs to accept, in the order in which they were made.
static bool accept_by_themselves(struct twin *t)
{
    bool any = false;
    for (;;) {
        struct twin_work *first = NULL;
        for (size_t i = 0; i < t->works_n; i++) {
            struct twin_work *w = &t->works[i];
            if (w->offers_n && w->offers[0].by_itself && (!first || w->epoch < first->epoch))
                first = w;
        }
        if (!first)
            return any;
        char agent[TWIN_NAME];
        twin_name(agent, first->offers[0].agent);
        twin_accept(t, first, agent);
        any = true;
    }
}

void twin_settle(struct twin *t)
{
    do {
        go_through(t);
    } while (accept_by_themselves(t));
    twin_promise(t);
    twin_notices(t);
}
