// SPDX-License-Identifier: Apache-2.0
// The shell around one tenant's router: its life, its listeners, its readiness, and the way inputs of this node take to the log. The
// other core_*.c files do the rest, each one thing; core_private.h says which. What fails here: nothing; what cannot be done yet is told
// by core_not_ready().
#include "daemon/core/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/core_private.h"
#include "daemon/core/owner.h"

enum { CORE_LAG_MOST = 2000, CORE_AT_STEP_MOST = 2000 };

struct core *core_find(const void *module)
{
    return owner_find(module);
}

void *core_module(const struct core *c)
{
    return owner_module(c->owner);
}

char *core_path(const struct core *c, const char *what)
{
    return xasprintf("%s/%s.%s", c->o.data_dir, what, c->o.tenant);
}

// ---- life ----

static int64_t or_default(int64_t v, int64_t otherwise)
{
    return v > 0 ? v : otherwise;
}

static void copy_options(struct core *c, const struct core_options *o)
{
    c->o = *o;
    c->o.tenant = xstrdup(o->tenant);
    c->o.boot = xstrdup(o->boot);
    c->o.node = xstrdup(o->node);
    c->o.data_dir = xstrdup(o->data_dir);
    c->o.store.url = o->store.url ? xstrdup(o->store.url) : NULL;
    c->o.store.ca_file = o->store.ca_file ? xstrdup(o->store.ca_file) : NULL;
    c->o.config = NULL;
    c->o.config_len = 0;
    c->o.lease_ms = or_default(o->lease_ms, 2000);
    c->o.ring_ms = or_default(o->ring_ms, 600000);
    c->o.snapshot_every = or_default(o->snapshot_every, 100000);
    c->o.checkpoint_ms = or_default(o->checkpoint_ms, 10000);
    c->o.archive = o->archive ? xasprintf("%s/%s", o->archive, o->tenant) : NULL;
    c->o.archive_ms = or_default(o->archive_ms, 3600 * 1000LL);
    c->o.retain_ms = or_default(o->retain_ms, 48 * 3600 * 1000LL);
    c->o.void_budget = o->void_budget ? o->void_budget : 2;
}

static void free_options(struct core_options *o)
{
    free((char *)o->tenant);
    free((char *)o->boot);
    free((char *)o->node);
    free((char *)o->data_dir);
    free((char *)o->store.url);
    free((char *)o->store.ca_file);
    free((char *)o->archive);
    free((void *)o->config);
}

static void open_metrics(struct core *c)
{
    char *labels = xasprintf("tenant=\"%s\"", c->o.tenant);
    c->m = (struct core_metrics){
        .inputs = metric_get(METRIC_GAUGE, "throughline_log_input", "Number of the last input folded.", labels),
        .malformed = metric_get(METRIC_COUNTER, "throughline_inputs_malformed_total", "Inputs not understood.", labels),
        .voided = metric_get(METRIC_COUNTER, "throughline_inputs_voided_total", "Inputs skipped as void.", labels),
        .refused =
            metric_get(METRIC_COUNTER, "throughline_commands_refused_total", "Commands refused in the fold.", labels),
        .applied = metric_get(METRIC_COUNTER, "throughline_apply_batches_total", "Batches of effects written.", labels),
        .lag = metric_get(METRIC_GAUGE, "throughline_log_lag_seconds", "How far the fold is behind the log.", labels),
        .leader = metric_get(METRIC_GAUGE, "throughline_leader", "1 while this node leads.", labels),
        .diverged =
            metric_get(METRIC_COUNTER, "throughline_fold_diverged_total", "State hashes that differed.", labels),
        .resets =
            metric_get(METRIC_COUNTER, "throughline_fold_resets_total", "Folds thrown away or restarted.", labels),
        .snapshots = metric_get(METRIC_COUNTER, "throughline_snapshots_total", "Snapshots written.", labels),
    };
    free(labels);
}

static void on_heard(void *arg, const char *tenant, const char *topic, const void *bytes, size_t len)
{
    struct core *c = core_find(arg);
    (void)bytes, (void)len;
    if (c && strcmp(tenant, c->o.tenant) == 0)
        void_heard(c, topic);
}

struct core *core_new(struct loop *loop, struct store *store, const struct core_options *o)
{
    struct core *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->store = store;
    copy_options(c, o);
    core_file_config(c, o->config, o->config_len);
    c->nothing = router_new();
    c->owner = owner_add(c);
    scratch_open(&c->scratch);
    open_metrics(c);
    poison_open(c);
    bodies_open(c);
    apply_open(c);
    nodes_open(c);
    lag_open(c);
    ticks_open(c);
    snapshot_open(c);
    archive_start(c);
    checkpoint_open(c);
    leader_open(c);
    store_on_publish(store, on_heard, core_module(c));
    place_open(c);
    return c;
}

void core_free(struct core *c)
{
    if (!c)
        return;
    owner_remove(c->owner);
    place_close(c);
    void_close(c);
    leader_close(c);
    checkpoint_close(c);
    archive_stop(c);
    explain_stop(c);
    snapshot_close(c);
    ticks_close(c);
    lag_close(c);
    nodes_close(c);
    apply_close(c);
    bodies_close(c);
    poison_close(c);
    ring_reset(c, 0);
    scratch_close(&c->scratch);
    router_free(c->router);
    router_free(c->nothing);
    free(c->last);
    free_options(&c->o);
    free(c);
}

void core_drain(struct core *c, void (*drained)(void *arg), void *arg)
{
    if (c->draining)
        return;
    c->draining = true;
    c->drained = drained;
    c->drained_arg = arg;
    nodes_drain(c);
}

void core_start_over(struct core *c, struct router *r, uint64_t folded)
{
    struct router_stats s;
    router_free(c->router);
    c->router = r;
    router_stats(r, &s);
    c->folded = folded;
    c->at = s.at;
    c->wall = s.wall;
    c->folded_at = loop_now(c->loop);
    c->last_len = 0;
    c->last_digest = 0;
    c->config_digest = 0;
    c->begun = s.config != 0;
    c->ticks.number = 0;
    c->leader.started = 0;
    c->lag.last = 0;
    c->lag.behind_since = 0;
    ring_reset(c, folded);
    checkpoint_reset(c);
}

void core_reload(struct core *c, const char *why)
{
    place_lost(c, why);
}

// ---- listeners ----

void core_listen(struct core *c, const struct core_listener *l)
{
    assert(c->listeners_n < CORE_LISTENERS_MAX && l->effect);
    c->listeners[c->listeners_n++] = *l;
}

void core_tell_applied(struct core *c, uint64_t upto)
{
    snapshot_applied(c);
    for (unsigned i = 0; i < c->listeners_n; i++)
        if (c->listeners[i].applied)
            c->listeners[i].applied(c->listeners[i].ctx, upto);
}

// ---- what others may know ----

struct router *core_router(struct core *c)
{
    return c->router ? c->router : c->nothing;
}

bool core_open(const struct core *c)
{
    return c->router && c->begun && c->folded >= c->place.live_from && !c->nodes.former_pending;
}

const char *core_tenant(const struct core *c)
{
    return c->o.tenant;
}

const char *core_incarnation(const struct core *c)
{
    return c->place.incarnation;
}

const char *core_boot(const struct core *c)
{
    return c->o.boot;
}

uint64_t core_input(const struct core *c)
{
    return c->folded;
}

bool core_skips(const struct core *c, uint64_t input)
{
    return void_has(c, input);
}

bool core_begun(const struct core *c)
{
    return c->begun;
}

uint64_t core_applied(const struct core *c)
{
    return c->apply.applied;
}

uint64_t core_state_hash(const struct core *c)
{
    return c->checkpoint.hash;
}

int64_t core_at(const struct core *c)
{
    int64_t since = loop_now(c->loop) - c->folded_at;
    return c->at + (since < 0 ? 0 : since > CORE_AT_STEP_MOST ? CORE_AT_STEP_MOST : since);
}

void core_file_config(struct core *c, const void *config, size_t len)
{
    void *copy = len ? xmemdup(config, len) : NULL;
    free((void *)c->o.config);
    c->o.config = copy;
    c->o.config_len = len;
    c->file_digest = len ? store_digest(copy, len) : 0;
}

bool core_config_differs(const struct core *c)
{
    return c->file_digest && c->config_digest && c->file_digest != c->config_digest;
}

unsigned core_not_ready(const struct core *c, const char *why[CORE_WHY_MAX])
{
    struct router_stats s = {0};
    unsigned n = 0;
    if (c->router)
        router_stats(c->router, &s);
    bool placed = c->router && c->place.phase == CORE_READING;
    if (!store_up(c->store))
        why[n++] = "redis is not up";
    if (!placed)
        why[n++] = "the place in the log is not proven";
    else if (c->folded < c->place.live_from)
        why[n++] = "the log is still being folded";
    else if (s.fold == 0 || s.config == 0)
        why[n++] = "the log has no configuration yet";
    if (core_lag_ms(c) > CORE_LAG_MOST)
        why[n++] = "the fold lags behind the log";
    if (c->nodes.former_pending)
        why[n++] = "the loss of this node's former run is not logged yet";
    if (c->draining)
        why[n++] = "draining";
    return n;
}

// ---- writing ----

enum { PACK_ON_STACK = 2048 };

static void *pack(const Throughline__V1__Input *in, uint8_t stack[PACK_ON_STACK], size_t *len)
{
    *len = throughline__v1__input__get_packed_size(in);
    uint8_t *p = *len <= PACK_ON_STACK ? stack : xcalloc(1, *len);
    throughline__v1__input__pack(in, p);
    return p;
}

void core_append(struct core *c, Throughline__V1__Input *in, store_placed_fn *fn, void *module, uint64_t token)
{
    uint8_t stack[PACK_ON_STACK];
    size_t len;
    in->boot = (char *)c->o.boot;
    uint8_t *packed = pack(in, stack, &len);
    store_append(c->store, c->o.tenant, NULL, 0, packed, len, fn, module, token);
    if (packed != stack)
        free(packed);
}

void core_command(struct core *c, Throughline__V1__Input *in, const char *key, uint64_t conversation, const void *entry,
                  size_t entry_len, store_placed_fn *fn, void *module, uint64_t token)
{
    uint8_t stack[PACK_ON_STACK];
    size_t len;
    in->boot = (char *)c->o.boot;
    in->has_entry = entry != NULL;
    in->ref = entry ? core_keep_body(c, entry, entry_len) : 0;
    uint8_t *packed = pack(in, stack, &len);
    store_command(c->store,
                  &(struct store_command){
                      .tenant = c->o.tenant,
                      .key = key,
                      .conversation = conversation,
                      .entry = entry,
                      .entry_len = entry_len,
                      .input = packed,
                      .input_len = len,
                  },
                  fn, module, token);
    if (packed != stack)
        free(packed);
}
