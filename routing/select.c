// SPDX-License-Identifier: Apache-2.0
//
// What a queue prefers: each choice is a function that gives an agent points, and a mix is the weighted sum of several. Higher is
// better; who has equal points is told apart by idleness and id (match.c). Integers only, so that every machine counts alike.

#include "routing/learn.h"

#include <string.h>

#define SELECT_IDLE_MS    3600000 // of idleness are worth as much in a mix as the full mark of another part
#define SELECT_FULL       1000    // that mark
#define SELECT_MANY       20      // skills: who has so many or more gets nothing for having few
#define SELECT_LOG_DIGITS 32      // binary digits behind the point of a logarithm

// Binary logarithm of a positive number, in fixed point, by squaring.
static int64_t select_log(uint64_t x)
{
    int64_t whole = 63 - __builtin_clzll(x), log = whole << SELECT_LOG_DIGITS;
    uint64_t m = x << (63 - whole) >> 32; // 1 <= m / 2^31 < 2
    for (int64_t digit = (int64_t)1 << (SELECT_LOG_DIGITS - 1); digit; digit /= 2) {
        m = m * m >> 31;
        if (m >> 32) {
            m >>= 1;
            log += digit;
        }
    }
    return log;
}

// ---- points; a member is NULL where the agent lacks a skill ----

static int64_t select_suited(const struct pool *p, const struct member *m, const struct agent *a)
{
    (void)p;
    (void)a;
    return m ? m->surplus + m->preferred : 0;
}

static int64_t select_none(const struct pool *p, const struct member *m, const struct agent *a)
{
    (void)p;
    (void)m;
    (void)a;
    return 0;
}

// Two different shares of two capacities differ by more than a step of this scale.
static int64_t select_least_loaded(const struct pool *p, const struct member *m, const struct agent *a)
{
    (void)p;
    (void)m;
    return a->def.capacity ? -(((int64_t)a->load << 30) / a->def.capacity) : 0;
}

static int64_t select_fewest_skills(const struct pool *p, const struct member *m, const struct agent *a)
{
    (void)p;
    (void)m;
    return -(int64_t)a->def.skills_n;
}

static int64_t select_most_skilled(const struct pool *p, const struct member *m, const struct agent *a)
{
    (void)a;
    (void)p;
    return m ? m->levels : 0;
}

static int64_t select_fastest(const struct pool *p, const struct member *m, const struct agent *a)
{
    (void)p;
    (void)m;
    return a->def.speed;
}

// In thousandths as declared, or in millionths as learned; within a queue all are of one kind.
static uint32_t select_chance(const struct pool *p, const struct agent *a)
{
    return p->topic ? learn_estimate(p->topic, a) : a->def.resolution;
}

// resolution x speed ^ weight. The ends are exact products, so that equals are equal; in between, logarithms.
static int64_t select_resolution(const struct pool *p, const struct member *m, const struct agent *a)
{
    (void)m;
    uint32_t weight = p->queue->def.weight_speed, chance = select_chance(p, a);
    if (!weight)
        return chance;
    if (weight == 1000)
        return (int64_t)chance * a->def.speed;
    return 1000 * select_log(chance) + weight * select_log(a->def.speed);
}

// ---- parts of a mix: full mark for the best ----

static int64_t part_suited(const struct pool *p, const struct member *m, const struct agent *a)
{
    int64_t most = (int64_t)p->skills_n * (CORE_LEVEL_MAX - 1);
    return most ? select_suited(p, m, a) * SELECT_FULL / most : 0;
}

static int64_t part_least_loaded(const struct pool *p, const struct member *m, const struct agent *a)
{
    (void)p;
    (void)m;
    return a->load < a->def.capacity ? SELECT_FULL - (int64_t)a->load * SELECT_FULL / a->def.capacity : 0;
}

static int64_t part_fewest_skills(const struct pool *p, const struct member *m, const struct agent *a)
{
    (void)p;
    (void)m;
    int64_t n = a->def.skills_n < SELECT_MANY ? (int64_t)a->def.skills_n : SELECT_MANY;
    return SELECT_FULL - n * SELECT_FULL / SELECT_MANY;
}

static int64_t part_most_skilled(const struct pool *p, const struct member *m, const struct agent *a)
{
    int64_t most = (int64_t)p->skills_n * CORE_LEVEL_MAX;
    return most ? select_most_skilled(p, m, a) * SELECT_FULL / most : 0;
}

static int64_t part_resolution(const struct pool *p, const struct member *m, const struct agent *a)
{
    (void)m;
    return p->topic ? select_chance(p, a) / (LEARN_ONE / SELECT_FULL) : a->def.resolution;
}

static int64_t (*const select_parts[ROUTER_SELECTS])(const struct pool *, const struct member *,
                                                     const struct agent *) = {
    [ROUTER_SUITED] = part_suited,
    [ROUTER_LEAST_LOADED] = part_least_loaded,
    [ROUTER_FEWEST_SKILLS] = part_fewest_skills,
    [ROUTER_MOST_SKILLED] = part_most_skilled,
    [ROUTER_FASTEST] = select_fastest,
    [ROUTER_RESOLUTION] = part_resolution,
};

static int64_t select_mix(const struct pool *p, const struct member *m, const struct agent *a)
{
    int64_t points = 0;
    for (size_t s = 0; s < ROUTER_SELECTS; s++) {
        if (select_parts[s] && p->queue->def.mix[s])
            points += p->queue->def.mix[s] * select_parts[s](p, m, a);
    }
    return points * (SELECT_IDLE_MS / SELECT_FULL);
}

static const struct {
    const char *name;
    int64_t (*points)(const struct pool *p, const struct member *m, const struct agent *a);
} select_rules[ROUTER_SELECTS] = {
    [ROUTER_SUITED] = {"suited", select_suited},
    [ROUTER_LONGEST_IDLE] = {"longest_idle", select_none},
    [ROUTER_LEAST_LOADED] = {"least_loaded", select_least_loaded},
    [ROUTER_FEWEST_SKILLS] = {"fewest_skills", select_fewest_skills},
    [ROUTER_MOST_SKILLED] = {"most_skilled", select_most_skilled},
    [ROUTER_FASTEST] = {"fastest", select_fastest},
    [ROUTER_RESOLUTION] = {"resolution", select_resolution},
    [ROUTER_RANDOM] = {"random", select_none}, // who is drawn gets points (match.c)
    [ROUTER_MIX] = {"mix", select_mix},
};

// Every idle agent gains by idleness at the same pace, so time alone never changes their order, and a seat can be kept by what it
// would have been worth at time 0.
uint32_t select_idle_weight(const struct router_queue *q)
{
    return q->select == ROUTER_MIX ? q->mix[ROUTER_LONGEST_IDLE] : 0;
}

int64_t select_seat_score(const struct pool *p, const struct member *m, const struct agent *a)
{
    int64_t idle = a->offers ? 0 : p->idle_weight * a->idle_since;
    return select_rules[p->select].points(p, m, a) - idle;
}

int64_t select_score(const struct router *r, const struct pool *p, const struct member *m, const struct agent *a)
{
    return select_rules[p->select].points(p, m, a) + p->idle_weight * agent_idle_ms(r, a);
}

// What a seat is worth now.
int64_t select_score_now(const struct router *r, const struct pool *p, const struct seat *s, bool asked)
{
    return s->score + (asked ? 0 : p->idle_weight * r->at);
}

#define SELECT_MIX_MAX 100

bool select_legal(const struct router_queue *q)
{
    if ((unsigned)q->select >= ROUTER_SELECTS || q->weight_speed > 1000 || q->mix[ROUTER_RANDOM] || q->mix[ROUTER_MIX])
        return false;
    if (!learn_legal(q))
        return false;
    uint32_t sum = 0;
    for (size_t i = 0; i < ROUTER_SELECTS; i++) {
        if (q->mix[i] > SELECT_MIX_MAX)
            return false;
        sum += q->mix[i];
    }
    return sum || q->select != ROUTER_MIX;
}

const char *router_select_name(enum router_select s)
{
    return (unsigned)s < ROUTER_SELECTS ? select_rules[s].name : "";
}

bool router_select_of(const char *name, enum router_select *out)
{
    for (unsigned i = 0; i < ROUTER_SELECTS; i++) {
        if (strcmp(select_rules[i].name, name) == 0) {
            *out = (enum router_select)i;
            return true;
        }
    }
    return false;
}
