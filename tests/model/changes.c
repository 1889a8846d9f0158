// SPDX-License-Identifier: Apache-2.0
//
// Whether the changes that a record tells of an agent who is excluded are true, and the fewest: with all of them the twin lets
// the agent in; without any one of them, or with one level less of a skill, it does not; and no other person whom one can think up
// would need less. What is "never" to be met nobody meets.

#include "twin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS 6 // 0..5

// ---- told changes, made ----

static void make_level(struct twin_agent *a, const char *skill, uint32_t level)
{
    for (size_t i = 0; i < a->skills_n; i++) {
        if (strcmp(a->skills[i].name, skill) == 0) {
            a->skills[i].level = level;
            return;
        }
    }
    twin_name(a->skills[a->skills_n].name, skill);
    a->skills[a->skills_n++].level = level;
}

static void make_attribute(struct twin_agent *a, const char *name, bool has)
{
    for (size_t i = 0; i < TWIN_TRAITS; i++) {
        if (strcmp(a->attributes[i], name) == 0)
            twin_name(a->attributes[i], "");
    }
    for (size_t i = 0; has && i < TWIN_TRAITS; i++) {
        if (!*a->attributes[i]) {
            twin_name(a->attributes[i], name);
            return;
        }
    }
}

// less: by one level.
static void make_person(struct twin_agent *a, const struct router_change *c, bool less)
{
    enum router_change_kind k = c->kind;
    if (k == ROUTER_CHANGE_SKILL || k == ROUTER_CHANGE_LESS_SKILL)
        make_level(a, c->name, k == ROUTER_CHANGE_SKILL ? c->to - less : c->to + less);
    else if (k == ROUTER_CHANGE_TEAM || k == ROUTER_CHANGE_OTHER_TEAM)
        twin_name(a->team, k == ROUTER_CHANGE_TEAM ? c->name : "");
    else if (k == ROUTER_CHANGE_ATTRIBUTE || k == ROUTER_CHANGE_NO_ATTRIBUTE)
        make_attribute(a, c->name, k == ROUTER_CHANGE_ATTRIBUTE);
    else if (k == ROUTER_CHANGE_BOT || k == ROUTER_CHANGE_HUMAN)
        a->bot = k == ROUTER_CHANGE_BOT;
    else if (k == ROUTER_CHANGE_PRESENCE)
        a->presence = ROUTER_AVAILABLE;
    else if (k == ROUTER_CHANGE_CHANNEL)
        a->channels |= 1u << c->channel;
}

static void make(struct twin *t, struct twin_work *w, struct twin_agent *a, const struct router_change *c, bool less)
{
    struct twin_ask *ask = twin_ask_of(w, a->id);
    make_person(a, c, less);
    if (c->kind == ROUTER_CHANGE_CAPACITY)
        a->capacity += c->to - c->from;
    if (c->kind == ROUTER_CHANGE_ROOM) // so much less at hand is so much more to hold it
        a->capacity += c->from - c->to - less;
    if (c->kind == ROUTER_CHANGE_PLACE)
        t->spared[c->channel] = c->from - c->to - less;
    if (c->kind == ROUTER_CHANGE_PAUSE && ask)
        ask->until -= c->ms - less;
    if (c->kind == ROUTER_CHANGE_ASKED && ask) { // the last refusal, and the pause after it, would not have been
        ask->times = c->to + less;
        ask->until = t->now;
    }
}

// Whether the agent could take it with these changes but for `without`, or with one level less of `shortened`.
static bool could(struct twin *t, struct twin_work *w, struct twin_agent *a, const struct router_candidate *c,
                  size_t without, size_t shortened)
{
    struct twin_agent agent = *a;
    struct twin_work work = *w;
    t->spared_of = a->id;
    for (size_t i = 0; i < c->changes_n; i++) {
        if (i != without)
            make(t, w, a, &c->changes[i], i == shortened);
    }
    bool good = twin_look(t, w, a).exclusion == ROUTER_QUALIFIED;
    t->spared_of = NULL;
    memset(t->spared, 0, sizeof t->spared);
    *a = agent;
    *w = work;
    return good;
}

// ---- all people one can think up ----

static bool is_person(enum router_change_kind k)
{
    return k >= ROUTER_CHANGE_SKILL && k <= ROUTER_CHANGE_HUMAN;
}

static uint32_t apart(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

static uint32_t told_price(const struct router_candidate *c)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < c->changes_n; i++) {
        bool level = c->changes[i].kind == ROUTER_CHANGE_SKILL || c->changes[i].kind == ROUTER_CHANGE_LESS_SKILL;
        if (is_person(c->changes[i].kind))
            sum += level ? apart(c->changes[i].from, c->changes[i].to) : 1;
    }
    return sum;
}

// The least that some person who meets the requirement is apart from this one; UINT32_MAX = nobody meets it.
static uint32_t least_price(const struct twin_agent *a, const struct twin_queue *q, size_t step)
{
    static const char *const teams[] = {"t0", "t1", "else"}, *const skills[] = {"s0", "s1", "s2"};
    static const char *const attributes[] = {"at0", "at1"};
    uint32_t least = UINT32_MAX, surplus;
    for (uint32_t i = 0; i < LEVELS * LEVELS * LEVELS * 3 * 4 * 2; i++) {
        struct twin_agent x = *a;
        uint32_t rest = i, price = 0;
        for (size_t s = 0; s < 3; s++, rest /= LEVELS) {
            price += apart(twin_level(a, skills[s]), rest % LEVELS);
            make_level(&x, skills[s], rest % LEVELS);
        }
        bool other = rest % 3 == 2 ? strcmp(a->team, "t0") != 0 && strcmp(a->team, "t1") != 0
                                   : strcmp(a->team, teams[rest % 3]) == 0;
        price += !other;
        twin_name(x.team, teams[rest % 3]);
        rest /= 3;
        for (size_t k = 0; k < 2; k++, rest /= 2) {
            price += twin_has_attribute(a, attributes[k]) != rest % 2;
            make_attribute(&x, attributes[k], rest % 2);
        }
        price += a->bot != rest % 2;
        x.bot = rest % 2;
        if (price < least && twin_meets(&x, q, step, &surplus))
            least = price;
    }
    return least;
}

// ---- what is checked ----

static const char *fault_of(struct twin *t, struct twin_work *w, struct twin_agent *a, const struct router_candidate *c,
                            bool thorough)
{
    bool skill = c->exclusions & 1u << ROUTER_EX_SKILL;
    const struct twin_queue *q = twin_queue(t, w->queue);
    uint32_t least = skill && thorough ? least_price(a, q, twin_step_of(t, q, w)) : told_price(c);
    if (skill && c->behind == ROUTER_BEHIND_NEVER)
        return !thorough || least == UINT32_MAX ? NULL : "is told that nothing would do";
    if (!could(t, w, a, c, SIZE_MAX, SIZE_MAX))
        return "would not have qualified with all of it";
    for (size_t i = 0; i < c->changes_n; i++) {
        if (could(t, w, a, c, i, SIZE_MAX))
            return "would have qualified without one of it";
        if (c->changes[i].kind != ROUTER_CHANGE_CAPACITY && could(t, w, a, c, SIZE_MAX, i) &&
            (c->changes[i].from || c->changes[i].to || c->changes[i].ms))
            return "would have qualified with less of one";
    }
    return least == told_price(c) ? NULL : "would have qualified as somebody less different";
}

bool twin_changes_hold(struct twin *t, const struct router_decision *d, uint64_t work, bool thorough)
{
    struct twin_work *w = twin_work(t, work);
    for (size_t i = 0; i < d->candidates_n; i++) {
        const struct router_candidate *c = &d->candidates[i];
        if (c->exclusion == ROUTER_QUALIFIED)
            continue;
        const char *fault = fault_of(t, w, twin_agent(t, c->agent), c, thorough);
        if (!fault)
            continue;
        const struct twin_queue *q = twin_queue(t, w->queue);
        size_t step = twin_step_of(t, q, w);
        fprintf(stderr, "  work %" PRIu64 ": %s %s; '%s' and '%s':", work, c->agent, fault,
                step ? q->steps[step - 1].needs : q->needs, q->floor);
        for (size_t k = 0; k < c->changes_n; k++)
            fprintf(stderr, " change %d '%s' %u->%u channel %d %" PRId64 " ms;", (int)c->changes[k].kind,
                    c->changes[k].name, c->changes[k].from, c->changes[k].to, (int)c->changes[k].channel,
                    c->changes[k].ms);
        fprintf(stderr, "\n");
        return false;
    }
    return true;
}
