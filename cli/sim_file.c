// SPDX-License-Identifier: Apache-2.0
// A scenario's file: one table of keys for each of its tables. What is wrong is told with its place and what would be right, and leaves
// the default; what one key alone cannot say is checked in sim_scenario.c.
#include "cli/sim_file.h"
#include "proto/nearest.h"

#include <stdlib.h>
#include <string.h>

#define SCENARIO_ROWS_MAX 1000
#define SCENARIO_LARGEST  1e12 // of any time, rate or factor
#define SCENARIO_CV       10   // of a shape
#define SCENARIO_SHAPES   "exponential|constant|lognormal"

struct scenario_table {
    const char *name;
    const struct scenario_key *keys;
    size_t keys_n;
};

#define AT(type, member) offsetof(struct type, member)
#define LENGTH(array)    (sizeof(array) / sizeof *(array))

static const struct scenario_key scenario_top_keys[] = {
    {"seed", SCENARIO_WHOLE, AT(sim_scenario, seed), .min = 0, .max = 0x1p63},
    {"contacts", SCENARIO_WHOLE, AT(sim_scenario, contacts), .min = 1, .max = 1e10},
    {"warmup", SCENARIO_NUMBER, AT(sim_scenario, warmup), .min = 0, .max = 1},
    {"waiting_places", SCENARIO_WHOLE, AT(sim_scenario, waiting_places), .min = 0, .max = 1e9},
    {"service_level", SCENARIO_NUMBER, AT(sim_scenario, service_level), .min = 0, .max = SCENARIO_LARGEST},
};
static const struct scenario_key scenario_policy_keys[] = {
    {"select", SCENARIO_CHOICE, AT(sim_scenario, select),
     .words = "longest_idle|least_loaded|fewest_skills|most_skilled|fastest|resolution|random"},
    {"order", SCENARIO_CHOICE, AT(sim_scenario, order), .words = "fifo|priority|skill_level|cost"},
    {"weight_speed", SCENARIO_NUMBER, AT(sim_scenario, weight_speed), .min = 0, .max = 1},
};
static const struct scenario_key scenario_pool_keys[] = {
    {"name", SCENARIO_NAME, AT(sim_pool, name), .required = true},
    {"count", SCENARIO_WHOLE, AT(sim_pool, count), .min = 1, .max = SIM_AGENTS_MAX},
    {"skills", SCENARIO_SKILLS, AT(sim_pool, skills), .min = 1, .max = 5},
    {"speed", SCENARIO_NUMBER, AT(sim_pool, speed), .min = 0, .max = SCENARIO_LARGEST, .above = true},
    {"resolution", SCENARIO_NUMBER, AT(sim_pool, resolution), .min = 0, .max = 1, .above = true},
    {"concurrency", SCENARIO_WHOLE, AT(sim_pool, concurrency), .min = 1, .max = 1000},
};
static const struct scenario_key scenario_class_keys[] = {
    {"name", SCENARIO_NAME, AT(sim_class, name), .required = true},
    {"rate", SCENARIO_NUMBER, AT(sim_class, rate), .min = 0, .max = SCENARIO_LARGEST, .above = true, .required = true},
    {"needs", SCENARIO_NAMES, AT(sim_class, needs), .required = false},
    {"service_mean", SCENARIO_NUMBER, AT(sim_class, service_mean), .min = 0, .max = SCENARIO_LARGEST, .above = true,
     .required = true},
    {"service_shape", SCENARIO_CHOICE, AT(sim_class, service.form), .words = SCENARIO_SHAPES},
    {"service_cv", SCENARIO_NUMBER, AT(sim_class, service.cv), .min = 0, .max = SCENARIO_CV, .above = true},
    {"patience_mean", SCENARIO_NUMBER, AT(sim_class, patience_mean), .min = 0, .max = SCENARIO_LARGEST},
    {"patience_shape", SCENARIO_CHOICE, AT(sim_class, patience.form), .words = SCENARIO_SHAPES},
    {"patience_cv", SCENARIO_NUMBER, AT(sim_class, patience.cv), .min = 0, .max = SCENARIO_CV, .above = true},
    {"target", SCENARIO_NUMBER, AT(sim_class, target), .min = 0.001, .max = 2592000},
    {"steps", SCENARIO_STEPS, AT(sim_class, steps), .required = false},
    {"priority", SCENARIO_WHOLE, AT(sim_class, priority), .min = 1, .max = 1e6},
    {"cost", SCENARIO_NUMBER, AT(sim_class, cost), .min = 0, .max = SCENARIO_LARGEST},
};

static const struct scenario_table scenario_top = {"", scenario_top_keys, LENGTH(scenario_top_keys)};
static const struct scenario_table scenario_policy = {"policy", scenario_policy_keys, LENGTH(scenario_policy_keys)};
static const struct scenario_table scenario_pool = {"pool", scenario_pool_keys, LENGTH(scenario_pool_keys)};
static const struct scenario_table scenario_class = {"class", scenario_class_keys, LENGTH(scenario_class_keys)};

// ---- tables ----

struct scenario_reading {
    const struct scenario_table *table;
    void *base;
    struct config_errors *errs;
};

static void table_unknown(const struct scenario_reading *r, const char *name, int line, int column, bool top)
{
    char shown[40];
    snprintf(shown, sizeof shown, "%s", name);
    for (char *p = shown; *p; p++)
        *p = *p >= ' ' && *p < 0x7f ? *p : '?';
    struct nearest near = nearest_begin(shown);
    size_t room = 256, at = 0;
    char all[256] = "";
    for (size_t i = 0; i < r->table->keys_n; i++) {
        nearest_offer(&near, r->table->keys[i].name);
        at += (size_t)snprintf(all + at, room - at, "%s%s", i ? " " : "", r->table->keys[i].name);
    }
    if (top) {
        nearest_offer(&near, "policy");
        nearest_offer(&near, "pool");
        nearest_offer(&near, "class");
        snprintf(all + at, room - at, " [policy] [[pool]] [[class]]");
    }
    const char *best = nearest_best(&near);
    errors_add(r->errs, (struct config_place){line, column}, "unknown key '%s'%s%s (%s%s)", shown, top ? "" : " in ",
               r->table->name, best ? "did you mean " : "there are: ", best ? best : all);
}

static const struct scenario_key *table_key(const struct scenario_table *t, const char *name)
{
    for (size_t i = 0; i < t->keys_n; i++) {
        if (strcmp(t->keys[i].name, name) == 0)
            return &t->keys[i];
    }
    return NULL;
}

static void table_read_key(void *arg, const char *name, size_t len, const struct toml_node *node, int line, int column)
{
    const struct scenario_reading *r = arg;
    const struct scenario_key *key = strlen(name) == len ? table_key(r->table, name) : NULL;
    if (!key) {
        table_unknown(r, name, line, column, !*r->table->name);
        return;
    }
    struct scenario_value v = {.key = key, .node = node, .errs = r->errs};
    snprintf(v.name, sizeof v.name, "%s%s%s", r->table->name, *r->table->name ? "." : "", key->name);
    sim_value_read(&v, (char *)r->base + key->offset);
}

static void table_require(const struct scenario_reading *r, const struct toml_node *node)
{
    for (size_t i = 0; i < r->table->keys_n; i++) {
        if (r->table->keys[i].required && !toml_get(node, r->table->keys[i].name))
            errors_add(r->errs, sim_file_place(node), "this [[%s]] has no %s (it needs one)", r->table->name,
                       r->table->keys[i].name);
    }
}

static bool rows_are_tables(const struct toml_node *node)
{
    bool tables = toml_type(node) == TOML_ARRAY;
    for (size_t i = 0; tables && i < toml_count(node); i++)
        tables = toml_type(toml_at(node, i)) == TOML_TABLE;
    return tables;
}

static const struct sim_pool pool_default = {.count = 1, .concurrency = 1, .speed = 1, .resolution = 1};
static const struct sim_class class_default = {.priority = 1, .cost = 1};

static void *rows_read(const struct scenario_table *table, const struct toml_node *node, const void *blank, size_t size,
                       size_t *n, struct config_errors *errs)
{
    size_t count = toml_count(node);
    if (!rows_are_tables(node) || count > SCENARIO_ROWS_MAX) {
        errors_add(errs, sim_file_place(node), "%s must be 1 to %d tables (write [[%s]] above each)", table->name,
                   SCENARIO_ROWS_MAX, table->name);
        return NULL;
    }
    char *rows = sim_file_alloc(count, size);
    for (size_t i = 0; i < count; i++) {
        struct scenario_reading r = {table, rows + i * size, errs};
        memcpy(r.base, blank, size);
        *(struct config_place *)r.base = sim_file_place(toml_at(node, i)); // the first member of every row
        toml_each(toml_at(node, i), table_read_key, &r);
        table_require(&r, toml_at(node, i));
    }
    *n = count;
    return rows;
}

static void scenario_read_top(void *arg, const char *name, size_t len, const struct toml_node *node, int line,
                              int column)
{
    struct scenario_reading *r = arg;
    struct sim_scenario *s = r->base;
    if (strcmp(name, "pool") == 0) {
        s->pools = rows_read(&scenario_pool, node, &pool_default, sizeof *s->pools, &s->pools_n, r->errs);
    } else if (strcmp(name, "class") == 0) {
        s->classes = rows_read(&scenario_class, node, &class_default, sizeof *s->classes, &s->classes_n, r->errs);
        for (size_t i = 0; i < s->classes_n; i++) {
            const struct toml_node *needs = toml_get(toml_at(node, i), "needs");
            const struct toml_node *steps = toml_get(toml_at(node, i), "steps");
            s->classes[i].needs_place = needs ? sim_file_place(needs) : s->classes[i].place;
            s->classes[i].steps_place = steps ? sim_file_place(steps) : s->classes[i].place;
        }
    } else if (strcmp(name, "policy") != 0) {
        table_read_key(r, name, len, node, line, column);
    } else if (toml_type(node) == TOML_TABLE) {
        struct scenario_reading policy = {&scenario_policy, s, r->errs};
        toml_each(node, table_read_key, &policy);
    } else {
        errors_add(r->errs, (struct config_place){line, column},
                   "policy must be a table (write [policy] above its keys)");
    }
}

void sim_file_read(const struct toml_node *root, struct sim_scenario *s, struct config_errors *errs)
{
    struct scenario_reading top = {&scenario_top, s, errs};
    toml_each(root, scenario_read_top, &top);
}
