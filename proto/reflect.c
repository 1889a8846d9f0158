// SPDX-License-Identifier: Apache-2.0
// Reading protobuf-c messages by descriptor: presence, elements, maps, JSON names, and paths for error messages.
// Only proto3 messages are understood: no required fields, no groups, no extensions.
#include "proto/reflect.h"

#include "google/protobuf/timestamp.pb-c.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const size_t sizes[] = {
    [PROTOBUF_C_TYPE_INT32] = sizeof(int32_t),
    [PROTOBUF_C_TYPE_SINT32] = sizeof(int32_t),
    [PROTOBUF_C_TYPE_SFIXED32] = sizeof(int32_t),
    [PROTOBUF_C_TYPE_INT64] = sizeof(int64_t),
    [PROTOBUF_C_TYPE_SINT64] = sizeof(int64_t),
    [PROTOBUF_C_TYPE_SFIXED64] = sizeof(int64_t),
    [PROTOBUF_C_TYPE_UINT32] = sizeof(uint32_t),
    [PROTOBUF_C_TYPE_FIXED32] = sizeof(uint32_t),
    [PROTOBUF_C_TYPE_UINT64] = sizeof(uint64_t),
    [PROTOBUF_C_TYPE_FIXED64] = sizeof(uint64_t),
    [PROTOBUF_C_TYPE_FLOAT] = sizeof(float),
    [PROTOBUF_C_TYPE_DOUBLE] = sizeof(double),
    [PROTOBUF_C_TYPE_BOOL] = sizeof(protobuf_c_boolean),
    [PROTOBUF_C_TYPE_ENUM] = sizeof(int),
    [PROTOBUF_C_TYPE_STRING] = sizeof(char *),
    [PROTOBUF_C_TYPE_BYTES] = sizeof(ProtobufCBinaryData),
    [PROTOBUF_C_TYPE_MESSAGE] = sizeof(ProtobufCMessage *),
};

size_t reflect_size(ProtobufCType type)
{
    assert((size_t)type < sizeof sizes / sizeof *sizes);
    return sizes[type];
}

static const void *member(const ProtobufCMessage *m, size_t offset)
{
    return (const char *)m + offset;
}

bool reflect_is_oneof(const ProtobufCFieldDescriptor *f)
{
    return (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

static bool is_default(ProtobufCType type, const void *value)
{
    static const char zeros[sizeof(ProtobufCBinaryData)];
    if (type == PROTOBUF_C_TYPE_STRING) {
        const char *s = *(char *const *)value;
        return s == NULL || *s == '\0';
    }
    if (type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)value)->len == 0;
    return memcmp(value, zeros, reflect_size(type)) == 0;
}

size_t reflect_count(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)member(m, f->quantifier_offset);
    if (reflect_is_oneof(f))
        return *(const uint32_t *)member(m, f->quantifier_offset) == f->id;
    return !is_default(f->type, member(m, f->offset));
}

const void *reflect_value(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t i)
{
    const void *value = member(m, f->offset);
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const char *const *)value + i * reflect_size(f->type);
    return value;
}

const ProtobufCMessageDescriptor *reflect_map_entry(const ProtobufCFieldDescriptor *f)
{
    static const char suffix[] = "Entry";
    if (f->label != PROTOBUF_C_LABEL_REPEATED || f->type != PROTOBUF_C_TYPE_MESSAGE)
        return NULL;
    const ProtobufCMessageDescriptor *d = f->descriptor;
    if (d->n_fields != 2 || strcmp(d->fields[0].name, "key") != 0 || strcmp(d->fields[1].name, "value") != 0)
        return NULL;
    // protoc names the entry of `map<> tag_names` TagNamesEntry
    const char *want = f->name;
    const char *have = d->short_name;
    for (bool upper = true; *want != '\0'; want++) {
        if (*want == '_') {
            upper = true;
            continue;
        }
        if (*have++ != (upper ? (char)toupper((unsigned char)*want) : *want))
            return NULL;
        upper = false;
    }
    return strcmp(have, suffix) == 0 ? d : NULL;
}

bool reflect_is_timestamp(const ProtobufCMessageDescriptor *d)
{
    return d == &google__protobuf__timestamp__descriptor;
}

size_t reflect_json_name(const char *name, char out[static REFLECT_NAME_MAX])
{
    size_t n = 0;
    bool upper = false;
    for (; *name != '\0' && n + 1 < REFLECT_NAME_MAX; name++) {
        if (*name == '_') {
            upper = true;
            continue;
        }
        out[n++] = upper ? (char)toupper((unsigned char)*name) : *name;
        upper = false;
    }
    out[n] = '\0';
    return n;
}

// One step as text; keys come from outside, so only their harmless start is shown.
static void step_print(const struct reflect_path *p, char *out, size_t size)
{
    char name[REFLECT_NAME_MAX];
    reflect_json_name(p->field, name);
    if (p->key != NULL) {
        char key[48];
        size_t n = 0;
        for (; p->key[n] != '\0' && n + 1 < sizeof key; n++)
            key[n] = isprint((unsigned char)p->key[n]) && p->key[n] != '"' ? p->key[n] : '?';
        key[n] = '\0';
        snprintf(out, size, "%s[\"%s\"]", name, key);
    } else if (p->indexed) {
        snprintf(out, size, "%s[%zu]", name, p->index);
    } else {
        snprintf(out, size, "%s", name);
    }
}

void reflect_path_print(const struct reflect_path *path, char *out, size_t size)
{
    if (size == 0)
        return;
    if (path == NULL) {
        *out = '\0';
        return;
    }
    char step[REFLECT_NAME_MAX + 64];
    step_print(path, step, sizeof step);
    reflect_path_print(path->up, out, size);
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s", used > 0 ? "." : "", step);
}
