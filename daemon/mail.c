// SPDX-License-Identifier: Apache-2.0
// The wires of mail: who an address belongs to, who is asked about an account, and the lives of the listener and the mailboxes. It fails at the
// start when the listener's address is taken.
#include "daemon/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/accounts/imap_in.h"
#include "daemon/accounts/mail_address.h"
#include "daemon/accounts/mail_in.h"
#include "daemon/attachments.h"
#include "daemon/base/id.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/data_dir.h"
#include "daemon/net/lmtp.h"
#include "daemon/serve.h"

enum {
    ANSWER_MS = 60000,
    CONNECTION_MS = 3600000,
    DRAIN_MS = 5000,
    LEASE_MS = 2000,
    IDLE_MS = 25 * 60000, // servers log out who idles for thirty minutes
    RETRY_MS = 1000,
    RETRY_MAX_MS = 300000,
};

struct mailbox {
    char *account, *settings; // by which a change is noticed
    struct imap_in *in;
};

struct mail {
    struct daemon *daemon;
    struct mail_in *in;
    struct lmtp_server *lmtp;
    struct mailbox *boxes;
    size_t boxes_n;
};

// ---- accounts ----

static const struct config_endpoint *email_of(const struct config_account *a)
{
    return a->endpoint.adapter && strcmp(a->endpoint.adapter->name, "email") == 0 ? &a->endpoint : NULL;
}

static const char *value_of(const struct config_endpoint *e, const char *setting)
{
    const char *v = adapter_value(e->adapter, &e->account, setting);
    return v ? v : "";
}

static const char *find(void *ctx, const char *address)
{
    const struct mail *m = ctx;
    const struct config *c = m->daemon->config;
    const char *best = NULL;
    int how = 0;
    for (size_t i = 0; i < c->accounts_n; i++) {
        const struct config_endpoint *e = email_of(&c->accounts[i]);
        int matches = e ? mail_address_matches(value_of(e, "address"), *value_of(e, "delimiter"), address) : 0;
        if (matches > how) {
            how = matches;
            best = c->accounts[i].name;
        }
    }
    return best;
}

// A worker reads it while the configuration may be replaced.
static const struct adapter_account *copy_account(struct region *r, const struct config_endpoint *e)
{
    struct adapter_account *copy = region_new(r, 1, sizeof *copy);
    size_t n = 0;
    while (e->adapter->settings[n].name)
        n++;
    const char **values = region_new(r, n + 1, sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = region_text(r, e->account.values[i]);
    *copy = e->account;
    copy->name = region_text(r, e->account.name);
    copy->public_url = region_text(r, e->account.public_url);
    copy->values = values;
    return copy;
}

static bool describe(void *ctx, const char *name, struct region *r, struct mail_account *out)
{
    const struct mail *m = ctx;
    const struct config_account *a = config_account(m->daemon->config, name);
    const struct config_endpoint *e = a ? email_of(a) : NULL;
    if (!e)
        return false;
    *out = (struct mail_account){.adapter = e->adapter, .account = copy_account(r, e), .tenant = a->tenant};
    for (size_t i = 0; i < m->daemon->tenants_n; i++)
        if (strcmp(m->daemon->tenants[i].name, a->tenant) == 0)
            out->triage = m->daemon->tenants[i].triage;
    return out->triage != NULL;
}

// ---- mailboxes ----

static char *settings_of(const struct config_account *a)
{
    const struct config_endpoint *e = &a->endpoint;
    return xasprintf("%s\n%s\n%s\n%s\n%s\n%s\n%s\n%d", a->tenant, value_of(e, "address"), value_of(e, "imap"),
                     value_of(e, "imap_user"), value_of(e, "imap_password"), value_of(e, "imap_folder"),
                     value_of(e, "imap_move_to"), (int)(strtol(value_of(e, "imap_poll_seconds"), NULL, 10)));
}

static struct imap_in *open_box(struct mail *m, const struct config_account *a)
{
    const struct config_endpoint *e = &a->endpoint;
    const struct daemon *d = m->daemon;
    return imap_in_new(&(struct imap_in_options){
        .loop = d->loop,
        .workers = d->workers,
        .store = d->store,
        .mail_in = m->in,
        .tenant = a->tenant,
        .boot = id_boot(),
        .lease_ms = LEASE_MS,
        .account = a->name,
        .address = value_of(e, "address"),
        .url = value_of(e, "imap"),
        .user = value_of(e, "imap_user"),
        .password = value_of(e, "imap_password"),
        .folder = value_of(e, "imap_folder"),
        .move_to = value_of(e, "imap_move_to"),
        .message_max = e->adapter->body_max,
        .poll_ms = strtol(value_of(e, "imap_poll_seconds"), NULL, 10) * 1000,
        .idle_ms = IDLE_MS,
        .retry_ms = RETRY_MS,
        .retry_max_ms = RETRY_MAX_MS,
    });
}

static void close_box(struct mailbox *b)
{
    imap_in_free(b->in);
    explicit_bzero(b->settings, strlen(b->settings));
    free(b->settings);
    free(b->account);
}

// The former mailbox of this account, if nothing about it has changed; it is taken out of the former ones.
static struct imap_in *keep_box(struct mail *m, const char *account, const char *settings)
{
    for (size_t i = 0; i < m->boxes_n; i++) {
        struct mailbox *b = &m->boxes[i];
        if (!b->in || strcmp(b->account, account) != 0 || strcmp(b->settings, settings) != 0)
            continue;
        struct imap_in *in = b->in;
        b->in = NULL;
        return in;
    }
    return NULL;
}

void mail_reconfigure(struct mail *m)
{
    const struct config *c = m->daemon->config;
    struct mailbox *boxes = xcalloc(c->accounts_n + 1, sizeof *boxes);
    size_t n = 0;
    for (size_t i = 0; i < c->accounts_n; i++) {
        const struct config_account *a = &c->accounts[i];
        if (!email_of(a) || !*value_of(&a->endpoint, "imap"))
            continue;
        struct mailbox *b = &boxes[n++];
        b->account = xstrdup(a->name);
        b->settings = settings_of(a);
        b->in = keep_box(m, b->account, b->settings);
    }
    for (size_t i = 0; i < m->boxes_n; i++)
        close_box(&m->boxes[i]);
    free(m->boxes);
    m->boxes = boxes;
    m->boxes_n = n;
    for (size_t i = 0; i < n; i++) // when the former ones have given their leases back
        if (!boxes[i].in)
            boxes[i].in = open_box(m, config_account(c, boxes[i].account));
}

// ---- LMTP ----

static int listen_lmtp(struct mail *m, char *why, size_t why_len)
{
    const struct config *c = m->daemon->config;
    char err[256] = "";
    m->lmtp = lmtp_server_new(&(struct lmtp_server_options){
        .loop = m->daemon->loop,
        .host = c->lmtp.host,
        .message_max = (size_t)c->lmtp.message_max,
        .memory_max = (size_t)c->lmtp.memory_max,
        .max_connections = (uint32_t)c->lmtp.max_connections,
        .command_ms = c->lmtp.command_seconds * 1000,
        .data_ms = c->lmtp.data_seconds * 1000,
        .answer_ms = ANSWER_MS,
        .connection_ms = CONNECTION_MS,
        .recipient = mail_in_recipient,
        .mail = mail_in_lmtp,
        .ctx = m->in,
    });
    mail_in_serve(m->in, m->lmtp);
    const char *address = lmtp_listen(m->lmtp, c->lmtp.listen, err, sizeof err);
    if (!address) {
        snprintf(why, why_len, "cannot listen for LMTP: %s", err);
        return EX_UNAVAILABLE;
    }
    tl_log(LOG_INFO, "lmtp_listening", LS("address", address));
    if (data_dir_write(serve_data_dir(m->daemon), "lmtp", address))
        return 0;
    snprintf(why, why_len, "the LMTP address in use cannot be written into the data directory");
    return EX_CANTCREAT;
}

// ---- life ----

int mail_start(struct daemon *d, struct mail **out, char *why, size_t why_len)
{
    struct mail *m = xcalloc(1, sizeof *m);
    m->daemon = d;
    m->in = mail_in_new(&(struct mail_in_options){
        .loop = d->loop,
        .workers = d->workers,
        .media = attachments_media(d->attachments),
        .find = find,
        .describe = describe,
        .ctx = m,
    });
    *out = m;
    mail_reconfigure(m);
    return d->config->lmtp.listen ? listen_lmtp(m, why, why_len) : 0;
}

static void close_boxes(struct mail *m)
{
    for (size_t i = 0; i < m->boxes_n; i++)
        close_box(&m->boxes[i]);
    free(m->boxes);
    m->boxes = NULL;
    m->boxes_n = 0;
}

void mail_drain(struct mail *m, void (*done)(void *arg), void *arg)
{
    data_dir_remove(serve_data_dir(m->daemon), "lmtp");
    close_boxes(m);
    if (m->lmtp)
        lmtp_drain(m->lmtp, DRAIN_MS, done, arg);
    else
        done(arg);
}

void mail_free(struct mail *m)
{
    if (!m)
        return;
    close_boxes(m);
    mail_in_free(m->in);
    lmtp_server_free(m->lmtp);
    free(m);
}
