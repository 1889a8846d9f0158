// SPDX-License-Identifier: Apache-2.0
// Values of a scenario: one reader for each type. A wrong one is told with its place and what would be right, and leaves the default.
#include "cli/sim_file.h"
#include "proto/nearest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_NEEDS_MAX  64   // of a class: bounds of the router
#define VALUE_SKILLS_MAX 1000 // of a pool

void *sim_file_alloc(size_t n, size_t each)
{
    void *p = calloc(n ? n : 1, each);
    if (!p)
        abort();
    return p;
}

char *sim_file_text(const char *s)
{
    char *copy = strdup(s);
    if (!copy)
        abort();
    return copy;
}

struct config_place sim_file_place(const struct toml_node *node)
{
    struct config_place place;
    toml_place(node, &place.line, &place.column);
    return place;
}

bool sim_value_wrong_type(const struct scenario_value *v, const struct toml_node *node, const char *expected)
{
    static const char *const names[] = {
        [TOML_TABLE] = "a table",    [TOML_ARRAY] = "a list",     [TOML_STRING] = "a text", [TOML_INTEGER] = "a number",
        [TOML_FLOAT] = "a fraction", [TOML_BOOLEAN] = "a switch", [TOML_TIME] = "a time",
    };
    errors_add(v->errs, sim_file_place(node), "%s is %s (expected %s)", v->name, names[toml_type(node)], expected);
    return false;
}

static bool value_number(const struct scenario_value *v, const struct toml_node *node, double *n)
{
    const struct scenario_key *k = v->key;
    if (!toml_number(node, n))
        return sim_value_wrong_type(v, node, "a number");
    if (isfinite(*n) && (k->above ? *n > k->min : *n >= k->min) && *n <= k->max)
        return true;
    errors_add(v->errs, sim_file_place(node), "%s is %.15g (must be %s %.15g%s %.15g)", v->name, *n,
               k->above ? "above" : "from", k->min, k->above ? " and at most" : " to", k->max);
    return false;
}

static void value_read_number(const struct scenario_value *v, void *slot)
{
    double n;
    if (value_number(v, v->node, &n))
        *(double *)slot = n;
}

static void value_read_whole(const struct scenario_value *v, void *slot)
{
    double n;
    if (!value_number(v, v->node, &n))
        return;
    if (n != floor(n))
        errors_add(v->errs, sim_file_place(v->node), "%s is %.15g (must be a whole number)", v->name, n);
    else if (!toml_integer(v->node, slot)) // exact where it can be
        *(int64_t *)slot = n < 0x1p63 ? (int64_t)n : INT64_MAX;
}

// The text, when it can be a name: printable ASCII or beyond, 1 to ROUTER_NAME_MAX bytes.
static const char *value_text(const struct scenario_value *v, const struct toml_node *node, const char *expected)
{
    const char *s;
    size_t len;
    if (!toml_string(node, &s, &len)) {
        sim_value_wrong_type(v, node, expected);
        return NULL;
    }
    bool good = len > 0 && len <= ROUTER_NAME_MAX;
    for (size_t i = 0; i < len && good; i++)
        good = (unsigned char)s[i] >= ' ' && s[i] != 0x7f;
    if (!good)
        errors_add(v->errs, sim_file_place(node), "%s is not a name (must be 1 to %d characters on one line)", v->name,
                   ROUTER_NAME_MAX);
    return good ? s : NULL;
}

static void value_read_name(const struct scenario_value *v, void *slot)
{
    const char *s = value_text(v, v->node, "a text");
    if (s)
        *(char **)slot = sim_file_text(s);
}

static void value_read_choice(const struct scenario_value *v, void *slot)
{
    const char *s, *w = v->key->words;
    size_t len;
    if (!toml_string(v->node, &s, &len)) {
        char expected[160];
        snprintf(expected, sizeof expected, "one of %s", w);
        sim_value_wrong_type(v, v->node, expected);
        return;
    }
    char word[32], shown[40];
    snprintf(shown, sizeof shown, "%s", s);
    struct nearest near = nearest_begin(shown);
    for (int index = 0;; index++) {
        size_t n = strcspn(w, "|");
        snprintf(word, sizeof word, "%.*s", (int)n, w);
        if (n == len && memcmp(s, w, n) == 0) {
            *(int *)slot = index;
            return;
        }
        nearest_offer(&near, word);
        if (!w[n])
            break;
        w += n + 1;
    }
    const char *best = nearest_best(&near);
    errors_add(v->errs, sim_file_place(v->node), "%s: no such rule (must be one of %s%s%s%s)", v->name, v->key->words,
               best ? "; did you mean " : "", best ? best : "", best ? "?" : "");
}

static void value_read_names(const struct scenario_value *v, void *slot)
{
    struct sim_texts *t = slot;
    if (toml_type(v->node) != TOML_ARRAY) {
        sim_value_wrong_type(v, v->node, "a list of skills");
        return;
    }
    if (toml_count(v->node) > VALUE_NEEDS_MAX) {
        errors_add(v->errs, sim_file_place(v->node), "%s names %zu skills (at most %d)", v->name, toml_count(v->node),
                   VALUE_NEEDS_MAX);
        return;
    }
    t->n = 0;
    t->v = sim_file_alloc(toml_count(v->node), sizeof *t->v);
    for (size_t i = 0; i < toml_count(v->node); i++) {
        const struct toml_node *node = toml_at(v->node, i);
        const char *s = value_text(v, node, "a skill's name");
        bool twice = false;
        for (size_t k = 0; s && k < t->n; k++)
            twice |= strcmp(t->v[k], s) == 0;
        if (twice)
            errors_add(v->errs, sim_file_place(node), "%s names %s twice (once is enough)", v->name, s);
        else if (s)
            t->v[t->n++] = sim_file_text(s);
    }
}

struct value_skills {
    const struct scenario_value *v;
    struct sim_skills *to;
};

static void value_read_skill(void *arg, const char *name, size_t len, const struct toml_node *node, int line,
                             int column)
{
    struct value_skills *s = arg;
    struct scenario_value v = *s->v;
    double n;
    if (s->to->n == VALUE_SKILLS_MAX) {
        errors_add(v.errs, (struct config_place){line, column}, "%s: there are more than %d", v.name, VALUE_SKILLS_MAX);
        return;
    }
    if (!len || len > ROUTER_NAME_MAX || strlen(name) != len) {
        errors_add(v.errs, (struct config_place){line, column}, "%s: a skill's name has 1 to %d characters", v.name,
                   ROUTER_NAME_MAX);
        return;
    }
    snprintf(v.name, sizeof v.name, "%.30s.%.20s", s->v->name, name);
    if (!value_number(&v, node, &n))
        return;
    if (n != floor(n)) {
        errors_add(v.errs, sim_file_place(node), "%s is %.15g (must be a whole number from 1 to 5)", v.name, n);
        return;
    }
    s->to->v = realloc(s->to->v, (s->to->n + 1) * sizeof *s->to->v);
    if (!s->to->v)
        abort();
    s->to->v[s->to->n++] = (struct router_skill){sim_file_text(name), (uint32_t)n};
}

static void value_read_skills(const struct scenario_value *v, void *slot)
{
    struct value_skills s = {v, slot};
    if (toml_type(v->node) == TOML_TABLE)
        toml_each(v->node, value_read_skill, &s);
    else
        sim_value_wrong_type(v, v->node, "a table of skills, each with a level from 1 to 5");
}

static void (*const value_readers[])(const struct scenario_value *v, void *slot) = {
    [SCENARIO_WHOLE] = value_read_whole,   [SCENARIO_NUMBER] = value_read_number, [SCENARIO_NAME] = value_read_name,
    [SCENARIO_CHOICE] = value_read_choice, [SCENARIO_NAMES] = value_read_names,   [SCENARIO_SKILLS] = value_read_skills,
    [SCENARIO_STEPS] = sim_steps_read,
};

void sim_value_read(const struct scenario_value *v, void *slot)
{
    value_readers[v->key->type](v, slot);
}
