// SPDX-License-Identifier: Apache-2.0
//
// Bytes into the router, two ways. First byte odd: the rest is a snapshot, hostile or damaged (its hash is made right, or no
// input would ever pass it); what is restored must satisfy the invariants and step. First byte even: the rest is a script of
// inputs, legal and not, folded one by one, with the invariants checked after each and the state through a snapshot at the end.

#include "routing/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct script {
    const uint8_t *p;
    size_t n;
    char names[32][80];
    size_t names_n;
};

static uint8_t byte(struct script *s)
{
    if (!s->n)
        return 0;
    s->n--;
    return *s->p++;
}

static uint64_t number(struct script *s)
{
    static const uint64_t edges[] = {0, UINT64_MAX, INT64_MAX, 1u << 31};
    uint8_t b = byte(s);
    return b >= 252 ? edges[b - 252] : b % 16;
}

// Few names, so that they meet; now and then one that is too long, or none.
static const char *name(struct script *s, const char *prefix)
{
    uint8_t b = byte(s);
    char *to = s->names[s->names_n++ % 32];
    if (b == 255)
        return NULL;
    if (b == 254) {
        memset(to, 'x', 70);
        to[70] = '\0';
    } else if (b == 253) {
        to[0] = '\0';
    } else {
        snprintf(to, sizeof s->names[0], "%s%d", prefix, b % 5);
    }
    return to;
}

static size_t skills(struct script *s, struct router_skill *v)
{
    size_t n = byte(s) % 3;
    for (size_t i = 0; i < n; i++)
        v[i] = (struct router_skill){name(s, "s"), byte(s) % 7};
    return n;
}

static struct router_agent agent(struct script *s, struct router_skill *v)
{
    struct router_agent a = {.id = name(s, "a"), .name = name(s, "n"), .from_file = byte(s) & 1, .skills = v};
    a.skills_n = skills(s, v);
    a.capacity = byte(s) % 8;
    a.speed = byte(s) * 4000u;
    a.resolution = byte(s) * 5u;
    a.channels = byte(s) & 0x3e;
    return a;
}

static const char *needs(struct script *s)
{
    static const char *const texts[] = {
        "", "any", "s1", "s1 >= 2 and s2", "s1 or (s2 and not bot)", "team = n1 or human", "not (s1", "is = i1"};
    return texts[byte(s) % 8];
}

static struct router_queue queue(struct script *s, struct router_skill *v, const char **texts)
{
    static struct router_relax steps[2];
    static struct router_sla slas[2];
    struct router_queue q = {.name = name(s, "q"), .priority = byte(s) % 11, .requires = v};
    q.requires_n = skills(s, v);
    q.prefers = v;
    q.prefers_n = q.requires_n;
    q.needs = needs(s);
    q.floor = needs(s);
    steps[0] = (struct router_relax){.after_ms = byte(s) * 50u, .needs = needs(s)};
    steps[1] = (struct router_relax){.percent = byte(s), .needs = needs(s)};
    q.steps = steps;
    q.steps_n = byte(s) % 3;
    steps[0].breach = byte(s) % 4 == 0;
    q.channels = byte(s) & 0x3e;
    texts[0] = name(s, "i");
    q.intents = texts;
    q.intents_n = byte(s) % 2;
    q.select = (enum router_select)(byte(s) % (ROUTER_SELECTS + 1));
    q.weight_speed = byte(s) * 5u;
    q.learn = byte(s) % 4 == 0;
    q.learn_prior = byte(s);
    q.mix[byte(s) % ROUTER_SELECTS] = byte(s) % 110;
    q.weight = byte(s) * 5000000u;
    q.target_ms = byte(s) * 1000u;
    slas[0] = (struct router_sla){.channel = (enum router_channel)(byte(s) % 7), .first_ms = byte(s) * 100u};
    slas[1] = (struct router_sla){.priority = byte(s) % 11, .next_ms = byte(s) * 100u};
    q.slas = slas;
    q.slas_n = byte(s) % 3;
    q.offer_ms = byte(s) * 100u;
    q.wrap_up_ms = byte(s) * 100u;
    q.prefer_known_ms = byte(s) * 100u;
    q.from_file = byte(s) & 1;
    return q;
}

static void happened(struct script *s, struct router_happened *h)
{
    h->kind = (enum router_happened_kind)(byte(s) % 8);
    h->channel = (enum router_channel)(byte(s) % 7);
    h->account = name(s, "acc");
    h->handle = name(s, "h");
    h->call = name(s, "call");
    h->language = name(s, "l");
    h->intent = name(s, "i");
    h->priority = byte(s) % 12;
    h->conversation = number(s);
    h->customer = number(s);
    h->participant = byte(s) % 8 == 0;
    h->last_agent = name(s, "a");
}

static void command(struct script *s, const struct router *r, struct router_command *c)
{
    struct router_work_view v;
    c->session = name(s, "d");
    c->client_id = name(s, "c");
    c->agent = name(s, "a");
    c->act = (enum router_act)(byte(s) % 12);
    c->work = number(s);
    c->conversation = number(s);
    c->epoch = number(s);
    if (byte(s) % 8 && router_work_of_conversation(r, c->conversation, &v)) { // mostly to the point
        c->work = v.id;
        c->epoch = v.epoch;
        if (*v.agent)
            c->agent = v.agent;
    }
    c->presence = (enum router_presence)(byte(s) % 6);
    c->channel = (enum router_channel)(byte(s) % 7);
    c->account = name(s, "acc");
    c->handle = name(s, "h");
    c->to = byte(s) & 1 ? name(s, "q") : name(s, "a");
    c->text = name(s, "t");
    c->resolved = byte(s) & 1;
}

struct lists {
    struct router_skill skills[16][4];
    const char *texts[16][1];
    struct router_agent agents[4];
    struct router_queue queues[4];
};

static void config(struct script *s, struct router_config *c, struct lists *l)
{
    c->agents = l->agents;
    c->queues = l->queues;
    c->agents_n = byte(s) % 4;
    c->queues_n = byte(s) % 4;
    for (size_t i = 0; i < c->agents_n; i++)
        l->agents[i] = agent(s, l->skills[i]);
    for (size_t i = 0; i < c->queues_n; i++)
        l->queues[i] = queue(s, l->skills[8 + i], l->texts[i]);
    c->grace_ms = byte(s) * 50u;
    c->timeouts_to_away = byte(s) % 5;
    c->decline_pause_ms = byte(s) * 50u;
    c->decline_max = byte(s) % 5;
    for (size_t i = 0; i < ROUTER_CHANNELS; i++) {
        c->channels[i] = (struct router_channel_rules){byte(s) % 4, byte(s) * 100u, byte(s) * 9u, byte(s) & 1};
        c->channels[i].lost_ms = byte(s) * 20u;
        c->channels[i].away_ms = byte(s) * 20u;
    }
}

static void supervise(struct script *s, struct router_supervise *v)
{
    *v = (struct router_supervise){.act = (enum router_supervision)(byte(s) % (ROUTER_SUPERVISIONS + 1))};
    v->by = name(s, "b");
    v->note = name(s, "n");
    v->agent = name(s, "a");
    v->queue = name(s, "q");
    v->session = name(s, "d");
    v->client_id = name(s, "c");
    v->work = number(s);
    v->priority = byte(s) % 11;
    v->over_capacity = byte(s) & 1;
}

static void input(struct script *s, const struct router *r, struct router_input *in, struct lists *l)
{
    static const enum router_input_kind often[] = {ROUTER_IN_HAPPENED, ROUTER_IN_COMMAND, ROUTER_IN_DESK_OPENED};
    uint8_t b = byte(s);
    in->kind = b <= ROUTER_IN_NOTHING ? (enum router_input_kind)b : often[b % 3];
    in->has_entry = byte(s) & 1;
    if (in->kind == ROUTER_IN_HAPPENED) {
        happened(s, &in->happened);
    } else if (in->kind == ROUTER_IN_COMMAND) {
        command(s, r, &in->command);
    } else if (in->kind == ROUTER_IN_DESK_OPENED) {
        in->desk_opened.session = name(s, "d");
        in->desk_opened.agent = name(s, "a");
        in->desk_opened.boot = name(s, "b");
    } else if (in->kind == ROUTER_IN_DESK_CLOSED) {
        in->desk_closed.session = name(s, "d");
        in->desk_closed.boot = name(s, "b");
        in->desk_closed.logout = byte(s) & 1;
    } else if (in->kind == ROUTER_IN_NODE_LOST) {
        in->node_lost.boot = name(s, "b");
    } else if (in->kind == ROUTER_IN_CONFIG) {
        config(s, &in->config, l);
    } else if (in->kind == ROUTER_IN_AGENT_PUT) {
        in->agent_put = agent(s, l->skills[0]);
    } else if (in->kind == ROUTER_IN_LEARNED) {
        in->learned.act = (enum router_learned)(byte(s) % 5u);
        in->learned.agent = name(s, "a");
        in->learned.queue = byte(s) % 2 ? name(s, "q") : "";
        in->learned.work = byte(s);
    } else if (in->kind == ROUTER_IN_AGENT_REMOVED) {
        in->agent_removed.id = name(s, "a");
    } else if (in->kind == ROUTER_IN_QUEUE_PUT) {
        in->queue_put = queue(s, l->skills[0], l->texts[0]);
    } else if (in->kind == ROUTER_IN_QUEUE_REMOVED) {
        in->queue_removed.name = name(s, "q");
    } else if (in->kind == ROUTER_IN_DELIVERY) {
        in->delivery = (struct router_delivery_news){.delivery = name(s, "x"), .conversation = number(s)};
    } else if (in->kind == ROUTER_IN_CUSTOMER_CHANGED) {
        in->customer_changed.customer = number(s);
        in->customer_changed.other = number(s);
    } else if (in->kind == ROUTER_IN_SUPERVISE) {
        supervise(s, &in->supervise);
    } else if (in->kind == ROUTER_IN_FOLD) {
        in->fold.version = byte(s) % 3;
    }
}

static int64_t later(struct script *s, int64_t at)
{
    uint8_t b = byte(s);
    if (b == 255)
        return INT64_MAX;
    return at > INT64_MAX - 1000000 ? at : at + (b > 240 ? 1000000 : b * 10);
}

static void must(bool ok, const char *why)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", why ? why : "?");
    abort();
}

struct bytes {
    uint8_t *v;
    size_t n;
};

static bool keep(void *ctx, const void *p, size_t n)
{
    struct bytes *b = ctx;
    b->v = realloc(b->v, b->n + n);
    must(b->v != NULL, "memory");
    memcpy(b->v + b->n, p, n);
    b->n += n;
    return true;
}

static void through_snapshot(const struct router *r)
{
    struct bytes b = {0};
    const char *why = NULL;
    must(router_snapshot(r, keep, &b), "snapshot");
    struct router *copy = router_restore(b.v, b.n, &why);
    must(copy != NULL, why);
    must(router_hash(copy) == router_hash(r), "another hash");
    router_free(copy);
    free(b.v);
}

static void fold(struct router *r, struct script *s)
{
    struct router_stats stats;
    router_stats(r, &stats);
    for (int64_t at = stats.at; s->n;) {
        struct lists l;
        struct router_effects out;
        memset(&l, 0, sizeof l);
        at = later(s, at);
        struct router_input in = {.number = stats.input + 1, .at = at, .wall = at};
        input(s, r, &in, &l);
        if (router_step(r, &in, &out))
            stats.input++;
        must(!router_check(r), router_check(r));
    }
    through_snapshot(r);
}

static void restore(const uint8_t *data, size_t len)
{
    const char *why = NULL;
    struct router *r = router_restore(data, len, &why);
    must((r != NULL) == (why == NULL), "a refusal without a reason");
    if (!r)
        return;
    struct router_stats stats;
    struct router_effects out;
    router_stats(r, &stats);
    struct router_input in = {.kind = ROUTER_IN_TICK, .number = stats.input + 1, .at = INT64_MAX};
    if (router_step(r, &in, &out))
        must(!router_check(r), router_check(r));
    router_free(r);
}

// The hash that closes a snapshot, computed here once more; see docs/explanation/routing.md.
static uint64_t closing_hash(const uint8_t *p, size_t n)
{
    uint64_t h = 0;
    for (size_t i = 0; i <= n; i += 8) {
        uint64_t word = 0;
        for (size_t j = i; j < i + 8 && j < n; j++)
            word |= (uint64_t)p[j] << (8 * (j - i));
        if (i == n)
            break;
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    h = (h ^ n) * 0x9e3779b97f4a7c15u;
    h ^= h >> 32;
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    return h ^ h >> 31;
}

static void restore_with_hash(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len + 8);
    must(copy != NULL, "memory");
    memcpy(copy, data, len);
    uint64_t hash = closing_hash(data, len);
    for (size_t i = 0; i < 8; i++)
        copy[len + i] = (uint8_t)(hash >> (8 * i));
    restore(copy, len + 8);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!len)
        return 0;
    if (data[0] & 1) {
        restore(data + 1, len - 1);
        restore_with_hash(data + 1, len - 1);
        return 0;
    }
    struct script s = {.p = data + 1, .n = len - 1};
    struct router *r = router_new();
    fold(r, &s);
    router_free(r);
    return 0;
}
