// SPDX-License-Identifier: Apache-2.0
// A walk over the wire format before unpacking: it follows known fields of message type, checks known strings, and counts.
// It judges text and bounds only; that the rest is well formed is left to protobuf-c's own unpacking, which comes after.
#include "proto/wire.h"

#include "proto/error.h"
#include "proto/reflect.h"
#include "proto/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct walk {
    struct json_error *err;
    size_t messages;
    bool unknown; // a field that the contract does not have
    bool times;   // a google.protobuf.Timestamp, whose range is still to be checked
};

struct span {
    const uint8_t *p;
    const uint8_t *end;
};

static bool walk_message(struct walk *w, const ProtobufCMessageDescriptor *d, struct span in,
                         const struct reflect_path *up, int depth);

static bool take_varint(struct span *in, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70 && in->p < in->end; shift += 7) {
        uint8_t byte = *in->p++;
        v |= shift < 64 ? (uint64_t)(byte & 0x7F) << shift : 0;
        if (byte < 0x80) {
            *out = v;
            return true;
        }
    }
    return false;
}

// Takes one value; for WIRE_BYTES *value is its content.
static bool take_value(struct span *in, unsigned type, struct span *value)
{
    uint64_t n = 0;
    if (type == WIRE_VARINT)
        return take_varint(in, &n);
    if (type == WIRE_BYTES && !take_varint(in, &n))
        return false;
    if (type == WIRE_FIXED64)
        n = 8;
    else if (type == WIRE_FIXED32)
        n = 4;
    else if (type != WIRE_BYTES)
        return false;
    if (n > (uint64_t)(in->end - in->p))
        return false;
    *value = (struct span){in->p, in->p + n};
    in->p += n;
    return true;
}

static bool check_string(struct walk *w, struct span s, const struct reflect_path *path)
{
    size_t len = (size_t)(s.end - s.p);
    if (memchr(s.p, '\0', len) != NULL)
        return error_set(w->err, path, "nul_character", "a string may not hold a NUL character");
    return utf8_valid(s.p, len) || error_set(w->err, path, "invalid_utf8", "not valid UTF-8");
}

static bool walk_message(struct walk *w, const ProtobufCMessageDescriptor *d, struct span in,
                         const struct reflect_path *up, int depth)
{
    size_t index = 0; // of the element, within a run of the same repeated field
    uint64_t last_id = 0;
    if (depth > JSON_DEPTH_MAX)
        return error_set(w->err, up, "too_deep", "more than %d messages within each other", JSON_DEPTH_MAX);
    if (++w->messages > JSON_CONTAINERS_MAX)
        return error_set(w->err, up, "too_many", "more than %d messages in one", JSON_CONTAINERS_MAX);
    w->times = w->times || reflect_is_timestamp(d);
    while (in.p < in.end) {
        uint64_t tag;
        struct span value = {NULL, NULL};
        if (!take_varint(&in, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX >> 3 || !take_value(&in, tag & 7, &value))
            return error_set(w->err, up, "malformed_protobuf", "not a protobuf %s", d->short_name);
        const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(d, (unsigned)(tag >> 3));
        index = tag >> 3 == last_id ? index + 1 : 0;
        last_id = tag >> 3;
        w->unknown = w->unknown || f == NULL;
        if (f == NULL || (tag & 7) != WIRE_BYTES)
            continue;
        const struct reflect_path path = {up, f->name, NULL, index, f->label == PROTOBUF_C_LABEL_REPEATED};
        if (f->type == PROTOBUF_C_TYPE_STRING && !check_string(w, value, &path))
            return false;
        if (f->type == PROTOBUF_C_TYPE_MESSAGE && !walk_message(w, f->descriptor, value, &path, depth + 1))
            return false;
    }
    return true;
}

static void give_back(ProtobufCAllocator *memory, void *p)
{
    if (memory)
        memory->free(memory->allocator_data, p);
    else
        free(p);
}

// They would be kept, counted as content, and sent on to whoever reads the message next.
static void drop_unknown(ProtobufCMessage *m, ProtobufCAllocator *memory)
{
    for (unsigned i = 0; i < m->n_unknown_fields; i++)
        give_back(memory, m->unknown_fields[i].data);
    give_back(memory, m->unknown_fields);
    m->unknown_fields = NULL;
    m->n_unknown_fields = 0;
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        size_t n = f->type == PROTOBUF_C_TYPE_MESSAGE ? reflect_count(m, f) : 0;
        for (size_t k = 0; k < n; k++)
            drop_unknown(*(ProtobufCMessage *const *)reflect_value(m, f, k), memory);
    }
}

ProtobufCMessage *wire_read_into(ProtobufCAllocator *memory, const ProtobufCMessageDescriptor *d, const void *bytes,
                                 size_t len, struct json_error *err)
{
    struct walk w = {.err = err};
    const uint8_t *p = len > 0 ? bytes : (const uint8_t *)"";
    if (!walk_message(&w, d, (struct span){p, p + len}, NULL, 1))
        return NULL;
    ProtobufCMessage *m = protobuf_c_message_unpack(d, memory, len, p);
    if (m == NULL) {
        error_set(err, NULL, "malformed_protobuf", "not a protobuf %s", d->short_name);
        return NULL;
    }
    if (w.unknown)
        drop_unknown(m, memory);
    if (w.times && !proto_check_utf8(m, err)) { // the text is checked already
        protobuf_c_message_free_unpacked(m, memory);
        return NULL;
    }
    return m;
}

ProtobufCMessage *wire_read(const ProtobufCMessageDescriptor *d, const void *bytes, size_t len, struct json_error *err)
{
    return wire_read_into(NULL, d, bytes, len, err);
}
