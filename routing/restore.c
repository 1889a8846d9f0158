// SPDX-License-Identifier: Apache-2.0
//
// A router from a snapshot's bytes.
//
// The hash guards against damage, not against malice, so every value is checked as if a stranger had written it: bounds as
// for inputs, references to what exists, and at the end what router_check() asks of the state. Anything amiss gives NULL and the reason.

#include "routing/absence.h"
#include "routing/attribute.h"
#include "routing/entry.h"
#include "routing/estimate.h"
#include "routing/fit.h"
#include "routing/participant.h"
#include "routing/reader.h"
#include "routing/snapshot.h"
#include "routing/supervise.h"
#include "routing/team.h"

#include <stdlib.h>
#include <string.h>

static void take_desks(struct reader *in, struct router *r, struct agent *a)
{
    size_t n = take_count(in, 4, 4);
    for (size_t i = 0; i < n; i++) {
        const char *id = take_text(in, ROUTER_NAME_MAX), *boot = take_text(in, ROUTER_NAME_MAX);
        if (!reader_must(in, *id && !desk_find(r, id), "a desk session is there twice"))
            return;
        desk_add(r, a, id, boot);
    }
}

static void take_agent(struct reader *in, struct router *r)
{
    struct router_agent d = {0};
    d.id = take_text(in, ROUTER_NAME_MAX);
    d.name = take_text(in, ROUTER_TEXT_MAX);
    d.bot = take_bool(in);
    d.from_file = take_bool(in);
    d.skills = take_skills(in, &d.skills_n);
    d.capacity = take32(in);
    d.channels = take32(in);
    d.speed = take32(in);
    d.resolution = take32(in);
    d.team = take_text(in, ROUTER_NAME_MAX);
    d.sees_conversation = take_bool(in);
    d.attributes = take_texts(in, &d.attributes_n);
    bool next = !r->agents_n || strcmp(r->agents[r->agents_n - 1]->def.id, d.id) < 0;
    if (!reader_must(in, config_agent_legal(&d) && d.speed && d.resolution && next,
                     "an agent is out of bounds or order"))
        return;
    struct agent *a = agent_put(r, &d);
    fit_agent(r, a);
    unsigned presence = take8(in), before = take8(in);
    int64_t absent_since = take_past(in, r->at), focus = take_time(in);
    a->idle_since = take_past(in, r->at);
    a->misses = take32(in);
    a->over = take_bool(in);
    take_desks(in, r, a);
    bool known = presence >= ROUTER_OFFLINE && presence < ROUTER_PRESENCES && before >= ROUTER_OFFLINE &&
                 before < ROUTER_PRESENCES && before != ROUTER_LOST;
    bool focused = presence == ROUTER_FOCUS || (presence == ROUTER_LOST && before == ROUTER_FOCUS);
    bool fits = (presence == ROUTER_OFFLINE || presence == ROUTER_LOST) == !a->desks &&
                (presence != ROUTER_LOST || before != ROUTER_OFFLINE) && a->misses < CORE_TIMES_MAX &&
                focused == (focus != 0);
    if (!reader_must(in, known && fits, "an agent's presence does not fit"))
        return;
    a->presence = (enum router_presence)presence;
    a->before = (enum router_presence)before;
    a->absent_since = absent_since;
    reader_must(in, absence_of(a) || !absent_since, "an agent is absent who is not");
    r->present += agent_is_here(a) ? 1 : 0;
    if (focused)
        timer_start(r, &a->focus, focus);
    if (presence == ROUTER_LOST)
        timer_start(r, &a->grace, absence_offline(r, a));
    take_lessons(in, r, a);
}

static struct agent *take_agent_name(struct reader *in, const struct router *r)
{
    const char *id = take_text(in, ROUTER_NAME_MAX);
    struct agent *a = *id ? agent_find(r, id) : NULL;
    reader_must(in, a || !*id, "an agent is named who does not exist");
    return a;
}

static void take_session(struct reader *in, struct router *r, struct work *w)
{
    struct router_session s = {0};
    unsigned channel = take8(in);
    s.account = take_text(in, ROUTER_TEXT_MAX);
    s.handle = take_text(in, ROUTER_TEXT_MAX);
    s.call = take_text(in, ROUTER_TEXT_MAX);
    s.live = take_bool(in);
    s.simulated = take_bool(in);
    s.voicemail = take_bool(in);
    s.last_word = take_past(in, r->at);
    s.callback = take_text(in, ROUTER_NAME_MAX);
    s.attempts = take32(in);
    if (!reader_must(in, channel > ROUTER_CHANNEL_NONE && channel < ROUTER_CHANNELS, "a channel is unknown"))
        return;
    s.channel = (enum router_channel)channel;
    reader_must(in, !s.voicemail || (!s.live && s.channel == ROUTER_VOICE), "what is no call is at voicemail");
    session_add(r, w, &s);
}

static void take_sessions(struct reader *in, struct router *r, struct work *w)
{
    size_t n = take_count(in, 1, 24);
    if (!reader_must(in, n <= ROUTER_SESSIONS_MAX, "a work has too many sessions"))
        return;
    for (size_t i = 0; i < n; i++)
        take_session(in, r, w);
    w->connected = take8(in);
    for (size_t i = 0; i < 8; i++) {
        bool call = i < w->sessions_n && w->sessions[i].live && w->sessions[i].channel == ROUTER_VOICE &&
                    w->state == ROUTER_ASSIGNED;
        reader_must(in, call || !(w->connected & CORE_BIT(i)), "a call is bridged that does not exist");
    }
    callback_take(in, r, w);
}

// Each is listed once the work is.
static size_t take_offers(struct reader *in, const struct router *r, struct offer v[ROUTER_OFFERS_MAX])
{
    size_t n = take_count(in, 1, 21);
    if (!reader_must(in, n <= ROUTER_OFFERS_MAX, "a work is offered to too many"))
        return 0;
    for (size_t i = 0; i < n; i++) {
        v[i].agent = take_agent_name(in, r);
        v[i].epoch = take64(in);
        v[i].deadline = take_time(in);
        v[i].extended = take8(in);
        bool fits = v[i].agent && v[i].extended <= CORE_TIMES_MAX;
        for (size_t j = 0; j < i && fits; j++)
            fits = v[j].agent != v[i].agent;
        if (!reader_must(in, fits, "a work is offered to nobody, or twice"))
            return 0;
    }
    return n;
}

static void take_asks(struct reader *in, const struct router *r, struct work *w)
{
    size_t n = take_count(in, 4, 14);
    for (size_t i = 0; i < n; i++) {
        struct agent *a = take_agent_name(in, r);
        uint32_t times = take32(in);
        int64_t until = take_time(in);
        if (!reader_must(in, a && !offer_ask_of(w, a), "an agent was asked twice over"))
            return;
        w->asks = memory_grow(w->asks, &w->asks_cap, w->asks_n + 1, sizeof *w->asks);
        w->asks[w->asks_n++] = (struct ask){a, times, until};
        a->asked_by++;
    }
}

static struct router_wait take_wait(struct reader *in)
{
    struct router_wait v = {0};
    unsigned kind = take8(in);
    v.low = take_time(in);
    v.middle = take_time(in);
    v.high = take_time(in);
    if (reader_must(in,
                    kind <= ROUTER_WAIT_PERSON && v.high <= ESTIMATE_MAX_MS && v.middle <= ESTIMATE_MAX_MS &&
                        v.low <= ESTIMATE_MAX_MS,
                    "a wait is estimated out of bounds"))
        v.kind = (enum router_wait_kind)kind;
    return v;
}

static void take_notices(struct reader *in, const struct router *r, struct work *w)
{
    struct notices *n = &w->notices;
    n->asked = take8(in);
    n->said = take8(in);
    n->warned = take_bool(in);
    n->silent_since = take_past(in, r->at);
    reader_must(in, !(n->asked & ~(CORE_BIT(ROUTER_NOTICES) - 2u)) && !(n->said & ~n->asked), "a notice is unknown");
    reader_must(in, n->silent_since ? w->state == ROUTER_ASSIGNED : !n->warned, "a silence that is none");
}

static void take_promise(struct reader *in, const struct router *r, struct work *w)
{
    w->taken = take_past(in, r->at);
    w->given_at = take_past(in, r->at);
    w->measured = take_bool(in);
    w->promised = take_bool(in);
    w->promise = take_wait(in);
}

static void take_sla(struct reader *in, const struct router *r, struct work *w)
{
    struct sla *s = &w->sla;
    unsigned due = take8(in), first = take8(in);
    s->from = take_past(in, r->at); // its age, until the queue is known
    s->met = take32(in);
    s->missed = take32(in);
    s->breach.foreseen = take_bool(in);
    s->breach.wait = take_wait(in);
    s->breach.left = take_time(in);
    w->breach.deadline = take_time(in);
    if (!reader_must(in, due <= ROUTER_RESPONSE_NEXT && first <= ROUTER_RESPONSE_MISSED, "a response is unknown"))
        return;
    s->due = (enum router_response)due;
    s->first = (enum router_response_kept)first;
}

static void take_work_numbers(struct reader *in, const struct router *r, struct work *w)
{
    w->customer = take64(in);
    w->epoch = take64(in);
    unsigned state = take8(in), reason = take8(in), channel = take8(in);
    w->own_priority = take8(in);
    w->charge.units = take32(in);
    w->charge.channels = take8(in);
    w->given.units = take32(in);
    w->given.channels = take8(in);
    w->since = take_past(in, r->at);
    w->entered = take_past(in, r->at);
    take_sla(in, r, w);
    w->hold_until = take_time(in);
    take_promise(in, r, w);
    bool open =
        (state >= ROUTER_QUEUED && state <= ROUTER_WRAP_UP) || state == ROUTER_SNOOZED || state == ROUTER_RECORDING;
    bool legal = open && reason < ROUTER_REASONS && channel > ROUTER_CHANNEL_NONE && channel < ROUTER_CHANNELS &&
                 w->own_priority <= CORE_PRIORITY_MAX && w->charge.units <= CORE_UNITS_MAX &&
                 !(w->charge.channels & ~CORE_CHANNELS_ALL) && w->given.units <= CORE_UNITS_MAX &&
                 !(w->given.channels & ~CORE_CHANNELS_ALL) && w->epoch <= r->epoch;
    if (!reader_must(in, legal, "a work is out of bounds"))
        return;
    w->state = (enum router_work_state)state;
    w->reason = (enum router_reason)reason;
    w->channel_now = (enum router_channel)channel;
}

static void take_work_names(struct reader *in, struct router *r, struct work *w)
{
    w->queue = queue_find(r, take_text(in, ROUTER_NAME_MAX));
    w->sla.from = w->queue ? sla_now(r, w->queue) - w->sla.from : 0;
    w->agent = take_agent_name(in, r);
    struct agent *informed = take_agent_name(in, r);
    struct agent *wanted = take_agent_name(in, r);
    team_want(r, w, take_text(in, ROUTER_NAME_MAX));
    text_set(r, &w->former, take_text(in, ROUTER_NAME_MAX));
    text_set(r, &w->last_agent, take_text(in, ROUTER_NAME_MAX));
    text_set(r, &w->language, take_text(in, ROUTER_NAME_MAX));
    text_set(r, &w->intent, take_text(in, ROUTER_NAME_MAX));
    text_set(r, &w->disposition, take_text(in, ROUTER_TEXT_MAX));
    attributes_take(in, w);
    text_set(r, &w->overflowed, take_text(in, ROUTER_NAME_MAX));
    unsigned cause = take8(in);
    bool overflowed = cause == ROUTER_CAUSE_FULL || cause == ROUTER_CAUSE_WAITED || cause == ROUTER_CAUSE_CLOSED;
    reader_must(in, *w->overflowed ? overflowed : !cause, "a work overflowed from nowhere or for no cause");
    w->overflow_cause = (enum router_cause)cause;
    reader_must(in, !*w->disposition || w->state == ROUTER_WRAP_UP, "work that is not in wrap-up was disposed of");
    reader_must(in, w->queue && (w->agent != NULL) == (w->state == ROUTER_ASSIGNED || w->state == ROUTER_WRAP_UP),
                "a work's place does not fit its state");
    work_inform(w, informed);
    work_want(w, wanted);
}

static void take_work(struct reader *in, struct router *r)
{
    uint64_t id = take64(in), conversation = take64(in);
    bool next = id && id <= r->input && (!r->works_n || work_slot(r, r->works_n - 1)->id < id);
    if (!reader_must(in, next && conversation && !work_of_conversation(r, conversation), "a work is out of order"))
        return;
    struct work *w = work_new(r, id, conversation);
    take_work_numbers(in, r, w);
    int64_t limit = take_time(in), give_back = take_time(in), snoozed = take_time(in);
    w->extended = take8(in);
    bool limited = w->state == ROUTER_WRAP_UP;
    reader_must(in, w->extended <= (limited ? CORE_TIMES_MAX : 0u), "work was extended that has no limit");
    reader_must(in, w->state == ROUTER_ASSIGNED || (!give_back && !w->given.channels && !w->given.units),
                "work waits for its customer that no agent has at hand");
    bool held = take_bool(in);
    w->prefer_former = take_bool(in);
    w->told = take_bool(in);
    take_notices(in, r, w);
    voicemail_take(in, r, w);
    take_work_names(in, r, w);
    entry_take(in, r, w);
    hand_take(in, r, w);
    take_sessions(in, r, w);
    participant_take(in, r, w);
    struct offer offers[ROUTER_OFFERS_MAX];
    size_t offers_n = take_offers(in, r, offers);
    take_asks(in, r, w);
    if (!reader_must(in, !held || w->state == ROUTER_QUEUED || offers_n, "work is held that does not wait"))
        return;
    int64_t look = w->breach.deadline, recorded = w->record.deadline;
    work_enter(r, w);
    if (reader_must(in, (w->breach.place != 0) == (look != 0), "a target is watched that nobody waits for") && look)
        timer_start(r, &w->breach, look);
    session_arm(r, w);
    for (size_t i = 0; i < offers_n; i++)
        offer_list(r, w, &offers[i]);
    if (offers_n && offer_open(r, w)) {
        queue_line_up(r, w);
        queue_arm_step(r, w);
    }
    if (limited) {
        w->limit.kind = TIMER_WRAP_UP;
        timer_start(r, &w->limit, limit);
    }
    if (give_back)
        timer_start(r, &w->give_back, give_back);
    if (snoozed)
        timer_start(r, &w->snooze, snoozed);
    voicemail_take_up(r, w, recorded);
    if (held)
        settle_hold(r, w);
}

static void take_outcomes(struct reader *in, struct router *r)
{
    size_t n = take_count(in, 8, 21);
    for (size_t i = 0; i < n; i++) {
        const char *session = take_text(in, ROUTER_NAME_MAX), *client_id = take_text(in, ROUTER_NAME_MAX);
        uint64_t input = take64(in);
        int64_t at = take_past(in, r->at);
        unsigned refusal = take8(in);
        const struct outcome *last = r->outcomes_last;
        bool next = input <= r->input && (!last || (last->input < input && last->at <= at));
        if (!reader_must(in, next && refusal <= ROUTER_NOBODY && !outcome_find(r, session, client_id),
                         "the memory of commands is out of order"))
            return;
        outcome_remember(r, session, client_id, input, at, (enum router_refusal)refusal);
    }
}

static void take_router(struct reader *in, struct router *r)
{
    r->input = take64(in);
    r->at = r->end = take_past(in, ROUTER_TIME_MAX);
    r->wall = take_past(in, ROUTER_TIME_MAX);
    r->fold = take32(in);
    r->config = take64(in);
    r->epoch = take64(in);
    reader_must(in, r->fold >= 1 && r->fold <= ROUTER_FOLD_VERSION && r->config <= r->input, "its fold is unknown");
    take_rules(in, &r->rules);
    take_calendars(in, r);
    take_queues(in, r);
    for (size_t n = take_count(in, 4, 40); n && !in->why; n--)
        take_agent(in, r);
    for (size_t n = take_count(in, 8, 80); n && !in->why; n--)
        take_work(in, r);
    take_outcomes(in, r);
    take_closings(in, r);
    reader_must(in, !in->n, "something follows its end");
}

static bool restore_head(struct reader *in)
{
    struct snapshot_hash h = {0};
    const unsigned char *all = in->p;
    size_t n = in->n;
    if (n < SNAPSHOT_MAGIC_LEN + 12 || memcmp(all, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_LEN) != 0)
        return reader_fail(in, "it is not a snapshot of a router");
    in->p += n - 8;
    in->n = 8;
    uint64_t written = take64(in);
    snapshot_hash_add(&h, all, n - 8);
    if (snapshot_hash_end(&h) != written)
        return reader_fail(in, "it is damaged");
    in->p = all + SNAPSHOT_MAGIC_LEN;
    in->n = n - 8 - SNAPSHOT_MAGIC_LEN;
    return reader_must(in, take32(in) == SNAPSHOT_VERSION, "its version is unknown");
}

struct router *router_restore(const void *bytes, size_t len, const char **why)
{
    struct reader in = {.p = bytes, .n = len};
    struct router *r = NULL;
    if (restore_head(&in)) {
        r = router_new();
        take_router(&in, r);
        // what building it up marked as changed has been settled before it was written
        for (size_t i = 0; i < r->freed_n; i++)
            r->freed[i]->freed = false;
        r->freed_n = 0;
        pool_settle(r);
        if (!in.why)
            in.why = check_restored(r);
    }
    arena_free(&in.arena);
    *why = in.why;
    if (!in.why)
        return r;
    router_free(r);
    return NULL;
}
