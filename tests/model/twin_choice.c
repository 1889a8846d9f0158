// SPDX-License-Identifier: Apache-2.0
//
// The twin's choices: the points of each way to prefer agents, and which waiting work goes first.

#include "twin.h"

#include <string.h>

typedef unsigned __int128 wide;

// ---- whom a queue prefers ----

// log2 by 32 digits: double the exponent's last place for each.
static int64_t binary_log(uint64_t x)
{
    int64_t log = 0;
    wide m = x;
    while (m >= 2 * (wide)1) {
        m >>= 1;
        log++;
    }
    m = ((wide)x << 31) >> log;
    for (int i = 0; i < 32; i++) {
        m = m * m >> 31;
        log *= 2;
        if (m >= (wide)1 << 32) {
            m /= 2;
            log++;
        }
    }
    return log;
}

static int64_t mixed(struct twin *t, const struct twin_queue *q, size_t step, const struct twin_view *v,
                     int64_t learned)
{
    const struct twin_agent *a = v->a;
    size_t named;
    int64_t levels = twin_levels(a, q, step, &named), n = (int64_t)named, load = twin_load(t, a->id),
            few = a->skills_n < 20 ? (int64_t)a->skills_n : 20;
    int64_t part[ROUTER_SELECTS] = {
        [ROUTER_SUITED] = n ? (v->surplus + v->preferred) * 1000 / (4 * n) : 0,
        [ROUTER_LEAST_LOADED] = load < a->capacity ? 1000 - load * 1000 / a->capacity : 0,
        [ROUTER_FEWEST_SKILLS] = 1000 - few * 50,
        [ROUTER_MOST_SKILLED] = n ? levels * 1000 / (5 * n) : 0,
        [ROUTER_FASTEST] = a->speed,
        [ROUTER_RESOLUTION] = learned ? learned / 1000 : a->resolution,
    };
    int64_t sum = 0;
    for (size_t i = 0; i < ROUTER_SELECTS; i++)
        sum += q->mix[i] * part[i];
    return sum * 3600 + q->mix[ROUTER_LONGEST_IDLE] * v->idle; // an hour's idleness is worth a full mark
}

static int64_t points(struct twin *t, const struct twin_work *w, const struct twin_view *v)
{
    const struct twin_queue *q = twin_queue(t, w->queue);
    size_t step = twin_step_of(t, q, w);
    int64_t learned = twin_chance(t, w, v->a->id), chance = learned ? learned : v->a->resolution;
    size_t named;
    const struct twin_agent *a = v->a;
    if (q->select == ROUTER_SUITED)
        return v->surplus + v->preferred;
    if (q->select == ROUTER_LEAST_LOADED)
        return a->capacity ? -(int64_t)(((uint64_t)twin_load(t, a->id) << 30) / a->capacity) : 0;
    if (q->select == ROUTER_FEWEST_SKILLS)
        return -(int64_t)a->skills_n;
    if (q->select == ROUTER_MOST_SKILLED)
        return twin_levels(a, q, step, &named);
    if (q->select == ROUTER_FASTEST)
        return a->speed;
    if (q->select == ROUTER_RESOLUTION && q->weight_speed == 0)
        return chance;
    if (q->select == ROUTER_RESOLUTION && q->weight_speed == 1000)
        return chance * a->speed;
    if (q->select == ROUTER_RESOLUTION)
        return 1000 * binary_log((uint64_t)chance) + q->weight_speed * binary_log(a->speed);
    return q->select == ROUTER_MIX ? mixed(t, q, step, v, learned) : 0;
}

static uint64_t scramble(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static bool may_be_drawn(const struct twin_work *w, const struct twin_view *v)
{
    return v->exclusion == ROUTER_QUALIFIED && !v->again && v->known == 2 && strcmp(w->wanted, v->a->id) != 0;
}

static uint32_t profile(struct twin *t, const struct twin_view *v)
{
    uint32_t channels = v->a->channels ? v->a->channels : 62, fits = 0;
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        channels &= twin_occupied(t, v->a->id, 1u << c) ? ~(1u << c) : ~0u;
        fits += twin_load(t, v->a->id) + t->rules.channels[c].units <= v->a->capacity ? 1 : 0;
    }
    uint32_t voice = t->rules.channels[ROUTER_VOICE].units;
    bool call = t->rules.calls_interrupt && twin_has_room(t, v->a, 1u << ROUTER_VOICE, voice, 0);
    return (call ? 10000 : 0) + channels * 100 + fits * 10 + (v->asked ? 1 : 0);
}

// The n who may be drawn stand in order of profile, then id. The first is drawn, the others follow in turn.
static void draw(struct twin *t, const struct twin_work *w, struct twin_view *v, size_t n)
{
    struct twin_view *row[TWIN_AGENTS];
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (!may_be_drawn(w, &v[i]))
            continue;
        size_t at = m++;
        for (; at > 0 && profile(t, row[at - 1]) > profile(t, &v[i]); at--)
            row[at] = row[at - 1];
        row[at] = &v[i];
    }
    uint64_t dice = scramble(scramble(t->rules.seed ^ scramble(w->id)) + t->epoch);
    for (size_t i = 0; i < m; i++)
        row[(dice % m + i) % m]->score = (int64_t)(m - i);
}

void twin_score(struct twin *t, const struct twin_work *w, struct twin_view *v, size_t n)
{
    struct twin_queue *q = twin_queue(t, w->queue);
    for (size_t i = 0; i < n; i++)
        v[i].score = points(t, w, &v[i]);
    if (q->select == ROUTER_RANDOM)
        draw(t, w, v, n);
}

// ---- which work goes first ----

static wide rank(struct twin *t, const struct twin_work *w)
{
    const struct twin_queue *q = twin_queue(t, w->queue);
    size_t named, step = twin_step_of(t, q, w);
    uint32_t most = 0;
    if (twin_by_cost(t)) {
        uint32_t target;
        return (wide)twin_rate(t, w, &target) * (wide)w->age;
    }
    if (t->rules.order != ROUTER_ORDER_SKILL_LEVEL)
        return 0;
    for (size_t i = 0; i < t->agents_n; i++) {
        const struct twin_agent *a = &t->agents[i];
        bool can = a->presence == ROUTER_AVAILABLE && twin_takes(a, twin_channels(w)) &&
                   !twin_occupied(t, a->id, twin_channels(w)) &&
                   twin_has_room(t, a, twin_channels(w), twin_charge(t, w), 0);
        if (can && twin_levels(a, q, step, &named) > most)
            most = twin_levels(a, q, step, &named);
    }
    return most;
}

bool twin_goes_first(struct twin *t, const struct twin_work *a, const struct twin_work *b)
{
    if ((a->offers_n > 0) != (b->offers_n > 0))
        return b->offers_n > 0;
    bool by_class = t->rules.order == ROUTER_ORDER_PRIORITY || t->rules.order == ROUTER_ORDER_PRIORITY_COST;
    if (by_class && twin_priority(t, a) != twin_priority(t, b))
        return twin_priority(t, a) < twin_priority(t, b);
    if (rank(t, a) != rank(t, b))
        return rank(t, a) > rank(t, b);
    return a->since != b->since ? a->since < b->since : a->id < b->id;
}
