// SPDX-License-Identifier: Apache-2.0
//
// Pools: for each step of each queue, those available agents who meet its requirement, kept in order of the queue's choice. The agents of a pool to whom the
// same channels are open, who have room for the same and are or are not being asked share a row. So the best who can take a work is at the
// head of one of a few rows, and how many cannot for which reason is a sum of their sizes; no decision looks at all agents.
//
// pool_seat.c keeps them current. All of this is derived from the state: pool_check() compares it with what a fresh look at each agent says.

#include "routing/core.h"

#include <stdlib.h>
#include <string.h>

// ---- rows ----

#define PROFILE_CALL (PROFILES / 2u) // has room for a call that interrupts

uint32_t pool_declared(const struct agent *a)
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
bool pool_profile_open(uint32_t profile)
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

static void pool_free_rows(struct pool *p)
{
    if (p->rows != p->own)
        free(p->rows);
}

static void pool_make_room(struct pool *p)
{
    if (!p->rows) {
        p->rows = p->own;
        p->rows_cap = POOL_ROWS_OWN;
    }
    if (p->rows_n < p->rows_cap)
        return;
    p->rows_cap *= 2;
    struct row *rows = memory_new_lines(p->rows_cap, sizeof *rows);
    memcpy(rows, p->rows, p->rows_n * sizeof *rows);
    pool_free_rows(p);
    p->rows = rows;
}

struct row *pool_row(struct pool *p, uint32_t profile)
{
    size_t i = pool_row_at(p, profile);
    if (i < p->rows_n && p->rows[i].profile == profile)
        return &p->rows[i];
    pool_make_room(p);
    memmove(p->rows + i + 1, p->rows + i, (p->rows_n - i) * sizeof *p->rows);
    p->rows_n++;
    p->rows[i] = (struct row){.profile = profile};
    p->rows[i].levels = memory_new(p->skills_n * CORE_LEVEL_MAX + 1, sizeof *p->rows[i].levels);
    return &p->rows[i];
}

void pool_clear(struct pool *p)
{
    for (size_t i = 0; i < p->rows_n; i++)
        row_clear(&p->rows[i]);
    pool_free_rows(p);
    p->rows = NULL;
    p->rows_n = p->rows_cap = 0;
    memset(p->seated, 0, sizeof p->seated);
    memset(p->slots, 0, sizeof p->slots);
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

struct pool_need pool_need(const struct router *r, uint32_t channels, uint32_t cost)
{
    return (struct pool_need){channels, pool_room_for(r, cost), room_interrupts(r, channels, cost)};
}

static bool pool_serves(const struct row *w, const struct pool_need *need)
{
    return w->n && pool_takes(w->profile, need->channels) && pool_has_room(w->profile, need->room, need->interrupts);
}

// The first row from `from` on of those who can take such work; rows_n = there is none.
size_t pool_row_for(const struct pool *p, const struct pool_need *need, size_t from)
{
    while (from < p->rows_n && !pool_serves(&p->rows[from], need))
        from++;
    return from;
}

// The highest sum of levels in what the queue requires of anybody who could take it; 0 = nobody could.
uint32_t pool_top_levels(const struct router *r, const struct pool *p, uint32_t channels, uint32_t cost)
{
    struct pool_need need = pool_need(r, channels, cost);
    uint32_t most = 0;
    for (size_t i = pool_row_for(p, &need, 0); i < p->rows_n; i = pool_row_for(p, &need, i + 1)) {
        uint32_t levels = (uint32_t)p->skills_n * CORE_LEVEL_MAX;
        while (levels && !p->rows[i].levels[levels])
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
        if (!pool_profile_open(a->profile))
            continue;
        struct seat s = pool_seat(m, (struct agent *)(uintptr_t)a, a->seat_idle);
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
            why = pool_profile_open(p->rows[j].profile) ? row_check(&p->rows[j]) : NULL;
            seats += p->rows[j].n;
        }
    }
    return why || seats == members ? why : "a pool seats somebody who is not there";
}
