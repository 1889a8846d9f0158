// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_ERROR_H
#define THROUGHLINE_PROTO_ERROR_H

// Filling struct json_error. Private to proto/.

#include "proto/json.h"
#include "proto/reflect.h"

// Fills *err (may be NULL); `path` may be NULL for the whole message. Always false, so that callers can return it.
bool error_set(struct json_error *err, const struct reflect_path *path, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
