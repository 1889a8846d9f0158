// SPDX-License-Identifier: Apache-2.0
//
// Pools: for each step of each queue, those available agents who meet its requirement, kept in order of the queue's choice. The agents of a pool to whom the
// same channels are open, who have room for the same and are or are not being asked share a row. So the best who can take a work is at the
// head of one of a few rows, and how many cannot for which reason is a sum of their sizes; no decision looks at all agents.
//
// An agent whose situation changed is only marked; pool_settle() seats them anew before anybody is chosen. All of this is
// derived from the state: pool_check() compares it with what a fresh look at each agent says.

#include "routing/core.h"
#include "routing/share.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// ---- where an agent sits ----

#define PROFILE_CALL (PROFILES / 2u) // has room for a call that interrupts

static uint32_t pool_declared(const struct agent *a)
{
    return a->def.channels ? a->def.channels : CORE_CHANNELS_ALL;
}

uint32_t pool_profile(const struct router *r, const struct agent *a)
{
    uint32_t channels = pool_declared(a) & ~room_closed(r, a, NULL), room = 0;
    for (size_t c = 1; c < ROUTER_CHANNELS; c++)
        room += a->load + r->rules.channels[c].units <= a->def.capacity ? 1 : 0;
    return (room_for_call(r, a) ? PROFILE_CALL : 0u) | channels << 3 | room << 1 | (a->offers ? 1u : 0u);
}

static uint32_t profile_channels(uint32_t profile)
{
    return profile >> 3 & CORE_CHANNELS_ALL;
}

static uint32_t profile_room(uint32_t profile)
{
    return profile >> 1 & 7;
}

// Whether any work can be for such an agent. Else they are only counted: no work looks there.
static bool profile_open(uint32_t profile)
{
    return (profile_room(profile) || profile & PROFILE_CALL) && profile_channels(profile);
}

// Of the channels' units, how many are not more than this: whoever has room for as many has room for it.
static uint32_t pool_room_for(const struct router *r, uint32_t cost)
{
    uint32_t room = 0;
    for (size_t c = 1; c < ROUTER_CHANNELS; c++)
        room += r->rules.channels[c].units <= cost ? 1 : 0;
    return room;
}

// Whether such an agent has room: for so many of the channels' units, or as one whom a call interrupts.
static bool pool_has_room(uint32_t profile, uint32_t room, bool interrupts)
{
    return profile_room(profile) >= room || (interrupts && profile & PROFILE_CALL);
}

static bool pool_takes(uint32_t profile, uint32_t channels)
{
    return !(channels & ~profile_channels(profile));
}

static size_t pool_row_at(const struct pool *p, uint32_t profile)
{
    size_t i = 0;
    while (i < p->rows_n && p->rows[i].profile < profile)
        i++;
    return i;
}

static struct row *pool_row(struct pool *p, uint32_t profile)
{
    size_t i = pool_row_at(p, profile);
    if (i < p->rows_n && p->rows[i].profile == profile)
        return &p->rows[i];
    p->rows = memory_grow(p->rows, &p->rows_cap, p->rows_n + 1, sizeof *p->rows);
    memmove(p->rows + i + 1, p->rows + i, (p->rows_n - i) * sizeof *p->rows);
    p->rows_n++;
    p->rows[i] = (struct row){.profile = profile};
    p->rows[i].levels = memory_new(p->skills_n * CORE_LEVEL_MAX + 1, sizeof *p->rows[i].levels);
    return &p->rows[i];
}

static struct seat pool_seat(const struct member *m, struct agent *a)
{
    bool order = m->pool->queue->def.select != ROUTER_RANDOM; // those of whom one is drawn sit in order of id
    return (struct seat){.score = m->score, .idle = order ? a->seat_idle : 0, .agent = a};
}

static void pool_sit(struct member *m, struct agent *a, uint32_t channels)
{
    struct row *w = pool_row(m->pool, a->profile);
    struct seat s = pool_seat(m, a);
    w->n++;
    w->levels[m->levels]++;
    m->pool->seated[channels / 2]++;
    if (profile_open(a->profile))
        row_put(w, &s);
}

static void pool_rise(struct member *m, struct agent *a, uint32_t channels)
{
    struct row *w = pool_row(m->pool, a->profile);
    struct seat s = pool_seat(m, a);
    w->n--;
    w->levels[m->levels]--;
    m->pool->seated[channels / 2]--;
    if (profile_open(a->profile))
        row_drop(w, &s);
}

// ---- keeping it current ----

void pool_mark(struct router *r, struct agent *a)
{
    if (a->marked)
        return;
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
    uint32_t profile = pool_profile(r, a), old_profile = a->profile;
    uint32_t channels = pool_declared(a), old_channels = a->counted_channels;
    int64_t idle = a->offers ? 0 : a->idle_since, old_idle = a->seat_idle;
    pool_count(r, a, a->presence, channels);
    for (size_t i = 0; i < a->members_n; i++) {
        struct member *m = &a->members[i];
        int64_t score = here ? select_seat_score(m->pool, m, a) : 0;
        if (was && here && score == m->score && profile == old_profile && idle == old_idle && channels == old_channels)
            continue;
        if (was) {
            a->profile = old_profile;
            a->seat_idle = old_idle;
            pool_rise(m, a, old_channels);
        }
        m->score = score;
        if (here) {
            a->profile = profile;
            a->seat_idle = idle;
            pool_sit(m, a, channels);
        }
    }
    a->profile = profile;
    a->seat_idle = idle;
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
    m->score = select_seat_score(m->pool, m, a);
    pool_sit(m, a, a->counted_channels);
    share_enter(r, a, m->pool);
}

void pool_quit(struct router *r, struct agent *a, struct member *m)
{
    if (!a->seated)
        return;
    pool_rise(m, a, a->counted_channels);
    share_quit(r, a, m->pool);
}

// Before all of an agent's memberships change or they go for good.
void pool_leave(struct router *r, struct agent *a)
{
    if (a->seated)
        share_leave(r, a);
    for (size_t i = 0; a->seated && i < a->members_n; i++)
        pool_rise(&a->members[i], a, a->counted_channels);
    a->seated = false;
    pool_count(r, a, ROUTER_PRESENCE_NONE, 0);
    if (!a->marked)
        return;
    struct agent *last = r->marked[--r->marked_n];
    r->marked[a->marked - 1] = last;
    last->marked = a->marked;
    a->marked = 0;
}

void pool_clear(struct pool *p)
{
    for (size_t i = 0; i < p->rows_n; i++)
        row_clear(&p->rows[i]);
    free(p->rows);
    p->rows = NULL;
    p->rows_n = p->rows_cap = 0;
    memset(p->seated, 0, sizeof p->seated);
    memset(p->slots, 0, sizeof p->slots);
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

// ---- reading it ----

struct member *pool_member(const struct agent *a, const struct pool *p)
{
    size_t low = 0;
    for (size_t high = a->members_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (a->members[middle].index < p->index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < a->members_n && a->members[low].pool == p ? &a->members[low] : NULL;
}

// The rows of those who can take work that needs these channels and this room.
size_t pool_rows(const struct router *r, const struct pool *p, uint32_t channels, uint32_t cost,
                 const struct row *out[POOL_ROWS_MAX])
{
    uint32_t room = pool_room_for(r, cost);
    bool interrupts = room_interrupts(r, channels, cost);
    size_t n = 0;
    for (size_t i = 0; i < p->rows_n; i++) {
        const struct row *w = &p->rows[i];
        if (w->n && pool_takes(w->profile, channels) && pool_has_room(w->profile, room, interrupts))
            out[n++] = w;
    }
    return n;
}

// The highest sum of levels in what the queue requires of anybody who could take it; 0 = nobody could.
uint32_t pool_top_levels(const struct router *r, const struct pool *p, uint32_t channels, uint32_t cost)
{
    const struct row *rows[POOL_ROWS_MAX];
    size_t n = pool_rows(r, p, channels, cost, rows);
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t levels = (uint32_t)p->skills_n * CORE_LEVEL_MAX;
        while (levels && !rows[i]->levels[levels])
            levels--;
        most = levels > most ? levels : most;
    }
    return most;
}

bool pool_asked(const struct row *w)
{
    return w->profile & 1;
}

// How many are excluded for which reason, and how many qualify, but for what concerns single agents and this work.
void pool_counts(const struct router *r, const struct pool *p, uint32_t channels, uint32_t cost,
                 uint32_t out[ROUTER_EXCLUSIONS])
{
    uint32_t take = 0, fit = 0, open = 0, room = pool_room_for(r, cost);
    bool interrupts = room_interrupts(r, channels, cost);
    for (uint32_t mask = 0; mask <= CORE_CHANNELS_ALL / 2; mask++) {
        take += channels & ~(mask * 2) ? 0 : r->by_channels[mask];
        fit += channels & ~(mask * 2) ? 0 : p->seated[mask];
    }
    for (size_t i = 0; i < p->rows_n; i++) {
        const struct row *w = &p->rows[i];
        if (!pool_takes(w->profile, channels))
            continue;
        open += w->n;
        out[pool_has_room(w->profile, room, interrupts) ? ROUTER_QUALIFIED : ROUTER_EX_CAPACITY] += w->n;
    }
    out[ROUTER_EX_OFFLINE] = r->by_presence[ROUTER_OFFLINE];
    out[ROUTER_EX_AWAY] = r->by_presence[ROUTER_AWAY];
    out[ROUTER_EX_LOST] = r->by_presence[ROUTER_LOST];
    out[ROUTER_EX_FOCUS] = r->by_presence[ROUTER_FOCUS];
    out[ROUTER_EX_DRAINING] = r->by_presence[ROUTER_DRAINING];
    out[ROUTER_EX_CHANNEL] = r->by_presence[ROUTER_AVAILABLE] - take;
    out[ROUTER_EX_SKILL] = take - fit;
    out[ROUTER_EX_OCCUPIED] = fit - open;
}

// ---- checking it ----

static const char *pool_check_agent(const struct router *r, const struct agent *a)
{
    if (a->marked || a->counted != a->presence || a->seated != (a->presence == ROUTER_AVAILABLE))
        return "an agent's change has not reached the pools";
    for (size_t i = 0; a->seated && i < a->members_n; i++) {
        const struct member *m = &a->members[i];
        size_t row = pool_row_at(m->pool, pool_profile(r, a));
        const struct row *w = &m->pool->rows[row];
        if (row == m->pool->rows_n || a->profile != pool_profile(r, a) || w->profile != a->profile || !w->n)
            return "an agent has no row in a pool";
        if (!profile_open(a->profile))
            continue;
        struct seat s = pool_seat(m, (struct agent *)(uintptr_t)a);
        struct row_cursor at = row_at(w, row_place(w, &s));
        const struct seat *found = row_next(w, &at);
        if (!found || found->agent != a || m->score != select_seat_score(m->pool, m, a) ||
            a->seat_idle != (a->offers ? 0 : a->idle_since))
            return "an agent sits in the wrong place of a pool";
    }
    return NULL;
}

const char *pool_check(const struct router *r)
{
    size_t seats = 0, members = 0;
    const char *why = r->marked_n ? "an agent's change has not reached the pools" : NULL;
    for (size_t i = 0; i < r->agents_n && !why; i++) {
        why = pool_check_agent(r, r->agents[i]);
        members += r->agents[i]->seated ? r->agents[i]->members_n : 0;
    }
    for (size_t i = 0; i < r->pools_n && !why; i++) {
        const struct pool *p = r->pools[i];
        for (size_t j = 0; p && j < p->rows_n && !why; j++) {
            why = profile_open(p->rows[j].profile) ? row_check(&p->rows[j]) : NULL;
            seats += p->rows[j].n;
        }
    }
    return why || seats == members ? why : "a pool seats somebody who is not there";
}
