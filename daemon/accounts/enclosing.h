// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ACCOUNTS_ENCLOSING_H
#define THROUGHLINE_ACCOUNTS_ENCLOSING_H

// The files of a message that goes out. What the media store has is named "media:<sha256>" there, which means nothing to anybody outside.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channels/adapter.h"

struct media;
struct workers;

// Bytes of all files that one message encloses; those that do not fit any more go as links.
#define ENCLOSING_MAX (4u << 20)

// Puts links under `base` in place of stored references. The message's texts are malloc'd, as unpacking makes them.
void enclosing_link(struct media *media, const char *tenant, const char *base, int64_t seconds,
                    Throughline__V1__Message *m);

// Whether the message names a file of the media store.
bool enclosing_has(const Throughline__V1__Message *m);

// Reads the files on a worker and gives them, one for each attachment, bytes NULL where there are none (elsewhere, gone, no room); borrowed
// during the call. False when too many wait: fn is not called.
typedef void enclosing_fn(void *module, uint64_t token, const struct adapter_bytes *files, size_t n);
bool enclosing_read(struct workers *w, struct media *media, const char *tenant, const Throughline__V1__Message *m,
                    enclosing_fn *fn, void *module, uint64_t token) __attribute__((warn_unused_result));

#endif
