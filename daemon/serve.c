// SPDX-License-Identifier: Apache-2.0
// Start, run, drain, end. Start: data directory, node, Redis, store, one core, outbox and triage per tenant, server, faces, listening.
// Ready is when every tenant's place in its log is proven. The first SIGTERM or SIGINT drains: no new connections, clients told to go
// elsewhere, what is in flight finished, leases given back, Redis stopped; the second ends at once. What fails at the start is told in one
// line, with a code of sysexits.h.
#include "daemon/serve.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/accounts/accounts.h"
#include "daemon/attachments.h"
#include "daemon/base/id.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/workers.h"
#include "daemon/config/config.h"
#include "daemon/core/core.h"
#include "daemon/core/outbox.h"
#include "daemon/core/triage.h"
#include "daemon/data_dir.h"
#include "daemon/delivery.h"
#include "daemon/faces/faces.h"
#include "daemon/mail.h"
#include "daemon/net/auth.h"
#include "daemon/net/http.h"
#include "daemon/notify.h"

enum {
    LEASE_MS = 2000,
    RING_MS = 600000,
    SNAPSHOT_EVERY = 100000,
    CHECKPOINT_MS = 10000,
    MAX_PENDING = 65536,
    SECOND_MS = 1000,
    STARTING_MS = 50,
    DRAIN_GRACE_MS = 3000,
    DRAIN_MOST_MS = 12000,
    WORKERS = 2,
    JOBS_WAITING = 256,
};

static int fatal(int code, const char *why)
{
    fprintf(stderr, "throughlined: %s\n", why);
    return code;
}

const char *serve_data_dir(const struct daemon *d)
{
    return d->data_dir ? d->data_dir : d->config->data_dir;
}

// ---- Redis ----

static int start_redis(struct daemon *d)
{
    const struct config *c = d->config;
    char why[256] = "";
    if (c->redis.mode != CONFIG_REDIS_EMBEDDED)
        return 0;
    char *dir = xasprintf("%s/redis", serve_data_dir(d));
    mkdir(dir, 0700);
    struct redis_child_options o = {
        .server = c->redis.server,
        .data_dir = dir,
        .strict = c->redis.durability == CONFIG_DURABILITY_STRICT,
        .max_memory = (uint64_t)c->redis.max_memory,
    };
    d->redis = redis_child_new(d->loop, &o, why, sizeof why);
    free(dir);
    return d->redis ? 0 : fatal(EX_UNAVAILABLE, why);
}

static struct store_options store_options(const struct daemon *d)
{
    const struct config *c = d->config;
    return (struct store_options){
        .url = d->redis ? redis_child_url(d->redis) : c->redis.url,
        .ca_file = c->redis.ca_file,
        .deadline_ms = c->redis.deadline_ms,
        .max_pending = MAX_PENDING,
        .owned = d->redis != NULL,
        .strict = c->redis.durability == CONFIG_DURABILITY_STRICT,
    };
}

// ---- tenants ----

static void start_tenant(struct daemon *d, struct tenant *t, const char *name)
{
    size_t len;
    const struct config *c = d->config;
    void *routing = reload_routing(c, name, &len);
    t->daemon = d;
    t->name = name;
    t->core = core_new(d->loop, d->store,
                       &(struct core_options){
                           .tenant = name,
                           .boot = id_boot(),
                           .node = d->node,
                           .data_dir = serve_data_dir(d),
                           .store = store_options(d),
                           .lease_ms = LEASE_MS,
                           .ring_ms = RING_MS,
                           .snapshot_every = SNAPSHOT_EVERY,
                           .checkpoint_ms = CHECKPOINT_MS,
                           .archive = c->archive.dir,
                           .archive_ms = c->archive.every_seconds * 1000,
                           .retain_ms = c->archive.retain_hours * 3600 * 1000,
                           .config = routing,
                           .config_len = len,
                           .pushed = delivery_is_pushed,
                           .pushed_ctx = d,
                       });
    t->outbox = outbox_new(d->loop, d->store, t->core);
    delivery_govern(t);
    t->triage = triage_new(d->config, d->store, t->core, t->outbox);
    t->token = (struct admin_token){.store = d->store, .tenant = name, .node = d->node, .data_dir = serve_data_dir(d)};
    free(routing);
}

static void start_tenants(struct daemon *d)
{
    d->tenants_n = d->config->tenants.n;
    d->tenants = xcalloc(d->tenants_n, sizeof *d->tenants);
    for (size_t i = 0; i < d->tenants_n; i++)
        start_tenant(d, &d->tenants[i], xstrdup(d->config->tenants.v[i])); // outlives a reload
}

// ---- server ----

static void start_faces(struct daemon *d)
{
    struct faces_tenant *v = xcalloc(d->tenants_n, sizeof *v);
    for (size_t i = 0; i < d->tenants_n; i++) {
        const struct tenant *t = &d->tenants[i];
        v[i] = (struct faces_tenant){t->name, d->store, t->core, t->outbox, t->triage};
    }
    d->faces = faces_new(&(struct faces_options){
        .loop = d->loop,
        .http = d->http,
        .auth = d->auth,
        .media = attachments_media(d->attachments),
        .workers = d->workers,
        .fetch = attachments_fetch,
        .fetch_ctx = d->attachments,
        .config = d->config,
        .node = d->node,
        .tenants = v,
        .tenants_n = d->tenants_n,
        .reload = d->file ? reload : NULL,
        .reload_arg = d,
    });
    free(v);
}

static void start_server(struct daemon *d)
{
    d->auth = auth_new();
    struct http_options o = reload_http(d->config, d->auth);
    reload_tokens(d);
    d->http = http_server_new(d->loop, &o);
    start_faces(d);
    delivery_start(d);
}

static int start_listening(struct daemon *d)
{
    const struct config *c = d->config;
    char err[256] = "", why[512];
    const char *wish = d->listen ? d->listen : c->server.listen;
    const char *address = http_listen(d->http, wish, c->server.tls_certificate, c->server.tls_key, err, sizeof err);
    if (!address) {
        snprintf(why, sizeof why, "cannot listen on %s", err);
        return fatal(EX_UNAVAILABLE, why);
    }
    char *url = xasprintf("%s://%s\n", c->server.tls_certificate ? "https" : "http", address);
    bool ok = data_dir_write(serve_data_dir(d), "listen", url);
    free(url);
    tl_log(LOG_INFO, "listening", LS("address", address), LS("node", d->node), LS("version", TL_VERSION));
    return ok ? 0 : fatal(EX_CANTCREAT, "the address in use cannot be written into the data directory");
}

// ---- once a second ----

static void on_memory(void *module, uint64_t token, enum tl_err e, uint64_t used, uint64_t max)
{
    struct daemon *d = module; // ends after the store
    (void)token;
    d->memory_asked = false;
    if (e != TL_OK)
        return;
    metric_set(metric_get(METRIC_GAUGE, "throughline_redis_memory_bytes", "Memory that Redis uses.", ""), (double)used);
    metric_set(metric_get(METRIC_GAUGE, "throughline_redis_memory_max_bytes", "Its limit; 0 = none.", ""), (double)max);
    bool high = max > 0 && used / 4 >= max / 5;
    if (high && !d->memory_warned)
        tl_log(LOG_WARN, "redis_memory_high", LN("used", used), LN("max", max));
    d->memory_warned = high;
}

static bool all_ready(const struct daemon *d)
{
    const char *why[CORE_WHY_MAX];
    for (size_t i = 0; i < d->tenants_n; i++)
        if (!d->tenants[i].token.done || core_not_ready(d->tenants[i].core, why) > 0)
            return false;
    return faces_ready(d->faces);
}

static void on_second(void *arg)
{
    struct daemon *d = arg;
    for (size_t i = 0; i < d->tenants_n; i++)
        admin_token_ensure(&d->tenants[i].token);
    bool ready = all_ready(d);
    metric_set(metric_get(METRIC_GAUGE, "throughline_ready", "1 while this node is ready.", ""), ready ? 1 : 0);
    if (ready && !d->told_ready) {
        d->told_ready = true;
        tl_log(LOG_INFO, "ready", LS("node", d->node));
        notify_send("READY=1");
    }
    if (d->told_ready && !d->memory_asked) {
        d->memory_asked = true;
        store_memory(d->store, on_memory, d, 0);
    }
    loop_timer_set(d->second, d->told_ready ? SECOND_MS : STARTING_MS);
}

// ---- the end ----

static void on_redis_stopped(void *arg)
{
    struct daemon *d = arg;
    loop_stop(d->loop);
}

static void end_tenants(struct daemon *d)
{
    for (size_t i = 0; i < d->tenants_n; i++) {
        struct tenant *t = &d->tenants[i];
        admin_token_close(&t->token);
        triage_free(t->triage);
        outbox_free(t->outbox);
        core_free(t->core);
        free((char *)t->name);
    }
    free(d->tenants);
    d->tenants = NULL;
    d->tenants_n = 0;
}

static void end_clients(struct daemon *d)
{
    loop_timer_free(d->second);
    workers_free(d->workers); // while those are there to whom they bring something
    mail_free(d->mail);
    faces_free(d->faces);
    http_server_free(d->http);
    accounts_free(d->accounts);
    attachments_free(d->attachments);
    end_tenants(d);
    http_client_free(d->client);
    store_free(d->store);
}

// Leases are given back: nothing of ours needs Redis any more.
static void on_cores_drained(void *arg)
{
    struct daemon *d = arg;
    if (d->drained)
        return;
    d->drained = true;
    tl_log(LOG_INFO, "drained");
    loop_stop(d->loop);
}

static void on_core_drained(void *arg)
{
    struct daemon *d = arg;
    if (--d->draining_parts == 0)
        on_cores_drained(d);
}

static void on_part_drained(void *arg)
{
    struct daemon *d = arg;
    if (--d->draining_parts > 0)
        return;
    d->draining_parts = (unsigned)d->tenants_n;
    for (size_t i = 0; i < d->tenants_n; i++)
        core_drain(d->tenants[i].core, on_core_drained, d);
}

static void on_drain_too_long(void *arg)
{
    struct daemon *d = arg;
    tl_log(LOG_WARN, "drain_cut_short", LN("parts", d->draining_parts));
    on_cores_drained(d);
}

static void on_stop(void *arg)
{
    struct daemon *d = arg;
    if (d->draining) {
        tl_log(LOG_WARN, "stopping_now");
        _exit(EX_TEMPFAIL); // the embedded Redis ends with us, as its parent's death tells it
    }
    d->draining = true;
    tl_log(LOG_INFO, "draining", LN("connections", http_connections(d->http)));
    notify_send("STOPPING=1");
    data_dir_remove(serve_data_dir(d), "listen");
    d->guard = loop_timer_new(d->loop, on_drain_too_long, d);
    loop_timer_set(d->guard, DRAIN_MOST_MS);
    d->draining_parts = 4;
    accounts_drain(d->accounts, on_part_drained, d);
    http_drain(d->http, DRAIN_GRACE_MS, on_part_drained, d);
    faces_drain(d->faces, on_part_drained, d);
    mail_drain(d->mail, on_part_drained, d);
}

static void raise_limits(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
}

static int start(struct daemon *d)
{
    char why[512];
    int code = data_dir_take(serve_data_dir(d), why, sizeof why);
    if (code)
        return fatal(code, why);
    d->node = data_dir_node(serve_data_dir(d));
    if (!d->node)
        return fatal(EX_CANTCREAT, "the node's name cannot be written into the data directory");
    d->loop = loop_new();
    code = start_redis(d);
    if (code)
        return code;
    struct store_options o = store_options(d);
    d->store = store_new(d->loop, &o);
    if (!d->store)
        return fatal(EX_CONFIG, "redis.url cannot be used");
    d->workers = workers_new(d->loop, WORKERS, JOBS_WAITING);
    struct http_client_options outbound = reload_client(d->config);
    d->client = http_client_new(d->loop, &outbound);
    d->attachments = attachments_new(d, why, sizeof why);
    if (!d->attachments)
        return fatal(EX_CANTCREAT, why);
    start_tenants(d);
    start_server(d);
    code = start_listening(d);
    if (code)
        return code;
    code = mail_start(d, &d->mail, why, sizeof why);
    if (code)
        return fatal(code, why);
    loop_on_signal(d->loop, SIGTERM, on_stop, d);
    loop_on_signal(d->loop, SIGINT, on_stop, d);
    loop_on_signal(d->loop, SIGHUP, reload, d);
    d->second = loop_timer_new(d->loop, on_second, d);
    loop_timer_set(d->second, 0);
    return 0;
}

int serve(struct daemon *d)
{
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    raise_limits();
    metric_set(metric_get(METRIC_GAUGE, "throughline_build_info", "1, with the version.", "version=\"" TL_VERSION "\""),
               1);
    int code = start(d);
    if (code)
        return code; // the process ends, and with it what was started
    loop_run(d->loop);
    end_clients(d);
    if (d->redis) {
        redis_child_stop(d->redis, on_redis_stopped, d);
        loop_run(d->loop);
    }
    loop_timer_free(d->guard);
    redis_child_free(d->redis);
    auth_free(d->auth);
    loop_free(d->loop);
    free(d->node);
    config_free(d->config);
    return 0;
}
