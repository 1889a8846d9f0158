// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_IMAP_CONN_H
#define THROUGHLINE_NET_IMAP_CONN_H

// What imap.c and imap_tls.c share.

#include <openssl/ssl.h>

#include "daemon/net/imap.h"
#include "daemon/net/resolve.h"

enum imap_step {
    IMAP_STEP_RESOLVING = 1,
    IMAP_STEP_CONNECTING,
    IMAP_STEP_GREETING,
    IMAP_STEP_CAPABILITY,
    IMAP_STEP_LOGIN,
    IMAP_STEP_SELECT,
    IMAP_STEP_READY,
    IMAP_STEP_COMMAND,
    IMAP_STEP_IDLE_BEGINS,
    IMAP_STEP_IDLING,
    IMAP_STEP_IDLE_ENDS,
    IMAP_STEP_CLOSED,
};

struct imap {
    struct loop *loop;
    struct workers *workers;
    struct imap_options o;
    const struct imap_ops *ops;
    void *ctx;
    uint64_t id;
    enum imap_step step;
    struct loop_timer *timer; // the deadline of the step; of idling, its end
    struct resolve_address addresses[RESOLVE_MAX];
    size_t addresses_n, address;
    SSL_CTX *tls;
    SSL *ssl; // the bufferevent's
    struct bufferevent *bev;
    char *in; // of the response that is coming
    size_t in_len, in_room;
    struct imap_scan scan;
    unsigned capabilities, tags;
    uint32_t uid_validity;
    bool logged_in;
    int64_t idle_ms;
    char tag[16];
};

// imap_tls.c: a client that verifies the server's name against the system's authorities; NULL with *why.
SSL *imap_tls_new(struct imap *i, const char **why);
const char *imap_tls_why(const struct imap *i); // the handshake failed; NULL = not for its certificate

#endif
