// SPDX-License-Identifier: Apache-2.0
// proto3 JSON to messages: a scan that bounds depth and number of containers, jansson's tree, then the descriptors.
// Names are accepted in lowerCamelCase and as in the .proto; null means the default. Fails on the first thing wrong, with
// the message freed and the error filled. Scalars are json_value.c's.
#include "proto/json.h"

#include "google/protobuf/timestamp.pb-c.h"
#include "proto/json_value.h"
#include "proto/nearest.h"
#include "proto/timestamp.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    unsigned flags;
    struct json_error *err;
};

static ProtobufCMessage *read_message(const struct reader *r, const ProtobufCMessageDescriptor *d, const json_t *json,
                                      const struct reflect_path *path);

static bool fail_memory(const struct reader *r, const struct reflect_path *path)
{
    return error_set(r->err, path, "no_memory", "out of memory");
}

// ---- the text ----

static bool fail_at(struct json_error *err, const char *code, int line, int column, const char *text)
{
    error_set(err, NULL, code, "%s", text);
    if (err != NULL) {
        err->line = line;
        err->column = column;
    }
    return false;
}

// Bounds what jansson is given to build, for a tree of many small containers is far larger than its text.
static bool text_check(const char *text, size_t len, struct json_error *err)
{
    int line = 1, depth = 0;
    size_t line_start = 0, containers = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '\n') {
            line++;
            line_start = i + 1;
        } else if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return fail_at(err, "too_deep", line, (int)(i - line_start) + 1,
                               "more than 32 objects and arrays within each other");
            if (++containers > JSON_CONTAINERS_MAX)
                return fail_at(err, "too_many", line, (int)(i - line_start) + 1, "more than 65536 objects and arrays");
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

// jansson's text without the piece of the input that it quotes.
static bool fail_malformed(struct json_error *err, json_error_t *e)
{
    static const struct {
        enum json_error_code from;
        const char *code;
        const char *text; // NULL = jansson's own
    } table[] = {
        {json_error_out_of_memory, "no_memory", "out of memory"},
        {json_error_invalid_utf8, "invalid_utf8", "not valid UTF-8"},
        {json_error_null_character, "nul_character", "a string may not hold a NUL character (\\u0000)"},
        {json_error_null_byte_in_key, "nul_character", "a name may not hold a NUL character (\\u0000)"},
        {json_error_premature_end_of_input, "malformed_json", "the text ends too early"},
        {json_error_end_of_input_expected, "malformed_json", "more text after the end of the value"},
        {json_error_numeric_overflow, "out_of_range", "number too large; write 64-bit integers as strings"},
        {json_error_duplicate_key, "duplicate_field", "the same name twice in one object"},
        {json_error_invalid_syntax, "malformed_json", NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].from == json_error_code(e) && table[i].text != NULL)
            return fail_at(err, table[i].code, e->line, e->column, table[i].text);
    }
    char *quote = strstr(e->text, " near ");
    if (quote != NULL)
        *quote = '\0';
    return fail_at(err, "malformed_json", e->line, e->column, e->text);
}

// ---- names ----

// Whether `key` is the field's name, as in the .proto or in lowerCamelCase.
static bool name_matches(const char *name, const char *key)
{
    if (strcmp(name, key) == 0)
        return true;
    bool upper = false;
    for (; *name != '\0'; name++) {
        if (*name == '_') {
            upper = true;
            continue;
        }
        if (*key++ != (upper ? (char)toupper((unsigned char)*name) : *name))
            return false;
        upper = false;
    }
    return *key == '\0';
}

static const ProtobufCFieldDescriptor *field_find(const ProtobufCMessageDescriptor *d, const char *key)
{
    for (unsigned i = 0; i < d->n_fields; i++) {
        if (d->fields[i].name[0] == key[0] && name_matches(d->fields[i].name, key))
            return &d->fields[i];
    }
    return NULL;
}

static bool fail_unknown(const struct reader *r, const ProtobufCMessageDescriptor *d, const char *key,
                         const struct reflect_path *up)
{
    struct nearest near = nearest_begin(key);
    char name[REFLECT_NAME_MAX];
    for (unsigned i = 0; i < d->n_fields; i++) {
        reflect_json_name(d->fields[i].name, name);
        nearest_offer(&near, name);
    }
    char shown[48];
    size_t n = 0;
    for (; key[n] != '\0' && n + 1 < sizeof shown; n++)
        shown[n] = isprint((unsigned char)key[n]) ? key[n] : '?';
    shown[n] = '\0';
    const char *best = nearest_best(&near);
    if (best != NULL)
        return error_set(r->err, up, "unknown_field", "unknown field '%s'; did you mean '%s'?", shown, best);
    return error_set(r->err, up, "unknown_field", "unknown field '%s' in %s", shown, d->short_name);
}

// ---- fields ----

static bool read_value(const struct reader *r, const ProtobufCFieldDescriptor *f, const json_t *json, void *slot,
                       const struct reflect_path *path)
{
    if (f->type != PROTOBUF_C_TYPE_MESSAGE)
        return json_value_read(f, json, slot, (struct json_place){r->err, path});
    ProtobufCMessage *m = read_message(r, f->descriptor, json, path);
    if (m == NULL)
        return false;
    *(ProtobufCMessage **)slot = m;
    return true;
}

static void *slot_of(ProtobufCMessage *m, size_t offset)
{
    return (char *)m + offset;
}

static bool read_list(const struct reader *r, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
                      const json_t *json, const struct reflect_path *path)
{
    if (!json_is_array(json))
        return json_value_wrong_type((struct json_place){r->err, path}, "an array", json);
    size_t n = json_array_size(json);
    if (n == 0)
        return true;
    size_t size = reflect_size(f->type);
    char *values = calloc(n, size);
    if (values == NULL)
        return fail_memory(r, path);
    *(char **)slot_of(m, f->offset) = values;
    size_t *count = slot_of(m, f->quantifier_offset);
    for (size_t i = 0; i < n; i++) {
        const struct reflect_path at = {path->up, path->field, NULL, i, true};
        const json_t *value = json_array_get(json, i);
        if (json_is_null(value))
            return json_value_wrong_type((struct json_place){r->err, &at}, "a value", value);
        if (!read_value(r, f, value, values + i * size, &at))
            return false;
        *count = i + 1; // what was read so far is freed with the message
    }
    return true;
}

static ProtobufCMessage *message_new(const ProtobufCMessageDescriptor *d)
{
    ProtobufCMessage *m = malloc(d->sizeof_message);
    if (m != NULL)
        protobuf_c_message_init(d, m);
    return m;
}

static bool read_map(const struct reader *r, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, json_t *json,
                     const struct reflect_path *path)
{
    if (!json_is_object(json))
        return json_value_wrong_type((struct json_place){r->err, path}, "an object", json);
    size_t n = json_object_size(json);
    if (n == 0)
        return true;
    const ProtobufCMessageDescriptor *d = f->descriptor;
    ProtobufCMessage **entries = calloc(n, sizeof *entries);
    if (entries == NULL)
        return fail_memory(r, path);
    *(ProtobufCMessage ***)slot_of(m, f->offset) = entries;
    size_t *count = slot_of(m, f->quantifier_offset);
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        const struct reflect_path at = {path->up, path->field, key, 0, false};
        ProtobufCMessage *entry = message_new(d);
        if (entry == NULL)
            return fail_memory(r, &at);
        entries[(*count)++] = entry;
        if (json_is_null(value))
            return json_value_wrong_type((struct json_place){r->err, &at}, "a value", value);
        if (!json_value_read_key(&d->fields[0], key, slot_of(entry, d->fields[0].offset),
                                 (struct json_place){r->err, &at}) ||
            !read_value(r, &d->fields[1], value, slot_of(entry, d->fields[1].offset), &at))
            return false;
    }
    return true;
}

static bool read_oneof(const struct reader *r, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
                       const json_t *json, const struct reflect_path *path)
{
    uint32_t *which = slot_of(m, f->quantifier_offset);
    if (*which != 0) {
        const ProtobufCFieldDescriptor *other = protobuf_c_message_descriptor_get_field(m->descriptor, *which);
        char names[2][REFLECT_NAME_MAX];
        reflect_json_name(other->name, names[0]);
        reflect_json_name(f->name, names[1]);
        return error_set(r->err, path->up, "oneof_conflict", "'%s' and '%s' exclude each other; give one of them",
                         names[0], names[1]);
    }
    if (!read_value(r, f, json, slot_of(m, f->offset), path))
        return false;
    *which = f->id;
    return true;
}

// `object` is where the value stands: the same field may not be given by both of its names.
static bool read_field(const struct reader *r, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
                       const json_t *object, const char *key, json_t *json, const struct reflect_path *path)
{
    char name[REFLECT_NAME_MAX];
    reflect_json_name(f->name, name);
    if (strcmp(key, name) != 0 && json_object_get(object, name) != NULL)
        return error_set(r->err, path->up, "duplicate_field", "'%s' and '%s' are the same field; give one of them",
                         name, f->name);
    if (json_is_null(json))
        return true;
    if (reflect_is_oneof(f))
        return read_oneof(r, m, f, json, path);
    if (reflect_map_entry(f) != NULL)
        return read_map(r, m, f, json, path);
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return read_list(r, m, f, json, path);
    return read_value(r, f, json, slot_of(m, f->offset), path);
}

static bool read_fields(const struct reader *r, ProtobufCMessage *m, json_t *json, const struct reflect_path *up)
{
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        const ProtobufCFieldDescriptor *f = field_find(m->descriptor, key);
        if (f == NULL) {
            if (r->flags & JSON_READ_IGNORE_UNKNOWN)
                continue;
            return fail_unknown(r, m->descriptor, key, up);
        }
        const struct reflect_path path = {up, f->name, NULL, 0, false};
        if (!read_field(r, m, f, json, key, value, &path))
            return false;
    }
    return true;
}

static bool read_timestamp(const struct reader *r, ProtobufCMessage *m, const json_t *json,
                           const struct reflect_path *path)
{
    Google__Protobuf__Timestamp *t = (Google__Protobuf__Timestamp *)m;
    if (!json_is_string(json))
        return json_value_wrong_type((struct json_place){r->err, path}, "a time like \"2026-01-31T23:59:59Z\"", json);
    const char *why = timestamp_parse(json_string_value(json), json_string_length(json), &t->seconds, &t->nanos);
    return why == NULL || error_set(r->err, path, "invalid_timestamp", "%s", why);
}

static ProtobufCMessage *read_message(const struct reader *r, const ProtobufCMessageDescriptor *d, const json_t *json,
                                      const struct reflect_path *path)
{
    ProtobufCMessage *m = message_new(d);
    if (m == NULL) {
        fail_memory(r, path);
        return NULL;
    }
    bool ok;
    if (reflect_is_timestamp(d))
        ok = read_timestamp(r, m, json, path);
    else if (json_is_object(json))
        ok = read_fields(r, m, (json_t *)(uintptr_t)json, path); // jansson iterates over non-const objects only
    else
        ok = json_value_wrong_type((struct json_place){r->err, path}, "an object", json);
    if (!ok) {
        protobuf_c_message_free_unpacked(m, NULL);
        return NULL;
    }
    return m;
}

ProtobufCMessage *json_read_with(const ProtobufCMessageDescriptor *d, const char *text, size_t len, unsigned flags,
                                 struct json_error *err)
{
    if (!text_check(text, len, err))
        return NULL;
    json_error_t e;
    json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (json == NULL) {
        fail_malformed(err, &e);
        return NULL;
    }
    const struct reader r = {flags, err};
    ProtobufCMessage *m = read_message(&r, d, json, NULL);
    json_decref(json);
    return m;
}

ProtobufCMessage *json_read(const ProtobufCMessageDescriptor *d, const char *text, size_t len, struct json_error *err)
{
    return json_read_with(d, text, len, JSON_READ_STRICT, err);
}
