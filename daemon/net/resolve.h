// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_RESOLVE_H
#define THROUGHLINE_NET_RESOLVE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

// A name's addresses, asked for on a worker, since that may take as long as it likes.

#define RESOLVE_MAX 8

struct resolve_address {
    struct sockaddr_storage ss;
    socklen_t len;
};

struct workers;

// On the loop; n = 0 with `why`.
typedef void resolve_fn(uint64_t token, const struct resolve_address *v, size_t n, const char *why);
// False when too many wait: fn is not called.
bool resolve_name(struct workers *w, const char *host, const char *port, resolve_fn *fn, uint64_t token)
    __attribute__((warn_unused_result));

bool resolve_is_loopback(const struct resolve_address *a);

#endif
