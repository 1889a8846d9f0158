// SPDX-License-Identifier: Apache-2.0
// Chance by key: a counter-based generator (the output function of splitmix64, Steele, Lea and Flood 2014, applied to one
// part of the key after the other) has no state that one draw could shift for the next.
#include "cli/sim.h"

#include <math.h>

#define DRAW_MOST 40                  // -log 2^-54 is less
#define DRAW_STEP 0x9e3779b97f4a7c15u // odd, 2^64 over the golden ratio

static uint64_t draw_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double sim_draw(uint64_t seed, uint64_t contact, uint32_t attempt, enum sim_kind kind)
{
    uint64_t h = draw_mix(seed + DRAW_STEP);
    h = draw_mix(h + (contact + 1) * DRAW_STEP);
    h = draw_mix(h + (((uint64_t)attempt << 8 | (uint64_t)kind) + 1) * DRAW_STEP);
    return ((double)(h >> 11) + 0.5) * 0x1p-53;
}

// The second of two draws that make one: a kind that there is not. By Box and Muller 1958.
static double draw_normal(uint64_t seed, uint64_t contact, uint32_t attempt, enum sim_kind kind)
{
    double turn = 2 * M_PI * sim_draw(seed, contact, attempt, (enum sim_kind)(kind + SIM_DRAW_KINDS));
    return sqrt(2 * sim_draw_exponential(seed, contact, attempt, kind)) * cos(turn);
}

static double draw_lognormal(const struct sim_shape *shape, double normal)
{
    double cv = shape->cv > 0 ? shape->cv : 1, variance = log1p(cv * cv);
    return exp(sqrt(variance) * normal - variance / 2);
}

double sim_draw_shape(const struct sim_shape *shape, uint64_t seed, uint64_t contact, uint32_t attempt,
                      enum sim_kind kind)
{
    if (shape->form == SIM_CONSTANT)
        return 1;
    if (shape->form == SIM_LOGNORMAL)
        return draw_lognormal(shape, draw_normal(seed, contact, attempt, kind));
    return sim_draw_exponential(seed, contact, attempt, kind);
}

double sim_draw_shape_most(const struct sim_shape *shape)
{
    return shape->form == SIM_LOGNORMAL ? draw_lognormal(shape, sqrt(2 * DRAW_MOST)) : DRAW_MOST;
}

double sim_draw_exponential(uint64_t seed, uint64_t contact, uint32_t attempt, enum sim_kind kind)
{
    return -log(sim_draw(seed, contact, attempt, kind));
}
