// SPDX-License-Identifier: Apache-2.0
// Estimates from batches. Every figure is a ratio of two sums: its value is that of the sums over all batches, and the batches tell how far it may
// be off. With Y and X the two sums of a batch and R the ratio of the totals, (Y - R X) / mean X is the batch's residual; where all
// batches are equally large that is its own figure less the value. The half-width is Student's t for 19 degrees of freedom times
// the residuals' standard error.
#include "cli/sim.h"

#include <math.h>

#define TALLY_STUDENT 2.0930240544082634 // 0.975 quantile, SIM_BATCHES - 1 degrees of freedom

const struct sim_measure sim_measures[] = {
    {NULL, "mean_wait", .over = {[SIM_WAITED] = 1}, .under = {[SIM_OFFERED] = 1, [SIM_BLOCKED] = -1}},
    {NULL, "p_wait", .over = {[SIM_NOT_AT_ONCE] = 1}, .under = {[SIM_OFFERED] = 1, [SIM_BLOCKED] = -1}},
    {NULL, "p_abandon", .over = {[SIM_ABANDONED] = 1}, .under = {[SIM_OFFERED] = 1, [SIM_BLOCKED] = -1}},
    {NULL, "p_block", .over = {[SIM_BLOCKED] = 1}, .under = {[SIM_OFFERED] = 1}},
    {"service_level", "of_entered", .over = {[SIM_WITHIN] = 1}, .under = {[SIM_OFFERED] = 1, [SIM_BLOCKED] = -1}},
    {"service_level", "less_abandoned", .over = {[SIM_WITHIN] = 1},
     .under = {[SIM_OFFERED] = 1, [SIM_BLOCKED] = -1, [SIM_GONE_WITHIN] = -1}},
    {"service_level", "plus_abandoned", .over = {[SIM_WITHIN] = 1, [SIM_GONE_WITHIN] = 1},
     .under = {[SIM_OFFERED] = 1, [SIM_BLOCKED] = -1}},
    {"service_level", "of_answered", .over = {[SIM_WITHIN] = 1}, .under = {[SIM_ANSWERED] = 1}},
    {NULL, "in_target", .over = {[SIM_IN_TARGET] = 1}, .under = {[SIM_AIMED] = 1, [SIM_AIMED_BLOCKED] = -1},
     .aims = true},
    {"speed_of_answer", "mean", .over = {[SIM_ANSWERED_AFTER] = 1}, .under = {[SIM_ANSWERED] = 1}},
    {NULL, "queue_length", .over = {[SIM_LINE] = 1}, .under = {[SIM_LASTED] = 1}},
    {NULL, "mean_sojourn", .over = {[SIM_SOJOURN] = 1}, .under = {[SIM_RESOLVED] = 1}},
    {NULL, "resolved_per_attempt", .over = {[SIM_RESOLVED] = 1}, .under = {[SIM_SERVED] = 1}},
    {NULL, "first_contact_resolution", .over = {[SIM_FIRST] = 1}, .under = {[SIM_ANSWERED] = 1}},
};
const size_t sim_measures_n = sizeof sim_measures / sizeof *sim_measures;

void sim_estimate_spread(struct sim_estimate *e)
{
    double squares = 0;
    for (size_t b = 0; b < SIM_BATCHES; b++)
        squares += e->residual[b] * e->residual[b];
    e->half_width = TALLY_STUDENT * sqrt(squares / (SIM_BATCHES - 1) / SIM_BATCHES);
}

struct sim_estimate sim_estimate_ratio(const double over[SIM_BATCHES], const double under[SIM_BATCHES])
{
    struct sim_estimate e = {0};
    double y = 0, x = 0;
    for (size_t b = 0; b < SIM_BATCHES; b++) {
        y += over[b];
        x += under[b];
    }
    if (x == 0)
        return e;
    e.known = true;
    e.value = y / x;
    for (size_t b = 0; b < SIM_BATCHES; b++)
        e.residual[b] = (over[b] - e.value * under[b]) / (x / SIM_BATCHES);
    sim_estimate_spread(&e);
    return e;
}

struct sim_estimate sim_estimate_difference(const struct sim_estimate *a, const struct sim_estimate *b)
{
    struct sim_estimate e = {.known = a->known && b->known, .value = b->value - a->value};
    for (size_t i = 0; i < SIM_BATCHES; i++)
        e.residual[i] = b->residual[i] - a->residual[i];
    sim_estimate_spread(&e);
    return e;
}

double sim_tally_total(const struct sim_tally *t, enum sim_quantity q)
{
    double n = 0;
    for (size_t b = 0; b < SIM_BATCHES; b++)
        n += t->v[b][q];
    return n;
}

struct sim_estimate sim_measure_of(const struct sim_measure *m, const struct sim_tally *t)
{
    double over[SIM_BATCHES] = {0}, under[SIM_BATCHES] = {0};
    for (size_t b = 0; b < SIM_BATCHES; b++) {
        for (size_t q = 0; q < SIM_QUANTITIES; q++) {
            over[b] += m->over[q] * t->v[b][q];
            under[b] += m->under[q] * t->v[b][q];
        }
    }
    return sim_estimate_ratio(over, under);
}
