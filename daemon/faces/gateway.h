// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_GATEWAY_H
#define THROUGHLINE_FACES_GATEWAY_H

// One gateway's connection, shared by gateway.c (what comes up), gateway_report.c (reports among it), gateway_out.c (what
// goes down) and gateway_wait.c (waits among it). Private to these.

#include "daemon/base/table.h"
#include "daemon/core/scratch.h"
#include "daemon/faces/ack_ring.h"
#include "daemon/faces/face.h"
#include "daemon/net/ws.h"

#define GATEWAY_ROLES        (AUTH_GATEWAY | AUTH_ADMIN)
#define GATEWAY_ACCOUNTS_MAX 64
#define GATEWAY_MESSAGE_MAX  (1u << 20)
#define GATEWAY_HELLO_MS     5000
#define GATEWAY_GRANT_MS     300 // how long a welcome waits for the leases of its accounts

enum gateway_state {
    GATEWAY_NEW,     // no hello yet
    GATEWAY_GRANTED, // hello taken, waiting to hear which accounts are ours
    GATEWAY_LIVE,
    GATEWAY_ENDING, // close is under way: nothing more is taken or carried
};

struct gateway_account {
    uint64_t carrier; // 0 = not attached
    char *name;
    bool answered, owned;
};

struct gateway {
    struct gateways *all;
    uint64_t id;
    struct ws *ws;
    enum gateway_state state;
    bool known; // the identity is proven by the request's header
    struct auth_identity who;
    bool simulate, dedupes, paused, dirty;
    bool waits, welcome; // is told how long customers have to wait; since it was welcome
    bool doubtful;       // an outcome was unknown: what comes after it must not overtake it
    struct ack_ring ring;
    uint32_t window;    // events in flight: [gateway] credit
    uint64_t granted;   // highest sequence that the peer may use
    uint32_t ungranted; // acknowledged, not yet granted again
    uint32_t credit;    // deliveries that the peer takes
    struct gateway_account *accounts;
    size_t accounts_n;
    char *handle;
    struct loop_timer *timer; // hello, then grants
    struct gateway *next_dirty, *next_paused;
};

struct gateways {
    struct face *face;
    struct table table; // id -> struct gateway
    struct gateway *dirty, *paused;
    struct table waiting; // gateway_wait.c: work -> who of it is told of how long it will take
    uint64_t *touched;    // works that something happened to
    size_t touched_n, touched_room;
    unsigned announces, slice; // gateways that are told; which of those who wait are looked at next
    struct loop_timer *slices;
    struct metric *connected, *events;
    struct scratch frame; // the one in hand
};

// gateway.c
struct Throughline__V1__EventResult;
struct Throughline__V1__GatewayUp;
bool gateway_take_sequence(struct gateway *g, uint64_t sequence); // false: the connection has been failed
void gateway_mark_dirty(struct gateway *g);                       // something is to be acknowledged at the turn's end
// module: struct gateways; token: gateway id << 32 | low half of the sequence.
void gateway_on_outcome(void *module, uint64_t token, const struct Throughline__V1__EventResult *r);

// gateway_report.c
void gateway_take_report(struct gateway *g, struct Throughline__V1__GatewayUp *up);

// gateway_wait.c
void gateway_waits_begin(struct gateway *g); // it is welcome
void gateway_waits_end(struct gateway *g);
void gateways_waits_open(struct gateways *all);
void gateways_waits_close(struct gateways *all);

// gateway_out.c
struct Throughline__V1__SessionWait;
void gateway_tell_wait(struct gateway *g, const struct Throughline__V1__SessionWait *m);
void gateway_attach(struct gateway *g); // carriers for its accounts
void gateway_detach(struct gateway *g);
void gateway_welcome(struct gateway *g);
void gateway_credit_more(struct gateway *g, uint32_t more);
void gateway_acknowledge(struct gateway *g); // what has been settled since
void gateway_fail(struct gateway *g, uint16_t close, const char *code, const char *field, const char *detail);

#endif
