// SPDX-License-Identifier: Apache-2.0
// Seconds as the router's whole numbers. One unit is a power of two of a second, about 2^-24 of the shortest mean time of the scenario:
// rounding is then far below any interval. A run whose times lie too far apart for that gets larger units, so that the
// longest run to be thought of stays under 2^60 of them.
//
// The router calls a unit a millisecond. Where a class has steps that is what it is, since these are told to the router in
// milliseconds. Elsewhere nothing depends on it: offers are answered at the moment they are made, so no
// limit of the router's ever runs out, and it forgets the outcomes of commands after 600,000 units, which is soon.
//
// Rounding makes arrivals and ends of service coincide that would not, so times too short for the unit are refused.
#include "cli/sim_file.h"

#include <inttypes.h>
#include <math.h>

#define CLOCK_FINE   0x1p24
#define CLOCK_COARSE 0x1p12 // the fewest units that a mean time may have
#define CLOCK_MAX    0x1p60
#define CLOCK_STEPS  0.1 // the shortest mean service and patience, in seconds, where milliseconds are counted

struct clock_span {
    double gap, own; // the shortest mean times: between arrivals; of service and patience
    double run;      // the longest run to be thought of
};

static struct clock_span clock_span_of(const struct sim_scenario *s)
{
    struct clock_span span = {.gap = 1 / sim_scenario_rate(s), .own = HUGE_VAL};
    double service = 0, patience = 0, resolution = 1, longest = 0;
    for (size_t p = 0; p < s->pools_n; p++)
        resolution = fmin(resolution, s->pools[p].resolution);
    for (size_t i = 0; i < s->classes_n; i++) {
        const struct sim_class *c = &s->classes[i];
        for (size_t p = 0; p < s->pools_n; p++) {
            span.own = fmin(span.own, c->service_mean / s->pools[p].speed);
            service = fmax(service, c->service_mean / s->pools[p].speed);
            longest = fmax(longest, c->service_mean / s->pools[p].speed * sim_draw_shape_most(&c->service));
        }
        if (c->patience_mean > 0)
            span.own = fmin(span.own, c->patience_mean);
        patience = fmax(patience, c->patience_mean * sim_draw_shape_most(&c->patience));
    }
    // As if all were served one after the other, four times over, one of them as long as can be drawn, and the last gave up.
    span.run = 4 * (double)s->contacts * (span.gap + service / resolution) +
               4 * (40 * span.gap + longest / resolution) + patience;
    return span;
}

struct sim_clock sim_clock_for(const struct sim_scenario *s)
{
    if (sim_scenario_steps(s))
        return (struct sim_clock){1000};
    struct clock_span span = clock_span_of(s);
    double fine = exp2(ceil(log2(CLOCK_FINE / fmin(span.gap, span.own))));
    return (struct sim_clock){fmin(fine, exp2(floor(log2(CLOCK_MAX / span.run))))};
}

void sim_clock_check(const struct sim_scenario *s, struct config_errors *errs)
{
    const struct config_place whole = {1, 1};
    struct clock_span span = clock_span_of(s);
    double per_second = sim_clock_for(s).per_second, shortest = fmin(span.gap, span.own);
    if (sim_scenario_steps(s) && span.own < CLOCK_STEPS)
        errors_add(errs, whole, "a mean time is %.3g s (must be %.15g s or longer where a class has steps)", span.own,
                   CLOCK_STEPS);
    else if (span.run * per_second > CLOCK_MAX || (!sim_scenario_steps(s) && shortest * per_second < CLOCK_COARSE))
        errors_add(errs, whole,
                   "the shortest mean time, %.3g s, and %" PRId64
                   " contacts, which may take %.3g s, lie too far apart to be counted together (give fewer contacts, "
                   "or times and rates nearer to each other)",
                   shortest, s->contacts, span.run);
}

int64_t sim_clock_units(struct sim_clock c, double seconds)
{
    return llround(seconds * c.per_second);
}

double sim_clock_seconds(struct sim_clock c, int64_t units)
{
    return (double)units / c.per_second;
}
