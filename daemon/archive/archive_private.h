// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ARCHIVE_PRIVATE_H
#define THROUGHLINE_ARCHIVE_PRIVATE_H

#include "daemon/archive/archive.h"

#define ARCHIVE_PATH_MAX    4352
#define ARCHIVE_HEAD_MAX    256
#define ARCHIVE_LOG_HEAD    "throughline-log 2 "
#define ARCHIVE_STATE_HEAD  "throughline-state 1 "
#define ARCHIVE_STATE_MOST  ((size_t)4 << 30) // as much as a snapshot in Redis may have
#define ARCHIVE_PACKED_MOST (ARCHIVE_STATE_MOST - 1)

// archive_pack.c
void archive_hash(const void *bytes, size_t len, char out[static ARCHIVE_HASH_MAX]);
// gzip, malloc'd.
uint8_t *archive_pack(const void *bytes, size_t len, size_t *packed);
// Appends the content of one whole gzip stream to *out; false when it is none, or has more than `most` bytes.
bool archive_unpack(const uint8_t *packed, size_t packed_len, size_t most, uint8_t **out, size_t *len, size_t *cap);

bool archive_fail(struct archive *a, const char *name, const char *why); // false

#endif
