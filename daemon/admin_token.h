// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ADMIN_TOKEN_H
#define THROUGHLINE_ADMIN_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/store/store.h"

// The first admin token of a tenant: made when the data directory has none, kept in data_dir/admin-<tenant>.token (0600), its hash in the
// store's document "tokens". So the command line works at once on the machine where the daemon runs.

struct admin_token {
    struct store *store;
    const char *tenant, *node, *data_dir; // borrowed
    bool configured;                      // the configuration file has an admin token for this tenant
    uint64_t owner;
    bool asking, done;
};

// Asks the store, once it is up, and again until it is done; cheap to call.
void admin_token_ensure(struct admin_token *t);
void admin_token_close(struct admin_token *t);

#endif
