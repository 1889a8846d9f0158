// SPDX-License-Identifier: Apache-2.0
// Scalars of the JSON reader: every spelling that the proto3 mapping allows, range-checked. A table has one function per
// protobuf type. Fails with a json_error that names what would be right and never quotes a value's text, except names of
// enum values.
#include "proto/json_value.h"

#include "proto/base64.h"
#include "proto/nearest.h"

#include <ctype.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENUM_LISTED_MAX 12 // name all values of an enum in an error up to this many
#define NUMBER_TEXT_MAX 40

// An integer as sign and magnitude: holds both int64 and uint64.
struct integer {
    bool negative;
    uint64_t magnitude;
};

bool json_value_wrong_type(struct json_place at, const char *expected, const json_t *got)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number",    [JSON_TRUE] = "true",      [JSON_FALSE] = "false",     [JSON_NULL] = "null",
    };
    return error_set(at.err, at.path, "wrong_type", "expected %s, got %s", expected, names[json_typeof(got)]);
}

// ---- integers ----

// -?(0|[1-9][0-9]*), at most 20 digits.
static bool integer_from_text(const char *s, struct integer *out)
{
    out->negative = *s == '-';
    s += out->negative;
    if (!isdigit((unsigned char)*s) || (s[0] == '0' && s[1] != '\0'))
        return false;
    out->magnitude = 0;
    for (; isdigit((unsigned char)*s); s++) {
        uint64_t digit = (uint64_t)(*s - '0');
        if (out->magnitude > (UINT64_MAX - digit) / 10)
            out->magnitude = UINT64_MAX, out->negative = true; // beyond every range
        else
            out->magnitude = out->magnitude * 10 + digit;
    }
    return *s == '\0';
}

static bool integer_from_real(double v, struct integer *out)
{
    if (!(fabs(v) <= 9007199254740992.0) || (double)(int64_t)v != v)
        return false;
    out->negative = v < 0;
    out->magnitude = (uint64_t)fabs(v);
    return true;
}

static bool integer_read(const json_t *json, struct json_place at, struct integer *out)
{
    if (json_is_integer(json)) {
        json_int_t v = json_integer_value(json);
        out->negative = v < 0;
        out->magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
        return true;
    }
    if (json_is_real(json))
        return integer_from_real(json_real_value(json), out) ||
               error_set(at.err, at.path, "wrong_type", "expected a whole number; above 2^53 write it as a string");
    if (json_is_string(json))
        return integer_from_text(json_string_value(json), out) ||
               error_set(at.err, at.path, "wrong_type", "expected a whole number, got a string that is not one");
    return json_value_wrong_type(at, "a whole number", json);
}

static bool in_range(struct integer v, uint64_t below, uint64_t above, struct json_place at)
{
    if (v.magnitude <= (v.negative ? below : above))
        return true;
    return error_set(at.err, at.path, "out_of_range", "must be from %s%" PRIu64 " to %" PRIu64, below > 0 ? "-" : "",
                     below, above);
}

static int64_t integer_signed(struct integer v)
{
    return (int64_t)(v.negative ? 0 - v.magnitude : v.magnitude);
}

static bool store_int32(struct integer v, void *slot, struct json_place at)
{
    if (!in_range(v, (uint64_t)INT32_MAX + 1, INT32_MAX, at))
        return false;
    *(int32_t *)slot = (int32_t)integer_signed(v);
    return true;
}

static bool store_uint32(struct integer v, void *slot, struct json_place at)
{
    if (!in_range(v, 0, UINT32_MAX, at))
        return false;
    *(uint32_t *)slot = (uint32_t)v.magnitude;
    return true;
}

static bool store_int64(struct integer v, void *slot, struct json_place at)
{
    if (!in_range(v, (uint64_t)INT64_MAX + 1, INT64_MAX, at))
        return false;
    *(int64_t *)slot = integer_signed(v);
    return true;
}

static bool store_uint64(struct integer v, void *slot, struct json_place at)
{
    if (!in_range(v, 0, UINT64_MAX, at))
        return false;
    *(uint64_t *)slot = v.magnitude;
    return true;
}

typedef bool integer_store_fn(struct integer v, void *slot, struct json_place at);

static integer_store_fn *const integer_stores[] = {
    [PROTOBUF_C_TYPE_INT32] = store_int32,    [PROTOBUF_C_TYPE_SINT32] = store_int32,
    [PROTOBUF_C_TYPE_SFIXED32] = store_int32, [PROTOBUF_C_TYPE_INT64] = store_int64,
    [PROTOBUF_C_TYPE_SINT64] = store_int64,   [PROTOBUF_C_TYPE_SFIXED64] = store_int64,
    [PROTOBUF_C_TYPE_UINT32] = store_uint32,  [PROTOBUF_C_TYPE_FIXED32] = store_uint32,
    [PROTOBUF_C_TYPE_UINT64] = store_uint64,  [PROTOBUF_C_TYPE_FIXED64] = store_uint64,
};

static bool read_integer(const ProtobufCFieldDescriptor *f, const json_t *json, void *slot, struct json_place at)
{
    struct integer v = {0};
    return integer_read(json, at, &v) && integer_stores[f->type](v, slot, at);
}

// ---- the other kinds ----

static bool real_from_text(const char *s, double *out)
{
    static const struct {
        const char *name;
        double value;
    } specials[] = {{"NaN", (double)NAN}, {"Infinity", HUGE_VAL}, {"-Infinity", -HUGE_VAL}};
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        if (strcmp(s, specials[i].name) == 0) {
            *out = specials[i].value;
            return true;
        }
    }
    size_t len = strspn(s, "0123456789+-.eE"); // strtod alone would take hex, "inf" and blanks
    if (len == 0 || s[len] != '\0' || len > NUMBER_TEXT_MAX)
        return false;
    char *end;
    *out = strtod(s, &end);
    return *end == '\0' && isfinite(*out);
}

static bool real_read(const json_t *json, struct json_place at, double *out)
{
    if (json_is_number(json)) {
        *out = json_number_value(json);
        return true;
    }
    if (json_is_string(json))
        return real_from_text(json_string_value(json), out) ||
               error_set(at.err, at.path, "wrong_type", "expected a number, got a string that is not one");
    return json_value_wrong_type(at, "a number", json);
}

static bool read_float(const ProtobufCFieldDescriptor *f, const json_t *json, void *slot, struct json_place at)
{
    (void)f;
    double v = 0;
    if (!real_read(json, at, &v))
        return false;
    if (isfinite(v) && fabs(v) > (double)FLT_MAX)
        return error_set(at.err, at.path, "out_of_range", "too large for a 32-bit float");
    *(float *)slot = (float)v;
    return true;
}

static bool read_double(const ProtobufCFieldDescriptor *f, const json_t *json, void *slot, struct json_place at)
{
    (void)f;
    return real_read(json, at, slot);
}

static bool read_bool(const ProtobufCFieldDescriptor *f, const json_t *json, void *slot, struct json_place at)
{
    (void)f;
    if (!json_is_boolean(json))
        return json_value_wrong_type(at, "true or false", json);
    *(protobuf_c_boolean *)slot = json_is_true(json);
    return true;
}

static bool unknown_enum(const ProtobufCEnumDescriptor *d, const char *name, struct json_place at)
{
    struct nearest near = nearest_begin(name);
    char list[256] = "";
    size_t used = 0;
    for (unsigned i = 0; i < d->n_values; i++) {
        nearest_offer(&near, d->values[i].name);
        int n = snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", d->values[i].name);
        used = used + (size_t)n < sizeof list ? used + (size_t)n : sizeof list - 1;
    }
    if (d->n_values <= ENUM_LISTED_MAX && used < sizeof list - 1)
        return error_set(at.err, at.path, "unknown_enum", "not a value of %s; give one of %s", d->short_name, list);
    const char *best = nearest_best(&near);
    return error_set(at.err, at.path, "unknown_enum", "not a value of %s%s%s%s", d->short_name,
                     best != NULL ? "; did you mean " : "", best != NULL ? best : "", best != NULL ? "?" : "");
}

static bool read_enum(const ProtobufCFieldDescriptor *f, const json_t *json, void *slot, struct json_place at)
{
    const ProtobufCEnumDescriptor *d = f->descriptor;
    if (json_is_number(json)) {
        struct integer v = {0};
        return integer_read(json, at, &v) && store_int32(v, slot, at);
    }
    if (!json_is_string(json))
        return json_value_wrong_type(at, "the name or number of an enum value", json);
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(d, json_string_value(json));
    if (value == NULL)
        return unknown_enum(d, json_string_value(json), at);
    *(int *)slot = value->value;
    return true;
}

static bool store_string(const char *s, size_t len, void *slot, struct json_place at)
{
    char *copy = malloc(len + 1);
    if (copy == NULL)
        return error_set(at.err, at.path, "no_memory", "out of memory");
    memcpy(copy, s, len + 1);
    *(char **)slot = copy;
    return true;
}

static bool read_string(const ProtobufCFieldDescriptor *f, const json_t *json, void *slot, struct json_place at)
{
    (void)f;
    if (!json_is_string(json))
        return json_value_wrong_type(at, "a string", json);
    return store_string(json_string_value(json), json_string_length(json), slot, at);
}

static bool read_bytes(const ProtobufCFieldDescriptor *f, const json_t *json, void *slot, struct json_place at)
{
    (void)f;
    if (!json_is_string(json))
        return json_value_wrong_type(at, "a base64 string", json);
    size_t len = json_string_length(json);
    ProtobufCBinaryData b = {0, NULL};
    if (len > 0 && (b.data = malloc(BASE64_DECODED_MAX(len))) == NULL)
        return error_set(at.err, at.path, "no_memory", "out of memory");
    if (!base64_decode(json_string_value(json), len, b.data, &b.len)) {
        free(b.data);
        return error_set(at.err, at.path, "invalid_base64", "not base64 (RFC 4648)");
    }
    *(ProtobufCBinaryData *)slot = b;
    return true;
}

typedef bool value_read_fn(const ProtobufCFieldDescriptor *f, const json_t *json, void *slot, struct json_place at);

static value_read_fn *const value_readers[] = {
    [PROTOBUF_C_TYPE_INT32] = read_integer,    [PROTOBUF_C_TYPE_SINT32] = read_integer,
    [PROTOBUF_C_TYPE_SFIXED32] = read_integer, [PROTOBUF_C_TYPE_INT64] = read_integer,
    [PROTOBUF_C_TYPE_SINT64] = read_integer,   [PROTOBUF_C_TYPE_SFIXED64] = read_integer,
    [PROTOBUF_C_TYPE_UINT32] = read_integer,   [PROTOBUF_C_TYPE_FIXED32] = read_integer,
    [PROTOBUF_C_TYPE_UINT64] = read_integer,   [PROTOBUF_C_TYPE_FIXED64] = read_integer,
    [PROTOBUF_C_TYPE_FLOAT] = read_float,      [PROTOBUF_C_TYPE_DOUBLE] = read_double,
    [PROTOBUF_C_TYPE_BOOL] = read_bool,        [PROTOBUF_C_TYPE_ENUM] = read_enum,
    [PROTOBUF_C_TYPE_STRING] = read_string,    [PROTOBUF_C_TYPE_BYTES] = read_bytes,
};

bool json_value_read(const ProtobufCFieldDescriptor *f, const json_t *json, void *slot, struct json_place at)
{
    return value_readers[f->type](f, json, slot, at);
}

bool json_value_read_key(const ProtobufCFieldDescriptor *f, const char *key, void *slot, struct json_place at)
{
    if (f->type == PROTOBUF_C_TYPE_STRING)
        return store_string(key, strlen(key), slot, at);
    if (f->type == PROTOBUF_C_TYPE_BOOL) {
        bool yes = strcmp(key, "true") == 0;
        if (!yes && strcmp(key, "false") != 0)
            return error_set(at.err, at.path, "wrong_type", "a key here is \"true\" or \"false\"");
        *(protobuf_c_boolean *)slot = yes;
        return true;
    }
    struct integer v = {0};
    if (!integer_from_text(key, &v))
        return error_set(at.err, at.path, "wrong_type", "a key here is a whole number");
    return integer_stores[f->type](v, slot, at);
}
