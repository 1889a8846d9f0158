// SPDX-License-Identifier: Apache-2.0
//
// The twin's requirements: the text is read anew each time somebody is measured by it. It takes the text to be well formed.

#include "twin.h"

#include <string.h>

struct reading {
    const char *at;
    const struct twin_agent *a;
    char named[32][TWIN_NAME]; // skills to be had
    size_t named_n;
    int refused; // inside how many "not"
};

struct answer {
    bool good;
    uint32_t surplus;
};

static struct answer whole(struct reading *in);

uint32_t twin_level(const struct twin_agent *a, const char *skill)
{
    for (size_t j = 0; j < a->skills_n; j++) {
        if (strcmp(a->skills[j].name, skill) == 0)
            return a->skills[j].level;
    }
    return 0;
}

bool twin_has_attribute(const struct twin_agent *a, const char *name)
{
    bool has = false;
    for (size_t i = 0; i < TWIN_TRAITS; i++)
        has |= strcmp(a->attributes[i], name) == 0;
    return has;
}

static void note(struct reading *in, const char *skill)
{
    for (size_t i = 0; i < in->named_n; i++) {
        if (strcmp(in->named[i], skill) == 0)
            return;
    }
    if (!in->refused)
        twin_name(in->named[in->named_n++], skill);
}

static void word(struct reading *in, char *to)
{
    size_t n = 0;
    while (*in->at == ' ')
        in->at++;
    while (strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", in->at[n]) && in->at[n])
        n++;
    memcpy(to, in->at, n);
    to[n] = '\0';
    in->at += n;
    while (*in->at == ' ')
        in->at++;
}

static bool next_is(struct reading *in, const char *what)
{
    struct reading ahead = *in;
    char w[TWIN_NAME];
    word(&ahead, w);
    if (strcmp(w, what) != 0)
        return false;
    in->at = ahead.at;
    return true;
}

static struct answer one(struct reading *in)
{
    char w[TWIN_NAME], value[TWIN_NAME];
    word(in, w);
    if (strcmp(w, "not") == 0) {
        in->refused++;
        struct answer inner = one(in);
        in->refused--;
        return (struct answer){!inner.good, 0};
    }
    if (!*w) { // a bracket
        in->at++;
        struct answer inner = whole(in);
        in->at++;
        while (*in->at == ' ')
            in->at++;
        return inner;
    }
    if (strcmp(w, "team") == 0 || strcmp(w, "is") == 0) {
        in->at++;
        word(in, value);
        return (struct answer){*w == 'i' ? twin_has_attribute(in->a, value) : strcmp(value, in->a->team) == 0, 0};
    }
    if (strcmp(w, "bot") == 0 || strcmp(w, "human") == 0)
        return (struct answer){in->a->bot == (*w == 'b'), 0};
    uint32_t asked = 1, level = twin_level(in->a, w);
    note(in, w);
    if (*in->at == '>') {
        in->at += 2;
        word(in, value);
        asked = (uint32_t)(*value - '0');
    }
    return (struct answer){level >= asked, level > asked ? level - asked : 0};
}

static struct answer both(struct reading *in)
{
    struct answer all = one(in);
    while (next_is(in, "and")) {
        struct answer more = one(in);
        all.good = all.good && more.good;
        all.surplus += more.surplus;
    }
    return all;
}

// Where one will do, the best of those that do counts. A single one keeps what it has, even where it does not do.
static struct answer whole(struct reading *in)
{
    struct answer first = both(in);
    if (!next_is(in, "or"))
        return first;
    struct answer best = {first.good, first.good ? first.surplus : 0};
    do {
        struct answer more = both(in);
        best.good = best.good || more.good;
        if (more.good && more.surplus > best.surplus)
            best.surplus = more.surplus;
    } while (next_is(in, "or"));
    return best;
}

static struct answer ask(struct reading *in, const char *text)
{
    in->at = text;
    while (*in->at == ' ')
        in->at++;
    if (!*in->at || strcmp(in->at, "any") == 0)
        return (struct answer){true, 0};
    return whole(in);
}

static bool meets(const struct twin_agent *a, const struct twin_queue *q, size_t step, uint32_t *surplus,
                  struct reading *in)
{
    *in = (struct reading){.a = a};
    struct answer floor = ask(in, q->floor), rest = ask(in, step ? q->steps[step - 1].needs : q->needs);
    bool good = floor.good && rest.good;
    *surplus = floor.surplus + rest.surplus;
    for (size_t i = 0; !step && i < q->requires_n; i++) {
        uint32_t level = twin_level(a, q->requires[i].name);
        note(in, q->requires[i].name);
        good = good && level >= q->requires[i].level;
        *surplus += level - q->requires[i].level;
    }
    if (!good)
        *surplus = 0;
    return good;
}

bool twin_meets_floor(const struct twin_agent *a, const struct twin_queue *q)
{
    struct reading in = {.a = a};
    return ask(&in, q->floor).good;
}

bool twin_meets(const struct twin_agent *a, const struct twin_queue *q, size_t step, uint32_t *surplus)
{
    struct reading in;
    return meets(a, q, step, surplus, &in);
}

// The agent's levels in all that is named, and how many skills that are.
uint32_t twin_levels(const struct twin_agent *a, const struct twin_queue *q, size_t step, size_t *named)
{
    struct reading in;
    uint32_t surplus, sum = 0;
    bool good = meets(a, q, step, &surplus, &in);
    for (size_t i = 0; i < in.named_n; i++)
        sum += twin_level(a, in.named[i]);
    *named = in.named_n;
    return good ? sum : 0;
}

size_t twin_step_of(const struct twin *t, const struct twin_queue *q, const struct twin_work *w)
{
    size_t step = 0;
    for (size_t i = 0; i < q->steps_n; i++) {
        if (q->steps[i].breach ? w->foreseen : t->now - w->since >= q->steps[i].after)
            step = i + 1;
    }
    return step;
}
