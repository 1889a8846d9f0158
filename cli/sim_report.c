// SPDX-License-Identifier: Apache-2.0
// Results as JSON, for programs, and as tables made from it, for people.
#include "cli/sim.h"

#include "cli/print.h"

#include <stdio.h>
#include <string.h>

#define REPORT_WIDTH 22

static json_t *report_estimate(const struct sim_estimate *e, bool spread)
{
    if (!e->known)
        return json_null();
    json_t *o = json_object();
    json_object_set_new(o, "value", json_real(e->value));
    json_object_set_new(o, "half_width", spread ? json_real(e->half_width) : json_null());
    return o;
}

// Fewer contacts than batches tell nothing of their spread.
static bool report_spreads(const struct sim_scenario *s)
{
    return s->contacts - sim_scenario_unmeasured(s) >= SIM_BATCHES;
}

// The object that the measure stands in: `all` itself, or one of its groups.
static json_t *report_group(json_t *all, const char *name)
{
    if (!name)
        return all;
    json_t *group = json_object_get(all, name);
    if (!group) {
        group = json_object();
        json_object_set_new(all, name, group);
    }
    return group;
}

// Of the wait of those answered; after its mean. `less` is NULL, or what the figures are compared with.
static void report_percentiles(json_t *all, const struct sim_result *r, size_t waits, const struct sim_result *less,
                               size_t less_waits, bool spread)
{
    static const int percents[] = {50, 90, 95, 99};
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%d", percents[i]);
        struct sim_estimate e = sim_waits_percentile(&r->waits[waits], percents[i], r->clock);
        if (less) {
            struct sim_estimate from = sim_waits_percentile(&less->waits[less_waits], percents[i], less->clock);
            e = sim_estimate_difference(&from, &e);
        }
        json_object_set_new(report_group(all, "speed_of_answer"), name, report_estimate(&e, spread));
    }
}

// waits: 0 of all, 1 of the first class ...
static json_t *report_tally(const char *name, const struct sim_result *r, size_t waits, bool spread, bool aims)
{
    static const struct {
        const char *name;
        enum sim_quantity quantity;
    } counts[] = {
        {"offered", SIM_OFFERED}, {"answered", SIM_ANSWERED}, {"abandoned", SIM_ABANDONED}, {"blocked", SIM_BLOCKED}};
    const struct sim_tally *t = waits ? &r->classes[waits - 1] : &r->overall;
    json_t *o = json_object();
    if (name)
        json_object_set_new(o, "name", json_string(name));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(o, counts[i].name, json_integer((json_int_t)sim_tally_total(t, counts[i].quantity)));
    for (size_t i = 0; i < sim_measures_n; i++) {
        if (sim_measures[i].aims && !aims)
            continue;
        struct sim_estimate e = sim_measure_of(&sim_measures[i], t);
        json_object_set_new(report_group(o, sim_measures[i].group), sim_measures[i].name, report_estimate(&e, spread));
    }
    report_percentiles(o, r, waits, NULL, 0, spread);
    return o;
}

static json_t *report_pool(const struct sim_scenario *s, const struct sim_result *r, size_t p)
{
    const struct sim_pool_tally *t = &r->pools[p];
    struct sim_estimate occupancy = sim_estimate_ratio(t->busy, t->slots);
    struct sim_estimate share = sim_estimate_ratio(t->served, r->served);
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(s->pools[p].name));
    json_object_set_new(o, "occupancy", report_estimate(&occupancy, report_spreads(s)));
    json_object_set_new(o, "occupancy_min", r->timed ? json_real(t->lowest) : json_null());
    json_object_set_new(o, "occupancy_max", r->timed ? json_real(t->highest) : json_null());
    json_object_set_new(o, "share", report_estimate(&share, report_spreads(s)));
    return o;
}

json_t *sim_report(const struct sim_scenario *s, const struct sim_result *r)
{
    json_t *o = json_object(), *classes = json_array(), *pools = json_array();
    bool aims = sim_scenario_targets(s);
    json_object_set_new(o, "seed", json_integer(s->seed));
    json_object_set_new(o, "contacts", json_integer(s->contacts));
    json_object_set_new(o, "overall", report_tally(NULL, r, 0, report_spreads(s), aims));
    for (size_t i = 0; i < s->classes_n; i++)
        json_array_append_new(classes, report_tally(s->classes[i].name, r, i + 1, report_spreads(s), aims));
    for (size_t p = 0; p < s->pools_n; p++)
        json_array_append_new(pools, report_pool(s, r, p));
    json_object_set_new(o, "classes", classes);
    json_object_set_new(o, "pools", pools);
    return o;
}

// ---- differences ----

static json_t *difference_tally(const char *name, const struct sim_result *ra, size_t wa, const struct sim_result *rb,
                                size_t wb, bool spread, bool aims)
{
    const struct sim_tally *a = wa ? &ra->classes[wa - 1] : &ra->overall;
    const struct sim_tally *b = wb ? &rb->classes[wb - 1] : &rb->overall;
    json_t *o = json_object();
    if (name)
        json_object_set_new(o, "name", json_string(name));
    for (size_t i = 0; i < sim_measures_n; i++) {
        const struct sim_measure *m = &sim_measures[i];
        if (m->aims && !aims)
            continue;
        struct sim_estimate ea = sim_measure_of(m, a), eb = sim_measure_of(m, b);
        struct sim_estimate e = sim_estimate_difference(&ea, &eb);
        json_object_set_new(report_group(o, m->group), m->name, report_estimate(&e, spread));
    }
    report_percentiles(o, rb, wb, ra, wa, spread);
    return o;
}

static json_t *difference_pool(const char *name, const struct sim_result *ra, size_t pa, const struct sim_result *rb,
                               size_t pb, bool spread)
{
    const struct sim_pool_tally *a = &ra->pools[pa], *b = &rb->pools[pb];
    struct sim_estimate oa = sim_estimate_ratio(a->busy, a->slots), ob = sim_estimate_ratio(b->busy, b->slots);
    struct sim_estimate sa = sim_estimate_ratio(a->served, ra->served), sb = sim_estimate_ratio(b->served, rb->served);
    struct sim_estimate occupancy = sim_estimate_difference(&oa, &ob), share = sim_estimate_difference(&sa, &sb);
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(name));
    json_object_set_new(o, "occupancy", report_estimate(&occupancy, spread));
    json_object_set_new(o, "share", report_estimate(&share, spread));
    return o;
}

json_t *sim_report_difference(const struct sim_scenario *a, const struct sim_result *ra, const struct sim_scenario *b,
                              const struct sim_result *rb)
{
    json_t *o = json_object(), *classes = json_array(), *pools = json_array();
    bool spread = report_spreads(a), aims = sim_scenario_targets(a) && sim_scenario_targets(b);
    json_object_set_new(o, "overall", difference_tally(NULL, ra, 0, rb, 0, spread, aims));
    for (size_t i = 0; i < a->classes_n; i++) {
        const char *name = a->classes[i].name;
        for (size_t k = 0; k < b->classes_n; k++) {
            if (strcmp(name, b->classes[k].name) == 0)
                json_array_append_new(classes, difference_tally(name, ra, i + 1, rb, k + 1, spread, aims));
        }
    }
    for (size_t i = 0; i < a->pools_n; i++) {
        for (size_t k = 0; k < b->pools_n; k++) {
            if (strcmp(a->pools[i].name, b->pools[k].name) == 0)
                json_array_append_new(pools, difference_pool(a->pools[i].name, ra, i, rb, k, spread));
        }
    }
    json_object_set_new(o, "classes", classes);
    json_object_set_new(o, "pools", pools);
    return o;
}

// The names in a report's list that the other's has not.
static json_t *unpaired_names(const json_t *mine, const json_t *others, const char *list)
{
    json_t *names = json_array(), *row, *other;
    size_t i, k;
    json_array_foreach(json_object_get(mine, list), i, row)
    {
        bool paired = false;
        json_array_foreach(json_object_get(others, list), k, other) paired =
            paired || json_equal(json_object_get(row, "name"), json_object_get(other, "name"));
        if (!paired)
            json_array_append(names, json_object_get(row, "name"));
    }
    return names;
}

json_t *sim_report_unpaired(const json_t *mine, const json_t *others)
{
    return json_pack("{s:o, s:o}", "classes", unpaired_names(mine, others, "classes"), "pools",
                     unpaired_names(mine, others, "pools"));
}

// ---- for people ----

void sim_print_unpaired(const json_t *unpaired, const char *path)
{
    static const char *const lists[][2] = {{"classes", "class"}, {"pools", "pool"}};
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        size_t i;
        json_t *name;
        json_array_foreach(json_object_get(unpaired, lists[l][0]), i, name)
        {
            printf("not compared: %s ", lists[l][1]);
            print_safe(json_string_value(name));
            printf(" is in %s only\n", path);
        }
    }
}

static void print_cell(const json_t *e)
{
    char text[64] = "-";
    const json_t *value = json_is_object(e) ? json_object_get(e, "value") : e;
    const json_t *half = json_is_object(e) ? json_object_get(e, "half_width") : NULL;
    if (json_is_integer(value))
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_number(value) && json_is_number(half))
        snprintf(text, sizeof text, "%.4g +- %.2g", json_number_value(value), json_number_value(half));
    else if (json_is_number(value))
        snprintf(text, sizeof text, "%.4g", json_number_value(value));
    printf("%*s", REPORT_WIDTH, text);
}

// One line per figure, one column for each of `columns`; only figures that all of them have.
static void print_figures(const json_t *columns, const json_t *figures, const char *prefix)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)figures, name, value)
    {
        char path[64];
        size_t i;
        json_t *column;
        snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", name);
        if (strcmp(name, "name") == 0)
            continue;
        if (json_is_object(value) && !json_object_get(value, "value")) {
            print_figures(columns, value, path);
            continue;
        }
        printf("%-*s", REPORT_WIDTH + 8, path);
        json_array_foreach((json_t *)(uintptr_t)columns, i, column) print_cell(print_member(column, path));
        putchar('\n');
    }
}

static void print_heads(const char *first, const json_t *columns)
{
    size_t i;
    json_t *column;
    printf("%s%-*s", print_bold(), REPORT_WIDTH + 8, first);
    json_array_foreach((json_t *)(uintptr_t)columns, i, column)
    {
        const char *name = print_text(column, "name");
        size_t width = print_width(*name ? name : "all"), most = REPORT_WIDTH - 1;
        printf("%*s", (int)(REPORT_WIDTH - (width < most ? width : most)), "");
        print_cut(*name ? name : "all", most);
    }
    printf("%s\n", print_plain());
}

// As many columns beside each other as the terminal has room for, and the others below.
static void print_blocks(const char *first, const json_t *columns, const json_t *figures)
{
    size_t screen = print_screen(), n = json_array_size(columns), fit = n;
    if (screen && n)
        fit = screen < 2 * REPORT_WIDTH + 8 ? 1 : (screen - REPORT_WIDTH - 8) / REPORT_WIDTH;
    for (size_t from = 0; from < n; from += fit) {
        json_t *block = json_array();
        for (size_t i = from; i < n && i < from + fit; i++)
            json_array_append(block, json_array_get(columns, i));
        if (from)
            putchar('\n');
        print_heads(first, block);
        print_figures(block, figures, "");
        json_decref(block);
    }
}

void sim_print(const json_t *report)
{
    json_t *columns = json_array(), *of = json_object_get(report, "classes"), *pools = json_object_get(report, "pools");
    json_array_append(columns, json_object_get(report, "overall"));
    json_array_extend(columns, of);
    print_blocks("contacts", columns, json_object_get(report, "overall"));
    if (json_array_size(pools)) {
        putchar('\n');
        print_blocks("pools", pools, json_array_get(pools, 0));
    }
    json_decref(columns);
}
