// SPDX-License-Identifier: Apache-2.0
// Messages to proto3 JSON: written straight from the message through a small buffer, no tree in between.
// Never refuses a message: what JSON cannot say (bad UTF-8, a time out of range) is replaced by the nearest that it can.
// Fails only when the sink fails, or when memory for sorting a map runs out.
#include "proto/json.h"

#include "google/protobuf/timestamp.pb-c.h"
#include "proto/base64.h"
#include "proto/reflect.h"
#include "proto/timestamp.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

struct writer {
    json_write_fn *write;
    void *ctx;
    bool failed;
    size_t n;
    char buf[4096];
};

static void write_message(struct writer *w, const ProtobufCMessage *m);

static void flush(struct writer *w)
{
    if (!w->failed && w->n > 0)
        w->failed = !w->write(w->ctx, w->buf, w->n);
    w->n = 0;
}

static void put(struct writer *w, const char *bytes, size_t len)
{
    while (len > 0) {
        if (w->n == sizeof w->buf)
            flush(w);
        size_t part = sizeof w->buf - w->n < len ? sizeof w->buf - w->n : len;
        memcpy(w->buf + w->n, bytes, part);
        w->n += part;
        bytes += part;
        len -= part;
    }
}

static void put_char(struct writer *w, char c)
{
    if (w->n == sizeof w->buf)
        flush(w);
    w->buf[w->n++] = c;
}

static void put_escape(struct writer *w, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *s = shorts; *s != '\0'; s += 2) {
        if (c == (unsigned char)*s) {
            put(w, (const char[]){'\\', s[1]}, 2);
            return;
        }
    }
    char text[8];
    snprintf(text, sizeof text, "\\u%04x", c);
    put(w, text, 6);
}

// The inside of a string that is valid UTF-8: runs that need no escape go out whole.
static void put_escaped(struct writer *w, const char *s, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        put(w, s + from, i - from);
        put_escape(w, c);
        from = i + 1;
    }
    put(w, s + from, len - from);
}

static void put_string(struct writer *w, const char *s)
{
    const uint8_t *p = (const uint8_t *)(s != NULL ? s : "");
    size_t len = strlen((const char *)p);
    put_char(w, '"');
    for (const uint8_t *bad; (bad = u8_check(p, len)) != NULL;) {
        size_t good = (size_t)(bad - p);
        put_escaped(w, (const char *)p, good);
        put(w, "\xEF\xBF\xBD", 3);
        p += good + 1;
        len -= good + 1;
    }
    put_escaped(w, (const char *)p, len);
    put_char(w, '"');
}

static void put_unsigned(struct writer *w, uint64_t v, bool negative)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    if (negative)
        digits[--at] = '-';
    put(w, digits + at, sizeof digits - at);
}

static void put_signed(struct writer *w, int64_t v)
{
    put_unsigned(w, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
}

// ---- one function per kind of value; `v` is its address in the message ----

typedef void value_write_fn(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v);

static void write_int32(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    put_signed(w, *(const int32_t *)v);
}

static void write_uint32(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    put_unsigned(w, *(const uint32_t *)v, false);
}

static void write_int64(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    put_char(w, '"');
    put_signed(w, *(const int64_t *)v);
    put_char(w, '"');
}

static void write_uint64(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    put_char(w, '"');
    put_unsigned(w, *(const uint64_t *)v, false);
    put_char(w, '"');
}

// The shortest of the precisions from `least` that reads back as the same value.
static void put_real(struct writer *w, double v, int least, int most, bool single)
{
    if (isnan(v)) {
        put(w, "\"NaN\"", 5);
        return;
    }
    if (isinf(v)) {
        const char *text = v < 0 ? "\"-Infinity\"" : "\"Infinity\"";
        put(w, text, strlen(text));
        return;
    }
    char text[40];
    for (int precision = least; precision <= most; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, v);
        double back = strtod(text, NULL);
        if (single ? (float)back == (float)v : back == v)
            break;
    }
    put(w, text, strlen(text));
}

static void write_float(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    put_real(w, (double)*(const float *)v, 6, 9, true);
}

static void write_double(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    put_real(w, *(const double *)v, 15, 17, false);
}

static void write_bool(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    if (*(const protobuf_c_boolean *)v)
        put(w, "true", 4);
    else
        put(w, "false", 5);
}

// A number that this version has no name for stays a number, as the mapping says.
static void write_enum(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    int number = *(const int *)v;
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(f->descriptor, number);
    if (value != NULL)
        put_string(w, value->name);
    else
        put_signed(w, number);
}

static void write_string(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    put_string(w, *(char *const *)v);
}

static void write_bytes(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    enum { PIECE = 768 }; // a multiple of 3, so that only the last piece is padded
    (void)f;
    const ProtobufCBinaryData *b = v;
    char text[BASE64_ENCODED_LEN(PIECE)];
    put_char(w, '"');
    for (size_t i = 0; i < b->len; i += PIECE)
        put(w, text, base64_encode(b->data + i, b->len - i < PIECE ? b->len - i : PIECE, text));
    put_char(w, '"');
}

static void write_submessage(struct writer *w, const ProtobufCFieldDescriptor *f, const void *v)
{
    (void)f;
    const ProtobufCMessage *m = *(ProtobufCMessage *const *)v;
    if (m != NULL)
        write_message(w, m);
    else
        put(w, "{}", 2); // a map entry that came without its value
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

static void write_entry(struct writer *w, const ProtobufCMessage *entry)
{
    const ProtobufCFieldDescriptor *key = &entry->descriptor->fields[0];
    const ProtobufCFieldDescriptor *value = &entry->descriptor->fields[1];
    // 64-bit and string keys bring their own quotes
    bool quote = key->type != PROTOBUF_C_TYPE_STRING && reflect_size(key->type) != sizeof(int64_t);
    if (quote)
        put_char(w, '"');
    value_writers[key->type](w, key, reflect_value(entry, key, 0));
    if (quote)
        put_char(w, '"');
    put_char(w, ':');
    value_writers[value->type](w, value, reflect_value(entry, value, 0));
}

// In order of key; of entries with the same key the last counts, as in every protobuf reader.
static void write_map(struct writer *w, const ProtobufCMessage *const *entries, size_t n)
{
    const ProtobufCMessage *const **sorted = malloc(n * sizeof *sorted);
    if (sorted == NULL) {
        w->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        sorted[i] = &entries[i];
    qsort(sorted, n, sizeof *sorted, compare_entries);
    put_char(w, '{');
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && compare_keys(*sorted[i], *sorted[i + 1]) == 0)
            continue;
        if (!first)
            put_char(w, ',');
        first = false;
        write_entry(w, *sorted[i]);
    }
    put_char(w, '}');
    free(sorted);
}

// ---- messages ----

static void write_field(struct writer *w, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t n)
{
    char name[REFLECT_NAME_MAX];
    size_t len = reflect_json_name(f->name, name);
    put_char(w, '"');
    put(w, name, len);
    put(w, "\":", 2);
    if (f->label != PROTOBUF_C_LABEL_REPEATED) {
        value_writers[f->type](w, f, reflect_value(m, f, 0));
        return;
    }
    if (reflect_map_entry(f) != NULL) {
        write_map(w, reflect_value(m, f, 0), n);
        return;
    }
    put_char(w, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            put_char(w, ',');
        value_writers[f->type](w, f, reflect_value(m, f, i));
    }
    put_char(w, ']');
}

static void write_timestamp(struct writer *w, const ProtobufCMessage *m)
{
    const Google__Protobuf__Timestamp *t = (const Google__Protobuf__Timestamp *)m;
    char text[TIMESTAMP_TEXT_MAX];
    size_t len = timestamp_format(t->seconds, t->nanos, text);
    put_char(w, '"');
    put(w, text, len);
    put_char(w, '"');
}

static void write_message(struct writer *w, const ProtobufCMessage *m)
{
    const ProtobufCMessageDescriptor *d = m->descriptor;
    if (reflect_is_timestamp(d)) {
        write_timestamp(w, m);
        return;
    }
    put_char(w, '{');
    bool first = true;
    for (unsigned i = 0; i < d->n_fields; i++) {
        size_t n = reflect_count(m, &d->fields[i]);
        if (n == 0)
            continue;
        if (!first)
            put_char(w, ',');
        first = false;
        write_field(w, m, &d->fields[i], n);
    }
    put_char(w, '}');
}

bool json_write_to(const ProtobufCMessage *m, json_write_fn *write, void *ctx)
{
    struct writer w;
    w.write = write;
    w.ctx = ctx;
    w.failed = false;
    w.n = 0;
    write_message(&w, m);
    flush(&w);
    return !w.failed;
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
