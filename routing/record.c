// SPDX-License-Identifier: Apache-2.0
//
// The record of a decision: the winner, those who came next, and how many could not for which reason. While there are no more
// agents than a record may name, it names them all; beyond, whoever wants to hear of each one asks router_explain().

#include "routing/learn.h"
#include "routing/supervise.h"

#include <stdlib.h>
#include <string.h>

static void record_lesson(struct router_candidate *c, const struct pool *p, const struct agent *a)
{
    const struct lesson *l = p->topic ? learn_lesson(a, p->topic) : NULL;
    if (p->topic)
        c->resolution = learn_estimate(p->topic, a);
    else if (p->queue->def.select == ROUTER_RESOLUTION || p->queue->def.mix[ROUTER_RESOLUTION])
        c->resolution = a->def.resolution * 1000;
    if (l) {
        c->tried = l->tried;
        c->solved = l->solved;
    }
}

// m: what came of it; NULL = only this agent is told of.
static void record_fill(struct router_candidate *c, struct arena *arena, const struct router *r, const struct work *w,
                        const struct match *m, const struct verdict *v)
{
    const struct pool *p = queue_pool(r, w);
    const struct member *member = pool_member(v->agent, p);
    *c = (struct router_candidate){
        .agent = v->agent->def.id,
        .exclusion = v->exclusion,
        .load = v->agent->load,
        .capacity = v->agent->def.capacity,
        .cost = match_cost(r, w),
        .idle_ms = v->idle_ms,
        .surplus = member ? member->surplus : 0,
        .score = v->score,
        .known = v->known < 2,
    };
    record_lesson(c, p, v->agent);
    if (m)
        would_tell(arena, r, w, &r->ranking, m, v, c);
    if (v->exclusion == ROUTER_EX_OCCUPIED)
        c->occupied = room_why(r, v->agent, w, &c->maximum);
    if (member)
        return;
    struct router_shortfall *missing = arena_new(arena, p->needs.n, sizeof *missing);
    c->shortfalls_n =
        needs_missing(&p->needs, v->agent, missing); // whatever else excludes them: to come online would not do
    c->shortfalls = missing;
}

struct router_candidate *record_candidate(struct arena *arena, const struct router *r, const struct work *w,
                                          const struct verdict *v)
{
    struct router_candidate *c = arena_new(arena, 1, sizeof *c);
    record_fill(c, arena, r, w, NULL, v);
    return c;
}

// As what the pools count one to whom it is offered, and who lacks no skill.
static enum router_exclusion record_offered(const struct router *r, const struct work *w, const struct agent *a)
{
    if (session_channels(w) & room_closed(r, a, NULL))
        return ROUTER_EX_OCCUPIED;
    return room_for(r, a, session_channels(w), match_cost(r, w), NULL) ? ROUTER_QUALIFIED : ROUTER_EX_CAPACITY;
}

// The pools know the many; what concerns single agents and this work is put right.
static void record_counts(const struct router *r, const struct work *w, const struct ranking *k, uint32_t *counts)
{
    const struct pool *p = queue_pool(r, w);
    pool_counts(r, p, session_channels(w), match_cost(r, w), counts);
    for (size_t i = 0; i < k->own_n; i++) {
        const struct verdict *v = &k->own[i];
        bool member = pool_member(v->agent, p) != NULL;
        if (v->exclusion == ROUTER_EX_OFFERED)
            counts[member ? record_offered(r, w, v->agent) : ROUTER_EX_SKILL]--;
        else if (v->exclusion == ROUTER_EX_DECLINED)
            counts[member ? ROUTER_QUALIFIED : ROUTER_EX_SKILL]--;
        else if (!member && (v->exclusion == ROUTER_QUALIFIED || v->exclusion == ROUTER_EX_CAPACITY ||
                             v->exclusion == ROUTER_EX_OCCUPIED))
            counts[ROUTER_EX_SKILL]--;
        else
            continue;
        counts[v->exclusion]++;
    }
}

static struct router_relaxed record_relaxed(const struct work *w, uint32_t step)
{
    const struct queue *q = w->queue;
    const struct breach *b = &w->sla.breach;
    if (!step)
        return (struct router_relaxed){0};
    const struct router_relax *s = &q->def.steps[step - 1];
    if (s->breach)
        return (struct router_relaxed){.cause = ROUTER_CAUSE_BREACH, .wait = b->wait, .left_ms = b->left};
    return (struct router_relaxed){.cause = s->percent ? ROUTER_CAUSE_TARGET : ROUTER_CAUSE_WAITED,
                                   .ms = queue_step_after(&q->def, step - 1),
                                   .percent = s->percent};
}

static struct router_decision *record_new(struct router *r, struct arena *arena, const struct work *w,
                                          const struct match *m, size_t named)
{
    const struct ranking *k = &r->ranking;
    struct router_candidate *c = arena_new(arena, named, sizeof *c);
    struct router_decision *d = arena_new(arena, 1, sizeof *d);
    uint32_t step = w->line ? w->line->step : queue_step(r, w);
    size_t n = 0;
    if (m->winner && named)
        record_fill(&c[n++], arena, r, w, m, &m->why);
    for (size_t i = 0; i < k->best_n && n < named; i++) {
        if (k->best[i].agent != m->winner)
            record_fill(&c[n++], arena, r, w, m, &k->best[i]);
    }
    *d = (struct router_decision){
        .queue = w->queue->def.name,
        .winner = m->winner ? m->winner->def.id : "",
        .select = w->queue->def.select,
        .candidates = c,
        .candidates_n = n,
        .considered = (uint32_t)r->agents_n,
        .channel = w->channel_now,
        .requires = w->queue->def.requires,
        .requires_n = step ? 0 : w->queue->def.requires_n,
        .needs = step ? w->queue->def.steps[step - 1].needs : w->queue->def.needs,
        .floor = w->queue->def.floor,
        .step = step,
        .able = queue_pool_at(w->queue, step)->able,
        .config = r->config,
        .wanted = w->wanted ? w->wanted->def.id : "",
        .former = w->former,
        .hold_ms = m->held ? w->hold_until - r->at : 0,
        .team = w->team ? w->team->name : "",
        .hand = w->reason == ROUTER_SUPERVISED ? hand_view(w) : (struct router_hand){.by = "", .note = ""},
        .overflowed = {w->overflowed, w->overflow_cause},
        .relaxed = record_relaxed(w, step),
        .due = sla_due(r, w),
        .told = w->notices.said,
        .callback = callback_attempt(w),
        .voicemail = voicemail_view(w),
        .entered = w->entry,
    };
    record_counts(r, w, k, d->excluded);
    return d;
}

// Of work that somebody has taken over: nobody was asked about, nothing was compared.
struct router_decision *record_taken(struct router *r, const struct work *w, const struct agent *by)
{
    struct router_decision *d = arena_new(&r->arena, 1, sizeof *d);
    *d = (struct router_decision){
        .queue = w->queue->def.name,
        .winner = by->def.id,
        .select = w->queue->def.select,
        .channel = w->channel_now,
        .needs = "",
        .floor = w->queue->def.floor,
        .config = r->config,
        .wanted = "",
        .former = w->former,
        .team = "",
        .hand = hand_view(w),
        .overflowed = {w->overflowed, w->overflow_cause},
        .due = sla_due(r, w),
        .told = w->notices.said,
        .entered = w->entry,
    };
    return d;
}

size_t record_limit(const struct router *r)
{
    return r->agents_n <= ROUTER_CANDIDATES_MAX ? r->agents_n : RECORD_NAMED;
}

// Of what match_work() just found out.
struct router_decision *record_decision(struct router *r, struct arena *arena, const struct work *w,
                                        const struct match *m)
{
    if (r->names_everybody && !m->named)
        return record_everybody(r, arena, w, r->agents_n);
    size_t named = record_limit(r);
    struct router_decision *d = record_new(r, arena, w, m, named);
    struct router_candidate *c = (struct router_candidate *)(uintptr_t)d->candidates;
    for (size_t i = 0; i < r->agents_n && named == r->agents_n; i++) {
        struct verdict v = match_agent(r, w, r->agents[i]);
        if (v.exclusion != ROUTER_QUALIFIED && v.agent != m->winner) // whom a supervisor names may not be qualified
            record_fill(&c[d->candidates_n++], arena, r, w, m, &v);
    }
    return d;
}

// All are asked, and of the answers at most `most` are told; the counts are of all.
struct router_decision *record_everybody(struct router *r, struct arena *arena, const struct work *w, size_t most)
{
    struct verdict *all = memory_new(r->agents_n, sizeof *all);
    struct match m = scan_work(r, w, all, &r->ranking);
    struct router_decision *d = record_new(r, arena, w, &m, most);
    struct router_candidate *c = (struct router_candidate *)(uintptr_t)d->candidates;
    memset(d->excluded, 0, sizeof d->excluded);
    for (size_t i = 0; i < r->agents_n; i++) {
        d->excluded[all[i].exclusion]++;
        if (all[i].exclusion != ROUTER_QUALIFIED && d->candidates_n < most)
            record_fill(&c[d->candidates_n++], arena, r, w, &m, &all[i]);
    }
    free(all);
    return d;
}
