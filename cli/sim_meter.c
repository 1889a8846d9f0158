// SPDX-License-Identifier: Apache-2.0
// What is measured over time and not by contact: how busy agents are and how many wait, from the first measured arrival to the last arrival, cut
// where the batches of contacts are cut.
#include "cli/sim.h"

#include <stdlib.h>

static void *meter_alloc(size_t n, size_t each)
{
    void *p = calloc(n, each);
    if (!p)
        abort();
    return p;
}

void sim_meter_open(struct sim_meter *m, const struct sim_scenario *s, struct sim_clock clock, struct sim_result *out)
{
    *m = (struct sim_meter){.s = s, .out = out, .clock = clock, .batch = -1};
    for (size_t p = 0; p < s->pools_n; p++) {
        m->agents_n += (uint32_t)s->pools[p].count;
        out->pools[p].lowest = 2;
    }
    m->agents = meter_alloc(m->agents_n, sizeof *m->agents);
    m->lines = meter_alloc(s->classes_n, sizeof *m->lines);
    uint32_t n = 0;
    for (size_t p = 0; p < s->pools_n; p++) {
        for (int64_t i = 0; i < s->pools[p].count; i++)
            m->agents[n++] = (struct sim_agent){.pool = (uint32_t)p};
    }
}

void sim_meter_close(struct sim_meter *m)
{
    free(m->agents);
    free(m->lines);
}

void sim_meter_hand(struct sim_meter *m, int64_t now, uint32_t agent, int change)
{
    struct sim_agent *a = &m->agents[agent];
    a->busy += (now - a->since) * a->in_hand;
    a->since = now;
    a->in_hand += (uint32_t)change;
}

void sim_meter_line(struct sim_meter *m, int64_t now, uint32_t class, int change)
{
    struct sim_line *l = &m->lines[class];
    l->waited += sim_clock_seconds(m->clock, now - l->since) * (double)l->waiting;
    l->since = now;
    l->waiting += change;
    m->waiting += change;
}

static void meter_end_lines(struct sim_meter *m, int64_t now, double lasted)
{
    double *overall = m->out->overall.v[m->measuring ? m->batch : 0];
    for (uint32_t i = 0; i < m->s->classes_n; i++) {
        double *class = m->out->classes[i].v[m->measuring ? m->batch : 0];
        sim_meter_line(m, now, i, 0);
        if (m->measuring) {
            class[SIM_LINE] += m->lines[i].waited;
            class[SIM_LASTED] += lasted;
            overall[SIM_LINE] += m->lines[i].waited;
        }
        m->lines[i].waited = 0;
    }
    overall[SIM_LASTED] += m->measuring ? lasted : 0;
}

static void meter_end_batch(struct sim_meter *m, int64_t now)
{
    double lasted = sim_clock_seconds(m->clock, now - m->batch_since);
    for (uint32_t i = 0; i < m->agents_n; i++) {
        struct sim_agent *a = &m->agents[i];
        struct sim_pool_tally *t = &m->out->pools[a->pool];
        sim_meter_hand(m, now, i, 0);
        if (m->measuring) {
            t->busy[m->batch] += sim_clock_seconds(m->clock, a->busy);
            t->slots[m->batch] += lasted * (double)m->s->pools[a->pool].concurrency;
            a->all += a->busy;
        }
        a->busy = 0;
    }
    meter_end_lines(m, now, lasted);
    m->batch_since = now;
}

static void meter_end(struct sim_meter *m, int64_t now)
{
    double lasted = sim_clock_seconds(m->clock, now - m->measured_since);
    meter_end_batch(m, now);
    m->measuring = false;
    m->out->timed = lasted > 0;
    for (uint32_t i = 0; i < m->agents_n && lasted > 0; i++) {
        const struct sim_agent *a = &m->agents[i];
        struct sim_pool_tally *t = &m->out->pools[a->pool];
        double o = sim_clock_seconds(m->clock, a->all) / lasted / (double)m->s->pools[a->pool].concurrency;
        t->lowest = o < t->lowest ? o : t->lowest;
        t->highest = o > t->highest ? o : t->highest;
    }
}

void sim_meter_arrival(struct sim_meter *m, int64_t now, int32_t batch, bool last)
{
    if (batch != m->batch)
        meter_end_batch(m, now);
    if (batch >= 0 && m->batch < 0) {
        m->measuring = true;
        m->measured_since = now;
    }
    m->batch = batch;
    if (last)
        meter_end(m, now);
}
