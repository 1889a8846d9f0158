// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_HANDSHAKE_H
#define THROUGHLINE_NET_HANDSHAKE_H

#include <stdbool.h>

#include "daemon/net/ws.h"

// The opening handshake of a WebSocket (RFC 6455, 4.2).

// Is this a proper and permitted upgrade? False: answered with a problem.
bool handshake_check(struct http_request *r, const struct ws_options *o, enum ws_protocol *protocol)
    __attribute__((warn_unused_result));
// Writes the 101.
void handshake_reply(struct http_request *r, enum ws_protocol protocol);

#endif
