// SPDX-License-Identifier: Apache-2.0
//
// The estimated wait, from the state alone and in integers.
//
// A queue's agents are seen as S slots (share.c), each free again after a time that the queue has shown (pace.c). Whoever
// waits behind n others starts when n + 1 slots have become free; of those in other lines which the same agents serve as many
// count as the agents will take by their share, each with its own queue's time. Who gives up makes room as well. The
// steps' times add up to a mean and a variance, those to a gamma distribution (an Erlang's where nobody gives up), whose tenths
// are told. What comes later and goes first is not foreseen.
//
// Cost: for one estimate, the lines of all queues, of those that share available agents with this one at most ESTIMATE_SCAN works each,
// and ESTIMATE_BLOCKS divisions; never the number of agents, nor of those who wait.

#include "routing/estimate.h"
#include "routing/share.h"

#define ESTIMATE_BLOCKS    64
#define ESTIMATE_ONE       1048576u // fixed point of the steps
#define ESTIMATE_MILLION   1000000
#define ESTIMATE_LINE_MAX  1000000u // ahead, all lines together
#define ESTIMATE_SLOTS_MAX 1000000u
#define ESTIMATE_LOAD_MAX  1000000000000000u
#define ESTIMATE_SHAPE_MIN 250     // thousandths: below, the quantiles' approximation does not hold
#define ESTIMATE_TENTH     1281552 // standard deviations of the normal distribution's outer tenths, in millionths

struct joiner { // whoever is estimated for
    const struct queue *queue;
    const struct pool *pool;
    enum router_channel channel;
    uint32_t priority;
    int64_t since, age; // age: as its cost is measured
    uint64_t id, rate;
    uint32_t target_ms;
};

struct ahead {
    uint64_t n;    // thousandths
    uint64_t load; // ms
};

static uint64_t estimate_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// ---- what is known ----

// Of the queue on this channel, or on all together; n = 0: too little.
static struct pace estimate_pace(const struct queue *q, enum router_channel channel)
{
    struct pace p = pace_of(q->forecast, channel);
    if (p.n < ESTIMATE_LEAST)
        p = pace_of(q->forecast, ROUTER_CHANNEL_NONE);
    return p.n < ESTIMATE_LEAST ? (struct pace){0} : p;
}

static uint64_t estimate_mean(const struct pace *p)
{
    uint64_t mean = p->sum / p->n;
    return mean ? mean : 1;
}

// The square of the coefficient of variation, in thousandths.
static uint64_t estimate_variation(const struct pace *p)
{
    uint64_t mean = p->sum / p->n / 100, square = mean * mean;
    if (mean < 10)
        return 1000; // shorter than what squares are kept of
    uint64_t ratio = p->squares / p->n * 1000 / square;
    return ratio < 1000 ? 0 : estimate_least(ratio - 1000, 16000);
}

// ---- what is ahead ----

// Work of this line that has waited since before goes first: by cost, by the moment at which the joiner's time is up.
static int64_t estimate_cut(const struct router *r, const struct line *l, const struct joiner *j)
{
    if (!order_by_cost(r))
        return j->since;
    int64_t left = j->target_ms > j->age ? j->target_ms - j->age : 0;
    uint64_t mine = j->rate, theirs = l->rate;
    for (; mine > UINT32_MAX || theirs > UINT32_MAX; mine /= 2)
        theirs /= 2;
    uint64_t ratio = estimate_least(mine * 1000 / (theirs ? theirs : 1), ESTIMATE_MILLION);
    uint64_t age = estimate_least((uint64_t)(j->age + left), ESTIMATE_MAX_MS);
    return sla_now(r, l->queue) + left - (int64_t)(ratio * age / 1000);
}

static bool estimate_is_before(const struct router *r, const struct work *w, int64_t cut, const struct joiner *j)
{
    int64_t stamp = order_stamp(r, w);
    if (stamp != cut)
        return stamp < cut;
    return w->since != j->since ? w->since < j->since : w->id < j->id;
}

static uint64_t estimate_in_line(const struct router *r, const struct line *l, int64_t cut, const struct joiner *j)
{
    uint64_t n = 0;
    const struct work *w = l->head;
    if (l->n <= ESTIMATE_SCAN) {
        for (; w && estimate_is_before(r, w, cut, j); w = w->next)
            n++;
        return n;
    }
    int64_t first = order_stamp(r, l->head), last = order_stamp(r, l->tail);
    if (cut <= first || cut > last)
        return cut <= first ? 0 : l->n;
    return l->n * estimate_least((uint64_t)(cut - first), ESTIMATE_LOAD_MAX / l->n) / (uint64_t)(last - first);
}

static uint64_t estimate_before(const struct router *r, const struct line *l, const struct joiner *j)
{
    if (order_by_class(r) && l->priority != j->priority)
        return l->priority < j->priority ? l->n : 0;
    return estimate_in_line(r, l, estimate_cut(r, l, j), j);
}

// Of each line those agents take as much as they are of all who serve it.
static struct ahead estimate_ahead(const struct router *r, const struct joiner *j, uint64_t own)
{
    struct ahead sum = {0};
    for (size_t i = 0; i < r->queues_n; i++) {
        const struct queue *q = r->queues[i];
        for (size_t k = 0; q->waiting && k < q->lines_n; k++) {
            const struct line *l = q->lines[k];
            const struct pool *p = queue_pool_at(q, l->step);
            uint64_t common = l->n && !l->offered ? share_of(r, j->pool, p) : 0;
            if (!common)
                continue;
            uint64_t part = common * 1000 / share_of(r, p, p);
            struct pace pace = estimate_pace(q, l->head->channel_now);
            uint64_t n = estimate_least(estimate_before(r, l, j), ESTIMATE_LINE_MAX) * part;
            sum.n = estimate_least(sum.n + n, ESTIMATE_LINE_MAX * 1000ULL);
            sum.load = estimate_least(sum.load + n * (pace.n ? estimate_mean(&pace) : own) / 1000, ESTIMATE_LOAD_MAX);
        }
    }
    return sum;
}

// ---- the distribution ----

static uint64_t estimate_root(uint64_t v)
{
    uint64_t root = 0;
    for (uint64_t bit = 1ULL << 31; bit; bit /= 2) {
        if ((root + bit) * (root + bit) <= v)
            root += bit;
    }
    return root;
}

// By Wilson and Hilferty: the cube root of a gamma variable is nearly normal. `shape` in thousandths, `z` in millionths.
static int64_t estimate_quantile(uint64_t mean, uint64_t shape, int64_t z)
{
    int64_t root = (int64_t)estimate_root(shape * 1000);
    int64_t t = ESTIMATE_MILLION - (int64_t)(1000000000 / (9 * shape)) + z * 1000 / (3 * (root ? root : 1));
    if (t <= 0)
        return 0;
    uint64_t cube = (uint64_t)t * (uint64_t)t / ESTIMATE_MILLION * (uint64_t)t / ESTIMATE_MILLION;
    return (int64_t)estimate_least(mean * cube / ESTIMATE_MILLION, ESTIMATE_MAX_MS);
}

struct steps { // to the start, in parts of the first
    uint64_t sum, squares;
};

// `n` steps (thousandths), each the faster the more who are ahead may give up: `leaving` millionths of the slots' own rate for each.
static struct steps estimate_steps(uint64_t n, uint64_t slots, uint64_t leaving)
{
    struct steps s = {0};
    uint64_t blocks = estimate_least((n + 999) / 1000, ESTIMATE_BLOCKS), each = n / blocks;
    for (uint64_t b = 0; b < blocks; b++) {
        uint64_t middle = (2 * b + 1) * each / 2;
        uint64_t ahead = middle > 500 ? middle - 500 : 0;
        uint64_t x = ESTIMATE_ONE * (slots * ESTIMATE_MILLION) / (slots * ESTIMATE_MILLION + ahead * leaving / 1000);
        s.sum += x * each / 1000;
        s.squares += x * x / ESTIMATE_ONE * each / 1000;
    }
    return s;
}

static struct router_wait estimate_from(const struct pace *p, const struct forecast *f, const struct ahead *ahead,
                                        uint64_t slots)
{
    uint64_t n = ahead->n + 1000, own = estimate_mean(p), variation = estimate_variation(p);
    uint64_t hold = (ahead->load + own) * 1000 / n;
    uint64_t leaving = f->waited ? estimate_least(f->left * hold * ESTIMATE_MILLION / f->waited, 1000000000) : 0;
    struct steps s = estimate_steps(n, slots, leaving);
    uint64_t first = hold * 1000 / slots; // microseconds
    uint64_t mean =
        s.sum && first > UINT64_MAX / s.sum ? (uint64_t)ESTIMATE_MAX_MS : first * s.sum / ESTIMATE_ONE / 1000;
    mean = estimate_least(mean, ESTIMATE_MAX_MS);
    uint64_t shape = s.sum / 1024 * (s.sum * 1000 / (s.squares ? s.squares : 1)) / 1024;
    // The more follow each other on a slot, the more their own spread counts; and the mean itself is only estimated.
    uint64_t spread = (1000 * slots + variation * (n / 1000)) / (slots + n / 1000);
    uint64_t relative = 1000000000 / (shape ? shape : 1) * spread / 1000 + variation * 1000 / p->n;
    shape = 1000000000 / (relative ? relative : 1);
    shape = estimate_least(shape < ESTIMATE_SHAPE_MIN ? ESTIMATE_SHAPE_MIN : shape, 1000000000);
    return (struct router_wait){.kind = ROUTER_WAIT_KNOWN,
                                .low = estimate_quantile(mean, shape, -ESTIMATE_TENTH),
                                .middle = estimate_quantile(mean, shape, 0),
                                .high = estimate_quantile(mean, shape, ESTIMATE_TENTH)};
}

static struct router_wait estimate(const struct router *r, const struct joiner *j)
{
    uint64_t slots = estimate_least(j->pool->slots[j->channel], ESTIMATE_SLOTS_MAX);
    struct pace p = estimate_pace(j->queue, j->channel);
    if (!slots || !p.n)
        return (struct router_wait){.kind = slots ? ROUTER_WAIT_LEARNING : ROUTER_WAIT_NOBODY};
    struct ahead ahead = estimate_ahead(r, j, estimate_mean(&p));
    return estimate_from(&p, j->queue->forecast, &ahead, slots);
}

struct router_wait estimate_work(const struct router *r, const struct work *w)
{
    if (w->team || match_wanted(r, w))
        return (struct router_wait){.kind = ROUTER_WAIT_PERSON};
    return estimate(r, &(struct joiner){.queue = w->queue,
                                        .pool = queue_pool_at(w->queue, w->line->step),
                                        .channel = w->channel_now,
                                        .priority = w->line->priority,
                                        .since = w->since,
                                        .age = sla_age(r, w),
                                        .rate = w->line->rate,
                                        .target_ms = sla_target(w),
                                        .id = w->id});
}

struct router_wait estimate_newcomer(const struct router *r, struct queue *q, enum router_channel channel)
{
    const struct queue *to = overflow_enter(r, q);
    const struct pool *p = queue_pool_at(to, 0);
    struct pool_need need = pool_need(r, CORE_BIT(channel), r->rules.channels[channel].units);
    if (pool_row_for(p, &need, 0) < p->rows_n)
        return (struct router_wait){.kind = ROUTER_WAIT_KNOWN};
    size_t row;
    uint32_t target = router_sla_target(&to->def, ROUTER_RESPONSE_FIRST, channel, to->def.priority, &row);
    return estimate(r, &(struct joiner){.queue = to,
                                        .pool = p,
                                        .channel = channel,
                                        .priority = to->def.priority,
                                        .since = r->at,
                                        .rate = sla_rate_of(&to->def, target),
                                        .target_ms = target,
                                        .id = UINT64_MAX});
}
