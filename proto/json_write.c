// SPDX-License-Identifier: Apache-2.0
// Messages to proto3 JSON: written straight from the message, no tree in between.
// Never refuses a message: what JSON cannot say (bad UTF-8, a time out of range) is replaced by the nearest that it can.
// Fails only when the sink fails, or when memory for sorting a map runs out.
#include "proto/json.h"

#include "google/protobuf/timestamp.pb-c.h"
#include "proto/base64.h"
#include "proto/json_text.h"
#include "proto/reflect.h"
#include "proto/timestamp.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void write_message(struct json_text *t, const ProtobufCMessage *m);

// ---- one function per kind of value; `v` is its address in the message ----

typedef void value_write_fn(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v);

static void write_int32(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    json_text_put_signed(t, *(const int32_t *)v);
}

static void write_uint32(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    json_text_put_unsigned(t, *(const uint32_t *)v);
}

static void write_int64(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    json_text_put_char(t, '"');
    json_text_put_signed(t, *(const int64_t *)v);
    json_text_put_char(t, '"');
}

static void write_uint64(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    json_text_put_char(t, '"');
    json_text_put_unsigned(t, *(const uint64_t *)v);
    json_text_put_char(t, '"');
}

static void write_float(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    json_text_put_float(t, *(const float *)v);
}

static void write_double(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    json_text_put_double(t, *(const double *)v);
}

static void write_bool(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    if (*(const protobuf_c_boolean *)v)
        json_text_put(t, "true", 4);
    else
        json_text_put(t, "false", 5);
}

// A number that this version has no name for stays a number, as the mapping says.
static void write_enum(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    int number = *(const int *)v;
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(f->descriptor, number);
    if (value != NULL)
        json_text_put_string(t, value->name);
    else
        json_text_put_signed(t, number);
}

static void write_string(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    json_text_put_string(t, *(char *const *)v);
}

static void write_bytes(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    enum { PIECE = 768 }; // a multiple of 3, so that only the last piece is padded
    (void)f;
    const ProtobufCBinaryData *b = v;
    char text[BASE64_ENCODED_LEN(PIECE)];
    json_text_put_char(t, '"');
    for (size_t i = 0; i < b->len; i += PIECE)
        json_text_put(t, text, base64_encode(b->data + i, b->len - i < PIECE ? b->len - i : PIECE, text));
    json_text_put_char(t, '"');
}

static void write_submessage(struct json_text *t, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    const ProtobufCMessage *m = *(ProtobufCMessage *const *)v;
    if (m != NULL)
        write_message(t, m);
    else
        json_text_put(t, "{}", 2); // a map entry that came without its value
}

static value_write_fn *const value_writers[] = {
    [PROTOBUF_C_TYPE_INT32] = write_int32,        [PROTOBUF_C_TYPE_SINT32] = write_int32,
    [PROTOBUF_C_TYPE_SFIXED32] = write_int32,     [PROTOBUF_C_TYPE_INT64] = write_int64,
    [PROTOBUF_C_TYPE_SINT64] = write_int64,       [PROTOBUF_C_TYPE_SFIXED64] = write_int64,
    [PROTOBUF_C_TYPE_UINT32] = write_uint32,      [PROTOBUF_C_TYPE_FIXED32] = write_uint32,
    [PROTOBUF_C_TYPE_UINT64] = write_uint64,      [PROTOBUF_C_TYPE_FIXED64] = write_uint64,
    [PROTOBUF_C_TYPE_FLOAT] = write_float,        [PROTOBUF_C_TYPE_DOUBLE] = write_double,
    [PROTOBUF_C_TYPE_BOOL] = write_bool,          [PROTOBUF_C_TYPE_ENUM] = write_enum,
    [PROTOBUF_C_TYPE_STRING] = write_string,      [PROTOBUF_C_TYPE_BYTES] = write_bytes,
    [PROTOBUF_C_TYPE_MESSAGE] = write_submessage,
};

// ---- maps ----

static int compare_keys(const ProtobufCMessage *x, const ProtobufCMessage *y)
{
    const ProtobufCFieldDescriptor *key = &x->descriptor->fields[0];
    const void *kx = reflect_value(x, key, 0);
    const void *ky = reflect_value(y, key, 0);
    return key->type == PROTOBUF_C_TYPE_STRING ? strcmp(*(char *const *)kx, *(char *const *)ky)
                                               : memcmp(kx, ky, reflect_size(key->type));
}

// Of pointers into the array of entries: by key, then by position.
static int compare_entries(const void *a, const void *b)
{
    const ProtobufCMessage *const *x = *(const ProtobufCMessage *const *const *)a;
    const ProtobufCMessage *const *y = *(const ProtobufCMessage *const *const *)b;
    int order = compare_keys(*x, *y);
    return order != 0 ? order : (x > y) - (x < y);
}

static void write_entry(struct json_text *t, const ProtobufCMessage *entry)
{
    const ProtobufCFieldDescriptor *key = &entry->descriptor->fields[0];
    const ProtobufCFieldDescriptor *value = &entry->descriptor->fields[1];
    // 64-bit and string keys bring their own quotes
    bool quote = key->type != PROTOBUF_C_TYPE_STRING && reflect_size(key->type) != sizeof(int64_t);
    if (quote)
        json_text_put_char(t, '"');
    value_writers[key->type](t, key, reflect_value(entry, key, 0));
    if (quote)
        json_text_put_char(t, '"');
    json_text_put_char(t, ':');
    value_writers[value->type](t, value, reflect_value(entry, value, 0));
}

// In order of key; of entries with the same key the last counts, as in every protobuf reader.
static void write_map(struct json_text *t, const ProtobufCMessage *const *entries, size_t n)
{
    const ProtobufCMessage *const **sorted = malloc(n * sizeof *sorted);
    if (sorted == NULL) {
        t->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        sorted[i] = &entries[i];
    qsort(sorted, n, sizeof *sorted, compare_entries);
    json_text_put_char(t, '{');
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && compare_keys(*sorted[i], *sorted[i + 1]) == 0)
            continue;
        if (!first)
            json_text_put_char(t, ',');
        first = false;
        write_entry(t, *sorted[i]);
    }
    json_text_put_char(t, '}');
    free(sorted);
}

// ---- messages ----

static void write_field(struct json_text *t, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t n)
{
    char name[REFLECT_NAME_MAX];
    size_t len = reflect_json_name(f->name, name);
    json_text_put_char(t, '"');
    json_text_put(t, name, len);
    json_text_put(t, "\":", 2);
    if (f->label != PROTOBUF_C_LABEL_REPEATED) {
        value_writers[f->type](t, f, reflect_value(m, f, 0));
        return;
    }
    if (reflect_map_entry(f) != NULL) {
        write_map(t, reflect_value(m, f, 0), n);
        return;
    }
    json_text_put_char(t, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            json_text_put_char(t, ',');
        value_writers[f->type](t, f, reflect_value(m, f, i));
    }
    json_text_put_char(t, ']');
}

static void write_timestamp(struct json_text *t, const ProtobufCMessage *m)
{
    const Google__Protobuf__Timestamp *at = (const Google__Protobuf__Timestamp *)m;
    char text[TIMESTAMP_TEXT_MAX];
    size_t len = timestamp_format(at->seconds, at->nanos, text);
    json_text_put_char(t, '"');
    json_text_put(t, text, len);
    json_text_put_char(t, '"');
}

static void write_message(struct json_text *t, const ProtobufCMessage *m)
{
    const ProtobufCMessageDescriptor *d = m->descriptor;
    if (reflect_is_timestamp(d)) {
        write_timestamp(t, m);
        return;
    }
    json_text_put_char(t, '{');
    bool first = true;
    for (unsigned i = 0; i < d->n_fields; i++) {
        size_t n = reflect_count(m, &d->fields[i]);
        if (n == 0)
            continue;
        if (!first)
            json_text_put_char(t, ',');
        first = false;
        write_field(t, m, &d->fields[i], n);
    }
    json_text_put_char(t, '}');
}

bool json_write_to(const ProtobufCMessage *m, json_write_fn *write, void *ctx)
{
    struct json_text t;
    json_text_begin(&t, write, ctx);
    write_message(&t, m);
    json_text_flush(&t);
    return !t.failed;
}

struct text {
    char *bytes;
    size_t len, room;
};

static bool text_append(void *ctx, const char *bytes, size_t len)
{
    struct text *t = ctx;
    if (t->room - t->len <= len) {
        size_t room = (t->len + len + 1) * 2;
        char *grown = realloc(t->bytes, room);
        if (grown == NULL)
            return false;
        t->bytes = grown;
        t->room = room;
    }
    memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
    return true;
}

char *json_write(const ProtobufCMessage *m, size_t *len)
{
    struct text t = {NULL, 0, 0};
    if (!json_write_to(m, text_append, &t)) {
        free(t.bytes);
        return NULL;
    }
    t.bytes[t.len] = '\0'; // there is room: every message writes something, and append leaves a byte
    if (len != NULL)
        *len = t.len;
    return t.bytes;
}
