// SPDX-License-Identifier: Apache-2.0
//
// Who sits where in the pools, kept current. An agent whose situation changed is only marked; pool_settle() seats them anew before
// anybody is chosen.
//
// An agent's pools lie far apart in memory, and so do the places in their rows. Each move of an agent goes through all their pools step by
// step, and asks for what the next step reads before any of it is read: they wait for memory a few times, not once for each pool.

#include "routing/core.h"
#include "routing/share.h"

#include <assert.h>
#include <stdlib.h>

#define SEAT_MOVES 16 // pools at a time

struct seating { // what decides where in a pool an agent sits, but for the score
    uint32_t profile, channels;
    int64_t idle;
};

struct seat_move { // in one pool
    struct member *member;
    int64_t score; // to be
    struct row *row;
    size_t chunk;
};

struct seat pool_seat(const struct member *m, struct agent *a, int64_t idle)
{
    bool order = m->pool->select != ROUTER_RANDOM; // those of whom one is drawn sit in order of id
    return (struct seat){.score = m->score, .idle = order ? idle : 0, .agent = a};
}

// ---- moving ----

// Finds the rows and the chunks.
static void seat_find(struct agent *a, const struct seating *at, struct seat_move *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        v[i].row = pool_row(v[i].member->pool, at->profile);
        __builtin_prefetch(&v[i].row->levels[v[i].member->levels], 1);
        row_fetch(v[i].row);
    }
    if (!pool_profile_open(at->profile))
        return;
    for (size_t i = 0; i < n; i++) {
        struct seat s = pool_seat(v[i].member, a, at->idle);
        v[i].chunk = row_chunk_of(v[i].row, &s);
        row_fetch_chunk(v[i].row, v[i].chunk);
    }
}

static void seat_sit(struct agent *a, const struct seating *at, struct seat_move *v, size_t n)
{
    seat_find(a, at, v, n);
    for (size_t i = 0; i < n; i++) {
        struct member *m = v[i].member;
        struct seat s = pool_seat(m, a, at->idle);
        v[i].row->n++;
        v[i].row->levels[m->levels]++;
        m->pool->seated[at->channels / 2]++;
        __builtin_prefetch(m->pool->queue); // whose lines may be for them
        if (pool_profile_open(at->profile))
            row_put(v[i].row, &s, v[i].chunk);
    }
}

static void seat_rise(struct agent *a, const struct seating *at, struct seat_move *v, size_t n)
{
    seat_find(a, at, v, n);
    for (size_t i = 0; i < n; i++) {
        struct member *m = v[i].member;
        struct seat s = pool_seat(m, a, at->idle);
        v[i].row->n--;
        v[i].row->levels[m->levels]--;
        m->pool->seated[at->channels / 2]--;
        if (pool_profile_open(at->profile))
            row_drop(v[i].row, &s, v[i].chunk);
    }
}

// What moves in all their pools will read first.
static void seat_fetch_pools(const struct agent *a, uint32_t channels)
{
    for (size_t i = 0; i < a->members_n; i++) {
        const struct pool *p = a->members[i].pool;
        __builtin_prefetch(p);
        __builtin_prefetch(p->slots, 1);
        __builtin_prefetch(&p->seated[channels / 2], 1);
        for (size_t k = 0; k < POOL_ROWS_OWN - 1; k++)
            __builtin_prefetch(&p->own[k], 1);
    }
}

// From where they sat (NULL = nowhere) to where they will sit (likewise), in pools that are each another's.
static void seat_move(struct agent *a, struct member *m, size_t n, const struct seating *from, const struct seating *to)
{
    bool stays = from && to && from->profile == to->profile && from->idle == to->idle && from->channels == to->channels;
    while (n) {
        struct seat_move v[SEAT_MOVES];
        size_t some = n < SEAT_MOVES ? n : SEAT_MOVES, moves = 0;
        for (size_t i = 0; i < some; i++) {
            int64_t score = to ? select_seat_score(m[i].pool, &m[i], a) : 0;
            if (!stays || score != m[i].score)
                v[moves++] = (struct seat_move){.member = &m[i], .score = score};
        }
        if (from)
            seat_rise(a, from, v, moves);
        for (size_t i = 0; i < moves; i++)
            v[i].member->score = v[i].score;
        if (to)
            seat_sit(a, to, v, moves);
        m += some;
        n -= some;
    }
}

static struct seating seat_of(const struct agent *a)
{
    return (struct seating){a->profile, a->counted_channels, a->seat_idle};
}

// ---- keeping it current ----

void pool_mark(struct router *r, struct agent *a)
{
    if (a->marked)
        return;
    __builtin_prefetch(a->members); // pool_settle() will read them
    r->marked = memory_grow(r->marked, &r->marked_cap, r->marked_n + 1, sizeof(struct agent *));
    r->marked[r->marked_n++] = a;
    a->marked = r->marked_n;
}

static void pool_count(struct router *r, struct agent *a, enum router_presence presence, uint32_t channels)
{
    if (a->counted) {
        r->by_presence[a->counted]--;
        r->by_channels[a->counted_channels / 2] -= a->counted == ROUTER_AVAILABLE ? 1 : 0;
    }
    a->counted = presence;
    a->counted_channels = channels;
    if (presence) {
        r->by_presence[presence]++;
        r->by_channels[channels / 2] += presence == ROUTER_AVAILABLE ? 1 : 0;
    }
}

static void pool_reseat(struct router *r, struct agent *a)
{
    bool here = a->presence == ROUTER_AVAILABLE, was = a->seated;
    struct seating from = seat_of(a), to = {pool_profile(r, a), pool_declared(a), a->offers ? 0 : a->idle_since};
    if (here || was)
        seat_fetch_pools(a, to.channels);
    if (here != was)
        share_fetch(r, a);
    pool_count(r, a, a->presence, to.channels);
    if (here || was)
        seat_move(a, a->members, a->members_n, was ? &from : NULL, here ? &to : NULL);
    a->profile = to.profile;
    a->seat_idle = to.idle;
    a->seated = here;
    if (was && !here)
        share_leave(r, a);
    if (here && !was)
        share_join(r, a);
}

void pool_settle(struct router *r)
{
    for (size_t i = 0; i < r->marked_n; i++) {
        r->marked[i]->marked = 0;
        pool_reseat(r, r->marked[i]);
    }
    r->marked_n = 0;
}

// An agent is a member of one pool more, or is about to be of one less.
void pool_enter(struct router *r, struct agent *a, struct member *m)
{
    if (!a->seated)
        return;
    struct seating at = seat_of(a);
    seat_move(a, m, 1, NULL, &at);
    share_enter(r, a, m->pool);
}

void pool_quit(struct router *r, struct agent *a, struct member *m)
{
    if (!a->seated)
        return;
    struct seating at = seat_of(a);
    seat_move(a, m, 1, &at, NULL);
    share_quit(r, a, m->pool);
}

// Before all of an agent's memberships change or they go for good.
void pool_leave(struct router *r, struct agent *a)
{
    struct seating at = seat_of(a);
    if (a->seated) {
        share_leave(r, a);
        seat_move(a, a->members, a->members_n, &at, NULL);
    }
    a->seated = false;
    pool_count(r, a, ROUTER_PRESENCE_NONE, 0);
    if (!a->marked)
        return;
    struct agent *last = r->marked[--r->marked_n];
    r->marked[a->marked - 1] = last;
    last->marked = a->marked;
    a->marked = 0;
}

// The rules changed that rows go by: everybody is seated anew.
void pool_reset(struct router *r)
{
    for (size_t i = 0; i < r->pools_n; i++) {
        if (r->pools[i])
            pool_clear(r->pools[i]);
    }
    share_clear(r);
    for (size_t i = 0; i < r->agents_n; i++) {
        r->agents[i]->seated = false;
        pool_mark(r, r->agents[i]);
    }
}
