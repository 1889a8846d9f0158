// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_SERVE_H
#define THROUGHLINE_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/admin_token.h"
#include "daemon/net/http.h"
#include "daemon/net/http_client.h"

// The daemon's life: everything that is started, in the order in which it is started; ended in the opposite one.

struct attachments;
struct accounts;
struct auth;
struct config;
struct core;
struct daemon;
struct faces;
struct http_client;
struct http_server;
struct loop;
struct loop_timer;
struct mail;
struct outbox;
struct redis_child;
struct store;
struct triage;
struct workers;

struct tenant {
    struct daemon *daemon;
    const char *name;
    struct core *core;
    struct outbox *outbox;
    struct triage *triage;
    struct admin_token token;
};

struct daemon {
    // Given by the command line.
    const char *file;              // configuration; NULL = the built-in example
    const char *listen, *data_dir; // instead of the configuration's; NULL = that one's
    struct config *config;

    char *node;
    struct loop *loop;
    struct workers *workers;
    struct attachments *attachments;
    struct redis_child *redis;
    struct store *store;
    struct auth *auth;
    struct http_server *http;
    struct http_client *client;
    struct accounts *accounts;
    struct faces *faces;
    struct mail *mail;
    struct tenant *tenants;
    size_t tenants_n;
    struct loop_timer *second;
    struct loop_timer *guard; // of the draining
    bool told_ready, draining, drained, memory_asked, memory_warned;
    unsigned draining_parts; // still to be drained
};

// Runs until it is told to stop; a sysexits code.
int serve(struct daemon *d);

const char *serve_data_dir(const struct daemon *d);
// Configuration of tokens, log, HTTP and a tenant's routing; at the start and at a reload.
void reload_tokens(struct daemon *d);
void reload_log(const struct config *c);
struct config_errors;
void reload_warn(const char *file, const struct config_errors *errs); // logs what is told of a file that is taken
struct http_options reload_http(const struct config *c, struct auth *auth);
struct http_client_options reload_client(const struct config *c);
void *reload_routing(const struct config *c, const char *tenant, size_t *len); // packed, malloc'd
// Reads the file again: what may change while running changes, the rest is told.
void reload(void *daemon);

#endif
