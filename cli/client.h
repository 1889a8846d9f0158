// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_CLIENT_H
#define THROUGHLINE_CLI_CLIENT_H

#include "cli/cli.h"

// One HTTP request to the daemon. *out gets the JSON answer (a new reference), or NULL. Returns CLI_OK for 2xx; otherwise the
// problem is told on stderr and the matching code returned.
int client_call(struct cli *cli, const char *method, const char *path, const json_t *body, json_t **out);
// The same for a body of bytes: *out is malloc'd.
int client_bytes(struct cli *cli, const char *path, char **out, size_t *len);
// Walks a paginated list: calls `path` (with limit and cursor) and appends the elements of `member` to one array.
int client_list(struct cli *cli, const char *path, const char *member, size_t most, json_t **out);
// After a 401: whether there was no token, or one that the daemon does not know. CLI_DENIED.
int client_unauthorized(const struct cli *cli);
// Percent-encodes one path segment; malloc'd.
char *client_segment(const char *text);
// 128 random bits in hex: ids of events, calls and desk sessions.
void client_random(char out[40]);

#endif
