// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ACCOUNTS_ACCOUNTS_H
#define THROUGHLINE_ACCOUNTS_ACCOUNTS_H

#include <stddef.h>

// The accounts whose kind is an adapter: what vendors send to /hooks/<adapter>/<account> becomes events, deliveries become requests, and vendors
// that can be asked what was missed are asked. The adapters are pure (channels/adapter.h); whatever waits, times or fails is in here.
//
// Nothing is kept but in Redis: an account's owner is whoever holds its lease, what is being sent is marked there before its first byte.

struct accounts;
struct config;
struct core;
struct http_client;
struct http_server;
struct loop;
struct media;
struct outbox;
struct store;
struct triage;
struct workers;

struct accounts_tenant {
    const char *name; // borrowed for ever
    struct store *store;
    struct core *core;
    struct outbox *outbox;
    struct triage *triage;
};

struct accounts_options {
    struct loop *loop;
    struct http_server *http; // routes are added to it
    struct http_client *client;
    struct media *media; // files of messages
    struct workers *workers;
    const struct config *config;
    const struct accounts_tenant *tenants; // copied
    size_t tenants_n;
};

struct accounts *accounts_new(const struct accounts_options *o);
// Another configuration is in force; the former may be freed afterwards.
void accounts_reconfigure(struct accounts *a, const struct config *config);
// Begins nothing new, waits for the answers to what was sent; calls back once, after 10 s at most.
void accounts_drain(struct accounts *a, void (*done)(void *arg), void *arg);
void accounts_free(struct accounts *a); // before the outboxes, and after the HTTP server. NULL is fine

#endif
