// SPDX-License-Identifier: Apache-2.0
// A scenario as a whole: its defaults, and what no single key can say. It is used only when nothing was wrong.
#include "cli/sim_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIO_PRIORITIES_MAX 9 // classes of the router

static const struct sim_scenario scenario_default = {
    .seed = 1, .contacts = 1000000, .warmup = 0.05, .waiting_places = -1, .service_level = 20};

// ---- checks ----

bool sim_pool_serves(const struct sim_pool *p, const struct sim_class *c)
{
    for (size_t n = 0; n < c->needs.n; n++) {
        size_t i = 0;
        while (i < p->skills.n && strcmp(p->skills.v[i].name, c->needs.v[n]) != 0)
            i++;
        if (i == p->skills.n)
            return false;
    }
    return true;
}

static void check_pools(const struct sim_scenario *s, struct config_errors *errs)
{
    int64_t agents = 0;
    for (size_t i = 0; i < s->pools_n; i++) {
        const struct sim_pool *p = &s->pools[i];
        agents += p->count;
        if (agents > SIM_AGENTS_MAX && agents - p->count <= SIM_AGENTS_MAX)
            errors_add(errs, p->place, "with this pool there are more than %d agents (fewer are needed)",
                       SIM_AGENTS_MAX);
        for (size_t k = 0; k < i; k++) {
            if (p->name && s->pools[k].name && strcmp(p->name, s->pools[k].name) == 0)
                errors_add(errs, p->place, "there are two pools named %s (give each a name of its own)", p->name);
        }
    }
}

// A contact that nobody can serve and that never gives up would keep the run from ending.
static void check_served(const struct sim_scenario *s, const struct sim_class *c, struct config_errors *errs)
{
    for (size_t p = 0; p < s->pools_n; p++) {
        if (sim_pool_serves(&s->pools[p], c))
            return;
    }
    if (c->patience_mean == 0 && s->waiting_places != 0)
        errors_add(errs, c->needs_place,
                   "no pool has all that class %s needs, and it waits for ever (give a pool the skills, or the class a "
                   "patience_mean)",
                   c->name ? c->name : "");
}

static void check_shape(const struct sim_class *c, const struct sim_shape *shape, const char *key,
                        struct config_errors *errs)
{
    if (shape->cv > 0 && shape->form != SIM_LOGNORMAL)
        errors_add(errs, c->place, "class.%s_cv is only of a lognormal (give %s_shape = \"lognormal\", or no %s_cv)",
                   key, key, key);
}

static void check_classes(const struct sim_scenario *s, struct config_errors *errs)
{
    size_t priorities = 0;
    for (size_t i = 0; i < s->classes_n; i++) {
        const struct sim_class *c = &s->classes[i];
        bool seen = false;
        check_served(s, c, errs);
        sim_steps_check(c, errs);
        check_shape(c, &c->service, "service", errs);
        check_shape(c, &c->patience, "patience", errs);
        if (c->patience_mean == 0 && c->patience.form != SIM_EXPONENTIAL)
            errors_add(errs, c->place, "class.patience_shape is of a patience that is for ever (give patience_mean)");
        for (size_t k = 0; k < i; k++) {
            seen |= s->classes[k].priority == c->priority;
            if (c->name && s->classes[k].name && strcmp(c->name, s->classes[k].name) == 0)
                errors_add(errs, c->place, "there are two classes named %s (give each a name of its own)", c->name);
        }
        priorities += seen ? 0 : 1;
        if (!seen && priorities == SCENARIO_PRIORITIES_MAX + 1 && s->order == SIM_PRIORITY)
            errors_add(errs, c->place, "with this class there are more than %d priorities (fewer are needed)",
                       SCENARIO_PRIORITIES_MAX);
    }
}

static void check_all(const struct sim_scenario *s, const struct toml_node *root, struct config_errors *errs)
{
    const struct toml_node *warmup = toml_get(root, "warmup");
    const struct config_place whole = {1, 1};
    if (!toml_get(root, "pool"))
        errors_add(errs, whole, "there is no agent (write at least one [[pool]])");
    if (!toml_get(root, "class"))
        errors_add(errs, whole, "there is no contact (write at least one [[class]])");
    if (sim_scenario_unmeasured(s) >= s->contacts)
        errors_add(errs, warmup ? sim_file_place(warmup) : whole,
                   "warmup leaves none of %" PRId64 " contacts to measure (must be below 1)", s->contacts);
    check_pools(s, errs);
    if (s->pools_n)
        check_classes(s, errs);
}

// ---- the whole ----

double sim_scenario_rate(const struct sim_scenario *s)
{
    double rate = 0;
    for (size_t i = 0; i < s->classes_n; i++)
        rate += s->classes[i].rate;
    return rate;
}

int64_t sim_scenario_unmeasured(const struct sim_scenario *s)
{
    return llround(s->warmup * (double)s->contacts);
}

bool sim_scenario_read(const char *path, struct sim_scenario *s, struct config_errors *errs)
{
    size_t len;
    *errs = (struct config_errors){.n = 0};
    *s = scenario_default;
    char *text = config_file_read(path, &len, errs);
    struct toml_doc *doc = text ? config_file_parse(text, len, errs) : NULL;
    free(text);
    if (!doc)
        return false;
    sim_file_read(toml_root(doc), s, errs);
    check_all(s, toml_root(doc), errs);
    toml_free(doc);
    if (!errs->fatal) {
        sim_clock_check(s, errs);
        sim_load_check(s, errs);
    }
    errors_sort(errs);
    return errs->fatal == 0;
}

static void free_texts(struct sim_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i]);
    free(t->v);
}

void sim_scenario_free(struct sim_scenario *s)
{
    for (size_t i = 0; i < s->pools_n; i++) {
        for (size_t k = 0; k < s->pools[i].skills.n; k++)
            free((void *)(uintptr_t)s->pools[i].skills.v[k].name);
        free(s->pools[i].skills.v);
        free(s->pools[i].name);
    }
    for (size_t i = 0; i < s->classes_n; i++) {
        free_texts(&s->classes[i].needs);
        free_texts(&s->classes[i].steps);
        free(s->classes[i].name);
    }
    free(s->pools);
    free(s->classes);
    *s = (struct sim_scenario){0};
}
