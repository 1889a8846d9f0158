// SPDX-License-Identifier: Apache-2.0
// Effects of the fold become updates of the desks that they concern. A table says for each kind of effect who is told and by
// which function; the functions build one update for one desk. What must be read first waits in the desk's queue.
//
// Views of the router are taken inside the listener, so they show the state after the very input that the effect came from.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/core/decision.h"
#include "daemon/faces/desk.h"
#include "daemon/faces/desk_frame.h"
#include "daemon/faces/media_face.h"
#include "daemon/faces/records.h"

typedef void tell_fn(struct desk *d, const struct core_effect *ce, const char *seq);

static Throughline__V1__DeskUpdate *update_new(Throughline__V1__DeskUpdate__UpdateCase kind, const char *seq)
{
    Throughline__V1__DeskUpdate *u = xcalloc(1, sizeof *u);
    throughline__v1__desk_update__init(u);
    u->update_case = kind;
    if (*seq)
        u->seq = xstrdup(seq);
    return u;
}

static Throughline__V1__DeskUpdate update_of(Throughline__V1__DeskUpdate__UpdateCase kind, const char *seq)
{
    Throughline__V1__DeskUpdate u = THROUGHLINE__V1__DESK_UPDATE__INIT;
    u.update_case = kind;
    u.seq = (char *)seq;
    return u;
}

static char *text(const char *s)
{
    return s ? (char *)s : (char *)protobuf_c_empty_string;
}

static struct router *router_of(const struct desk *d)
{
    return core_router(d->all->face->core);
}

// The work as it stands; one that is closed is told by what the effect knows of it.
static Throughline__V1__Work *work_now(const struct desk *d, const struct router_effect *e)
{
    struct router_work_view w;
    if (router_work(router_of(d), e->work, &w))
        return desk_work(d, &w);
    Throughline__V1__Work *m = xcalloc(1, sizeof *m);
    throughline__v1__work__init(m);
    m->id = e->work;
    m->conversation = e->conversation;
    m->customer = e->customer;
    m->state = THROUGHLINE__V1__WORK_STATE__WORK_STATE_CLOSED;
    m->reason = (Throughline__V1__Reason)e->reason;
    if (e->text && *e->text)
        m->disposition = xstrdup(e->text);
    return m;
}

static void supervised_free(Throughline__V1__Supervised *m)
{
    if (m)
        throughline__v1__supervised__free_unpacked(m, NULL);
}

// ---- one function per kind ----

static void tell_outcome(struct desk *d, const struct core_effect *ce, const char *seq)
{
    (void)seq;
    if (ce->e->session_id && strcmp(ce->e->session_id, d->session) == 0)
        desk_answer(d, ce->e->client_id, ce->e->number ? ce->e->number : ce->input, ce->e->kind == ROUTER_DONE,
                    ce->e->refusal, text(ce->e->text));
}

static void tell_offer(struct desk *d, const struct core_effect *ce, const char *seq)
{
    const struct router_effect *e = ce->e;
    Throughline__V1__DeskUpdate *u = update_new(THROUGHLINE__V1__DESK_UPDATE__UPDATE_OFFER, seq);
    Throughline__V1__Offer *o = u->offer = xcalloc(1, sizeof *o);
    throughline__v1__offer__init(o);
    o->why = e->why ? decision_candidate(e->why) : NULL;
    o->reason = (Throughline__V1__Reason)e->reason;
    o->epoch = e->epoch;
    if (e->former_agent && *e->former_agent)
        o->former_agent = xstrdup(e->former_agent);
    struct desk_item *i = desk_send_later(d, u, 1);
    i->deadline = e->deadline;
    context_load(d->all, i, &o->context, e->conversation, e->customer, ce->input, desk_story_room(d), work_now(d, e));
}

static void tell_offer_ended(struct desk *d, const struct core_effect *ce, const char *seq)
{
    Throughline__V1__OfferEnded ended = THROUGHLINE__V1__OFFER_ENDED__INIT;
    ended.work = ce->e->work;
    ended.epoch = ce->e->epoch;
    ended.reason = (Throughline__V1__Reason)ce->e->reason;
    ended.supervised = decision_supervised(&ce->e->hand);
    Throughline__V1__DeskUpdate u = update_of(THROUGHLINE__V1__DESK_UPDATE__UPDATE_OFFER_ENDED, seq);
    u.offer_ended = &ended;
    desk_send(d, &u);
    supervised_free(ended.supervised);
}

static void tell_asked(struct desk *d, const struct core_effect *ce, const char *seq)
{
    const struct router_effect *e = ce->e;
    Throughline__V1__DeskUpdate *u = update_new(THROUGHLINE__V1__DESK_UPDATE__UPDATE_ASKED, seq);
    Throughline__V1__Asked *a = u->asked = xcalloc(1, sizeof *a);
    throughline__v1__asked__init(a);
    a->role = (Throughline__V1__Role)e->role;
    a->epoch = e->epoch;
    a->by = xstrdup(e->former_agent ? e->former_agent : "");
    struct desk_item *i = desk_send_later(d, u, 1);
    i->deadline = e->deadline;
    context_load(d->all, i, &a->context, e->conversation, e->customer, ce->input, desk_story_room(d), work_now(d, e));
}

// Who came unasked does not know the story yet.
static void tell_joined(struct desk *d, const struct core_effect *ce, const char *seq)
{
    const struct router_effect *e = ce->e;
    Throughline__V1__DeskUpdate *u = update_new(THROUGHLINE__V1__DESK_UPDATE__UPDATE_JOINED, seq);
    Throughline__V1__Joined *j = u->joined = xcalloc(1, sizeof *j);
    throughline__v1__joined__init(j);
    j->work = work_now(d, e);
    j->role = (Throughline__V1__Role)e->role;
    j->supervised = decision_supervised(&e->hand);
    if (e->reason == ROUTER_SUPERVISED) {
        struct desk_item *i = desk_send_later(d, u, 1);
        context_load(d->all, i, &j->context, e->conversation, e->customer, ce->input, desk_story_room(d),
                     work_now(d, e));
        return;
    }
    desk_send(d, u);
    throughline__v1__desk_update__free_unpacked(u, NULL);
}

static void tell_parted(struct desk *d, const struct core_effect *ce, const char *seq)
{
    Throughline__V1__Parted parted = THROUGHLINE__V1__PARTED__INIT;
    parted.work = ce->e->work;
    parted.conversation = ce->e->conversation;
    parted.epoch = ce->e->epoch;
    parted.reason = (Throughline__V1__Reason)ce->e->reason;
    parted.role = (Throughline__V1__Role)ce->e->role;
    Throughline__V1__DeskUpdate u = update_of(THROUGHLINE__V1__DESK_UPDATE__UPDATE_PARTED, seq);
    u.parted = &parted;
    desk_send(d, &u);
}

static void tell_assigned(struct desk *d, const struct core_effect *ce, const char *seq)
{
    const struct router_effect *e = ce->e;
    bool has_context = e->reason == ROUTER_ACCEPTED || e->reason == ROUTER_CUSTOMER_BACK;
    Throughline__V1__DeskUpdate *u = update_new(THROUGHLINE__V1__DESK_UPDATE__UPDATE_ASSIGNED, seq);
    Throughline__V1__Assigned *a = u->assigned = xcalloc(1, sizeof *a);
    throughline__v1__assigned__init(a);
    a->work = work_now(d, e);
    a->supervised = decision_supervised(&e->hand);
    if (has_context) {
        desk_send(d, u);
        throughline__v1__desk_update__free_unpacked(u, NULL);
        return;
    }
    struct desk_item *i = desk_send_later(d, u, 1);
    context_load(d->all, i, &a->context, e->conversation, e->customer, ce->input, desk_story_room(d), work_now(d, e));
}

static void tell_unassigned(struct desk *d, const struct core_effect *ce, const char *seq)
{
    Throughline__V1__Unassigned un = THROUGHLINE__V1__UNASSIGNED__INIT;
    un.work = ce->e->work;
    un.conversation = ce->e->conversation;
    un.reason = (Throughline__V1__Reason)ce->e->reason;
    un.informed = ce->e->informed;
    un.supervised = decision_supervised(&ce->e->hand);
    Throughline__V1__DeskUpdate u = update_of(THROUGHLINE__V1__DESK_UPDATE__UPDATE_UNASSIGNED, seq);
    u.unassigned = &un;
    desk_send(d, &u);
    supervised_free(un.supervised);
}

static void tell_work(struct desk *d, const struct core_effect *ce, const char *seq)
{
    if (ce->e->role == ROUTER_ROLE_LISTENING && !desk_sees_listening(d))
        return; // nothing else has changed
    Throughline__V1__DeskUpdate u = update_of(THROUGHLINE__V1__DESK_UPDATE__UPDATE_WORK, seq);
    u.work = work_now(d, ce->e);
    desk_send(d, &u);
    throughline__v1__work__free_unpacked(u.work, NULL);
}

static void tell_entry(struct desk *d, const struct core_effect *ce, const char *seq)
{
    const struct router_effect *e = ce->e;
    if (ce->entry && ws_protocol(d->ws) == WS_PROTO) {
        uint8_t *frame = xcalloc(1, DESK_FRAME_ENTRY_MAX(strlen(seq), ce->entry_len));
        desk_send_frame(d, frame, desk_frame_entry(frame, seq, e->conversation, e->number, ce->entry, ce->entry_len));
        return;
    }
    Throughline__V1__DeskUpdate *u = update_new(THROUGHLINE__V1__DESK_UPDATE__UPDATE_ENTRY, seq);
    u->entry = xcalloc(1, sizeof *u->entry);
    throughline__v1__entry_added__init(u->entry);
    u->entry->conversation = e->conversation;
    if (!ce->entry) {
        entry_load(d->all, desk_send_later(d, u, 1), e->conversation, e->number);
        return;
    }
    u->entry->entry =
        media_entry(d->all->face, &(struct store_bytes){.number = e->number, .p = ce->entry, .len = ce->entry_len});
    desk_send(d, u);
    throughline__v1__desk_update__free_unpacked(u, NULL);
}

static void tell_delivery(struct desk *d, const struct core_effect *ce, const char *seq)
{
    Throughline__V1__DeliveryChanged c = THROUGHLINE__V1__DELIVERY_CHANGED__INIT;
    c.conversation = ce->e->conversation;
    c.entry = ce->e->number;
    c.state = (Throughline__V1__DeliveryState)ce->e->state;
    c.delivery = text(ce->e->text);
    c.reason = text(ce->detail);
    Throughline__V1__DeskUpdate u = update_of(THROUGHLINE__V1__DESK_UPDATE__UPDATE_DELIVERY, seq);
    u.delivery = &c;
    desk_send(d, &u);
}

static void tell_presence(struct desk *d, const struct core_effect *ce, const char *seq)
{
    struct router_agent_view a;
    if (!router_agent(router_of(d), ce->e->agent, &a))
        return;
    Throughline__V1__DeskUpdate u = update_of(THROUGHLINE__V1__DESK_UPDATE__UPDATE_PRESENCE, seq);
    u.presence = core_agent_message(&a);
    u.presence->supervised = decision_supervised(&ce->e->hand);
    desk_send(d, &u);
    throughline__v1__agent_status__free_unpacked(u.presence, NULL);
}

static void tell_customer(struct desk *d, const struct core_effect *ce, const char *seq)
{
    Throughline__V1__DeskUpdate *u = update_new(THROUGHLINE__V1__DESK_UPDATE__UPDATE_CUSTOMER, seq);
    customer_load(d->all, desk_send_later(d, u, 1), ce->e->customer);
}

// A last word on the conversation; unnumbered, for the work's own update says the same to those who resume.
static void tell_closed(struct desk *d, const struct core_effect *ce, const char *seq)
{
    (void)seq;
    Throughline__V1__Conversation c = THROUGHLINE__V1__CONVERSATION__INIT;
    c.id = ce->e->conversation;
    c.customer = ce->e->customer;
    c.closed = true;
    c.resolved = ce->e->resolved;
    c.disposition = text(ce->e->text);
    c.agent = text(ce->e->agent);
    Throughline__V1__DeskUpdate u = update_of(THROUGHLINE__V1__DESK_UPDATE__UPDATE_CONVERSATION, "");
    u.conversation = &c;
    desk_send(d, &u);
}

// A supervisor ended this very desk. Not told again to who comes back with the same session: that is another opening.
static void end_desk(struct desks *all, const struct router_effect *e)
{
    for (struct desk *d = table_get(&all->by_agent, desk_agent_hash(e->agent)), *next; d; d = next) {
        next = d->next_agent;
        if (d->state != DESK_LIVE || strcmp(d->session, e->session_id) != 0)
            continue;
        d->said_goodbye = true;
        desk_fail(d, WS_POLICY, "logged_out", "", "a supervisor has logged you out");
        return;
    }
}

// ---- who is told ----

enum audience { TO_NOBODY, TO_AGENT, TO_SESSION, TO_HOLDERS };

static const struct {
    enum audience to;
    tell_fn *tell;
} rows[] = {
    [ROUTER_DONE] = {TO_SESSION, tell_outcome},
    [ROUTER_REFUSED] = {TO_SESSION, tell_outcome},
    [ROUTER_OFFER] = {TO_AGENT, tell_offer},
    [ROUTER_OFFER_ENDED] = {TO_AGENT, tell_offer_ended},
    [ROUTER_ASSIGN] = {TO_AGENT, tell_assigned},
    [ROUTER_UNASSIGN] = {TO_AGENT, tell_unassigned},
    [ROUTER_WORK] = {TO_HOLDERS, tell_work},
    [ROUTER_ENTRY] = {TO_AGENT, tell_entry},
    [ROUTER_DELIVERY_NEWS] = {TO_AGENT, tell_delivery},
    [ROUTER_PRESENCE] = {TO_AGENT, tell_presence},
    [ROUTER_CUSTOMER] = {TO_AGENT, tell_customer},
    [ROUTER_CONVERSATION_CLOSED] = {TO_AGENT, tell_closed},
    [ROUTER_PARTICIPANT_ASKED] = {TO_AGENT, tell_asked},
    [ROUTER_PARTICIPANT_JOINED] = {TO_AGENT, tell_joined},
    [ROUTER_PARTICIPANT_ENDED] = {TO_AGENT, tell_parted},
};

static void tell_agent(struct desks *all, const char *agent, const struct core_effect *ce, tell_fn *tell)
{
    char seq[96];
    if (!agent || !*agent)
        return;
    struct desk *d = table_get(&all->by_agent, desk_agent_hash(agent));
    if (!d)
        return;
    core_seq(all->face->core, ce->input, ce->index, seq);
    for (struct desk *next; d; d = next) {
        next = d->next_agent;
        if (d->state == DESK_LIVE && strcmp(d->agent, agent) == 0)
            tell(d, ce, seq);
    }
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

void desks_effect(void *ctx, const struct core_effect *ce)
{
    struct desks *all = ctx;
    const struct router_effect *e = ce->e;
    if (ce->live && e->kind == ROUTER_DESK_ENDED)
        end_desk(all, e);
    if (!ce->live || !all->by_agent.count || (size_t)e->kind >= sizeof rows / sizeof *rows || !rows[e->kind].tell)
        return;
    const char *agent = e->agent;
    if (rows[e->kind].to == TO_SESSION &&
        (!e->session_id || !router_session_agent(core_router(all->face->core), e->session_id, &agent)))
        return;
    tell_agent(all, agent, ce, rows[e->kind].tell);
    if (rows[e->kind].to != TO_HOLDERS)
        return;
    struct router_offer_view o;
    for (size_t i = 1; router_offer_at(core_router(all->face->core), e->work, i, &o); i++) // the first is `agent`
        if (!same(o.agent, e->former_agent))
            tell_agent(all, o.agent, ce, rows[e->kind].tell);
    if (!same(agent, e->former_agent))
        tell_agent(all, e->former_agent, ce, rows[e->kind].tell);
    struct router_work_view w;
    if (!router_work(core_router(all->face->core), e->work, &w))
        return;
    for (size_t i = 0; i < w.participants_n; i++)
        if (!same(w.participants[i].agent, e->former_agent))
            tell_agent(all, w.participants[i].agent, ce, rows[e->kind].tell);
}

void desk_replayed(void *ctx, const struct core_effect *ce)
{
    struct desk *d = ctx;
    char seq[96];
    if ((size_t)ce->e->kind >= sizeof rows / sizeof *rows || !rows[ce->e->kind].tell)
        return;
    core_seq(d->all->face->core, ce->input, ce->index, seq);
    rows[ce->e->kind].tell(d, ce, seq);
}
