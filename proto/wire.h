// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_WIRE_H
#define THROUGHLINE_PROTO_WIRE_H

// Binary messages from outside: the counterpart of json_read(), with the same errors and the same bounds
// (JSON_DEPTH_MAX, JSON_CONTAINERS_MAX). protobuf-c alone validates no text, cuts strings at a NUL, and lets a small
// input claim a hundred times its size.

#include "proto/json.h"

// Unpacks a message of type `d` whose strings are valid UTF-8 without NUL and whose times are in range. Fields that the
// contract does not have are passed over and not kept. The message is the caller's, freed by protobuf_c_message_free_unpacked(m, NULL). NULL with *err (may be NULL) filled otherwise.
ProtobufCMessage *wire_read(const ProtobufCMessageDescriptor *d, const void *bytes, size_t len, struct json_error *err)
    __attribute__((warn_unused_result));

// The same in the caller's memory (NULL = malloc), freed by protobuf_c_message_free_unpacked(m, memory) or, where that gives back
// everything at once, with it.
ProtobufCMessage *wire_read_into(ProtobufCAllocator *memory, const ProtobufCMessageDescriptor *d, const void *bytes,
                                 size_t len, struct json_error *err) __attribute__((warn_unused_result));

#endif
