// SPDX-License-Identifier: Apache-2.0
//
// The twin's estimated waits: agents are counted, lines are made up and sums are formed each time that somebody asks.

#include "twin.h"

#include <stdlib.h>
#include <string.h>

#define BIT(n)  (1u << (unsigned)(n))
#define MONTH   2592000000LL
#define MILLION 1000000LL
#define BILLION 1000000000LL

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct twin_forecast *twin_forecast(struct twin *t, const char *queue)
{
    for (size_t i = 0; i < t->forecasts_n; i++) {
        if (strcmp(t->forecasts[i].queue, queue) == 0)
            return &t->forecasts[i];
    }
    if (t->forecasts_n == TWIN_QUEUES)
        abort();
    struct twin_forecast *f = &t->forecasts[t->forecasts_n++];
    memset(f, 0, sizeof *f);
    twin_name(f->queue, queue);
    return f;
}

void twin_estimate_prune(struct twin *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->forecasts_n; i++) {
        if (twin_queue(t, t->forecasts[i].queue))
            t->forecasts[n++] = t->forecasts[i];
    }
    t->forecasts_n = n;
}

// ---- what came ----

static void count_hold(struct twin_forecast *f, enum router_channel channel, int64_t ms)
{
    int64_t tenths = least(ms, MONTH) / 100;
    if (f->holds[channel].n == 256) {
        f->holds[channel].n = 128;
        f->holds[channel].sum /= 2;
        f->holds[channel].squares /= 2;
    }
    f->holds[channel].n++;
    f->holds[channel].sum += least(ms, MONTH);
    f->holds[channel].squares += tenths * tenths;
}

static void count_wait(struct twin_forecast *f, int64_t ms, int64_t left)
{
    if (f->waits == 256) {
        f->waits = 128;
        f->left /= 2;
        f->waited /= 2;
    }
    f->waits++;
    f->left += left;
    f->waited += least(ms, MONTH);
}

static bool at_hand(enum router_work_state s)
{
    return s == ROUTER_ASSIGNED || s == ROUTER_WRAP_UP;
}

void twin_estimate_given_ends(struct twin *t, struct twin_work *w)
{
    if (w->given_places)
        w->taken += t->now - w->given_at;
    w->given_at = t->now;
}

static void hold_ends(struct twin *t, struct twin_work *w)
{
    if (w->measured)
        count_hold(twin_forecast(t, w->queue), w->channel_now, t->now - w->taken);
    w->measured = false;
}

static void compare(struct twin *t, const struct twin_work *w, int64_t came)
{
    struct router_calibration *c = &twin_forecast(t, w->queue)->seen;
    const struct router_wait *p = &w->promise;
    if (!w->promised)
        return;
    if (p->kind != ROUTER_WAIT_KNOWN)
        c->unknown++;
    else if (came < p->low)
        c->below++;
    else if (came > p->high)
        c->above++;
    else
        c->inside++;
    if (p->kind == ROUTER_WAIT_KNOWN)
        c->error += (uint64_t)least(least(llabs(came - p->middle), MONTH) * 1000 / most(p->middle, 1000), 100000);
}

void twin_estimate_moves(struct twin *t, struct twin_work *w, enum router_work_state to, enum router_reason reason)
{
    bool waits = w->state == ROUTER_QUEUED || w->state == ROUTER_OFFERED;
    twin_estimate_given_ends(t, w);
    if (to == ROUTER_OFFERED || (w->state == ROUTER_QUEUED && to == ROUTER_ASSIGNED)) {
        w->taken = t->now;
        w->measured = true;
    }
    if (waits && to == ROUTER_ASSIGNED) {
        count_wait(twin_forecast(t, w->queue), most(w->taken - w->entered, 0), 0);
        compare(t, w, most(w->taken - w->entered, 0));
    }
    if (waits && to == ROUTER_CLOSED)
        count_wait(twin_forecast(t, w->queue), t->now - w->entered, 1);
    if (at_hand(w->state) && !at_hand(to)) {
        if (reason == ROUTER_DESK_LOST || reason == ROUTER_WENT_AWAY || reason == ROUTER_REMOVED ||
            reason == ROUTER_SUPERVISED)
            w->measured = false;
        hold_ends(t, w);
    }
    if (to == ROUTER_QUEUED && w->state != ROUTER_OFFERED)
        w->fresh = true, w->promised = false;
    if (to != ROUTER_QUEUED && to != ROUTER_OFFERED)
        w->promised = false;
}

void twin_estimate_elsewhere(struct twin *t, struct twin_work *w)
{
    twin_estimate_given_ends(t, w);
    if (at_hand(w->state))
        hold_ends(t, w);
    w->promised = false;
}

void twin_promise(struct twin *t)
{
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_work *w = &t->works[i];
        if (w->fresh && w->state == ROUTER_QUEUED) {
            w->promise = twin_wait(t, w);
            w->promised = true;
        }
        w->fresh = false;
    }
}

// ---- who serves, and what is ahead ----

static bool serves(const struct twin_agent *a, const struct twin_queue *q, size_t step)
{
    uint32_t surplus;
    return a->presence == ROUTER_AVAILABLE && twin_meets(a, q, step, &surplus);
}

static int64_t slots(const struct twin *t, const struct twin_queue *q, size_t step, enum router_channel channel)
{
    const struct router_channel_rules *rules = &t->rules.channels[channel];
    int64_t sum = 0;
    for (size_t i = 0; i < t->agents_n; i++) {
        const struct twin_agent *a = &t->agents[i];
        int64_t n = rules->units ? a->capacity / rules->units : a->capacity;
        if (rules->max)
            n = least(n, rules->max);
        if (rules->exclusive)
            n = least(n, 1);
        sum += serves(a, q, step) && twin_takes(a, BIT(channel)) ? n : 0;
    }
    return sum;
}

static int64_t in_both(const struct twin *t, const struct twin_queue *p, size_t p_step, const struct twin_queue *q,
                       size_t q_step)
{
    int64_t n = 0;
    for (size_t i = 0; i < t->agents_n; i++)
        n += serves(&t->agents[i], p, p_step) && serves(&t->agents[i], q, q_step);
    return n;
}

struct numbers {
    int64_t n, sum, squares;
};

static struct numbers holds(struct twin *t, const char *queue, enum router_channel channel)
{
    const struct twin_forecast *f = twin_forecast(t, queue);
    struct numbers all = {0};
    if (f->holds[channel].n >= 8)
        return (struct numbers){f->holds[channel].n, f->holds[channel].sum, f->holds[channel].squares};
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        all.n += f->holds[c].n;
        all.sum += f->holds[c].sum;
        all.squares += f->holds[c].squares;
    }
    return all.n < 8 ? (struct numbers){0} : all;
}

struct asker {
    const struct twin_queue *q;
    size_t step;
    enum router_channel channel;
    uint32_t priority;
    int64_t since, age;
    uint64_t id, rate;
    uint32_t target;
};

static bool same_line(struct twin *t, const struct twin_work *a, const struct twin_work *b)
{
    const struct twin_queue *q = twin_queue(t, a->queue);
    uint32_t target;
    return a->state == b->state && strcmp(a->queue, b->queue) == 0 && twin_step_of(t, q, a) == twin_step_of(t, q, b) &&
           twin_priority(t, a) == twin_priority(t, b) && twin_channels(a) == twin_channels(b) &&
           twin_charge(t, a) == twin_charge(t, b) && twin_rate(t, a, &target) == twin_rate(t, b, &target);
}

// Whether it stands before one of this stamp, age and id.
static bool older(const struct twin *t, const struct twin_work *a, int64_t stamp, int64_t since, uint64_t id)
{
    if (twin_stamp(t, a) != stamp)
        return twin_stamp(t, a) < stamp;
    return a->since < since || (a->since == since && a->id < id);
}

static bool first_in_line(struct twin *t, const struct twin_work *w)
{
    for (size_t i = 0; i < t->works_n; i++) {
        if (same_line(t, &t->works[i], w) && older(t, &t->works[i], twin_stamp(t, w), w->since, w->id))
            return false;
    }
    return true;
}

static int64_t cut(struct twin *t, const struct twin_work *head, const struct asker *k)
{
    uint32_t target;
    if (!twin_by_cost(t))
        return k->since;
    int64_t left = most(k->target - k->age, 0);
    uint64_t mine = k->rate, theirs = twin_rate(t, head, &target);
    while (mine >> 32 || theirs >> 32) {
        mine >>= 1;
        theirs >>= 1;
    }
    int64_t ratio = least((int64_t)(mine * 1000 / (theirs ? theirs : 1)), MILLION);
    return t->now + left - ratio * least(k->age + left, MONTH) / 1000;
}

static int64_t before_in_line(struct twin *t, const struct twin_work *head, const struct asker *k)
{
    bool by_class = t->rules.order == ROUTER_ORDER_PRIORITY || t->rules.order == ROUTER_ORDER_PRIORITY_COST;
    uint32_t priority = twin_priority(t, head);
    int64_t n = 0;
    for (size_t i = 0; i < t->works_n; i++) {
        const struct twin_work *w = &t->works[i];
        if (!same_line(t, w, head))
            continue;
        if (by_class && priority != k->priority)
            n += priority < k->priority;
        else
            n += older(t, w, cut(t, head, k), k->since, k->id);
    }
    return n;
}

// Thousandths of works in *n, returns their time.
static int64_t ahead(struct twin *t, const struct asker *k, int64_t own, int64_t *n)
{
    int64_t load = 0;
    for (size_t i = 0; i < t->works_n; i++) {
        const struct twin_work *w = &t->works[i];
        if (w->state != ROUTER_QUEUED || !first_in_line(t, w))
            continue;
        const struct twin_queue *q = twin_queue(t, w->queue);
        size_t step = twin_step_of(t, q, w);
        int64_t common = in_both(t, k->q, k->step, q, step);
        if (!common)
            continue;
        struct numbers p = holds(t, w->queue, w->channel_now);
        int64_t count = before_in_line(t, w, k) * (common * 1000 / in_both(t, q, step, q, step));
        *n += count;
        load += count * (p.n ? most(p.sum / p.n, 1) : own) / 1000;
    }
    return load;
}

// ---- from there to the tenths ----

static int64_t root(int64_t v)
{
    int64_t low = 0, high = 4000000;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (middle * middle <= v)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static int64_t tenth(int64_t mean, int64_t shape, int64_t z)
{
    int64_t t = MILLION - BILLION / (9 * shape) + z * 1000 / (3 * root(shape * 1000));
    return t <= 0 ? 0 : least(mean * (t * t / MILLION * t / MILLION) / MILLION, MONTH);
}

static int64_t variation_of(const struct numbers *p)
{
    int64_t tenths = p->sum / p->n / 100;
    if (tenths < 10)
        return 1000;
    return least(most(p->squares / p->n * 1000 / (tenths * tenths) - 1000, 0), 16000);
}

static struct router_wait spread(const struct numbers *p, const struct twin_forecast *f, int64_t n, int64_t load,
                                 int64_t s)
{
    int64_t own = most(p->sum / p->n, 1), hold = (load + own) * 1000 / n, x1 = 0, x2 = 0;
    int64_t leaving = f->waited ? least(f->left * hold * MILLION / f->waited, BILLION) : 0;
    int64_t blocks = least((n + 999) / 1000, 64), each = n / blocks;
    for (int64_t b = 0; b < blocks; b++) {
        int64_t x = 1048576 * (s * MILLION) / (s * MILLION + most((2 * b + 1) * each / 2 - 500, 0) * leaving / 1000);
        x1 += x * each / 1000;
        x2 += x * x / 1048576 * each / 1000;
    }
    int64_t mean = least((int64_t)((uint64_t)(hold * 1000 / s) * (uint64_t)x1 / 1048576 / 1000), MONTH);
    int64_t shape = x1 / 1024 * (x1 * 1000 / x2) / 1024, cv = variation_of(p);
    int64_t inflated = (1000 * s + cv * (n / 1000)) / (s + n / 1000);
    int64_t relative = BILLION / shape * inflated / 1000 + cv * 1000 / p->n;
    shape = least(most(BILLION / most(relative, 1), 250), BILLION);
    return (struct router_wait){ROUTER_WAIT_KNOWN, tenth(mean, shape, -1281552), tenth(mean, shape, 0),
                                tenth(mean, shape, 1281552)};
}

static struct router_wait answer(struct twin *t, const struct asker *k)
{
    struct numbers p = holds(t, k->q->name, k->channel);
    int64_t s = slots(t, k->q, k->step, k->channel), n = 1000;
    if (!s)
        return (struct router_wait){.kind = ROUTER_WAIT_NOBODY};
    if (!p.n)
        return (struct router_wait){.kind = ROUTER_WAIT_LEARNING};
    int64_t load = ahead(t, k, most(p.sum / p.n, 1), &n);
    return spread(&p, twin_forecast(t, k->q->name), n, load, s);
}

struct router_wait twin_wait(struct twin *t, struct twin_work *w)
{
    const struct twin_queue *q = twin_queue(t, w->queue);
    const struct twin_agent *a = twin_agent(t, w->wanted);
    if (w->state != ROUTER_QUEUED)
        return (struct router_wait){0};
    if (*w->team)
        return (struct router_wait){.kind = ROUTER_WAIT_PERSON};
    if (a && a->presence == ROUTER_AVAILABLE && twin_takes(a, twin_channels(w)) && twin_charge(t, w) <= a->capacity &&
        !twin_ask_of(w, a->id))
        return (struct router_wait){.kind = ROUTER_WAIT_PERSON};
    struct asker k = {q, twin_step_of(t, q, w), w->channel_now, twin_priority(t, w), w->since, w->age, w->id, 0, 0};
    k.rate = twin_rate(t, w, &k.target);
    return answer(t, &k);
}

struct router_wait twin_wait_new(struct twin *t, struct twin_queue *q, enum router_channel channel)
{
    const struct twin_queue *to = twin_with_room(t, q);
    for (size_t i = 0; i < t->agents_n; i++) {
        const struct twin_agent *a = &t->agents[i];
        if (serves(a, to, 0) && twin_takes(a, BIT(channel)) && !twin_occupied(t, a->id, BIT(channel)) &&
            twin_has_room(t, a, BIT(channel), t->rules.channels[channel].units, 0))
            return (struct router_wait){.kind = ROUTER_WAIT_KNOWN};
    }
    struct asker k = {to, 0, channel, to->priority, t->now, 0, UINT64_MAX, 0, 0};
    k.target = twin_target(to, ROUTER_RESPONSE_FIRST, channel, to->priority);
    k.rate = ((uint64_t)to->weight << 33) / k.target;
    return answer(t, &k);
}
