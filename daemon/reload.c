// SPDX-License-Identifier: Apache-2.0
// SIGHUP, and what it shares with the start. A file with mistakes changes nothing; keys that only a restart applies are named; a
// changed routing part goes into the log, as `throughline config apply` would put it there.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/accounts/accounts.h"
#include "daemon/attachments.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/core/core.h"
#include "daemon/core/triage.h"
#include "daemon/faces/faces.h"
#include "daemon/mail.h"
#include "daemon/net/auth.h"
#include "daemon/net/http.h"
#include "daemon/notify.h"
#include "daemon/serve.h"
#include "throughline/v1/log.pb-c.h"

void reload_log(const struct config *c)
{
    static const enum log_level levels[] = {[CONFIG_LOG_DEBUG] = LOG_DEBUG,
                                            [CONFIG_LOG_INFO] = LOG_INFO,
                                            [CONFIG_LOG_WARN] = LOG_WARN,
                                            [CONFIG_LOG_ERROR] = LOG_ERROR};
    log_configure(c->log.format == CONFIG_LOG_JSON, levels[c->log.level]);
}

void reload_warn(const char *file, const struct config_errors *errs)
{
    for (size_t i = 0; i < errs->n; i++)
        tl_log(LOG_WARN, "config_warning", LS("file", file), LN("line", errs->v[i].line),
               LN("column", errs->v[i].column), LS("why", errs->v[i].text));
    if (errs->n > 0)
        tl_log(LOG_WARN, "config_warnings", LS("file", file), LN("warnings", errs->n + errs->untold));
}

void reload_tokens(struct daemon *d)
{
    static const enum auth_role roles[] = {[CONFIG_ROLE_GATEWAY] = AUTH_GATEWAY,
                                           [CONFIG_ROLE_AGENT] = AUTH_AGENT,
                                           [CONFIG_ROLE_SUPERVISOR] = AUTH_SUPERVISOR,
                                           [CONFIG_ROLE_ADMIN] = AUTH_ADMIN};
    const struct config *c = d->config;
    struct auth_token *v = xcalloc(c->tokens_n + 1, sizeof *v);
    for (size_t t = 0; t < d->tenants_n; t++) {
        size_t n = 0;
        d->tenants[t].token.configured = false;
        for (size_t i = 0; i < c->tokens_n; i++) {
            const struct config_token *k = &c->tokens[i];
            if (strcmp(k->tenant, d->tenants[t].name) != 0 || !auth_digest_parse(k->sha256, v[n].digest))
                continue;
            v[n].id = k->id;
            v[n].tenant = k->tenant;
            v[n].agent = k->agent;
            v[n++].role = roles[k->role];
            d->tenants[t].token.configured |= roles[k->role] == AUTH_ADMIN;
        }
        auth_replace_all(d->auth, AUTH_FROM_CONFIG, d->tenants[t].name, v, n);
    }
    free(v);
}

struct http_options reload_http(const struct config *c, struct auth *auth)
{
    return (struct http_options){
        .auth = auth,
        .trusted_proxies = (const char *const *)c->server.trusted_proxies.v,
        .trusted_proxies_n = c->server.trusted_proxies.n,
        .max_connections = (uint32_t)c->server.max_connections,
        .body_max = (size_t)c->server.max_body,
        .head_ms = c->server.header_seconds * 1000,
        .body_ms = c->server.body_seconds * 1000,
        .idle_ms = c->server.idle_seconds * 1000,
        .ws_ping_ms = c->server.ping_seconds * 1000,
    };
}

struct http_client_options reload_client(const struct config *c)
{
    bool adapters = false;
    for (size_t i = 0; i < c->accounts_n; i++)
        adapters |= c->accounts[i].endpoint.adapter != NULL;
    if (adapters && !c->server.public_url)
        tl_log(LOG_WARN, "no_public_url",
               LS("why", "vendors cannot be told where to report to: set server.public_url"));
    return (struct http_client_options){
        .connect_ms = c->outbound.connect_seconds * 1000,
        .answer_ms = c->outbound.answer_seconds * 1000,
        .ca_file = c->outbound.ca_file,
    };
}

void *reload_routing(const struct config *c, const char *tenant, size_t *len)
{
    Throughline__V1__RoutingConfig *m = config_routing(c, tenant);
    void *packed = xcalloc(1, throughline__v1__routing_config__get_packed_size(m) + 1);
    *len = throughline__v1__routing_config__pack(m, packed);
    throughline__v1__routing_config__free_unpacked(m, NULL);
    return packed;
}

static void on_logged(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    (void)module, (void)token;
    if (e == TL_OK)
        tl_log(LOG_INFO, "routing_logged", LN("input", p->input));
    else
        tl_log(LOG_ERROR, "routing_not_logged", LS("why", "the log cannot be written now: reload again"));
}

static void reload_tenant(struct daemon *d, struct tenant *t)
{
    size_t len;
    void *packed = reload_routing(d->config, t->name, &len);
    core_file_config(t->core, packed, len);
    if (core_config_differs(t->core)) {
        Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
        in.kind_case = THROUGHLINE__V1__INPUT__KIND_CONFIG;
        in.config = throughline__v1__routing_config__unpack(NULL, len, packed);
        if (in.config) {
            core_append(t->core, &in, on_logged, NULL, 0);
            throughline__v1__routing_config__free_unpacked(in.config, NULL);
        }
    }
    free(packed);
    triage_reconfigure(t->triage, d->config);
}

static void needs_restart(void *arg, const char *key)
{
    (void)arg;
    tl_log(LOG_WARN, "needs_restart", LS("key", key));
}

static struct config *read_again(const struct daemon *d)
{
    struct config *c = NULL;
    static struct config_errors errs;
    if (config_load(d->file, &c, &errs) == 0) {
        reload_warn(d->file, &errs);
        return c;
    }
    config_errors_print(&errs, d->file, stderr);
    tl_log(LOG_ERROR, "reload_refused", LS("file", d->file), LN("errors", errs.fatal));
    return NULL;
}

void reload(void *daemon)
{
    struct daemon *d = daemon;
    char why[256] = "";
    struct config *was = d->config, *is = d->file && !d->draining ? read_again(d) : NULL;
    if (!is)
        return;
    notify_send("RELOADING=1");
    config_restart_needed(was, is, needs_restart, NULL);
    d->config = is;
    reload_log(is);
    reload_tokens(d);
    for (size_t i = 0; i < d->tenants_n; i++)
        reload_tenant(d, &d->tenants[i]);
    struct http_options o = reload_http(is, d->auth);
    http_server_configure(d->http, &o);
    struct http_client_options outbound = reload_client(is);
    http_client_configure(d->client, &outbound);
    faces_reconfigure(d->faces, is);
    mail_reconfigure(d->mail);
    attachments_reconfigure(d->attachments, is);
    accounts_reconfigure(d->accounts, is);
    if (is->server.tls_certificate && !http_reload_tls(d->http, why, sizeof why)) {
        const char *text = why;
        tl_log(LOG_ERROR, "certificate_not_reloaded", LS("why", text));
    }
    config_free(was);
    tl_log(LOG_INFO, "reloaded", LS("file", d->file));
    notify_send("READY=1");
}
