// SPDX-License-Identifier: Apache-2.0
// Seconds as the router's whole numbers. One unit is a power of two of a second, about 2^-24 of the shortest mean time of the scenario:
// rounding is then far below any interval. A run whose times lie too far apart for that gets larger units, so that the
// longest run to be thought of stays under 2^60 of them.
//
// The router calls a unit a millisecond. Where a class has a target or steps that is what it is, since these are told to the router in
// milliseconds. Elsewhere nothing depends on it: offers are answered at the moment they are made, so no
// limit of the router's ever runs out, and it forgets the outcomes of commands after 600,000 units, which is soon.
#include "cli/sim.h"

#include <math.h>

#define CLOCK_FINE 0x1p24
#define CLOCK_MAX  0x1p60

struct sim_clock sim_clock_for(const struct sim_scenario *s)
{
    if (sim_scenario_targets(s) || sim_scenario_steps(s))
        return (struct sim_clock){1000};
    double gap = 1 / sim_scenario_rate(s), shortest = gap, service = 0, patience = 0, resolution = 1;
    for (size_t p = 0; p < s->pools_n; p++)
        resolution = fmin(resolution, s->pools[p].resolution);
    for (size_t i = 0; i < s->classes_n; i++) {
        const struct sim_class *c = &s->classes[i];
        for (size_t p = 0; p < s->pools_n; p++) {
            shortest = fmin(shortest, c->service_mean / s->pools[p].speed);
            service = fmax(service, c->service_mean / s->pools[p].speed);
        }
        if (c->patience_mean > 0)
            shortest = fmin(shortest, c->patience_mean);
        patience = fmax(patience, c->patience_mean);
    }
    // As if all were served one after the other, four times over, and the last gave up; no draw exceeds 40 means.
    double run = 4 * ((double)s->contacts + 40) * (gap + service / resolution) + 40 * patience;
    double fine = exp2(ceil(log2(CLOCK_FINE / shortest)));
    return (struct sim_clock){fmin(fine, exp2(floor(log2(CLOCK_MAX / run))))};
}

int64_t sim_clock_units(struct sim_clock c, double seconds)
{
    return llround(seconds * c.per_second);
}

double sim_clock_seconds(struct sim_clock c, int64_t units)
{
    return (double)units / c.per_second;
}
