// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_SNAPSHOT_H
#define THROUGHLINE_ROUTING_SNAPSHOT_H

// What snapshot.c and restore.c must agree on. Whoever changes the form raises the version.

#include "routing/core.h"

#define SNAPSHOT_MAGIC     "TLROUTER"
#define SNAPSHOT_MAGIC_LEN 8u
#define SNAPSHOT_VERSION   36u

struct snapshot_hash {
    uint64_t state, length;
};

// All but the last piece must be whole words of eight bytes.
void snapshot_hash_add(struct snapshot_hash *h, const unsigned char *p, size_t n);
uint64_t snapshot_hash_end(struct snapshot_hash *h);

#endif
