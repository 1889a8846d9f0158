// SPDX-License-Identifier: Apache-2.0
//
// Matching: who is best for a work now.
//
// Order of those who can: not yet declined, then known (had it before; last resolved for this customer), then by the points of the
// queue's choice (select.c), then who is not being asked, longest idle, lower id. The order is total. Whom the work has to do
// with is looked at one by one; of all others the best are taken from the pool's rows. Nothing here changes the state.

#include "routing/core.h"

#include <string.h>

static uint32_t match_known(const struct work *w, const struct agent *a)
{
    if (w->prefer_former && strcmp(w->former, a->def.id) == 0)
        return 0;
    return *w->last_agent && strcmp(w->last_agent, a->def.id) == 0 ? 1 : 2;
}

uint32_t match_cost(const struct router *r, const struct work *w)
{
    bool waits = w->state == ROUTER_QUEUED || w->state == ROUTER_OFFERED;
    return waits ? w->charge.units : session_weight(r, w, true);
}

static enum router_exclusion match_exclusion(const struct router *r, const struct work *w, const struct agent *a,
                                             const struct member *m, const struct ask *ask)
{
    static const enum router_exclusion by_presence[] = {
        [ROUTER_PRESENCE_NONE] = ROUTER_EX_OFFLINE,
        [ROUTER_OFFLINE] = ROUTER_EX_OFFLINE,
        [ROUTER_AVAILABLE] = ROUTER_QUALIFIED,
        [ROUTER_AWAY] = ROUTER_EX_AWAY,
        [ROUTER_LOST] = ROUTER_EX_LOST,
        [ROUTER_FOCUS] = ROUTER_EX_FOCUS,
        [ROUTER_DRAINING] = ROUTER_EX_DRAINING,
    };
    if (a->presence != ROUTER_AVAILABLE)
        return by_presence[a->presence];
    if (!agent_takes(a, session_channels(w)))
        return ROUTER_EX_CHANNEL;
    if (!m && w->wanted != a) // who passes it to a colleague by name has judged their skill
        return ROUTER_EX_SKILL;
    if (w->line && w->offers_n && offer_of(w, a))
        return ROUTER_EX_OFFERED;
    if (session_channels(w) & room_closed(r, a, w))
        return ROUTER_EX_OCCUPIED;
    if (!room_for(r, a, session_channels(w), match_cost(r, w), w))
        return ROUTER_EX_CAPACITY;
    if (ask && (ask->times >= r->rules.decline_max || ask->until > r->at))
        return ROUTER_EX_DECLINED;
    return ROUTER_QUALIFIED;
}

struct verdict match_agent(const struct router *r, const struct work *w, struct agent *a)
{
    const struct ask *ask = w->asks_n ? offer_ask_of(w, a) : NULL;
    const struct member *m = pool_member(a, queue_pool(r, w));
    return (struct verdict){
        .agent = a,
        .exclusion = match_exclusion(r, w, a, m, ask),
        .again = ask != NULL,
        .known = match_known(w, a),
        .score = select_score(r, queue_pool(r, w), m, a),
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

bool match_better(const struct verdict *a, const struct verdict *b)
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
    return a->agent != b->agent && strcmp(a->agent->def.id, b->agent->def.id) < 0;
}

// The draw for this offer of this work: the same on every node, another for the next offer.
uint64_t match_dice(const struct router *r, const struct work *w)
{
    return table_hash_number(table_hash_number(r->rules.seed ^ table_hash_number(w->id)) + r->epoch);
}

// ---- whom the work has to do with ----

static void match_own(const struct router *r, const struct work *w, struct agent *a, struct ranking *k)
{
    if (!a)
        return;
    for (size_t i = 0; i < k->own_n; i++) {
        if (k->own[i].agent == a)
            return;
    }
    k->own = memory_grow(k->own, &k->own_cap, k->own_n + 1, sizeof *k->own);
    k->own[k->own_n++] = match_agent(r, w, a);
}

static void match_gather_own(const struct router *r, const struct work *w, struct ranking *k)
{
    k->own_n = 0;
    for (size_t i = 0; i < w->offers_n; i++)
        match_own(r, w, w->offers[i].agent, k);
    for (size_t i = 0; i < w->asks_n; i++)
        match_own(r, w, w->asks[i].agent, k);
    if (w->prefer_former && *w->former)
        match_own(r, w, agent_find(r, w->former), k);
    if (*w->last_agent)
        match_own(r, w, agent_find(r, w->last_agent), k);
    match_own(r, w, w->wanted, k);
}

static bool match_is_own(const struct ranking *k, const struct agent *a)
{
    for (size_t i = 0; i < k->own_n; i++) {
        if (k->own[i].agent == a)
            return true;
    }
    return false;
}

// ---- the others, from the rows ----

// The next in the row with whom this work has nothing to do; false at the end.
static bool match_row_next(const struct router *r, const struct pool *p, const struct ranking *k, const struct row *row,
                           struct row_cursor *at, struct verdict *v)
{
    const struct seat *s = row_next(row, at);
    while (s && k->own_n && match_is_own(k, s->agent))
        s = row_next(row, at);
    if (!s)
        return false;
    bool asked = pool_asked(row);
    *v = (struct verdict){
        .agent = s->agent,
        .exclusion = ROUTER_QUALIFIED,
        .known = 2,
        .score = select_score_now(r, p, s, asked),
        .asked = asked,
        .idle_ms = asked ? 0 : r->at - s->idle,
    };
    return true;
}

static void match_keep(struct ranking *k, const struct verdict *v)
{
    k->best = memory_grow(k->best, &k->best_cap, k->best_n + 1, sizeof *k->best);
    k->best[k->best_n++] = *v;
    __builtin_prefetch(v->agent); // the record will read these
    __builtin_prefetch(&v->agent->def);
}

// Kept from one work to the next, so that the stack need not have room for all that there can be.
static void match_open_rows(const struct router *r, const struct pool *p, const struct work *w, struct ranking *k)
{
    struct pool_need need = pool_need(r, session_channels(w), match_cost(r, w));
    k->rows_n = 0;
    for (size_t i = pool_row_for(p, &need, 0); i < p->rows_n; i = pool_row_for(p, &need, i + 1)) {
        k->rows = memory_grow(k->rows, &k->rows_cap, k->rows_n + 1, sizeof *k->rows);
        k->rows[k->rows_n++] = (struct ranked_row){.row = &p->rows[i]};
    }
}

static bool match_advance(const struct router *r, const struct pool *p, const struct ranking *k, struct ranked_row *row)
{
    return match_row_next(r, p, k, row->row, &row->at, &row->head);
}

static void match_from_rows(const struct router *r, const struct pool *p, size_t limit, struct ranking *k)
{
    size_t n = 0;
    for (size_t i = 0; i < k->rows_n; i++) {
        k->rows[n].row = k->rows[i].row;
        k->rows[n].at = (struct row_cursor){0};
        n += match_advance(r, p, k, &k->rows[n]) ? 1 : 0;
    }
    while (n && k->best_n < limit) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++)
            best = match_better(&k->rows[i].head, &k->rows[best].head) ? i : best;
        match_keep(k, &k->rows[best].head);
        if (k->best_n < limit && !match_advance(r, p, k, &k->rows[best]))
            k->rows[best] = k->rows[--n];
    }
}

// Whether one of them sits in a row of those who can take it.
static bool match_sits(const struct router *r, const struct work *w, const struct verdict *own)
{
    uint32_t channels = session_channels(w);
    bool can = own->exclusion == ROUTER_QUALIFIED || own->exclusion == ROUTER_EX_DECLINED;
    if (own->exclusion == ROUTER_EX_OFFERED) // has room for another like it
        can =
            !(channels & room_closed(r, own->agent, NULL)) && room_for(r, own->agent, channels, match_cost(r, w), NULL);
    return can && pool_member(own->agent, queue_pool(r, w));
}

static size_t match_own_in(const struct router *r, const struct work *w, const struct ranking *k, const struct row *row,
                           size_t up_to)
{
    size_t n = 0;
    for (size_t i = 0; i < k->own_n; i++) {
        struct seat s = {.agent = k->own[i].agent};
        if (match_sits(r, w, &k->own[i]) && s.agent->profile == row->profile && row_place(row, &s) <= up_to)
            n++;
    }
    return n;
}

// The row and the cursor of the place-th with whom this work has nothing to do.
static size_t match_place(const struct router *r, const struct work *w, const struct ranking *k, size_t place,
                          struct row_cursor *at)
{
    size_t row = 0, others;
    for (; place >= (others = k->rows[row].row->n - match_own_in(r, w, k, k->rows[row].row, SIZE_MAX)); row++)
        place -= others;
    size_t behind = place;
    for (size_t before = SIZE_MAX; k->own_n && before != behind;) {
        before = behind;
        behind = place + match_own_in(r, w, k, k->rows[row].row, before);
    }
    *at = row_at(k->rows[row].row, behind);
    return row;
}

// Drawn: those with whom the work has nothing to do stand row by row; the n-th is first, those behind follow in turn. `dice` picks n.
static void match_draw(const struct router *r, const struct pool *p, const struct work *w, size_t limit,
                       struct ranking *k)
{
    size_t others = 0;
    for (size_t i = 0; i < k->rows_n; i++)
        others += k->rows[i].row->n;
    for (size_t i = 0; i < k->own_n; i++) // a member of the pool who can take it sits in one of these rows
        others -= match_sits(r, w, &k->own[i]) ? 1 : 0;
    if (!k->rows_n || !others)
        return;
    struct row_cursor at;
    size_t row = match_place(r, w, k, match_dice(r, w) % others, &at);
    for (size_t i = 0; i < others && k->best_n < limit;) {
        struct verdict v;
        if (match_row_next(r, p, k, k->rows[row].row, &at, &v)) {
            v.score = (int64_t)(others - i++);
            v.idle_ms = agent_idle_ms(r, v.agent);
            match_keep(k, &v);
        } else {
            row = (row + 1) % k->rows_n;
            at = (struct row_cursor){0};
        }
    }
}

// ---- the choice ----

static void match_insert(struct ranking *k, const struct verdict *v)
{
    match_keep(k, v);
    size_t at = k->best_n - 1;
    for (; at > 0 && match_better(v, &k->best[at - 1]); at--)
        k->best[at] = k->best[at - 1];
    k->best[at] = *v;
}

// A known agent who lacks nothing but room, or is being asked.
static bool match_worth_waiting(const struct router *r, const struct work *w, const struct verdict *v)
{
    if (v->exclusion == ROUTER_EX_OFFERED)
        return v->known < 2 && !v->again;
    bool full = v->exclusion == ROUTER_EX_CAPACITY || v->exclusion == ROUTER_EX_OCCUPIED;
    return v->known < 2 && !v->again && full && match_cost(r, w) <= v->agent->def.capacity;
}

// Of what has been found out: who it is, if anybody.
struct match match_choose(const struct router *r, const struct work *w, const struct ranking *k)
{
    const struct agent *wanted = match_wanted(r, w);
    const struct verdict *why = k->best_n ? &k->best[0] : NULL;
    bool waiting = false;
    for (size_t i = 0; i < k->own_n; i++)
        waiting |= r->at < w->hold_until && match_worth_waiting(r, w, &k->own[i]);
    if (wanted) {
        why = NULL;
        for (size_t i = 0; i < k->own_n; i++) {
            if (k->own[i].agent == wanted && k->own[i].exclusion == ROUTER_QUALIFIED)
                why = &k->own[i];
        }
    } else if (why && why->again && w->line && w->offers_n) {
        why = NULL; // somebody else can: they are being asked
    } else if (why && waiting && (why->known == 2 || why->again)) {
        return (struct match){.held = true, .waits = true};
    }
    return why ? (struct match){.winner = why->agent, .why = *why, .waits = waiting} : (struct match){.waits = waiting};
}

void match_begin(const struct router *r, const struct work *w, struct ranking *k)
{
    k->best_n = 0;
    match_gather_own(r, w, k);
}

// All at once, not one after the other as each tells where the next is.
static void match_fetch_pool(const struct pool *p)
{
    __builtin_prefetch(p);
    for (size_t i = 0; i < POOL_ROWS_OWN; i++)
        __builtin_prefetch(&p->own[i]);
}

struct match match_work(const struct router *r, const struct work *w, size_t limit, struct ranking *k)
{
    match_fetch_pool(&w->queue->own);
    const struct pool *p = queue_pool(r, w);
    match_fetch_pool(p);
    match_begin(r, w, k);
    match_open_rows(r, p, w, k);
    if (p->select == ROUTER_RANDOM)
        match_draw(r, p, w, limit, k);
    else
        match_from_rows(r, p, limit, k);
    for (size_t i = 0; i < k->own_n; i++) {
        if (k->own[i].exclusion == ROUTER_QUALIFIED)
            match_insert(k, &k->own[i]);
    }
    k->best_n = k->best_n < limit ? k->best_n : limit;
    return match_choose(r, w, k);
}
