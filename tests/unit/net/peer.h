// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_NET_PEER_H
#define THROUGHLINE_TESTS_NET_PEER_H

#include <stdbool.h>
#include <stddef.h>

// A server on loopback, on the test's own loop, that does what its script says: the other side of our requests.

struct loop;
struct peer;
struct peer_conn;

// Told of what has come on a connection so far (NUL-terminated): takes some of it, and may write, close or keep silent.
typedef size_t peer_fn(struct peer_conn *c, const char *in, size_t len);

struct peer *peer_new(struct loop *loop, peer_fn *fn, void *arg);
void peer_free(struct peer *p);
unsigned peer_port(const struct peer *p);
unsigned peer_connections(const struct peer *p);                       // accepted since the start
void peer_on_connect(struct peer *p, void (*fn)(struct peer_conn *c)); // servers that speak first

void *peer_arg(const struct peer_conn *c);
void peer_say(struct peer_conn *c, const char *text);
void peer_close(struct peer_conn *c); // after what was said
int *peer_state(struct peer_conn *c); // for the script; 0 at first

// A whole HTTP request with its body at the beginning of in: its length; 0 = not yet.
size_t peer_request(const char *in, size_t len);

#endif
