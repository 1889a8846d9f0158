// SPDX-License-Identifier: Apache-2.0
// UTF-8 checks on bytes and on whole messages. Pure; the walk over a message is as deep as the message is.
#include "proto/utf8.h"

#include "google/protobuf/timestamp.pb-c.h"
#include "proto/error.h"
#include "proto/timestamp.h"

#include <string.h>
#include <unistr.h>

bool utf8_valid(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    for (uint64_t eight; len >= 8; p += 8, len -= 8) { // most texts begin with much ASCII, or are nothing else
        memcpy(&eight, p, 8);
        if (eight & 0x8080808080808080u)
            break;
    }
    return len == 0 || u8_check(p, len) == NULL;
}

bool utf8_valid_text(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++) {
        if (p[i] < 0x20 && p[i] != '\t' && p[i] != '\n' && p[i] != '\r')
            return false;
    }
    return utf8_valid(bytes, len);
}

size_t utf8_prefix(const void *bytes, size_t len, size_t max)
{
    const unsigned char *p = bytes;
    if (len <= max)
        return len;
    while (max > 0 && (p[max] & 0xC0) == 0x80)
        max--;
    return max;
}

static bool check_message(const ProtobufCMessage *m, const struct reflect_path *up, struct json_error *err);

static bool check_value(const ProtobufCFieldDescriptor *f, const void *value, const struct reflect_path *path,
                        struct json_error *err)
{
    if (f->type == PROTOBUF_C_TYPE_STRING) {
        const char *s = *(char *const *)value;
        return s == NULL || utf8_valid(s, strlen(s)) || error_set(err, path, "invalid_utf8", "not valid UTF-8");
    }
    const ProtobufCMessage *m = *(ProtobufCMessage *const *)value;
    return m == NULL || check_message(m, path, err);
}

static bool check_message(const ProtobufCMessage *m, const struct reflect_path *up, struct json_error *err)
{
    if (reflect_is_timestamp(m->descriptor)) {
        const Google__Protobuf__Timestamp *t = (const Google__Protobuf__Timestamp *)m;
        return timestamp_in_range(t->seconds, t->nanos) ||
               error_set(err, up, "invalid_timestamp", "outside the years 0001 to 9999, or nanos outside 0..999999999");
    }
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        if (f->type != PROTOBUF_C_TYPE_STRING && f->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        size_t n = reflect_count(m, f);
        for (size_t k = 0; k < n; k++) {
            const struct reflect_path path = {up, f->name, NULL, k, f->label == PROTOBUF_C_LABEL_REPEATED};
            if (!check_value(f, reflect_value(m, f, k), &path, err))
                return false;
        }
    }
    return true;
}

bool proto_check_utf8(const ProtobufCMessage *m, struct json_error *err)
{
    return check_message(m, NULL, err);
}
