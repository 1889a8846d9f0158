// SPDX-License-Identifier: Apache-2.0
// The stage of the core's tests; see stage.h.
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "throughline/v1/conversation.pb-c.h"

#define HAPPENED_WORDS THROUGHLINE__V1__HAPPENED_KIND__HAPPENED_KIND_WORDS

// ---- listening ----

static void mix(struct node *n, const void *bytes, size_t len)
{
    n->story = (n->story ^ store_digest(bytes, len)) * 0x9e3779b97f4a7c15u;
}

static void on_effect(void *ctx, const struct core_effect *e)
{
    struct node *n = ctx;
    assert_in_range(e->e->kind, 1, 31);
    n->effects[e->e->kind]++;
    n->told++;
    n->live += e->live;
    n->bodies += e->entry != NULL;
    if (!n->first)
        n->first = e->input;
    uint64_t facts[] = {e->input, e->index, e->e->kind, e->e->work, e->e->conversation, e->e->epoch};
    mix(n, facts, sizeof facts);
    mix(n, e->e->agent, strlen(e->e->agent));
    if (e->e->kind == ROUTER_OFFER) {
        n->offered_work = e->e->work;
        n->offered_epoch = e->e->epoch;
        n->offered_conversation = e->e->conversation;
        snprintf(n->offered_agent, sizeof n->offered_agent, "%s", e->e->agent);
    }
}

static void on_batch_end(void *ctx)
{
    ((struct node *)ctx)->batches++;
}

static void on_reset(void *ctx)
{
    ((struct node *)ctx)->resets++;
}

static void on_applied(void *ctx, uint64_t upto)
{
    struct node *n = ctx;
    assert_true(upto > n->applied || n->resets);
    n->applied = upto;
}

// ---- life ----

void *stage_config(size_t *len)
{
    Throughline__V1__RoutingConfig c = THROUGHLINE__V1__ROUTING_CONFIG__INIT;
    Throughline__V1__Queue queue = THROUGHLINE__V1__QUEUE__INIT, *queues[] = {&queue};
    Throughline__V1__Agent ann = THROUGHLINE__V1__AGENT__INIT, bob = THROUGHLINE__V1__AGENT__INIT;
    Throughline__V1__Agent *agents[] = {&ann, &bob};
    Throughline__V1__ChannelRules sms = THROUGHLINE__V1__CHANNEL_RULES__INIT, *rules[] = {&sms};
    queue.name = (char *)"all";
    queue.priority = 5;
    queue.select = (char *)"suited";
    queue.offer_seconds = 30;
    queue.wrap_up_seconds = 30;
    queue.from_file = true;
    ann.id = ann.name = (char *)"ann";
    bob.id = bob.name = (char *)"bob";
    ann.capacity = bob.capacity = 2;
    ann.from_file = bob.from_file = true;
    sms.channel = THROUGHLINE__V1__CHANNEL__CHANNEL_SMS;
    sms.units = 1;
    sms.idle_seconds = 600;
    c.queues = queues;
    c.n_queues = 1;
    c.agents = agents;
    c.n_agents = 2;
    c.channels = rules;
    c.n_channels = 1;
    c.grace_seconds = 20;
    c.timeouts_to_away = 2;
    c.decline_pause_seconds = 60;
    c.decline_max = 3;
    uint8_t *p = xcalloc(1, throughline__v1__routing_config__get_packed_size(&c));
    *len = throughline__v1__routing_config__pack(&c, p);
    return p;
}

struct node *node_new(struct world *w, const char *name, const char *boot, const struct node_options *o)
{
    static const struct node_options none = {0};
    struct node *n = xcalloc(1, sizeof *n);
    struct store_options so = {.url = redis_child_url(w->child), .deadline_ms = 60000, .max_pending = 10000};
    o = o ? o : &none;
    n->w = w;
    snprintf(n->name, sizeof n->name, "%s", name);
    snprintf(n->boot, sizeof n->boot, "%s", boot);
    snprintf(n->dir, sizeof n->dir, "%s/%s", w->dir, name);
    mkdir(n->dir, 0700);
    n->store = store_new(w->loop, &so);
    struct core_options co = {
        .tenant = TENANT,
        .boot = n->boot,
        .node = n->name,
        .data_dir = n->dir,
        .store = so,
        .lease_ms = LEASE_MS,
        .snapshot_every = o->snapshot_every ? o->snapshot_every : 1000000,
        .retain_ms = o->retain_ms,
        .archive = o->archive,
        .archive_ms = 1,
        .checkpoint_ms = o->checkpoint_ms ? o->checkpoint_ms : 1000000,
    };
    void *config = o->no_config ? NULL : stage_config(&co.config_len);
    co.config = config;
    n->core = core_new(w->loop, n->store, &co);
    free(config);
    core_listen(
        n->core,
        &(struct core_listener){
            .ctx = n, .effect = on_effect, .batch_end = on_batch_end, .reset = on_reset, .applied = on_applied});
    return n;
}

void node_free(struct node *n)
{
    core_free(n->core);
    store_free(n->store);
    free(n);
}

struct node *node_ready(struct world *w, const char *name, const char *boot, const struct node_options *o)
{
    struct node *n = node_new(w, name, boot, o);
    world_await(w, node_is_ready, n);
    return n;
}

// ---- waiting ----

bool node_is_ready(void *node)
{
    const char *why[CORE_WHY_MAX];
    return core_not_ready(((struct node *)node)->core, why) == 0;
}

bool node_leads(void *node)
{
    return core_leader(((struct node *)node)->core);
}

bool node_leads_not(void *node)
{
    return !node_leads(node);
}

bool node_folded(void *node)
{
    struct node *n = node;
    return core_input(n->core) >= n->goal;
}

bool node_applied(void *node)
{
    struct node *n = node;
    return core_applied(n->core) >= n->goal;
}

void node_await_folded(struct node *n, uint64_t number)
{
    n->goal = number;
    world_await(n->w, node_folded, n);
}

void node_await_applied(struct node *n, uint64_t number)
{
    n->goal = number;
    world_await(n->w, node_applied, n);
}

// ---- acting ----

uint64_t node_words(struct node *n, const char *id, const char *handle, const char *text)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__Happened h = THROUGHLINE__V1__HAPPENED__INIT;
    Throughline__V1__Entry e = THROUGHLINE__V1__ENTRY__INIT;
    Throughline__V1__Message m = THROUGHLINE__V1__MESSAGE__INIT;
    uint8_t entry[512], input[512];
    m.text = (char *)text;
    e.channel = h.channel = THROUGHLINE__V1__CHANNEL__CHANNEL_SMS;
    e.account = h.account = (char *)"sms-1";
    e.handle = h.handle = (char *)handle;
    e.external_id = (char *)id;
    e.body_case = THROUGHLINE__V1__ENTRY__BODY_MESSAGE;
    e.message = &m;
    h.kind = HAPPENED_WORDS;
    in.happened = &h;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_HAPPENED;
    in.has_entry = true;
    in.boot = n->boot;
    struct store_ingest i = world_event(id, "0123456789abcdef", handle);
    i.entry = entry;
    i.entry_len = throughline__v1__entry__pack(&e, entry);
    in.ref = core_keep_body(n->core, entry, i.entry_len);
    i.input = input;
    i.input_len = throughline__v1__input__pack(&in, input);
    struct answer a = {0};
    store_ingest(n->store, &i, answer_placed, &a, 7);
    world_answer(n->w, &a);
    assert_int_equal(a.e, TL_OK);
    return a.p.input;
}

uint64_t node_append(struct node *n, Throughline__V1__Input *in)
{
    struct answer a = {0};
    core_append(n->core, in, answer_placed, &a, 7);
    world_answer(n->w, &a);
    assert_int_equal(a.e, TL_OK);
    return a.p.input;
}

static uint64_t command(struct node *n, Throughline__V1__Command *k)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    struct answer a = {0};
    char key[160];
    snprintf(key, sizeof key, "%s:%s", k->session, k->client_id);
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_COMMAND;
    in.command = k;
    core_command(n->core, &in, key, 0, NULL, 0, answer_placed, &a, 7);
    world_answer(n->w, &a);
    assert_int_equal(a.e, TL_OK);
    return a.p.input;
}

uint64_t node_desk(struct node *n, const char *session, const char *agent)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__DeskOpened opened = THROUGHLINE__V1__DESK_OPENED__INIT;
    Throughline__V1__Command k = THROUGHLINE__V1__COMMAND__INIT;
    Throughline__V1__SetPresence p = THROUGHLINE__V1__SET_PRESENCE__INIT;
    opened.session = k.session = (char *)session;
    opened.agent = k.agent = (char *)agent;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_DESK_OPENED;
    in.desk_opened = &opened;
    node_append(n, &in);
    p.state = THROUGHLINE__V1__PRESENCE_STATE__PRESENCE_STATE_AVAILABLE;
    k.client_id = (char *)"here";
    k.act_case = THROUGHLINE__V1__COMMAND__ACT_PRESENCE;
    k.presence = &p;
    uint64_t number = command(n, &k);
    node_await_folded(n, number);
    return number;
}

uint64_t node_accept(struct node *n, const char *session, const char *client_id, uint64_t work, uint64_t epoch)
{
    Throughline__V1__Command k = THROUGHLINE__V1__COMMAND__INIT;
    Throughline__V1__Accept accept = THROUGHLINE__V1__ACCEPT__INIT;
    accept.work = work;
    accept.epoch = epoch;
    k.session = (char *)session;
    k.client_id = (char *)client_id;
    k.agent = n->offered_agent;
    k.act_case = THROUGHLINE__V1__COMMAND__ACT_ACCEPT;
    k.accept = &accept;
    uint64_t number = command(n, &k);
    node_await_folded(n, number);
    return number;
}

uint64_t node_nothing(struct node *n)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__Tick tick = THROUGHLINE__V1__TICK__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_TICK;
    in.tick = &tick;
    return node_append(n, &in);
}

uint64_t node_hash(struct node *n)
{
    return router_hash(core_router(n->core));
}

// ---- an archive ----

char stage_archive[32], stage_folder[64];

int stage_setup(void **state)
{
    snprintf(stage_archive, sizeof stage_archive, "/tmp/tl-archive-XXXXXX");
    if (!mkdtemp(stage_archive))
        return -1;
    snprintf(stage_folder, sizeof stage_folder, "%s/" TENANT, stage_archive);
    *state = world_new(false);
    return 0;
}

int stage_teardown(void **state)
{
    char *command = xasprintf("rm -r %s", stage_archive);
    int rc = system(command);
    free(command);
    world_free(*state);
    return rc;
}
