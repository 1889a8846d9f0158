// SPDX-License-Identifier: Apache-2.0
// Tables of names and small numbers: skills with their levels, the parts of a mix with their weights.
#include "daemon/config/config_private.h"

#include "daemon/base/loop.h"

#include <stdlib.h>
#include <string.h>

struct levels_kind {
    const char *what;   // "skill"
    const char *number; // "level"
    const char *example;
    int64_t min, max;
    const char *(*check_name)(const struct setting *v, const char *name, size_t len); // NULL = good, else what is
};

struct levels_reading {
    const struct setting *v;
    const struct levels_kind *kind;
    struct config_skills levels;
    size_t room;
    bool good;
};

static const char *check_skill(const struct setting *v, const char *name, size_t len)
{
    (void)v;
    return setting_check_name(name, len) != NULL ? "1 to 64 of a-z 0-9 . _ -" : NULL;
}

static const char *check_part(const struct setting *v, const char *name, size_t len)
{
    for (const char *w = v->key->words; w != NULL; w = strchr(w, '|')) {
        w += *w == '|';
        if (strcspn(w, "|") == len && strncmp(w, name, len) == 0)
            return NULL;
    }
    return v->key->words;
}

static const struct levels_kind skills_kind = {"skill", "level", "a table like { billing = 3, \"lang.de\" = 5 }",
                                               1,       5,       check_skill};
static const struct levels_kind weights_kind = {"part", "weight", "a table like { suited = 2, least_loaded = 1 }",
                                                0,      100,      check_part};

static void level_add(void *arg, const char *name, size_t len, const struct toml_node *node, int line, int column)
{
    struct levels_reading *r = arg;
    const struct levels_kind *k = r->kind;
    const char *expected = k->check_name(r->v, name, len);
    struct config_place place = setting_place(node);
    int64_t n;
    if (expected != NULL) {
        errors_add(r->v->errs, (struct config_place){line, column}, "a %s's name in %s is not right (expected %s)",
                   k->what, r->v->name, expected);
        r->good = false;
    } else if (toml_type(node) == TOML_TABLE) {
        errors_add(r->v->errs, (struct config_place){line, column},
                   "%s %s in %s is a table (a name with a dot stands in quotes: \"lang.de\" = 5)", k->what, name,
                   r->v->name);
        r->good = false;
    } else if (!toml_integer(node, &n) || n < k->min || n > k->max) {
        errors_add(r->v->errs, place, "%s %s in %s has a wrong %s (expected a number from %d to %d)", k->what, name,
                   r->v->name, k->number, (int)k->min, (int)k->max);
        r->good = false;
    } else if (r->levels.n == r->room) {
        r->good = false;
        errors_add(r->v->errs, setting_place(r->v->node), "%s has more than %zu %ss", r->v->name, r->room, k->what);
        r->room = 0;
    } else if (r->levels.n < r->room) {
        r->levels.v[r->levels.n++] = (struct config_skill){xstrdup(name), n};
    }
}

static bool levels_read(const struct setting *v, const struct levels_kind *kind, void *slot)
{
    if (toml_type(v->node) != TOML_TABLE)
        return setting_wrong_type(v, v->node, kind->example);
    size_t room = (size_t)v->key->max;
    struct levels_reading r = {v, kind, {xcalloc(room, sizeof *r.levels.v), 0}, room, true};
    toml_each(v->node, level_add, &r);
    if (r.good)
        *(struct config_skills *)slot = r.levels;
    else
        setting_free_skills(&r.levels);
    return r.good;
}

bool setting_read_skills(const struct setting *v, void *slot)
{
    return levels_read(v, &skills_kind, slot);
}

bool setting_read_weights(const struct setting *v, void *slot)
{
    return levels_read(v, &weights_kind, slot);
}

void setting_free_skills(void *slot)
{
    struct config_skills *levels = slot;
    for (size_t i = 0; i < levels->n; i++)
        free(levels->v[i].name);
    free(levels->v);
    *levels = (struct config_skills){NULL, 0};
}

bool setting_equal_skills(const void *a, const void *b)
{
    const struct config_skills *x = a, *y = b;
    bool equal = x->n == y->n;
    for (size_t i = 0; equal && i < x->n; i++)
        equal = x->v[i].level == y->v[i].level && strcmp(x->v[i].name, y->v[i].name) == 0;
    return equal;
}
