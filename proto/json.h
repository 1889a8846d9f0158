// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_JSON_H
#define THROUGHLINE_PROTO_JSON_H

// proto3 JSON (https://protobuf.dev/programming-guides/json/) to and from protobuf-c messages, by their descriptors: one
// mapper for every message, no code per message.
//
// Written: lowerCamelCase names, defaults left out, 64-bit integers as strings, enums by name, bytes as padded base64,
// google.protobuf.Timestamp as RFC 3339 in UTC, maps in order of key: equal messages give equal text.
// Read: the same and every other spelling that the mapping allows; anything else is an error that says where, what is
// wrong and what would be right. Errors never quote a value's text, only names.
// Not supported, because no message of ours has them: Any, Struct, Duration, FieldMask, wrappers, custom json_name.

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH_MAX      32    // objects and arrays within each other
#define JSON_CONTAINERS_MAX 65536 // objects and arrays in one text: bounds the memory that a small text can claim

// Why a message could not be read.
struct json_error {
    const char *code; // stable: malformed_json unknown_field duplicate_field oneof_conflict wrong_type out_of_range
                      // unknown_enum invalid_base64 invalid_timestamp invalid_utf8 nul_character too_deep too_many
                      // malformed_protobuf no_memory
    char path[256];   // "events[3].from"; "" = the whole
    char text[320];   // for people: what is wrong, what would be right
    int line, column; // from 1, where the text itself is malformed; 0 = see path
};

// Takes the next bytes of a text; false stops the writing.
typedef bool json_write_fn(void *ctx, const char *bytes, size_t len);

// Writes `m` through `write`, in few large pieces. Text that is not valid UTF-8 is written with U+FFFD in place of each bad
// byte and a time out of range as the nearest in range, so the output is valid whatever `m` holds. False when `write`
// said so or memory ran out.
bool json_write_to(const ProtobufCMessage *m, json_write_fn *write, void *ctx) __attribute__((warn_unused_result));

// The same into memory that the caller frees with free(). NUL-terminated; *len (may be NULL) counts without the NUL.
// NULL when memory ran out.
char *json_write(const ProtobufCMessage *m, size_t *len) __attribute__((warn_unused_result));

enum json_read_flags {
    JSON_READ_STRICT = 0,
    JSON_READ_IGNORE_UNKNOWN = 1, // fields that this version does not know are skipped: for readers of our own output
};

// Reads a message of type `d` from `len` bytes of text; the caller bounds `len`. The message is the caller's, freed by
// protobuf_c_message_free_unpacked(m, NULL). NULL with *err (may be NULL) filled when the text is not such a message.
ProtobufCMessage *json_read(const ProtobufCMessageDescriptor *d, const char *text, size_t len, struct json_error *err)
    __attribute__((warn_unused_result));
ProtobufCMessage *json_read_with(const ProtobufCMessageDescriptor *d, const char *text, size_t len, unsigned flags,
                                 struct json_error *err) __attribute__((warn_unused_result));

#endif
