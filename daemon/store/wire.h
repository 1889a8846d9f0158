// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_STORE_WIRE_H
#define THROUGHLINE_STORE_WIRE_H

#include <stddef.h>

#include "daemon/store/resp.h"
#include "daemon/store/url.h"

// One byte stream to Redis: unix socket, TCP or TLS. Commands are collected in `wire_out` and leave with wire_flush,
// as one write(2) where the socket takes it.

struct loop;
struct ssl_ctx_st;
struct wire;

struct wire_ops {
    void (*connected)(void *owner);
    void (*bytes)(void *owner, const void *p, size_t len);
    void (*lost)(void *owner, const char *why); // once, never after wire_close
};

// What the connections of one store share: the address, TLS, the resolver.
struct wire_net {
    struct loop *loop;
    uint32_t refs;
    struct store_url url;
    struct ssl_ctx_st *tls; // NULL: not TLS
    struct evdns_base *dns; // NULL: resolve names blockingly
    char *input;            // what was just read, of whichever wire
};
// NULL with *why when the address is malformed or the CA file cannot be read.
struct wire_net *wire_net_new(struct loop *loop, const char *url, const char *ca_file, const char **why)
    __attribute__((warn_unused_result));
void wire_net_drop(struct wire_net *n);                                    // its wires hold it as well
struct ssl_st *wire_tls_session(struct ssl_ctx_st *tls, const char *host); // checks the server's name
struct ssl_ctx_st *wire_tls_context(const char *ca_file);                  // NULL: the CA file cannot be read

// NULL with *why when it fails at once; no callback comes then, nor before this returns.
struct wire *wire_open(struct wire_net *n, const struct wire_ops *ops, void *owner, const char **why)
    __attribute__((warn_unused_result));
void wire_close(struct wire *w); // freed at the end of the turn; no callback from now on

struct resp_out *wire_out(struct wire *w);
void wire_flush(struct wire *w);
size_t wire_unsent(const struct wire *w);  // bytes that the kernel (or TLS) has not taken
uint64_t wire_total(const struct wire *w); // bytes given to it so far

#endif
