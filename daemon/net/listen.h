// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_LISTEN_H
#define THROUGHLINE_NET_LISTEN_H

#include <event2/listener.h>
#include <stddef.h>

struct loop;

// Listens on "host:port", "[::1]:0", ":8080" (every address; port 0 = the kernel chooses) or "unix:/path". A socket that a former run left
// behind is taken over, one that somebody answers on is not; whoever may enter its folder may connect. Returns the listener, with the real address
// in *bound (the caller's), or NULL with the reason in err.
struct evconnlistener *listen_open(struct loop *loop, const char *address, evconnlistener_cb accepted,
                                   evconnlistener_errorcb failed, void *arg, char **bound, char *err, size_t err_size);

#endif
