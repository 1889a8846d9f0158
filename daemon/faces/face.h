// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_FACE_H
#define THROUGHLINE_FACES_FACE_H

// What the faces share: one struct per tenant that knows the tenant's shell and its live connections. Private to faces/.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/core/core.h"
#include "daemon/core/outbox.h"
#include "daemon/core/triage.h"
#include "daemon/faces/faces.h"
#include "daemon/net/auth.h"
#include "daemon/net/http.h"
#include "daemon/store/store.h"

// What nodes tell each other and nobody keeps.
#define FACE_TOPIC_TYPING "agent-typing" // packed DeskTyping
#define FACE_TOPIC_READ   "agent-read"   // packed DeskRead
#define FACE_TOPIC_TYPES  "typing"       // a customer: packed DeskTyping
#define FACE_TOPIC_TOKENS "tokens"       // they changed

struct admin;
struct chats;
struct desks;
struct gateways;
struct media;
struct media_vendor;
struct media_vendors;
struct posts;
struct tails;
struct tokens;
struct workers;

struct face {
    struct faces *faces;
    const char *tenant;
    struct store *store;
    struct core *core;
    struct outbox *outbox;
    struct triage *triage;
    struct desks *desks;
    struct gateways *gateways;
    struct chats *chats;
    struct tails *tails;
    struct admin *admin;
    struct tokens *tokens;
};

struct faces {
    struct loop *loop;
    struct http_server *http;
    struct auth *auth;
    struct media *media;
    struct media_vendors *vendors; // who waits for what became of a vendor's file
    struct workers *workers;
    void (*fetch)(void *ctx, const struct media_vendor *v);
    void *fetch_ctx;
    const struct config *config;
    const char *node;
    void (*reload)(void *arg);
    void *reload_arg;
    struct face *v;
    size_t n;
    struct posts *posts;
    bool draining;
    void (*drained)(void *arg);
    void *drained_arg;
    struct loop_timer *drain_timer;
    int64_t drain_until;
};

// Waiting calls to Redis beyond which a face takes nothing new: gateways are not read, posts are answered 503.
uint32_t face_pending_max(const struct face *face);

// Until it has said who it is, a peer's messages hold no more than a hello.
#define FACE_HELLO_MAX (16u << 10)

// Who did what, kept for the admin: the id of a token, never a secret.
void face_audit(const struct face *face, const char *actor, const char *action, const char *target, const char *detail);

// NULL: there is no such tenant here.
struct face *faces_find(const struct faces *f, const char *tenant);
// The face of who asks; NULL: the request has been answered.
struct face *faces_of_request(struct faces *f, struct http_request *r);

// Who a token is and for which tenant; NULL with a stable code ("unauthorized", "forbidden", "too_many_requests", or
// FACE_EARLY: the tokens have not been read yet, so nobody can say).
#define FACE_EARLY "unavailable"
struct face *faces_check_token(const struct faces *f, const char *token, const char *peer, unsigned roles,
                               struct auth_identity *who, const char **code);
// The close code that goes with it.
uint16_t faces_refusal_close(const char *code);
// Tokens changed: ends every stream whose token no longer holds.
void faces_recheck(struct face *face);
// Before a WebSocket is accepted: checks the Authorization header where there is one (*known), else the first tenant's face
// stands in until the hello. NULL: the request has been answered.
struct face *faces_upgrade(struct faces *f, struct http_request *r, unsigned roles, struct auth_identity *who,
                           bool *known);

// ---- the modules, in their files ----

void events_routes(struct faces *f); // events.c
void events_free(struct faces *f);

void gateways_routes(struct faces *f); // gateway.c
struct gateways *gateways_new(struct face *face);
void gateways_free(struct gateways *g);
void gateways_drain(struct gateways *g);
uint32_t gateways_count(const struct gateways *g);
void gateways_recheck(struct gateways *g);

void desks_routes(struct faces *f); // desk_session.c
struct desks *desks_new(struct face *face);
void desks_free(struct desks *d);
void desks_drain(struct desks *d);
bool desks_idle(const struct desks *d); // nothing is left that must be logged
uint32_t desks_count(const struct desks *d);
void desks_recheck(struct desks *d);

void chats_routes(struct faces *f); // chat.c
struct chats *chats_new(struct face *face);
void chats_free(struct chats *c);
void chats_drain(struct chats *c);
bool chats_idle(const struct chats *c);
uint32_t chats_count(const struct chats *c);

void admin_routes(struct faces *f); // admin*.c
struct admin *admin_new(struct face *face);
void admin_free(struct admin *a);
void files_routes(struct faces *f); // files.c
void tails_routes(struct faces *f); // tail.c
struct tails *tails_new(struct face *face);
void tails_free(struct tails *t);
void tails_drain(struct tails *t);
void tails_recheck(struct tails *t);

// tokens.c: those made while running; loaded from the store, and again whenever another node changed them
struct tokens *tokens_new(struct face *face);
void tokens_load(struct tokens *t);
bool tokens_known(const struct tokens *t); // read once since the start
void tokens_free(struct tokens *t);

// What nodes tell each other: chats_heard() and desks_heard() take what is theirs.
void chats_heard(struct chats *c, const char *topic, const void *bytes, size_t len);
void desks_heard(struct desks *d, const char *topic, const void *bytes, size_t len);

#endif
