// SPDX-License-Identifier: Apache-2.0
//
// The twin's inputs: what customers, desks, commands and configurations do. It assumes well-formed inputs, but for what a
// command may get wrong; malformed ones are the fuzzer's business.

#include "twin.h"

#include <stdlib.h>
#include <string.h>

#define BIT(n) (1u << (unsigned)(n))

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void implicit_queue(struct twin *t)
{
    t->queues_n = 1;
    t->queues[0] = (struct twin_queue){.name = "default",
                                       .implicit = true,
                                       .priority = 5,
                                       .weight = 1000,
                                       .target_ms = 60000,
                                       .offer_to = 1,
                                       .callback_retry_ms = 900000,
                                       .callback_attempts = 3,
                                       .callback_dial_ms = 60000,
                                       .offer_ms = 30000,
                                       .wrap_up_ms = 30000,
                                       .voicemail_wait_ms = 600000};
}

void twin_init(struct twin *t)
{
    memset(t, 0, offsetof(struct twin, events));
    t->rules = (struct router_config){.grace_ms = 3600000,
                                      .timeouts_to_away = 3,
                                      .decline_pause_ms = 60000,
                                      .decline_max = 3,
                                      .extend_max = 2,
                                      .learn_ms = 604800000};
    for (size_t i = ROUTER_CHAT; i < ROUTER_CHANNELS; i++)
        t->rules.channels[i] = (struct router_channel_rules){.units = 1, .idle_ms = 86400000};
    t->rules.channels[ROUTER_CHAT].idle_ms = 600000;
    t->rules.channels[ROUTER_EMAIL].idle_ms = 604800000;
    t->rules.channels[ROUTER_VOICE].idle_ms = 0;
    t->rules.channels[ROUTER_CHAT].lost_ms = 30000;
    t->rules.channels[ROUTER_SMS].lost_ms = 120000;
    t->rules.channels[ROUTER_VOICE].lost_ms = 60000;
    implicit_queue(t);
}

// ---- customers ----

static struct twin_work *open_work(struct twin *t, uint64_t conversation)
{
    for (size_t i = 0; i < t->works_n; i++) {
        if (t->works[i].conversation == conversation && t->works[i].state != ROUTER_CLOSED)
            return &t->works[i];
    }
    return NULL;
}

static bool is_session(const struct twin_session *s, const struct router_happened *h, bool renew)
{
    if (s->channel != h->channel || !same(s->account, h->account) || !same(s->handle, h->handle))
        return false;
    return same(h->call, "") || same(s->call, "") || (renew && !s->live) ||
           (h->kind == ROUTER_CALL_STARTED && *s->callback);
}

static struct twin_session *place(struct twin_work *w, const struct router_happened *h, bool renew)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (!same(h->call, "") && w->sessions[i].channel == h->channel && same(w->sessions[i].call, h->call))
            return &w->sessions[i];
    }
    for (size_t i = w->sessions_n; i > 0; i--) {
        if (is_session(&w->sessions[i - 1], h, renew))
            return &w->sessions[i - 1];
    }
    return NULL;
}

static int keep_rank(const struct twin_session *s)
{
    return (s->live ? 1 : 0) + (s->connected || *s->callback ? 1 : 0);
}

static struct twin_session *add_session(struct twin *t, struct twin_work *w)
{
    if (w->sessions_n == ROUTER_SESSIONS_MAX) {
        struct twin_session *out = &w->sessions[0];
        for (size_t i = 1; i < w->sessions_n; i++) {
            struct twin_session *s = &w->sessions[i];
            if (keep_rank(s) < keep_rank(out) || (keep_rank(s) == keep_rank(out) && s->last_word < out->last_word))
                out = s;
        }
        twin_call_off(t, w, out);
        if (out->connected) {
            struct twin_event *e = twin_tell(t, ROUTER_DISCONNECT, w, w->agent, w->reason);
            e->channel = out->channel;
            twin_name(e->handle, out->handle);
            twin_name(e->call, out->call);
            twin_call_of_participants(t, ROUTER_DISCONNECT, w, out);
        }
        for (; out < &w->sessions[w->sessions_n - 1]; out++)
            *out = out[1];
        w->sessions_n--;
    }
    struct twin_session *s = &w->sessions[w->sessions_n++];
    memset(s, 0, sizeof *s);
    return s;
}

// True when a session lives that did not before.
static bool speaks(struct twin *t, struct twin_work *w, const struct router_happened *h)
{
    struct twin_session *s = place(w, h, true);
    if (!s) {
        s = add_session(t, w);
        s->channel = h->channel;
        twin_name(s->account, h->account);
        twin_name(s->handle, h->handle);
    }
    bool woke = !s->live && !twin_is_recording(h);
    if (!same(h->call, ""))
        twin_name(s->call, h->call);
    if (twin_is_recording(h) && !s->connected && !w->left_words)
        w->left_words = w->changed = true;
    if (!twin_is_recording(h))
        s->live = true, s->at_voicemail = false;
    s->simulated = h->simulated;
    s->last_word = t->now;
    if (woke || w->channel_now != h->channel)
        w->changed = true;
    w->channel_now = h->channel;
    woke |= h->kind == ROUTER_CALL_STARTED && twin_call_begins(t, w, s);
    if (!same(h->language, ""))
        twin_name(w->language, h->language);
    if (!same(h->intent, ""))
        twin_name(w->intent, h->intent);
    twin_attributes_heard(w, h);
    return woke;
}

static void open_new(struct twin *t, const struct router_happened *h)
{
    if (t->works_n == TWIN_WORKS)
        abort();
    struct twin_work *w = &t->works[t->works_n++];
    memset(w, 0, sizeof *w);
    w->id = t->input;
    w->conversation = h->conversation;
    w->customer = h->customer;
    w->own_priority = h->priority > 9 ? 9 : h->priority;
    w->since = t->now;
    twin_name(w->last_agent, h->last_agent);
    speaks(t, w, h);
    twin_name(w->queue, twin_enter(t, w)->name);
    twin_asks(t, w);
    twin_learn_again(t, w);
    twin_move(t, w, ROUTER_QUEUED, "", h->reopened ? ROUTER_REOPENED : ROUTER_NEW);
}

static bool can_go_on(struct twin *t, const struct twin_work *w, const char *agent, bool woke, uint32_t before,
                      uint32_t places)
{
    const struct twin_agent *a = twin_agent(t, agent);
    if (woke && a->channels && !(a->channels & BIT(w->channel_now)))
        return false;
    if (woke && w->channel_now == ROUTER_VOICE && a->presence == ROUTER_LOST)
        return false;
    uint32_t after = twin_weight(t, w, w->state == ROUTER_WRAP_UP ? ROUTER_ASSIGNED : w->state);
    uint32_t more = twin_places(w, w->state == ROUTER_WRAP_UP ? ROUTER_ASSIGNED : w->state) & ~places;
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        uint32_t own = twin_places(w, w->state) >> c & 1, max = t->rules.channels[c].max;
        if (more & BIT(c) && max && twin_on_channel(t, a->id, c) - own >= max)
            return false;
    }
    uint32_t now = twin_places(w, w->state == ROUTER_WRAP_UP ? ROUTER_ASSIGNED : w->state);
    return after <= before || twin_has_room(t, a, now, after, w->id);
}

static void back(struct twin *t, struct twin_work *w)
{
    const struct twin_agent *a = twin_agent(t, w->agent);
    twin_name(w->disposition, "");
    bool here = a->presence != ROUTER_OFFLINE && a->presence != ROUTER_LOST;
    twin_learn_again(t, w);
    if (here && can_go_on(t, w, a->id, true, w->frozen, w->frozen_places)) {
        twin_move(t, w, ROUTER_ASSIGNED, w->agent, ROUTER_CUSTOMER_BACK);
        twin_tell(t, ROUTER_ASSIGN, w, w->agent, ROUTER_CUSTOMER_BACK);
        twin_connect(t, w);
    } else {
        w->since = t->now;
        w->foreseen = false;
        twin_requeue(t, w, ROUTER_CUSTOMER_BACK, false);
    }
}

static void ask_each(struct twin *t, struct twin_work *w, bool woke, uint32_t before, uint32_t places)
{
    char all[ROUTER_OFFERS_MAX][TWIN_NAME];
    size_t n = w->offers_n;
    for (size_t i = 0; i < n; i++)
        twin_name(all[i], w->offers[i].agent);
    for (size_t i = 0; i < n; i++) {
        if (!can_go_on(t, w, all[i], woke, before, places))
            twin_end_offer(t, w, all[i], ROUTER_CHANNEL_SWITCH);
    }
}

static void contact(struct twin *t, struct twin_work *w, const struct router_happened *h)
{
    uint32_t before = twin_charge(t, w), places = twin_places(w, w->state);
    uint32_t given = w->given, given_places = w->given_places;
    enum router_channel channel = w->channel_now;
    w->changed |= given_places != 0;
    twin_estimate_given_ends(t, w);
    w->given = w->given_places = 0;
    w->give_back = 0;
    w->answered = 0;
    w->warned = false;
    bool called_back = twin_to_call(w);
    bool woke = speaks(t, w, h);
    w->changed |= twin_charge(t, w) != before; // a session that weighed had to make room for one that does not
    twin_asks(t, w);
    twin_watch(t, w);
    if (given_places && !(twin_places(w, w->state) & ~given_places) && twin_charge(t, w) <= given) {
        before = given;
        places = given_places;
    }
    if (w->state == ROUTER_WRAP_UP)
        back(t, w);
    else if (w->state == ROUTER_SNOOZED)
        twin_wake(t, w, ROUTER_CUSTOMER_BACK, called_back);
    else if (w->state == ROUTER_RECORDING)
        twin_voicemail_contact(t, w, h);
    else if (w->state == ROUTER_QUEUED && woke && h->channel == ROUTER_VOICE)
        twin_newly(w);
    else if (w->state == ROUTER_OFFERED)
        ask_each(t, w, woke, before, places);
    else if (w->state == ROUTER_ASSIGNED && !can_go_on(t, w, w->agent, woke, before, places))
        twin_requeue(t, w, ROUTER_CHANNEL_SWITCH, true);
    else if (w->state == ROUTER_ASSIGNED)
        twin_connect(t, w);
    if (w->channel_now != channel && (w->state == ROUTER_QUEUED || w->state == ROUTER_OFFERED))
        twin_hold(t, w);
}

static void hang_up(struct twin *t, struct twin_work *w, const struct router_happened *h)
{
    struct twin_session *s = place(w, h, false);
    if (s)
        twin_rather_called(t, w, s, h);
    if (!s || twin_call_over(t, w, s, h))
        return;
    s->live = s->connected = s->at_voicemail = false;
    w->changed = true;
    if (w->state == ROUTER_RECORDING && h->kind == ROUTER_CALL_ENDED)
        w->recorded = t->now + twin_queue(t, w->queue)->voicemail_wait_ms;
    bool live = w->left_words;
    for (size_t i = 0; i < w->sessions_n; i++)
        live |= w->sessions[i].live;
    if (live || (w->state != ROUTER_QUEUED && w->state != ROUTER_OFFERED))
        return;
    twin_end_offers(t, w, ROUTER_ABANDONED);
    twin_close(t, w, ROUTER_ABANDONED);
}

static void tell_concerned(struct twin *t, const struct twin_work *w, enum router_effect_kind kind, uint64_t number,
                           uint32_t state)
{
    if (!same(w->agent, "")) {
        struct twin_event *e = twin_tell(t, kind, w, w->agent, ROUTER_REASON_NONE);
        e->number = number;
        e->state = state;
    }
    for (size_t i = 0; i < w->offers_n; i++) {
        struct twin_event *e = twin_tell(t, kind, w, w->offers[i].agent, ROUTER_REASON_NONE);
        e->number = number;
        e->state = state;
    }
    if (!same(w->informed, "") && !twin_at_hand(w, w->informed)) {
        struct twin_event *e = twin_tell(t, kind, w, w->informed, ROUTER_REASON_NONE);
        e->number = number;
        e->state = state;
        e->informed = true;
    }
    for (size_t i = 0; i < w->participants_n; i++) {
        if (same(w->participants[i].agent, w->informed))
            continue;
        struct twin_event *e = twin_tell(t, kind, w, w->participants[i].agent, ROUTER_REASON_NONE);
        e->number = number;
        e->state = state;
        e->role = w->participants[i].role;
    }
}

static void happened(struct twin *t, const struct router_input *in)
{
    const struct router_happened *h = &in->happened;
    struct twin_work *w = open_work(t, h->conversation);
    bool own = !h->participant && (h->kind == ROUTER_WORDS || h->kind == ROUTER_CALL_STARTED);
    if (own && w)
        contact(t, w, h);
    else if (own)
        open_new(t, h);
    else if (w && (h->kind == ROUTER_CALL_ENDED || h->kind == ROUTER_CHAT_CLOSED))
        hang_up(t, w, h);
    w = open_work(t, h->conversation);
    if (w && in->has_entry)
        tell_concerned(t, w, ROUTER_ENTRY, t->input, 0);
}

// ---- desks ----

static struct twin_desk *find_desk(struct twin *t, const char *id)
{
    for (size_t i = 0; i < t->desks_n; i++) {
        if (same(t->desks[i].id, id))
            return &t->desks[i];
    }
    return NULL;
}

static size_t desks_of(const struct twin *t, const char *agent)
{
    size_t n = 0;
    for (size_t i = 0; i < t->desks_n; i++)
        n += same(t->desks[i].agent, agent) ? 1 : 0;
    return n;
}

static void drop_desk(struct twin *t, size_t i)
{
    memmove(&t->desks[i], &t->desks[i + 1], (t->desks_n - i - 1) * sizeof t->desks[0]);
    t->desks_n--;
}

static void lost(struct twin *t, size_t i)
{
    struct twin_agent *a = twin_agent(t, t->desks[i].agent);
    drop_desk(t, i);
    if (desks_of(t, a->id))
        return;
    twin_presence(t, a, ROUTER_LOST, ROUTER_DESK_LOST);
}

void twin_drop_desks(struct twin *t, const char *agent, bool told)
{
    for (size_t i = 0; i < t->desks_n;) {
        if (!same(t->desks[i].agent, agent)) {
            i++;
            continue;
        }
        if (told)
            twin_tell(t, ROUTER_DESK_ENDED, NULL, agent, ROUTER_SUPERVISED);
        drop_desk(t, i);
    }
}

void twin_refuse(struct twin *t, enum router_refusal why)
{
    struct twin_event *e = twin_tell(t, ROUTER_REFUSED, NULL, "", ROUTER_REASON_NONE);
    e->refusal = why;
    e->number = t->input;
}

static void opened(struct twin *t, const char *session, const char *agent, const char *boot)
{
    struct twin_agent *a = twin_agent(t, agent);
    struct twin_desk *d = find_desk(t, session);
    if (!a || (d && !same(d->agent, agent))) {
        twin_refuse(t, a ? ROUTER_UNKNOWN_SESSION : ROUTER_UNKNOWN_AGENT);
        twin_name(t->events[t->events_n - 1].agent, agent);
        return;
    }
    if (!d)
        d = &t->desks[t->desks_n++];
    twin_name(d->id, session);
    twin_name(d->agent, agent);
    twin_name(d->boot, boot);
    if (a->presence == ROUTER_OFFLINE)
        twin_presence(t, a, ROUTER_AWAY, ROUTER_REASON_NONE);
    if (a->presence == ROUTER_LOST)
        twin_presence(t, a, a->before, ROUTER_REASON_NONE);
}

static void closed(struct twin *t, const char *session, const char *boot, bool logout)
{
    struct twin_desk *d = find_desk(t, session);
    if (!d || (boot && *boot && !same(d->boot, boot)))
        return;
    struct twin_agent *a = twin_agent(t, d->agent);
    if (!logout) {
        lost(t, (size_t)(d - t->desks));
        return;
    }
    drop_desk(t, (size_t)(d - t->desks));
    if (!desks_of(t, a->id))
        twin_presence(t, a, ROUTER_OFFLINE, ROUTER_WENT_AWAY);
}

static void node_lost(struct twin *t, const char *boot)
{
    for (size_t a = 0; a < t->agents_n; a++) {
        for (size_t i = 0; i < t->desks_n;) {
            if (same(t->desks[i].agent, t->agents[a].id) && same(t->desks[i].boot, boot))
                lost(t, i);
            else
                i++;
        }
    }
}

// ---- commands ----

static enum router_refusal offered(const struct router_command *c, const struct twin_work *w)
{
    if (!w)
        return ROUTER_UNKNOWN_WORK;
    for (size_t i = 0; i < w->offers_n; i++) {
        if (w->offers[i].epoch == c->epoch)
            return same(w->offers[i].agent, c->agent) ? ROUTER_REFUSAL_NONE : ROUTER_NOT_YOURS;
    }
    return ROUTER_OFFER_PAST;
}

static enum router_refusal mine(const struct router_command *c, const struct twin_work *w, enum router_work_state s)
{
    if (!w)
        return ROUTER_UNKNOWN_WORK;
    if (!twin_at_hand(w, c->agent))
        return ROUTER_NOT_YOURS;
    return w->state == s ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
}

// The session that an agent's words go to; NULL = none yet.
static struct twin_session *sending_to(struct twin_work *w, const struct router_command *c)
{
    struct twin_session *best = NULL;
    bool exact = c->channel && *c->handle;
    for (size_t i = 0; i < w->sessions_n; i++) {
        struct twin_session *s = &w->sessions[i];
        enum router_channel wish = c->channel ? c->channel : w->channel_now;
        bool fits = s->channel == wish;
        if (!c->channel && w->channel_now == ROUTER_VOICE)
            fits = s->channel != ROUTER_VOICE;
        if (exact)
            fits = fits && same(s->handle, c->handle) && (same(c->account, "") || same(s->account, c->account));
        if (fits && (!best || exact || s->last_word >= best->last_word))
            best = s;
    }
    return best;
}

static enum router_refusal may_send(struct twin_work *w, const struct router_command *c)
{
    const struct twin_session *s = sending_to(w, c);
    size_t live = 0;
    for (size_t i = 0; i < w->sessions_n; i++)
        live += w->sessions[i].live ? 1 : 0;
    if (s)
        return s->channel == ROUTER_VOICE && !s->live ? ROUTER_NO_CHANNEL : ROUTER_REFUSAL_NONE;
    if (c->channel == ROUTER_CHANNEL_NONE || c->channel == ROUTER_VOICE || same(c->account, "") || same(c->handle, ""))
        return ROUTER_NO_CHANNEL;
    return live == ROUTER_SESSIONS_MAX ? ROUTER_FULL : ROUTER_REFUSAL_NONE;
}

static enum router_refusal may_transfer(struct twin *t, const struct router_command *c, const struct twin_work *w)
{
    enum router_refusal why = mine(c, w, ROUTER_ASSIGNED);
    if (why)
        return why;
    if (c->act == ROUTER_ACT_TRANSFER_TEAM) {
        for (size_t i = 0; i < t->agents_n; i++) {
            if (same(t->agents[i].team, c->to))
                return ROUTER_REFUSAL_NONE;
        }
        return ROUTER_UNKNOWN_TEAM;
    }
    if (c->act == ROUTER_ACT_TRANSFER_QUEUE)
        return twin_queue(t, c->to) ? ROUTER_REFUSAL_NONE : ROUTER_UNKNOWN_QUEUE;
    if (!twin_agent(t, c->to))
        return ROUTER_UNKNOWN_AGENT;
    return same(c->to, c->agent) ? ROUTER_INVALID : ROUTER_REFUSAL_NONE;
}

static bool disposes(struct twin *t, const struct twin_work *w, const char *word)
{
    const struct twin_queue *q = twin_queue(t, w->queue);
    bool listed = q->dispositions_n == 0;
    for (size_t i = 0; i < q->dispositions_n; i++)
        listed |= same(q->dispositions[i], word);
    return same(word, "") ? !q->disposition_required : listed;
}

static enum router_refusal may(struct twin *t, const struct router_command *c, struct twin_work **w)
{
    const struct twin_desk *d = find_desk(t, c->session);
    bool talk = c->act == ROUTER_ACT_SEND || c->act == ROUTER_ACT_NOTE;
    *w = talk ? open_work(t, c->conversation) : twin_work(t, c->work);
    if (!d || !same(d->agent, c->agent))
        return ROUTER_UNKNOWN_SESSION;
    if (c->act == ROUTER_ACT_PRESENCE) {
        bool focus = c->presence == ROUTER_FOCUS && t->rules.focus_ms > 0;
        bool may =
            focus || c->presence == ROUTER_AVAILABLE || c->presence == ROUTER_AWAY || c->presence == ROUTER_DRAINING;
        return may ? ROUTER_REFUSAL_NONE : ROUTER_INVALID;
    }
    if (c->act == ROUTER_ACT_ACCEPT || c->act == ROUTER_ACT_DECLINE)
        return offered(c, *w);
    if (c->act == ROUTER_ACT_TRANSFER_QUEUE || c->act == ROUTER_ACT_TRANSFER_AGENT ||
        c->act == ROUTER_ACT_TRANSFER_TEAM)
        return may_transfer(t, c, *w);
    if (c->act >= ROUTER_ACT_CONSULT && c->act <= ROUTER_ACT_HAND_OVER)
        return twin_may_take_part(t, c, *w);
    if (c->act == ROUTER_ACT_SNOOZE || c->act == ROUTER_ACT_WAKE)
        return twin_may_snooze(t, c, *w);
    if (c->act == ROUTER_ACT_CLOSE || c->act == ROUTER_ACT_DISPOSITION) {
        enum router_refusal why = mine(c, *w, c->act == ROUTER_ACT_CLOSE ? ROUTER_ASSIGNED : ROUTER_WRAP_UP);
        return !why && !disposes(t, *w, c->text) ? ROUTER_NO_DISPOSITION : why;
    }
    if (c->act == ROUTER_ACT_EXTEND) {
        enum router_refusal why = mine(c, *w, *w && (*w)->state == ROUTER_OFFERED ? ROUTER_OFFERED : ROUTER_WRAP_UP);
        if (why)
            return why;
        const struct twin_offer *o = twin_offer_to(*w, c->agent);
        return (o ? o->extended : (*w)->extended) < t->rules.extend_max ? ROUTER_REFUSAL_NONE : ROUTER_FULL;
    }
    if (c->act == ROUTER_ACT_WRAP_UP_DONE)
        return mine(c, *w, ROUTER_WRAP_UP);
    const struct twin_participant *p = *w ? twin_participant(*w, c->agent) : NULL;
    bool speaks = p && p->joined && p->role != ROUTER_ROLE_LISTENING;
    if (speaks && (c->act == ROUTER_ACT_NOTE || p->role == ROUTER_ROLE_INVITED))
        return c->act == ROUTER_ACT_SEND ? may_send(*w, c) : ROUTER_REFUSAL_NONE;
    if (!*w || !same((*w)->agent, c->agent) || ((*w)->state != ROUTER_ASSIGNED && (*w)->state != ROUTER_WRAP_UP))
        return ROUTER_NOT_YOURS;
    return c->act == ROUTER_ACT_SEND ? may_send(*w, c) : ROUTER_REFUSAL_NONE;
}

static void send_words(struct twin *t, struct twin_work *w, const struct router_command *c)
{
    struct twin_session *s = sending_to(w, c);
    if (!s) {
        s = add_session(t, w);
        s->channel = c->channel;
        twin_name(s->account, c->account);
        twin_name(s->handle, c->handle);
        w->changed = true;
    }
    struct twin_event *e = twin_tell(t, ROUTER_DELIVER, w, c->agent, ROUTER_REASON_NONE);
    e->number = t->input;
    e->channel = s->channel;
    twin_name(e->handle, s->handle);
    twin_name(e->call, s->call);
    w->answered = w->state == ROUTER_ASSIGNED ? t->now : 0;
    w->warned = false;
}

static void pass_on(struct twin *t, struct twin_work *w, const struct router_command *c)
{
    if (c->act == ROUTER_ACT_TRANSFER_QUEUE) {
        twin_estimate_elsewhere(t, w);
        twin_name(w->queue, c->to);
        twin_watch_anew(t, w);
        twin_name(w->overflowed, "");
    } else if (c->act == ROUTER_ACT_TRANSFER_TEAM) {
        twin_name(w->team, c->to);
    } else {
        struct twin_ask *ask = twin_ask_of(w, c->to);
        if (ask)
            *ask = w->asks[--w->asks_n];
        twin_name(w->wanted, c->to);
    }
    twin_ask(t, w, c->agent, 0);
    if (same(w->last_agent, c->agent))
        twin_name(w->last_agent, "");
    twin_requeue(t, w, ROUTER_TRANSFERRED, false);
    w->prefer_former = false;
}

static void close_conversation(struct twin *t, struct twin_work *w, const struct router_command *c)
{
    twin_tell(t, ROUTER_CONVERSATION_CLOSED, w, w->agent, ROUTER_CLOSED_BY_AGENT)->resolved = c->resolved;
    twin_learn_closed(t, w, w->agent, c->resolved);
    uint32_t charge = twin_charge(t, w), places = twin_places(w, w->state);
    twin_disconnect(t, w);
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].channel == ROUTER_VOICE) {
            w->sessions[i].live = false;
            twin_name(w->sessions[i].callback, "");
        }
    }
    twin_wrap_up(t, w, ROUTER_CLOSED_BY_AGENT);
    if (w->state == ROUTER_CLOSED)
        return;
    w->frozen = charge;
    w->frozen_places = places;
    twin_name(w->disposition, c->text);
}

static void extend(struct twin *t, struct twin_work *w, const char *agent)
{
    const struct twin_queue *q = twin_queue(t, w->queue);
    uint32_t of_channel = t->rules.channels[w->channel_now].offer_ms;
    uint32_t offer_ms = of_channel ? of_channel : q->offer_ms;
    struct twin_offer *o = twin_offer_to(w, agent);
    int64_t until = t->now + (o ? offer_ms : q->wrap_up_ms), *limit = o ? &o->limit : &w->limit;
    *limit = until > *limit ? until : *limit;
    *(o ? &o->extended : &w->extended) += 1;
    w->changed = true;
}

static void carry_out(struct twin *t, struct twin_work *w, const struct router_command *c)
{
    if (c->act == ROUTER_ACT_PRESENCE)
        twin_presence(t, twin_agent(t, c->agent), c->presence, ROUTER_REASON_NONE);
    else if (c->act == ROUTER_ACT_ACCEPT)
        twin_accept(t, w, c->agent);
    else if (c->act == ROUTER_ACT_DECLINE)
        twin_decline(t, w, c->agent);
    else if (c->act == ROUTER_ACT_SEND) {
        uint32_t ms = t->rules.channels[w->channel_now].give_back_ms;
        send_words(t, w, c);
        twin_answered(t, w);
        if (ms && w->state == ROUTER_ASSIGNED && !w->given_places)
            w->give_back = t->now + ms;
    } else if (c->act == ROUTER_ACT_CLOSE)
        close_conversation(t, w, c);
    else if (c->act == ROUTER_ACT_EXTEND)
        extend(t, w, c->agent);
    else if (c->act >= ROUTER_ACT_CONSULT && c->act <= ROUTER_ACT_HAND_OVER)
        twin_take_part(t, w, c);
    else if (c->act == ROUTER_ACT_SNOOZE)
        twin_snooze(t, w, c->until);
    else if (c->act == ROUTER_ACT_WAKE)
        twin_wake(t, w, ROUTER_WOKEN, twin_to_call(w));
    else if (c->act == ROUTER_ACT_DISPOSITION) {
        twin_tell(t, ROUTER_CONVERSATION_CLOSED, w, w->agent, ROUTER_CLOSED_BY_AGENT)->resolved = c->resolved;
        twin_learn_closed(t, w, w->agent, c->resolved);
        twin_name(w->disposition, c->text);
        w->changed = true;
    } else if (c->act == ROUTER_ACT_WRAP_UP_DONE)
        twin_close(t, w, ROUTER_WRAPPED_UP);
    else if (c->act == ROUTER_ACT_TRANSFER_QUEUE || c->act == ROUTER_ACT_TRANSFER_AGENT ||
             c->act == ROUTER_ACT_TRANSFER_TEAM)
        pass_on(t, w, c);
}

static void answer(struct twin *t, const struct router_input *in, enum router_refusal why, uint64_t number)
{
    const struct router_command *c = &in->command;
    enum router_effect_kind kind = why ? ROUTER_REFUSED : ROUTER_DONE;
    struct twin_event *e = twin_tell(t, kind, NULL, c->agent, ROUTER_REASON_NONE);
    e->refusal = why;
    e->number = number;
    bool talk = c->act == ROUTER_ACT_SEND || c->act == ROUTER_ACT_NOTE;
    if (in->has_entry && talk && (why || number != t->input))
        twin_tell(t, ROUTER_ENTRY_REFUSED, NULL, "", ROUTER_REASON_NONE)->number = t->input;
}

static void command(struct twin *t, const struct router_input *in)
{
    const struct router_command *c = &in->command;
    struct twin_work *w;
    for (size_t i = 0; i < t->commands_n; i++) {
        const struct twin_command *before = &t->commands[i];
        if (same(before->session, c->session) && same(before->client_id, c->client_id)) {
            answer(t, in, before->refusal, before->input);
            return;
        }
    }
    if (t->commands_n == TWIN_COMMANDS)
        abort();
    enum router_refusal why = may(t, c, &w);
    struct twin_command *k = &t->commands[t->commands_n++];
    *k = (struct twin_command){.input = t->input, .at = t->now, .refusal = why};
    twin_name(k->session, c->session);
    twin_name(k->client_id, c->client_id);
    answer(t, in, why, t->input);
    if (why)
        return;
    carry_out(t, w, c);
    if (in->has_entry && (c->act == ROUTER_ACT_SEND || c->act == ROUTER_ACT_NOTE))
        tell_concerned(t, w, ROUTER_ENTRY, t->input, 0);
}

// ---- configuration ----

static size_t copy_skills(struct twin_skill *to, const struct router_skill *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        twin_name(to[i].name, from[i].name);
        to[i].level = from[i].level;
    }
    return n;
}

static void put_agent(struct twin *t, const struct router_agent *def)
{
    struct twin_agent *a = twin_agent(t, def->id);
    if (!a) {
        size_t at = t->agents_n++;
        for (; at > 0 && strcmp(t->agents[at - 1].id, def->id) > 0; at--)
            t->agents[at] = t->agents[at - 1];
        a = &t->agents[at];
        memset(a, 0, sizeof *a);
        twin_name(a->id, def->id);
        a->presence = a->before = ROUTER_OFFLINE;
    }
    a->from_file = def->from_file;
    a->capacity = def->capacity;
    a->channels = def->channels;
    a->bot = def->bot;
    twin_name(a->team, def->team ? def->team : "");
    for (size_t i = 0; i < TWIN_TRAITS; i++)
        twin_name(a->attributes[i], i < def->attributes_n ? def->attributes[i] : "");
    a->speed = def->speed ? def->speed : 1000;
    a->resolution = def->resolution ? def->resolution : 1000;
    a->skills_n = copy_skills(a->skills, def->skills, def->skills_n);
}

static void remove_agent(struct twin *t, const char *id)
{
    struct twin_agent *a = twin_agent(t, id);
    char gone[TWIN_NAME];
    twin_name(gone, id);
    twin_presence(t, a, ROUTER_OFFLINE, ROUTER_REMOVED);
    twin_drop_desks(t, gone, false);
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_work *w = &t->works[i];
        struct twin_ask *ask = twin_ask_of(w, gone);
        if (ask)
            *ask = w->asks[--w->asks_n];
        if (same(w->informed, gone))
            twin_name(w->informed, "");
        if (same(w->wanted, gone))
            twin_name(w->wanted, "");
    }
    size_t at = (size_t)(a - t->agents);
    memmove(a, a + 1, (t->agents_n - at - 1) * sizeof *a);
    t->agents_n--;
    twin_learn_prune(t);
}

static struct twin_queue queue_from(const struct router_queue *def)
{
    struct twin_queue q = {.from_file = def->from_file,
                           .priority = def->priority,
                           .channels = def->channels,
                           .offer_to = def->offer_to ? def->offer_to : 1,
                           .offer_ms = def->offer_ms,
                           .wrap_up_ms = def->wrap_up_ms,
                           .prefer_known_ms = def->prefer_known_ms,
                           .select = def->select,
                           .weight_speed = def->weight_speed,
                           .learn = def->learn,
                           .learn_prior = def->learn_prior ? def->learn_prior : 20,
                           .weight = def->weight ? def->weight : 1000,
                           .target_ms = def->target_ms ? def->target_ms : 60000};
    memcpy(q.mix, def->mix, sizeof q.mix);
    twin_name(q.name, def->name);
    q.requires_n = copy_skills(q.requires, def->requires, def->requires_n);
    q.prefers_n = copy_skills(q.prefers, def->prefers, def->prefers_n);
    strcpy(q.needs, def->needs ? def->needs : "");
    strcpy(q.floor, def->floor ? def->floor : "");
    for (q.steps_n = 0; q.steps_n < def->steps_n; q.steps_n++) {
        const struct router_relax *s = &def->steps[q.steps_n];
        q.steps[q.steps_n].percent = s->percent;
        q.steps[q.steps_n].after = s->percent ? (int64_t)q.target_ms * s->percent / 100 : s->after_ms;
        q.steps[q.steps_n].breach = s->breach;
        strcpy(q.steps[q.steps_n].needs, s->needs);
    }
    for (; q.slas_n < def->slas_n; q.slas_n++)
        q.slas[q.slas_n] = def->slas[q.slas_n];
    twin_name(q.sla_calendar, def->sla_calendar ? def->sla_calendar : "");
    twin_name(q.calendar, def->calendar ? def->calendar : "");
    q.when = def->when;
    twin_name(q.overflow, def->overflow ? def->overflow : "");
    q.overflow_waiting = def->overflow_waiting;
    q.overflow_ms = def->overflow_ms;
    q.tells = def->tells;
    q.promise_ms = def->promise_ms;
    q.callback_retry_ms = def->callback_retry_ms ? def->callback_retry_ms : 900000;
    twin_name(q.callback_hours, def->callback_hours ? def->callback_hours : "");
    q.callback_attempts = def->callback_attempts ? def->callback_attempts : 3;
    q.callback_dial_ms = def->callback_dial_ms ? def->callback_dial_ms : 60000;
    q.voicemail = def->voicemail;
    q.voicemail_ms = def->voicemail_ms;
    q.voicemail_wait_ms = def->voicemail_wait_ms ? def->voicemail_wait_ms : 600000;
    memcpy(q.silent, def->silent, sizeof q.silent);
    q.disposition_required = def->disposition_required;
    for (; q.dispositions_n < def->dispositions_n; q.dispositions_n++)
        twin_name(q.dispositions[q.dispositions_n], def->dispositions[q.dispositions_n]);
    twin_name(q.account, def->accounts_n ? def->accounts[0] : "");
    twin_name(q.intent, def->intents_n ? def->intents[0] : "");
    twin_name(q.language, def->languages_n ? def->languages[0] : "");
    twin_attributes_asked(&q, def);
    return q;
}

// After the queues changed: work whose queue is gone enters another. `charges`: what each work weighed before.
static void place_anew(struct twin *t, const uint32_t *charges)
{
    if (!t->queues_n)
        implicit_queue(t);
    twin_learn_prune(t);
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_work *w = &t->works[i];
        if (w->state == ROUTER_CLOSED)
            continue;
        if (!twin_queue(t, w->queue)) {
            twin_estimate_elsewhere(t, w);
            twin_name(w->queue, twin_enter(t, w)->name);
            w->foreseen = false;
            w->look = 0;
            w->entered = t->now;
            w->changed = true;
        }
        if (twin_charge(t, w) != charges[i])
            w->changed = true;
        twin_watch(t, w);
    }
    twin_estimate_prune(t);
    twin_shut_prune(t);
    twin_hours_anew(t);
}

static void weigh(struct twin *t, uint32_t *charges)
{
    for (size_t i = 0; i < t->works_n; i++)
        charges[i] = twin_charge(t, &t->works[i]);
}

// Work moves between the stand-in and a real queue even when both have one name, and is told anew.
static void change_places(struct twin *t)
{
    for (size_t i = 0; i < t->works_n; i++) {
        t->works[i].changed |= t->works[i].state != ROUTER_CLOSED;
        t->works[i].told = false;
        twin_estimate_elsewhere(t, &t->works[i]);
        t->works[i].foreseen = false;
        t->works[i].look = 0;
    }
    t->forecasts_n = 0;
}

static void apply_config(struct twin *t, const struct router_config *c)
{
    uint32_t charges[TWIN_WORKS];
    twin_tell(t, ROUTER_CONFIGURED, NULL, "", ROUTER_REASON_NONE)->number = t->input;
    weigh(t, charges);
    for (size_t i = t->agents_n; i > 0; i--) {
        bool named = false;
        for (size_t j = 0; j < c->agents_n; j++)
            named |= same(c->agents[j].id, t->agents[i - 1].id);
        if (t->agents[i - 1].from_file && !named) {
            char id[TWIN_NAME];
            twin_name(id, t->agents[i - 1].id);
            remove_agent(t, id);
        }
    }
    t->rules = *c;
    twin_calendars(t, c);
    for (size_t i = 0; i < c->agents_n; i++)
        put_agent(t, &c->agents[i]);
    struct twin_queue list[TWIN_QUEUES];
    bool implicit = t->queues[0].implicit;
    size_t n = 0;
    for (size_t i = 0; i + 1 < c->queues_n; i++)
        list[n++] = queue_from(&c->queues[i]);
    for (size_t i = 0; i < t->queues_n; i++) {
        bool named = false;
        for (size_t j = 0; j < c->queues_n; j++)
            named |= same(c->queues[j].name, t->queues[i].name);
        if (!named && !t->queues[i].from_file && !t->queues[i].implicit)
            list[n++] = t->queues[i];
    }
    if (c->queues_n)
        list[n++] = queue_from(&c->queues[c->queues_n - 1]);
    memcpy(t->queues, list, n * sizeof *list);
    t->queues_n = n;
    if (implicit != (n == 0))
        change_places(t);
    place_anew(t, charges);
}

static void put_queue(struct twin *t, const struct router_queue *def)
{
    uint32_t charges[TWIN_WORKS];
    bool implicit = t->queues[0].implicit;
    twin_tell(t, ROUTER_CONFIGURED, NULL, "", ROUTER_REASON_NONE)->number = t->input;
    weigh(t, charges);
    struct twin_queue *there = twin_queue(t, def->name);
    if (implicit) {
        t->queues[0] = queue_from(def);
    } else if (there) {
        *there = queue_from(def);
    } else {
        t->queues[t->queues_n] = t->queues[t->queues_n - 1];
        t->queues[t->queues_n++ - 1] = queue_from(def);
    }
    if (implicit)
        change_places(t);
    place_anew(t, charges);
}

static void remove_queue(struct twin *t, const char *name)
{
    uint32_t charges[TWIN_WORKS];
    struct twin_queue *q = twin_queue(t, name);
    if (!q || q->implicit) {
        twin_refuse(t, ROUTER_UNKNOWN_QUEUE);
        return;
    }
    twin_tell(t, ROUTER_CONFIGURED, NULL, "", ROUTER_REASON_NONE)->number = t->input;
    weigh(t, charges);
    size_t at = (size_t)(q - t->queues);
    memmove(q, q + 1, (t->queues_n - at - 1) * sizeof *q);
    t->queues_n--;
    if (!t->queues_n)
        change_places(t);
    place_anew(t, charges);
}

static void agent_put(struct twin *t, const struct router_agent *def)
{
    twin_tell(t, ROUTER_CONFIGURED, NULL, "", ROUTER_REASON_NONE)->number = t->input;
    put_agent(t, def);
}

static void agent_removed(struct twin *t, const char *id)
{
    if (!twin_agent(t, id)) {
        twin_refuse(t, ROUTER_UNKNOWN_AGENT);
        return;
    }
    twin_tell(t, ROUTER_CONFIGURED, NULL, "", ROUTER_REASON_NONE)->number = t->input;
    remove_agent(t, id);
}

// ---- the step ----

static void apply(struct twin *t, const struct router_input *in)
{
    struct twin_work *w;
    enum router_refusal why;
    switch (in->kind) {
    case ROUTER_IN_HAPPENED:
        happened(t, in);
        break;
    case ROUTER_IN_DESK_OPENED:
        opened(t, in->desk_opened.session, in->desk_opened.agent, in->desk_opened.boot);
        break;
    case ROUTER_IN_DESK_CLOSED:
        closed(t, in->desk_closed.session, in->desk_closed.boot, in->desk_closed.logout);
        break;
    case ROUTER_IN_NODE_LOST:
        node_lost(t, in->node_lost.boot);
        break;
    case ROUTER_IN_COMMAND:
        command(t, in);
        break;
    case ROUTER_IN_CONFIG:
        apply_config(t, &in->config);
        break;
    case ROUTER_IN_AGENT_PUT:
        agent_put(t, &in->agent_put);
        break;
    case ROUTER_IN_AGENT_REMOVED:
        agent_removed(t, in->agent_removed.id);
        break;
    case ROUTER_IN_QUEUE_PUT:
        put_queue(t, &in->queue_put);
        break;
    case ROUTER_IN_QUEUE_REMOVED:
        remove_queue(t, in->queue_removed.name);
        break;
    case ROUTER_IN_DELIVERY:
        w = open_work(t, in->delivery.conversation);
        if (w)
            tell_concerned(t, w, ROUTER_DELIVERY_NEWS, in->delivery.entry, in->delivery.state);
        if (w)
            twin_dial_reported(t, w, &in->delivery);
        if (w)
            twin_voicemail_failed(t, w, &in->delivery);
        break;
    case ROUTER_IN_CUSTOMER_CHANGED:
        for (size_t i = 0; i < t->works_n; i++) {
            w = &t->works[i];
            if (w->state != ROUTER_CLOSED &&
                (w->customer == in->customer_changed.customer || w->customer == in->customer_changed.other))
                tell_concerned(t, w, ROUTER_CUSTOMER, 0, 0);
        }
        break;
    case ROUTER_IN_CALENDAR:
        if (twin_calendar(t, in))
            twin_hours_anew(t);
        else
            twin_refuse(t, ROUTER_WRONG_STATE);
        break;
    case ROUTER_IN_SUPERVISE:
        twin_supervise(t, in);
        break;
    case ROUTER_IN_SAID:
        twin_said(t, in);
        w = open_work(t, in->said.conversation);
        if (w && in->has_entry && t->events_n && t->events[t->events_n - 1].kind == ROUTER_DELIVER)
            tell_concerned(t, w, ROUTER_ENTRY, t->input, 0);
        break;
    case ROUTER_IN_LEARNED:
        why = twin_learned(t, in);
        if (why)
            twin_refuse(t, why);
        break;
    case ROUTER_IN_TICK:
    case ROUTER_IN_FOLD:
    case ROUTER_IN_NOTHING:
        break;
    }
}

static void forget_commands(struct twin *t, int64_t at)
{
    size_t n = 0;
    for (size_t i = 0; i < t->commands_n; i++) {
        if (at - t->commands[i].at < 600000)
            t->commands[n++] = t->commands[i];
    }
    t->commands_n = n;
}

static void finish(struct twin *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_work *w = &t->works[i];
        if (w->changed || w->overheard) {
            struct twin_event *e = twin_tell(t, ROUTER_WORK, w, twin_shown(w), w->reason);
            e->state = (uint32_t)w->state;
            e->role = w->changed ? ROUTER_ROLE_NONE : ROUTER_ROLE_LISTENING;
        }
        w->changed = w->overheard = false;
        if (w->state != ROUTER_CLOSED)
            t->works[n++] = *w;
    }
    t->works_n = n;
}

void twin_step(struct twin *t, const struct router_input *in)
{
    t->events_n = 0;
    t->input = in->number;
    t->wall = in->wall;
    t->end = in->at;
    forget_commands(t, in->at);
    twin_learn_forget(t, in->at);
    twin_time(t, in->at);
    apply(t, in);
    twin_settle(t);
    finish(t);
}
