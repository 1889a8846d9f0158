// SPDX-License-Identifier: Apache-2.0
// The world: contacts come, wait, give up, are served, come back unresolved. The router says who serves whom; this file knows no rule for it.
//
// A contact has at most one thing before it, the end of its patience or of its service; these stand in one heap. Nothing is kept
// of a contact that has ended, so memory holds those in the system and no more.
#include "cli/sim.h"

#include <assert.h>
#include <stdlib.h>

#define RUN_NONE UINT32_MAX

struct contact {
    uint64_t number; // in order of arrival, from 0
    int64_t arrived, since, due;
    uint32_t class, attempt, place; // place: in the heap, from 1; 0 = nothing is due
    int32_t batch;                  // -1: not measured
    bool waiting;
    struct sim_offer taken;
    uint32_t next; // free slot
};

struct run {
    const struct sim_scenario *s;
    struct sim_result *out;
    struct sim_clock clock;
    struct sim_router router;
    struct contact *contacts; // by slot; a contact's conversation is its slot + 1
    uint32_t contacts_n, contacts_cap, unused;
    uint32_t *heap; // slots
    uint32_t heap_n;
    struct sim_meter meter;
    int64_t now, next_arrival, unmeasured;
    double rate;
    uint64_t number; // of the next arrival
};

static void *run_grow(void *v, size_t n, size_t each)
{
    void *p = realloc(v, n * each);
    if (!p)
        abort();
    return p;
}

// ---- what is due ----

static bool heap_before(const struct run *r, uint32_t a, uint32_t b)
{
    const struct contact *x = &r->contacts[a], *y = &r->contacts[b];
    return x->due != y->due ? x->due < y->due : x->number < y->number;
}

static void heap_put(struct run *r, uint32_t slot, uint32_t i)
{
    r->heap[i] = slot;
    r->contacts[slot].place = i + 1;
}

static void heap_sift(struct run *r, uint32_t i)
{
    uint32_t slot = r->heap[i];
    for (; i > 0 && heap_before(r, slot, r->heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap_put(r, r->heap[(i - 1) / 2], i);
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child + 1 < r->heap_n && heap_before(r, r->heap[child + 1], r->heap[child]))
            child++;
        if (child >= r->heap_n || !heap_before(r, r->heap[child], slot))
            break;
        heap_put(r, r->heap[child], i);
        i = child;
    }
    heap_put(r, slot, i);
}

static void run_schedule(struct run *r, uint32_t slot, double seconds)
{
    r->contacts[slot].due = r->now + sim_clock_units(r->clock, seconds);
    heap_put(r, slot, r->heap_n++);
    heap_sift(r, r->heap_n - 1);
}

static void run_unschedule(struct run *r, uint32_t slot)
{
    uint32_t place = r->contacts[slot].place;
    if (!place)
        return;
    r->contacts[slot].place = 0;
    uint32_t last = r->heap[--r->heap_n];
    if (last == slot)
        return;
    heap_put(r, last, place - 1);
    heap_sift(r, place - 1);
}

// ---- contacts ----

static uint32_t contact_new(struct run *r)
{
    uint32_t slot = r->unused;
    if (slot == RUN_NONE) {
        if (r->contacts_n == r->contacts_cap) {
            r->contacts_cap = r->contacts_cap ? 2 * r->contacts_cap : 64;
            r->contacts = run_grow(r->contacts, r->contacts_cap, sizeof *r->contacts);
            r->heap = run_grow(r->heap, r->contacts_cap, sizeof *r->heap);
        }
        slot = r->contacts_n++;
    } else {
        r->unused = r->contacts[slot].next;
    }
    r->contacts[slot] = (struct contact){.next = RUN_NONE};
    return slot;
}

static void contact_forget(struct run *r, uint32_t slot)
{
    r->contacts[slot].next = r->unused;
    r->unused = slot;
}

static void contact_count(struct run *r, const struct contact *c, enum sim_quantity q, double n)
{
    if (c->batch < 0)
        return;
    r->out->classes[c->class].v[c->batch][q] += n;
    r->out->overall.v[c->batch][q] += n;
}

static double contact_draw(const struct run *r, const struct contact *c, enum sim_kind kind,
                           const struct sim_shape *shape)
{
    return sim_draw_shape(shape, (uint64_t)r->s->seed, c->number, c->attempt, kind);
}

// ---- what happens ----

static void run_stop_waiting(struct run *r, uint32_t slot)
{
    struct contact *c = &r->contacts[slot];
    run_unschedule(r, slot);
    if (c->waiting)
        sim_meter_line(&r->meter, r->now, c->class, -1);
    c->waiting = false;
    contact_count(r, c, SIM_WAITED, sim_clock_seconds(r->clock, r->now - c->since));
}

// At its first attempt.
static void run_count_answered(struct run *r, const struct contact *c)
{
    const struct sim_class *class = &r->s->classes[c->class];
    int64_t units = r->now - c->since;
    double waited = sim_clock_seconds(r->clock, units);
    contact_count(r, c, SIM_ANSWERED, 1);
    contact_count(r, c, SIM_ANSWERED_AFTER, waited);
    contact_count(r, c, SIM_WITHIN, waited <= r->s->service_level ? 1 : 0);
    contact_count(r, c, SIM_IN_TARGET, class->target > 0 && waited <= class->target ? 1 : 0);
    if (c->batch < 0)
        return;
    sim_waits_count(&r->out->waits[0], c->batch, units);
    sim_waits_count(&r->out->waits[1 + c->class], c->batch, units);
}

static void run_serve(struct run *r, const struct sim_offer *o)
{
    uint32_t slot = (uint32_t)(o->conversation - 1);
    struct contact *c = &r->contacts[slot];
    const struct sim_class *class = &r->s->classes[c->class];
    double speed = r->s->pools[r->meter.agents[o->agent].pool].speed;
    run_stop_waiting(r, slot);
    if (!c->attempt)
        run_count_answered(r, c);
    c->taken = *o;
    sim_meter_hand(&r->meter, r->now, o->agent, 1);
    run_schedule(r, slot, class->service_mean / speed * contact_draw(r, c, SIM_DRAW_SERVICE, &class->service));
}

static void run_serve_taken(struct run *r)
{
    for (size_t i = 0; i < r->router.taken_n; i++)
        run_serve(r, &r->router.taken[i]);
}

// It comes for the first time or again. One that nobody took waits, or finds no place and is gone.
static void run_come(struct run *r, uint32_t slot)
{
    struct contact *c = &r->contacts[slot];
    c->since = r->now;
    sim_router_arrive(&r->router, r->now, slot + 1, c->class);
    if (r->router.taken_n) {
        run_serve_taken(r);
        return;
    }
    const struct sim_class *class = &r->s->classes[c->class];
    bool room = r->s->waiting_places < 0 || r->meter.waiting < r->s->waiting_places;
    if (!c->attempt && !room) {
        sim_router_give_up(&r->router, r->now, slot + 1, c->class);
        contact_count(r, c, SIM_BLOCKED, 1);
        contact_count(r, c, SIM_AIMED_BLOCKED, class->target > 0 ? 1 : 0);
        contact_forget(r, slot);
        return;
    }
    c->waiting = true;
    sim_meter_line(&r->meter, r->now, c->class, 1);
    if (!c->attempt)
        contact_count(r, c, SIM_NOT_AT_ONCE, 1);
    if (class->patience_mean > 0)
        run_schedule(r, slot, class->patience_mean * contact_draw(r, c, SIM_DRAW_PATIENCE, &class->patience));
}

static void run_give_up(struct run *r, uint32_t slot)
{
    const struct contact *c = &r->contacts[slot];
    sim_router_give_up(&r->router, r->now, slot + 1, c->class);
    run_stop_waiting(r, slot);
    if (!c->attempt) {
        contact_count(r, c, SIM_ABANDONED, 1);
        if (sim_clock_seconds(r->clock, r->now - c->since) <= r->s->service_level)
            contact_count(r, c, SIM_GONE_WITHIN, 1);
    }
    contact_forget(r, slot);
}

static void run_count_served(struct run *r, const struct contact *c, uint32_t pool)
{
    contact_count(r, c, SIM_SERVED, 1);
    if (c->batch < 0)
        return;
    r->out->pools[pool].served[c->batch] += 1;
    r->out->served[c->batch] += 1;
}

// The agent takes the first who waits, then an unresolved contact is like one that arrives.
static void run_end_service(struct run *r, uint32_t slot)
{
    struct contact *c = &r->contacts[slot];
    uint32_t pool = r->meter.agents[c->taken.agent].pool;
    bool resolved =
        sim_draw((uint64_t)r->s->seed, c->number, c->attempt, SIM_DRAW_RESOLUTION) < r->s->pools[pool].resolution;
    run_unschedule(r, slot);
    sim_meter_hand(&r->meter, r->now, c->taken.agent, -1);
    run_count_served(r, c, pool);
    sim_router_end(&r->router, r->now, &c->taken, resolved);
    run_serve_taken(r);
    if (!resolved) {
        c->attempt++;
        run_come(r, slot);
        return;
    }
    contact_count(r, c, SIM_RESOLVED, 1);
    contact_count(r, c, SIM_FIRST, c->attempt ? 0 : 1);
    contact_count(r, c, SIM_SOJOURN, sim_clock_seconds(r->clock, r->now - c->arrived));
    contact_forget(r, slot);
}

// Whoever has waited long enough is now taken by others.
static void run_tick(struct run *r, int64_t at)
{
    r->now = at;
    sim_router_tick(&r->router, at);
    run_serve_taken(r);
}

static int32_t run_batch_of(const struct run *r, uint64_t number)
{
    uint64_t skipped = (uint64_t)r->unmeasured, measured = (uint64_t)r->s->contacts - skipped;
    return number < skipped ? -1 : (int32_t)((number - skipped) * SIM_BATCHES / measured);
}

static uint32_t run_class_of(const struct run *r, uint64_t number)
{
    double left = sim_draw((uint64_t)r->s->seed, number, 0, SIM_DRAW_CLASS) * r->rate;
    uint32_t i = 0;
    for (; i + 1 < r->s->classes_n && left >= r->s->classes[i].rate; i++)
        left -= r->s->classes[i].rate;
    return i;
}

static void run_plan_arrival(struct run *r)
{
    double gap = sim_draw_exponential((uint64_t)r->s->seed, r->number, 0, SIM_DRAW_GAP) / r->rate;
    r->next_arrival = r->number < (uint64_t)r->s->contacts ? r->now + sim_clock_units(r->clock, gap) : INT64_MAX;
}

static void run_arrive(struct run *r)
{
    uint64_t number = r->number++;
    int32_t batch = run_batch_of(r, number);
    sim_meter_arrival(&r->meter, r->now, batch, r->number == (uint64_t)r->s->contacts);
    uint32_t slot = contact_new(r);
    struct contact *c = &r->contacts[slot];
    c->number = number;
    c->arrived = r->now;
    c->class = run_class_of(r, number);
    c->batch = batch;
    contact_count(r, c, SIM_OFFERED, 1);
    contact_count(r, c, SIM_AIMED, r->s->classes[c->class].target > 0 ? 1 : 0);
    run_come(r, slot);
    run_plan_arrival(r);
}

// ---- the whole ----

static void run_open(struct run *r, const struct sim_scenario *s, struct sim_result *out)
{
    *r = (struct run){.s = s, .out = out, .clock = sim_clock_for(s), .unused = RUN_NONE};
    r->unmeasured = sim_scenario_unmeasured(s);
    r->rate = sim_scenario_rate(s);
    sim_router_open(&r->router, s);
    *out = (struct sim_result){.classes = calloc(s->classes_n, sizeof *out->classes),
                               .waits = calloc(s->classes_n + 1, sizeof *out->waits),
                               .pools = calloc(s->pools_n, sizeof *out->pools),
                               .clock = r->clock};
    if (!out->classes || !out->waits || !out->pools)
        abort();
    sim_meter_open(&r->meter, s, r->clock, out);
}

void sim_run(const struct sim_scenario *s, struct sim_result *out)
{
    struct run r;
    run_open(&r, s, out);
    run_plan_arrival(&r);
    while (r.heap_n || r.next_arrival != INT64_MAX) {
        int64_t due = r.heap_n ? r.contacts[r.heap[0]].due : INT64_MAX, tick = sim_router_due(&r.router);
        r.now = due <= r.next_arrival ? due : r.next_arrival;
        if (tick < r.now)
            run_tick(&r, tick);
        else if (due > r.next_arrival)
            run_arrive(&r);
        else if (r.contacts[r.heap[0]].waiting)
            run_give_up(&r, r.heap[0]);
        else
            run_end_service(&r, r.heap[0]);
    }
    assert(!r.meter.waiting);
    sim_router_close(&r.router);
    free(r.contacts);
    free(r.heap);
    sim_meter_close(&r.meter);
}

void sim_result_free(struct sim_result *r)
{
    free(r->classes);
    free(r->waits);
    free(r->pools);
}
