// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_JSON_VALUE_H
#define THROUGHLINE_PROTO_JSON_VALUE_H

// One JSON value into one scalar field. Private to the JSON reader.

#include "proto/error.h"

#include <jansson.h>

// Where a value stands and where to complain.
struct json_place {
    struct json_error *err;
    const struct reflect_path *path;
};

// Stores `json` at `slot` as a value of field `f`, which is not of message type. What it allocates belongs to the message.
// On false *slot is as it was.
bool json_value_read(const ProtobufCFieldDescriptor *f, const json_t *json, void *slot, struct json_place at);

// A map's key, which JSON always writes as a string.
bool json_value_read_key(const ProtobufCFieldDescriptor *f, const char *key, void *slot, struct json_place at);

// "expected A, got B".
bool json_value_wrong_type(struct json_place at, const char *expected, const json_t *got);

#endif
