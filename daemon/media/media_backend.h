// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_MEDIA_BACKEND_H
#define THROUGHLINE_MEDIA_BACKEND_H

// Where the bytes are. One implementation, a folder; an object store fits behind the same four functions, for they run on workers and may
// block. Names are "<tenant>/<two hex digits>/<sha256>". Callable from several threads at once.

#include "daemon/media/media.h"

struct media_backend {
    void *self;
    // Durable on return. *fresh: it was not there; else it is as young as if it had been written now.
    enum tl_err (*put)(void *self, const char *name, const void *bytes, size_t len, bool *fresh);
    enum tl_err (*get)(void *self, const char *name, uint64_t offset, size_t max, struct media_part *out);
    // Removes what is not younger than `before` in the folders "*/<two digits>"; returns how many, and their bytes.
    size_t (*clean)(void *self, const char *digits, int64_t before, uint64_t *bytes);
    void (*free)(void *self);
};

// NULL with *why; *bytes: what is there already.
struct media_backend *media_folder_new(const char *dir, uint64_t *bytes, char *why, size_t why_len);

#endif
