// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_SOCKET_H
#define THROUGHLINE_CLI_SOCKET_H

#include "cli/cli.h"

// A WebSocket to the daemon (RFC 6455) that speaks JSON text frames, beside the terminal's lines, in one poll loop.

struct socket;

struct socket_ops {
    // A frame, already parsed. Returns false to end the run.
    bool (*message)(void *ctx, const json_t *frame);
    // A line typed, without its newline; NULL = end of input. Returns false to end the run.
    bool (*line)(void *ctx, char *line);
    // Whom a typed line is for, before the cursor; NULL = it is not told.
    const char *(*prompt)(void *ctx);
};

// NULL after having told why. `code` gets the sysexits code then.
struct socket *socket_open(struct cli *cli, const char *path, int *code);
bool socket_send(struct socket *s, const json_t *frame); // false: the connection is gone
// Runs until one of ops says so, the daemon closes, or SIGINT/SIGTERM. `input`: also read stdin. CLI_OK, or CLI_UNAVAILABLE with the reason told.
int socket_run(struct socket *s, const struct socket_ops *ops, void *ctx, bool input);
// After the run: the connection was lost, or the daemon is going away for a while; not that it wants no more of this peer.
bool socket_may_return(const struct socket *s);
bool socket_pause(int ms); // false: SIGINT or SIGTERM
void socket_close(struct socket *s);

#endif
