// SPDX-License-Identifier: Apache-2.0
//
// What would have had to differ for an agent to be the choice: everything that keeps them out, the changes with which they would have
// qualified, and why another would still have gone before them. For records; nothing decides by it.

#include "routing/core.h"
#include "routing/fit.h"

#include <string.h>

#define WOULD_OTHERS (3 * ROUTER_CHANNELS + 4) // changes that are no matter of what an agent is

struct would {
    const struct router *r;
    const struct work *w;
    const struct agent *a;
    struct router_candidate *out;
    struct router_change *v;
    size_t n;
};

static void would_add(struct would *x, enum router_exclusion why, struct router_change c)
{
    x->out->exclusions |= CORE_BIT(why);
    c.name = "";
    x->v[x->n++] = c;
}

// ---- what keeps them out ----

static void would_presence(struct would *x)
{
    if (x->a->presence != ROUTER_AVAILABLE)
        would_add(x, x->out->exclusion, (struct router_change){.kind = ROUTER_CHANGE_PRESENCE});
}

static void would_channels(struct would *x)
{
    uint32_t lacking = x->a->def.channels ? session_channels(x->w) & ~x->a->def.channels : 0;
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        if (lacking & CORE_BIT(c))
            would_add(x, ROUTER_EX_CHANNEL,
                      (struct router_change){.kind = ROUTER_CHANGE_CHANNEL, .channel = (enum router_channel)c});
    }
}

static uint32_t would_places(const struct would *x, size_t channel)
{
    const struct work *own = offer_or_held(x->w, x->a) ? x->w : NULL;
    return x->a->places[channel] - (own ? own->charge.channels >> channel & 1 : 0);
}

static void would_places_free(struct would *x)
{
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        const struct router_channel_rules *rules = &x->r->rules.channels[c];
        uint32_t places = would_places(x, c), most = places;
        if (places && rules->exclusive)
            most = 0;
        else if (session_channels(x->w) & CORE_BIT(c) && rules->max && places >= rules->max)
            most = rules->max - 1;
        if (most < places)
            would_add(x, ROUTER_EX_OCCUPIED,
                      (struct router_change){
                          .kind = ROUTER_CHANGE_PLACE, .channel = (enum router_channel)c, .from = places, .to = most});
    }
}

static void would_room(struct would *x)
{
    uint32_t cost = match_cost(x->r, x->w), capacity = x->a->def.capacity;
    if (room_for(x->r, x->a, session_channels(x->w), cost, x->w))
        return;
    struct charge own = offer_or_held(x->w, x->a) ? x->w->charge : (struct charge){0};
    uint32_t load = x->a->load - own.units;
    if (room_interrupts(x->r, session_channels(x->w),
                        cost)) // it only has to find room beside what it may not interrupt
        load -= x->a->light - room_light(x->r, own);
    if (cost > capacity)
        would_add(x, ROUTER_EX_CAPACITY,
                  (struct router_change){.kind = ROUTER_CHANGE_CAPACITY, .from = capacity, .to = cost});
    uint32_t most = cost > capacity ? 0 : capacity - cost;
    if (load > most)
        would_add(x, ROUTER_EX_CAPACITY, (struct router_change){.kind = ROUTER_CHANGE_ROOM, .from = load, .to = most});
}

static void would_ask(struct would *x)
{
    const struct ask *ask = offer_ask_of(x->w, x->a);
    uint32_t most = x->r->rules.decline_max;
    if (ask && ask->times >= most)
        would_add(x, ROUTER_EX_DECLINED,
                  (struct router_change){.kind = ROUTER_CHANGE_ASKED, .from = ask->times, .to = most ? most - 1 : 0});
    else if (ask && ask->until > x->r->at)
        would_add(x, ROUTER_EX_DECLINED,
                  (struct router_change){.kind = ROUTER_CHANGE_PAUSE, .ms = ask->until - x->r->at});
}

// ---- who goes before whom ----

// Why `first` goes before `v`, in the order of match_better().
static enum router_behind would_compare(const struct work *w, const struct verdict *first, const struct verdict *v,
                                        int64_t *by)
{
    if (first->agent == v->agent || match_better(v, first))
        return ROUTER_BEHIND_NOBODY;
    if (first->again != v->again)
        return ROUTER_BEHIND_AGAIN;
    if (first->known != v->known)
        return ROUTER_BEHIND_KNOWN;
    if (w->queue->def.select == ROUTER_RANDOM && first->known == 2 && !first->again)
        return ROUTER_BEHIND_DRAW;
    if (first->score != v->score) {
        *by = first->score - v->score;
        return ROUTER_BEHIND_SCORE;
    }
    if (first->asked != v->asked)
        return ROUTER_BEHIND_ASKED;
    *by = first->idle_ms - v->idle_ms;
    return *by ? ROUTER_BEHIND_IDLE : ROUTER_BEHIND_ID;
}

// Of one who qualifies, or would.
enum router_behind would_behind(const struct router *r, const struct work *w, const struct ranking *k,
                                const struct match *m, const struct verdict *v, int64_t *by)
{
    const struct agent *wanted = match_wanted(r, w);
    bool known = v->known < 2 && !v->again;
    *by = 0;
    if (m->named)
        return v->agent == m->winner ? ROUTER_BEHIND_NOBODY : ROUTER_BEHIND_NAMED;
    if (w->wanted == v->agent && !v->again)
        return ROUTER_BEHIND_NOBODY;
    if (wanted)
        return ROUTER_BEHIND_PASSED;
    if (m->winner)
        return would_compare(w, &m->why, v, by);
    if (m->waits && !known)
        return ROUTER_BEHIND_HELD;
    return k->best_n ? would_compare(w, &k->best[0], v, by) : ROUTER_BEHIND_NOBODY;
}

// The agent with all changes made, as a decision would look at them.
static enum router_behind would_rank(struct arena *arena, const struct would *x, const struct ranking *k,
                                     const struct match *m, const struct verdict *v, int64_t *by)
{
    struct pool *p = queue_pool(x->r, x->w);
    struct agent then = needed_agent(arena, x->a, x->v, x->n);
    struct member member;
    struct verdict would = *v;
    bool met = fit_member(p, &then, &member);
    if (!met && x->w->wanted != x->a)
        return ROUTER_BEHIND_NEVER;
    for (size_t i = 0; i < x->n; i++) {
        if (x->v[i].kind == ROUTER_CHANGE_CAPACITY)
            then.def.capacity = x->v[i].to;
        if (x->v[i].kind == ROUTER_CHANGE_ROOM)
            then.load -= x->v[i].from - x->v[i].to;
        if (x->v[i].kind == ROUTER_CHANGE_ASKED && !x->v[i].to)
            would.again = false;
    }
    then.presence = ROUTER_AVAILABLE;
    would.exclusion = ROUTER_QUALIFIED;
    if (x->a->presence != ROUTER_AVAILABLE)
        then.idle_since = x->r->at; // who comes only now has not been idle
    would.score = select_score(x->r, p, met ? &member : NULL, &then);
    if (!m->named && x->w->queue->def.select == ROUTER_RANDOM && would.known == 2 && !would.again)
        return m->winner && !match_wanted(x->r, x->w) && m->why.known == 2 && !m->why.again
                   ? ROUTER_BEHIND_DRAW
                   : would_behind(x->r, x->w, k, m, &would, by);
    return would_behind(x->r, x->w, k, m, &would, by);
}

void would_tell(struct arena *arena, const struct router *r, const struct work *w, const struct ranking *k,
                const struct match *m, const struct verdict *v, struct router_candidate *out)
{
    const struct pool *p = queue_pool(r, w);
    out->exclusions = v->exclusion == ROUTER_QUALIFIED ? 0 : CORE_BIT(v->exclusion);
    if (v->exclusion == ROUTER_QUALIFIED) {
        out->behind = would_behind(r, w, k, m, v, &out->behind_by);
        return;
    }
    struct would x = {.r = r, .w = w, .a = v->agent, .out = out};
    x.v = arena_new(arena, p->needs.n + WOULD_OTHERS, sizeof *x.v);
    would_presence(&x);
    would_channels(&x);
    if (!pool_member(v->agent, p) && w->wanted != v->agent) {
        out->exclusions |= CORE_BIT(ROUTER_EX_SKILL);
        x.n += needed_changes(arena, &p->needs, v->agent, x.v + x.n);
    }
    if (w->line && offer_of(w, v->agent)) {
        out->exclusions |= CORE_BIT(ROUTER_EX_OFFERED);
    } else {
        would_places_free(&x);
        would_room(&x);
        would_ask(&x);
    }
    out->changes = x.v;
    out->changes_n = x.n;
    out->behind = would_rank(arena, &x, k, m, v, &out->behind_by);
}
