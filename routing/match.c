// SPDX-License-Identifier: Apache-2.0
//
// Matching: who can take a work now, who cannot and why not, and who is best.
//
// Order of those who can: not yet declined, then known (had it before; last resolved for this customer), then by the points of the
// queue's choice (select.c), then who is not being asked, longest idle, lower id. The order is total. Nothing here changes the
// state.

#include "routing/core.h"

#include <string.h>

#define MATCH_PROFILES ((CORE_CHANNELS_ALL / 2 + 1) * ROUTER_CHANNELS * 2)

static uint32_t match_known(const struct work *w, const struct agent *a)
{
    if (w->prefer_former && strcmp(w->former, a->def.id) == 0)
        return 0;
    return strcmp(w->last_agent, a->def.id) == 0 ? 1 : 2;
}

static uint32_t match_cost(const struct router *r, const struct work *w)
{
    bool waits = w->state == ROUTER_QUEUED || w->state == ROUTER_OFFERED;
    return waits ? w->charge : session_weight(r, w, true);
}

static enum router_exclusion match_exclusion(const struct router *r, const struct work *w, const struct agent *a,
                                             const struct ask *ask)
{
    static const enum router_exclusion by_presence[] = {
        [ROUTER_PRESENCE_NONE] = ROUTER_EX_OFFLINE,
        [ROUTER_OFFLINE] = ROUTER_EX_OFFLINE,
        [ROUTER_AVAILABLE] = ROUTER_QUALIFIED,
        [ROUTER_AWAY] = ROUTER_EX_AWAY,
        [ROUTER_LOST] = ROUTER_EX_LOST,
    };
    if (a->presence != ROUTER_AVAILABLE)
        return by_presence[a->presence];
    if (!agent_takes(a, session_channels(w)))
        return ROUTER_EX_CHANNEL;
    if (!a->fit[w->queue->index] && w->wanted != a) // who passes it to a colleague by name has judged their skill
        return ROUTER_EX_SKILL;
    uint32_t own = w->agent == a ? w->charge : 0;
    if (a->load - own + match_cost(r, w) > a->def.capacity)
        return ROUTER_EX_CAPACITY;
    if (ask && (ask->times >= r->rules.decline_max || ask->until > r->at))
        return ROUTER_EX_DECLINED;
    return ROUTER_QUALIFIED;
}

struct verdict match_agent(const struct router *r, const struct work *w, struct agent *a)
{
    const struct ask *ask = w->asks_n ? offer_ask_of(w, a) : NULL;
    uint16_t fit = a->fit[w->queue->index];
    return (struct verdict){
        .agent = a,
        .exclusion = match_exclusion(r, w, a, ask),
        .again = ask != NULL,
        .known = match_known(w, a),
        .surplus = fit ? fit - 1u : 0,
        .score = select_score(r, w->queue, a),
        .asked = a->offers > 0,
        .idle_ms = agent_idle_ms(r, a),
    };
}

// The colleague it was passed to, as long as they can be expected to take it: available, on these channels, big enough, not declined.
struct agent *match_wanted(const struct router *r, const struct work *w)
{
    struct agent *a = w->wanted;
    bool can = a && a->presence == ROUTER_AVAILABLE && agent_takes(a, session_channels(w)) &&
               match_cost(r, w) <= a->def.capacity && !offer_ask_of(w, a);
    return can ? a : NULL;
}

static bool match_better(const struct verdict *a, const struct verdict *b)
{
    if (a->again != b->again)
        return !a->again;
    if (a->known != b->known)
        return a->known < b->known;
    if (a->score != b->score)
        return a->score > b->score;
    if (a->asked != b->asked)
        return !a->asked;
    if (a->idle_ms != b->idle_ms)
        return a->idle_ms > b->idle_ms;
    return strcmp(a->agent->def.id, b->agent->def.id) < 0;
}

// A known agent who lacks nothing but room.
static bool match_worth_waiting(const struct router *r, const struct work *w, const struct verdict *v)
{
    return v->known < 2 && !v->again && v->exclusion == ROUTER_EX_CAPACITY &&
           match_cost(r, w) <= v->agent->def.capacity;
}

struct verdict *match_scratch(struct router *r)
{
    r->verdicts = memory_grow(r->verdicts, &r->verdicts_cap, r->agents_n + 1, sizeof *r->verdicts);
    return r->verdicts;
}

// Where an agent stands among those of whom one is drawn: like stands with like, as the index will have them.
static size_t match_profile(const struct router *r, const struct agent *a)
{
    uint32_t channels = a->def.channels ? a->def.channels : CORE_CHANNELS_ALL, room = 0;
    for (size_t c = 1; c < ROUTER_CHANNELS; c++)
        room += a->load + r->rules.channels[c].units <= a->def.capacity ? 1 : 0;
    return (channels / 2 * ROUTER_CHANNELS + room) * 2 + (a->offers ? 1 : 0);
}

// Any of those who are neither known nor asked again is equally likely: they stand in order of profile, then id; one is drawn by
// the seed, the work and the offer's number, and those behind follow in turn.
static void match_draw(const struct router *r, const struct work *w, struct verdict *v)
{
    size_t first[MATCH_PROFILES + 1] = {0}, n = 0;
    for (size_t i = 0; i < r->agents_n; i++) {
        if (v[i].exclusion == ROUTER_QUALIFIED && !v[i].again && v[i].known == 2)
            first[match_profile(r, v[i].agent) + 1]++;
    }
    for (size_t p = 0; p < MATCH_PROFILES; p++)
        first[p + 1] += first[p];
    n = first[MATCH_PROFILES];
    uint64_t dice = table_hash_number(table_hash_number(r->rules.seed ^ table_hash_number(w->id)) + r->epoch);
    for (size_t i = 0; i < r->agents_n; i++) {
        if (v[i].exclusion == ROUTER_QUALIFIED && !v[i].again && v[i].known == 2) {
            size_t place = first[match_profile(r, v[i].agent)]++;
            v[i].score = (int64_t)(n - (place + n - dice % n) % n);
        }
    }
}

struct match match_work(const struct router *r, const struct work *w, struct verdict *verdicts)
{
    struct match m = {0};
    bool waiting = false;
    const struct agent *wanted = match_wanted(r, w);
    for (size_t i = 0; i < r->agents_n; i++)
        verdicts[i] = match_agent(r, w, r->agents[i]);
    if (w->queue->def.select == ROUTER_RANDOM)
        match_draw(r, w, verdicts);
    for (size_t i = 0; i < r->agents_n; i++) {
        struct verdict *v = &verdicts[i];
        if (r->at < w->hold_until && match_worth_waiting(r, w, v))
            waiting = true;
        if (wanted && v->agent != wanted)
            continue;
        if (v->exclusion == ROUTER_QUALIFIED && (!m.why || match_better(v, m.why)))
            m.why = v;
    }
    if (m.why && !wanted && waiting && (m.why->known == 2 || m.why->again)) {
        m.why = NULL;
        m.held = true;
    }
    m.winner = m.why ? m.why->agent : NULL;
    return m;
}

static const struct router_shortfall *match_shortfalls(struct arena *arena, const struct work *w, const struct agent *a,
                                                       size_t *n)
{
    const struct router_queue *def = &w->queue->def;
    struct router_shortfall *v = arena_new(arena, def->requires_n, sizeof *v);
    *n = 0;
    for (size_t i = 0, s = 0; i < def->requires_n; i++) {
        const struct router_skill *needs = &def->requires[i];
        while (s < a->def.skills_n && strcmp(a->def.skills[s].name, needs->name) < 0)
            s++;
        bool same = s < a->def.skills_n && strcmp(a->def.skills[s].name, needs->name) == 0;
        uint32_t has = same ? a->def.skills[s].level : 0;
        if (has < needs->level)
            v[(*n)++] = (struct router_shortfall){needs->name, needs->level, has};
    }
    return v;
}

static void match_fill(struct router_candidate *c, struct arena *arena, const struct router *r, const struct work *w,
                       const struct verdict *v)
{
    *c = (struct router_candidate){
        .agent = v->agent->def.id,
        .exclusion = v->exclusion,
        .load = v->agent->load,
        .capacity = v->agent->def.capacity,
        .cost = match_cost(r, w),
        .idle_ms = v->idle_ms,
        .surplus = v->surplus,
        .score = v->score,
        .known = v->known < 2,
    };
    if (!v->agent->fit[w->queue->index]) // named whatever else excludes them: to come online would not do
        c->shortfalls = match_shortfalls(arena, w, v->agent, &c->shortfalls_n);
}

struct router_candidate *match_candidate(struct arena *arena, const struct router *r, const struct work *w,
                                         const struct verdict *v)
{
    struct router_candidate *c = arena_new(arena, 1, sizeof *c);
    match_fill(c, arena, r, w, v);
    return c;
}

// The best `limit` of those who can, best first; the winner before all.
static size_t match_rank(struct router *r, const struct match *m, size_t limit)
{
    size_t n = 0;
    r->ranked = memory_grow(r->ranked, &r->ranked_cap, limit + 1, sizeof(struct verdict *));
    for (size_t i = 0; i < r->agents_n; i++) {
        const struct verdict *v = &r->verdicts[i];
        if (v->exclusion != ROUTER_QUALIFIED)
            continue;
        size_t low = 0;
        for (size_t high = n; low < high;) {
            size_t middle = low + (high - low) / 2;
            bool before = v == m->why || (r->ranked[middle] != m->why && match_better(v, r->ranked[middle]));
            if (before)
                high = middle;
            else
                low = middle + 1;
        }
        if (low >= limit)
            continue;
        n -= n == limit ? 1 : 0;
        memmove(r->ranked + low + 1, r->ranked + low, (n - low) * sizeof(struct verdict *));
        r->ranked[low] = v;
        n++;
    }
    return n;
}

// Of the verdicts that match_work() just reached: who was chosen, and why the others were not.
struct router_decision *match_record(struct router *r, struct arena *arena, const struct work *w, const struct match *m,
                                     size_t limit)
{
    struct router_decision *d = arena_new(arena, 1, sizeof *d);
    size_t named = r->agents_n < limit ? r->agents_n : limit;
    struct router_candidate *c = arena_new(arena, named, sizeof *c);
    size_t n = match_rank(r, m, named);
    for (size_t i = 0; i < n; i++)
        match_fill(&c[i], arena, r, w, r->ranked[i]);
    for (size_t i = 0; i < r->agents_n; i++) {
        const struct verdict *v = &r->verdicts[i];
        d->excluded[v->exclusion]++;
        if (v->exclusion != ROUTER_QUALIFIED && n < named)
            match_fill(&c[n++], arena, r, w, v);
    }
    d->queue = w->queue->def.name;
    d->winner = m->winner ? m->winner->def.id : "";
    d->select = w->queue->def.select;
    d->candidates = c;
    d->candidates_n = n;
    d->considered = (uint32_t)r->agents_n;
    d->channel = w->channel_now;
    d->requires = w->queue->def.requires;
    d->requires_n = w->queue->def.requires_n;
    d->config = r->config;
    return d;
}
