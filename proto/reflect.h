// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_REFLECT_H
#define THROUGHLINE_PROTO_REFLECT_H

// What the helpers on messages share: reading a message by its protobuf-c descriptor, and naming the place of a value for
// a person ("events[3].from"). Private to proto/. Nothing here allocates or fails.
//
// protobuf-c's descriptors carry neither json_name nor a mark on map entries; both are derived by the rules that protoc
// itself uses, so a custom json_name is not supported.

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#define REFLECT_NAME_MAX 64 // a field's JSON name, with its NUL; longer ones are cut

// Bytes that one value of this type takes in memory.
size_t reflect_size(ProtobufCType type);

// How many values a reader of `m` sees in this field: 0 when it is absent or has its default, the count when repeated.
size_t reflect_count(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f);

// The address of the i-th of those values, within `m`.
const void *reflect_value(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t i);

// The descriptor of the entries when the field is a map, else NULL.
const ProtobufCMessageDescriptor *reflect_map_entry(const ProtobufCFieldDescriptor *f);

bool reflect_is_oneof(const ProtobufCFieldDescriptor *f);
bool reflect_is_timestamp(const ProtobufCMessageDescriptor *d);

// lowerCamelCase as protoc derives it: occurred_at -> occurredAt. Returns its length.
size_t reflect_json_name(const char *name, char out[static REFLECT_NAME_MAX]);

// A value's place: a chain of steps on the callers' stacks, innermost first.
struct reflect_path {
    const struct reflect_path *up; // NULL = the message itself
    const char *field;             // the field's name in the .proto, or as the sender wrote it
    const char *key;               // of a map entry, or NULL
    size_t index;                  // of a repeated element, when `indexed`
    bool indexed;
};

// Writes "events[3].attributes["plan"]"; cut where it does not fit. `out` is always terminated when size > 0.
void reflect_path_print(const struct reflect_path *path, char *out, size_t size);

#endif
