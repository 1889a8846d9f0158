// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_STORE_BLOCK_H
#define THROUGHLINE_STORE_BLOCK_H

#include "daemon/store/resp.h"
#include "daemon/store/value.h"

// A blocking connection, for forked children only: never on the loop.

struct block;

// ca_file: of rediss. timeout_ms: of connecting and of every call. NULL with *why (static text).
struct block *block_open(const char *url, const char *ca_file, int timeout_ms, const char **why)
    __attribute__((warn_unused_result));
void block_close(struct block *b);
struct resp_out *block_out(struct block *b); // write one command here
// Sends it and waits; valid until the next call. NULL: the connection is lost.
const struct value *block_call(struct block *b) __attribute__((warn_unused_result));

#endif
