// SPDX-License-Identifier: Apache-2.0
// How long those answered waited, as counts in bins: 32 for each doubling, so that a bin is some 3 % wide, and a percentile interpolated within it is
// nearer than that by far. Memory does not grow with the contacts. Waits are whole units of the clock.
#include "cli/sim.h"

#include <assert.h>

#define WAITS_FINE 5 // 2^5 bins for each doubling

static_assert(SIM_WAIT_BINS == (61 - WAITS_FINE) << WAITS_FINE, "bins for waits below 2^60 units");

// Below 2^6 every unit has its own.
static uint32_t waits_bin(int64_t units)
{
    uint64_t v = (uint64_t)units;
    if (v < 1u << (WAITS_FINE + 1))
        return (uint32_t)v;
    uint32_t shift = 63 - (uint32_t)__builtin_clzll(v) - WAITS_FINE;
    uint32_t bin = (shift << WAITS_FINE) + (uint32_t)(v >> shift);
    return bin < SIM_WAIT_BINS ? bin : SIM_WAIT_BINS - 1;
}

// The least wait of the bin; that of the next is its end.
static double waits_from(uint32_t bin)
{
    if (bin < 1u << (WAITS_FINE + 1))
        return bin;
    uint32_t shift = (bin >> WAITS_FINE) - 1;
    return (double)((uint64_t)((bin & ((1u << WAITS_FINE) - 1)) | 1u << WAITS_FINE) << shift);
}

void sim_waits_count(struct sim_waits *w, int32_t batch, int64_t units)
{
    w->n[batch][waits_bin(units)]++;
}

static double waits_total(const uint32_t n[SIM_WAIT_BINS])
{
    double total = 0;
    for (uint32_t i = 0; i < SIM_WAIT_BINS; i++)
        total += n[i];
    return total;
}

// In units; of nothing 0. Who did not wait stands at 0 and nowhere else.
static double waits_quantile(const double n[SIM_WAIT_BINS], double total, double share)
{
    double left = share * total;
    for (uint32_t i = 0; i < SIM_WAIT_BINS; i++) {
        if (n[i] > 0 && n[i] >= left)
            return i ? waits_from(i) + (waits_from(i + 1) - waits_from(i)) * left / n[i] : 0;
        left -= n[i];
    }
    return 0;
}

struct sim_estimate sim_waits_percentile(const struct sim_waits *w, double percent, struct sim_clock clock)
{
    double all[SIM_WAIT_BINS] = {0}, own[SIM_WAIT_BINS], total = 0;
    for (size_t b = 0; b < SIM_BATCHES; b++) {
        for (size_t i = 0; i < SIM_WAIT_BINS; i++)
            all[i] += w->n[b][i];
        total += waits_total(w->n[b]);
    }
    struct sim_estimate e = {.known = total > 0};
    if (!e.known)
        return e;
    double value = waits_quantile(all, total, percent / 100);
    e.value = value / clock.per_second;
    for (size_t b = 0; b < SIM_BATCHES; b++) {
        double n = waits_total(w->n[b]);
        for (size_t i = 0; i < SIM_WAIT_BINS; i++)
            own[i] = w->n[b][i];
        e.residual[b] = (waits_quantile(own, n, percent / 100) - value) / clock.per_second * n / (total / SIM_BATCHES);
    }
    sim_estimate_spread(&e);
    return e;
}
