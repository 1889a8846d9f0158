// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_LMTP_CONN_H
#define THROUGHLINE_NET_LMTP_CONN_H

// What the LMTP listener and its connections share: lmtp.c, lmtp_conn.c.

#include <event2/listener.h>
#include <netinet/in.h>

#include "daemon/base/table.h"
#include "daemon/net/lmtp.h"

struct lmtp_conn {
    struct lmtp_server *server;
    struct lmtp_conn *prev, *next;
    struct bufferevent *bev;
    struct lmtp_session *session;
    char peer[INET6_ADDRSTRLEN];
    int64_t deadline; // of the step
    int64_t ends;     // of the connection
    uint64_t mail;    // being answered; 0 = none
    size_t answers;   // that it waits for
    bool closing, gone;
};

struct lmtp_server {
    struct lmtp_server_options o;
    struct lmtp_options session;
    struct evconnlistener *socket;
    char *address;
    struct lmtp_conn *conns;
    uint32_t count;
    size_t held;        // bytes of mails
    struct table mails; // id -> connection
    struct loop_timer *sweep;
    int64_t log_next;
    bool accept_failed, draining;
    int64_t cut_at;
    void (*drained)(void *arg);
    void *drained_arg;
    struct metric *connections, *refused, *timeouts, *bytes;
};

void lmtp_conn_open(struct lmtp_server *s, evutil_socket_t fd, const struct sockaddr *sa, bool full);
void lmtp_conn_drop(struct lmtp_conn *c);
void lmtp_conn_sweep(struct lmtp_conn *c, int64_t now); // deadlines

#endif
