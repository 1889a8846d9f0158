// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_FACES_H
#define THROUGHLINE_FACES_FACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the daemon shows to the outside: POST /v1/events, the gateway stream, desks, the web chat and its widget, the back office
// and the operator's pages. Every face speaks to the core, the outbox, the triage and the store of its tenant, and keeps nothing
// that a client could not get again by connecting anew.
//
// Ownership: everything in the options stays the caller's and must outlive the faces.

struct auth;
struct config;
struct core;
struct faces;
struct http_server;
struct loop;
struct media;
struct media_vendor;
struct outbox;
struct store;
struct triage;
struct workers;

struct faces_tenant {
    const char *name;
    struct store *store; // may be the same for all
    struct core *core;
    struct outbox *outbox;
    struct triage *triage;
};

struct faces_options {
    struct loop *loop;
    struct http_server *http; // routes are added to it
    struct auth *auth;
    struct media *media;
    struct workers *workers;
    // Has a vendor's file fetched. May be NULL.
    void (*fetch)(void *ctx, const struct media_vendor *v);
    void *fetch_ctx;
    const struct config *config;
    const char *node;
    const struct faces_tenant *tenants; // copied
    size_t tenants_n;
    // Asks the daemon to read its configuration file again, as SIGHUP does. May be NULL.
    void (*reload)(void *arg);
    void *reload_arg;
};

struct faces *faces_new(const struct faces_options *o);
// Memory only: free the HTTP server before (it ends every connection), and the stores too or afterwards without running the
// loop again.
void faces_free(struct faces *f);

// The tokens of every tenant have been read: nobody is turned away who may come in.
bool faces_ready(const struct faces *f);

// Another configuration is in force: accounts, origins, limits, demo. The former may be freed afterwards.
void faces_reconfigure(struct faces *f, const struct config *config);

// Takes no new connections' work, tells every desk, gateway and visitor to go elsewhere (1001), logs their sessions as closed, then
// calls back; at most 5 s.
void faces_drain(struct faces *f, void (*drained)(void *arg), void *arg);

#endif
