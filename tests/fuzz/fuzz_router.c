// SPDX-License-Identifier: Apache-2.0
//
// Bytes as a script of inputs into the router, legal and not, out of few names so that they meet: folded one by one, with the
// invariants checked after each and the state taken through a snapshot at the end. Snapshots themselves are fuzz_restore's.

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

// One of so many, but for now and then.
static uint32_t one_of(struct script *s, uint32_t n)
{
    uint8_t b = byte(s);
    return b < 252 ? b % n : n + (b - 252u);
}

// Some of these bits, but for now and then.
static uint32_t some_of(struct script *s, uint32_t legal)
{
    uint8_t b = byte(s);
    return b < 252 ? b & legal : b;
}

static size_t skills(struct script *s, struct router_skill *v)
{
    size_t n = byte(s) % 3;
    for (size_t i = 0; i < n; i++)
        v[i] = (struct router_skill){name(s, "s"), 1 + one_of(s, 5)};
    return n;
}

static struct router_agent agent(struct script *s, struct router_skill *v)
{
    struct router_agent a = {.id = name(s, "a"), .name = name(s, "n"), .from_file = byte(s) & 1, .skills = v};
    a.skills_n = skills(s, v);
    a.capacity = byte(s) % 8;
    a.speed = byte(s) * 4000u;
    a.resolution = one_of(s, 201) * 5u;
    a.channels = some_of(s, 0x3e);
    a.team = byte(s) & 1 ? name(s, "n") : "";
    a.bot = byte(s) % 4 == 0;
    return a;
}

static const char *needs(struct script *s)
{
    static const char *const texts[] = {
        "", "any", "s1", "s1 >= 2 and s2", "s1 or (s2 and not bot)", "team = n1 or human", "is = i1", "not (s1"};
    return texts[one_of(s, 7) % 8];
}

// Who enters, and what is required of an agent.
static void queue_entry(struct script *s, struct router_queue *q, const char **texts)
{
    static struct router_relax steps[2];
    static struct router_attribute_rule rule;
    q->needs = needs(s);
    q->floor = needs(s);
    steps[0] = (struct router_relax){.after_ms = 1 + byte(s) * 50u, .needs = needs(s)};
    steps[1] = (struct router_relax){.percent = byte(s) * 4, .needs = needs(s)};
    if (byte(s) % 4 == 0)
        steps[0] = (struct router_relax){.breach = true, .needs = "any"};
    q->steps = steps;
    q->steps_n = byte(s) % 3;
    q->channels = some_of(s, 0x3e);
    q->when = (enum router_when)one_of(s, ROUTER_WHENS);
    texts[0] = name(s, "i");
    q->intents = texts;
    q->intents_n = byte(s) % 2;
    texts[1] = name(s, "l");
    q->languages = &texts[1];
    q->languages_n = byte(s) % 8 == 0;
    texts[2] = name(s, "acc");
    q->accounts = &texts[2];
    q->accounts_n = byte(s) % 8 == 0;
    texts[3] = byte(s) % 4 ? name(s, "v") : "*";
    rule = (struct router_attribute_rule){.key = name(s, "k"), .values = &texts[3], .values_n = 1};
    q->attributes = &rule;
    q->attributes_n = byte(s) % 8 == 0;
}

// Whom it prefers, what goes first.
static void queue_choice(struct script *s, struct router_queue *q)
{
    static struct router_sla slas[2];
    q->select = (enum router_select)one_of(s, ROUTER_SELECTS);
    q->weight_speed = one_of(s, 201) * 5u;
    q->learn = q->select == ROUTER_RESOLUTION && byte(s) & 1;
    q->learn_prior = byte(s);
    for (size_t i = 0; q->select == ROUTER_MIX && i < 2; i++) {
        size_t part = byte(s) % (size_t)ROUTER_SELECTS;
        q->mix[part] = part == ROUTER_RANDOM || part == ROUTER_MIX ? 0 : one_of(s, 100) + 1;
    }
    q->weight = byte(s) * 1000u;
    q->target_ms = byte(s) * 1000u;
    slas[0] = (struct router_sla){.channel = (enum router_channel)one_of(s, 6), .first_ms = byte(s) * 100u};
    slas[1] = (struct router_sla){.priority = one_of(s, 10), .next_ms = byte(s) * 100u};
    q->slas = slas;
    q->slas_n = byte(s) % 3;
    q->sla_calendar = byte(s) % 4 ? "" : name(s, "k");
    q->offer_ms = 1 + byte(s) * 100u;
    q->offer_to = one_of(s, ROUTER_OFFERS_MAX + 1);
    q->wrap_up_ms = byte(s) * 100u;
    q->prefer_known_ms = byte(s) * 100u;
}

// What becomes of who cannot be served, and what they are told.
static void queue_otherwise(struct script *s, struct router_queue *q)
{
    q->calendar = byte(s) % 4 ? "" : name(s, "k");
    q->overflow = byte(s) % 2 ? NULL : name(s, "q");
    q->overflow_waiting = q->overflow ? byte(s) % 4 : 0;
    q->overflow_ms = byte(s) % 2 ? 1000 + byte(s) * 50u : 0;
    q->tells = some_of(s, 0x7e);
    q->promise_ms = byte(s) * 100u;
    q->voicemail = some_of(s, 0x0e);
    q->voicemail_ms = byte(s) % 4 ? 0 : 1000 + byte(s) * 50u;
    q->voicemail_wait_ms = byte(s) * 100u;
    uint8_t b = byte(s);
    q->from_file = b & 1;
    q->callback_attempts = b >> 1 & 7;
    q->callback_dial_ms = (b >> 4) * 500u;
    q->callback_retry_ms = b * 20u;
    q->callback_hours = byte(s) % 4 ? "" : name(s, "k");
    q->callback_after_ms = byte(s) * 100u;
    uint32_t notice = byte(s) * 50u, close = byte(s) * 50u;
    q->silent[one_of(s, 16) ? ROUTER_SMS : ROUTER_VOICE] =
        (struct router_silence){.notice_ms = notice, .close_ms = notice + close};
}

static struct router_queue queue(struct script *s, struct router_skill *v, const char **texts)
{
    struct router_queue q = {.name = name(s, "q"), .priority = 1 + one_of(s, 9), .requires = v};
    q.requires_n = skills(s, v);
    q.prefers = v;
    q.prefers_n = q.requires_n;
    queue_entry(s, &q, texts);
    queue_choice(s, &q);
    queue_otherwise(s, &q);
    texts[4] = name(s, "t");
    q.dispositions = &texts[4];
    q.dispositions_n = byte(s) % 2;
    q.disposition_required = byte(s) & 1;
    return q;
}

static void happened(struct script *s, struct router_happened *h)
{
    uint8_t b = byte(s);
    h->kind = (enum router_happened_kind)(b % 8);
    h->callback = h->kind == ROUTER_CALL_ENDED && b & 8 ? "n" : "";
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
    static struct router_attribute said[2], own;
    for (size_t i = 0; i < 2; i++)
        said[i] = (struct router_attribute){name(s, "k"), name(s, "v")};
    own = (struct router_attribute){name(s, "k"), name(s, "v")};
    h->attributes = said;
    h->attributes_n = byte(s) % 3;
    h->customer_attributes = &own;
    h->customer_attributes_n = byte(s) & 1;
}

static void command(struct script *s, const struct router *r, struct router_command *c)
{
    struct router_work_view v;
    c->session = name(s, "d");
    c->client_id = name(s, "c");
    c->agent = name(s, "a");
    c->act = (enum router_act)(byte(s) % 32);
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
    c->until = (int64_t)(number(s) * 1000u);
    c->target = (enum router_target)(byte(s) % 5);
}

struct lists {
    struct router_skill skills[16][4];
    const char *texts[16][5];
    struct router_calendar calendars[2];
    int64_t turns[4];
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
    c->calendars = l->calendars;
    c->calendars_n = byte(s) % 3;
    for (size_t i = 0; i < c->calendars_n; i++)
        l->calendars[i] = (struct router_calendar){.name = name(s, "k"), .zone = "UTC"};
    c->grace_ms = byte(s) * 50u;
    c->timeouts_to_away = 1 + one_of(s, 4);
    c->decline_pause_ms = byte(s) * 50u;
    c->decline_max = 1 + one_of(s, 4);
    c->extend_max = byte(s) % 4;
    c->calls_interrupt = some_of(s, 0x2e);
    c->focus_ms = byte(s) * 50u;
    c->learn_ms = byte(s) * 500u;
    c->order = (enum router_order)one_of(s, ROUTER_ORDERS);
    c->seed = byte(s);
    c->idle_from_end = byte(s) & 1;
    for (size_t i = 0; i < ROUTER_CHANNELS; i++) {
        c->channels[i] = (struct router_channel_rules){.units = byte(s) % 4,
                                                       .idle_ms = byte(s) * 100u,
                                                       .offer_ms = byte(s) * 9u,
                                                       .auto_accept = byte(s) % 4 == 0,
                                                       .max = byte(s) % 4,
                                                       .exclusive = byte(s) % 4 == 0,
                                                       .give_back_ms = byte(s) * 50u};
        c->channels[i].prefer_known_ms = byte(s) * 50u;
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
    v->until = (int64_t)(number(s) * 1000u);
    v->to = name(s, "q");
    v->message = name(s, "m");
}

struct making { // of one input
    struct script *s;
    const struct router *r;
    struct lists *l;
    struct router_input *in;
};

static void make_happened(struct making *m)
{
    happened(m->s, &m->in->happened);
}

static void make_command(struct making *m)
{
    command(m->s, m->r, &m->in->command);
}

static void make_desk_opened(struct making *m)
{
    m->in->desk_opened.session = name(m->s, "d");
    m->in->desk_opened.agent = name(m->s, "a");
    m->in->desk_opened.boot = name(m->s, "b");
}

static void make_desk_closed(struct making *m)
{
    m->in->desk_closed.session = name(m->s, "d");
    m->in->desk_closed.boot = name(m->s, "b");
    m->in->desk_closed.logout = byte(m->s) & 1;
}

static void make_node_lost(struct making *m)
{
    m->in->node_lost.boot = name(m->s, "b");
}

static void make_config(struct making *m)
{
    config(m->s, &m->in->config, m->l);
}

static void make_agent(struct making *m)
{
    m->in->agent_put = agent(m->s, m->l->skills[0]);
}

static void make_agent_removed(struct making *m)
{
    m->in->agent_removed.id = name(m->s, "a");
}

static void make_queue(struct making *m)
{
    m->in->queue_put = queue(m->s, m->l->skills[0], m->l->texts[0]);
}

static void make_queue_removed(struct making *m)
{
    m->in->queue_removed.name = name(m->s, "q");
}

static void make_fold(struct making *m)
{
    m->in->fold.version = byte(m->s) % 3;
}

static void make_delivery(struct making *m)
{
    struct router_delivery_news *news = &m->in->delivery;
    struct router_work_view v;
    *news = (struct router_delivery_news){.delivery = name(m->s, "x"), .conversation = number(m->s)};
    if (!router_work_of_conversation(m->r, news->conversation, &v))
        return;
    news->state = 5; // of who is dialled, if they are
    news->input = v.dialled;
    news->effect = v.dialled_effect;
}

static void make_customer_changed(struct making *m)
{
    m->in->customer_changed.customer = number(m->s);
    m->in->customer_changed.other = number(m->s);
}

static void make_calendar(struct making *m)
{
    int64_t at = m->in->wall - 1000;
    size_t n = byte(m->s) % 5;
    m->in->calendar.name = name(m->s, "k");
    m->in->calendar.defined = number(m->s);
    m->in->calendar.turns =
        (struct router_turns){.open = byte(m->s) & 1, .from = at, .turns = m->l->turns, .turns_n = n};
    for (size_t i = 0; i < n; i++)
        m->l->turns[i] = at += byte(m->s) * 20; // now and then not ascending
    m->in->calendar.turns.until = at + byte(m->s) * 20;
}

static void make_learned(struct making *m)
{
    m->in->learned.act = (enum router_learned)(byte(m->s) % 5u);
    m->in->learned.agent = name(m->s, "a");
    m->in->learned.queue = byte(m->s) % 2 ? name(m->s, "q") : "";
    m->in->learned.work = byte(m->s);
}

static void make_supervise(struct making *m)
{
    supervise(m->s, &m->in->supervise);
}

static void make_said(struct making *m)
{
    m->in->said = (struct router_said){.kind = (enum router_notice_kind)(byte(m->s) % 8),
                                       .work = number(m->s),
                                       .conversation = number(m->s),
                                       .customer = number(m->s),
                                       .channel = (enum router_channel)(byte(m->s) % 7),
                                       .account = name(m->s, "acc"),
                                       .handle = name(m->s, "h"),
                                       .simulated = byte(m->s) & 1};
}

static void input(struct making *m)
{
    static void (*const makers[])(struct making *) = {[ROUTER_IN_HAPPENED] = make_happened,
                                                      [ROUTER_IN_COMMAND] = make_command,
                                                      [ROUTER_IN_DESK_OPENED] = make_desk_opened,
                                                      [ROUTER_IN_DESK_CLOSED] = make_desk_closed,
                                                      [ROUTER_IN_NODE_LOST] = make_node_lost,
                                                      [ROUTER_IN_CONFIG] = make_config,
                                                      [ROUTER_IN_AGENT_PUT] = make_agent,
                                                      [ROUTER_IN_AGENT_REMOVED] = make_agent_removed,
                                                      [ROUTER_IN_QUEUE_PUT] = make_queue,
                                                      [ROUTER_IN_QUEUE_REMOVED] = make_queue_removed,
                                                      [ROUTER_IN_FOLD] = make_fold,
                                                      [ROUTER_IN_DELIVERY] = make_delivery,
                                                      [ROUTER_IN_CUSTOMER_CHANGED] = make_customer_changed,
                                                      [ROUTER_IN_CALENDAR] = make_calendar,
                                                      [ROUTER_IN_LEARNED] = make_learned,
                                                      [ROUTER_IN_SUPERVISE] = make_supervise,
                                                      [ROUTER_IN_SAID] = make_said,
                                                      [ROUTER_IN_NOTHING] = NULL};
    static const enum router_input_kind often[] = {ROUTER_IN_HAPPENED, ROUTER_IN_COMMAND, ROUTER_IN_DESK_OPENED};
    uint8_t b = byte(m->s);
    m->in->kind = b <= ROUTER_IN_NOTHING ? (enum router_input_kind)b : often[b % 3];
    m->in->has_entry = byte(m->s) & 1;
    if (makers[m->in->kind])
        makers[m->in->kind](m);
}

static int64_t later(struct script *s, int64_t at)
{
    uint8_t b = byte(s);
    return b == 255 ? ROUTER_TIME_MAX : at + (b > 240 ? 1000000 : b * 10);
}

static void must(bool ok, const char *why)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", why ? why : "?");
    abort();
}

static void through_snapshot(const struct router *r)
{
    const char *why = NULL;
    size_t n;
    unsigned char *bytes = router_snapshot_bytes(r, &n);
    struct router *copy = router_restore(bytes, n, &why);
    must(copy != NULL, why);
    must(router_hash(copy) == router_hash(r), "another hash");
    router_free(copy);
    free(bytes);
}

static void fold(struct router *r, struct script *s)
{
    struct router_stats stats;
    router_stats(r, &stats);
    while (s->n) {
        struct lists l;
        struct router_effects out;
        memset(&l, 0, sizeof l);
        int64_t at = later(s, stats.at);
        struct router_input in = {.number = stats.input + 1, .at = at, .wall = at};
        input(&(struct making){s, r, &l, &in});
        if (router_step(r, &in, &out))
            router_stats(r, &stats);
        must(!router_check(r), router_check(r));
    }
    through_snapshot(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct script s = {.p = data, .n = len};
    struct router *r = router_new();
    fold(r, &s);
    router_free(r);
    return 0;
}
