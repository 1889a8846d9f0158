// SPDX-License-Identifier: Apache-2.0
// The mapper as a filter, for comparing it with another implementation: frames on stdin, frames on stdout.
//   request: u32 length (of what follows, big-endian), op, u8 length of the name, message name, payload
//     op 'J' binary to JSON, 'B' JSON to binary, 'U' JSON to binary skipping unknown fields
//   answer:  u32 length, status, payload: status '+' the result, '-' "code|path|line|column|text"
// Exits at the end of stdin; a malformed frame is a bug of the caller and asserted.
#include "kitchen.pb-c.h"
#include "messages.h"
#include "proto/json.h"
#include "proto/wire.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ProtobufCMessageDescriptor *descriptor_find(const char *name)
{
    if (strcmp(name, "throughline.test.Kitchen") == 0)
        return &throughline__test__kitchen__descriptor;
    for (size_t i = 0; i < ALL_MESSAGES; i++) {
        if (strcmp(all_messages[i].name, name) == 0)
            return all_messages[i].descriptor;
    }
    return NULL;
}

static void answer(char status, const void *bytes, size_t len)
{
    uint32_t n = htonl((uint32_t)len + 1);
    fwrite(&n, sizeof n, 1, stdout);
    fputc(status, stdout);
    if (len > 0)
        fwrite(bytes, 1, len, stdout);
    fflush(stdout);
}

static void answer_error(const struct json_error *err)
{
    char text[1024];
    int n = snprintf(text, sizeof text, "%s|%s|%d|%d|%s", err->code, err->path, err->line, err->column, err->text);
    answer('-', text, (size_t)n);
}

static void serve(char op, const ProtobufCMessageDescriptor *d, const char *payload, size_t len)
{
    struct json_error err;
    ProtobufCMessage *m = NULL;
    if (op == 'J')
        m = wire_read(d, payload, len, &err);
    else
        m = json_read_with(d, payload, len, op == 'U' ? JSON_READ_IGNORE_UNKNOWN : JSON_READ_STRICT, &err);
    if (m == NULL) {
        answer_error(&err);
        return;
    }
    if (op == 'J') {
        size_t n;
        char *text = json_write(m, &n);
        assert(text != NULL && strlen(text) == n);
        answer('+', text, n);
        free(text);
    } else {
        size_t n = protobuf_c_message_get_packed_size(m);
        uint8_t *bytes = malloc(n + 1);
        assert(bytes != NULL);
        protobuf_c_message_pack(m, bytes);
        answer('+', bytes, n);
        free(bytes);
    }
    protobuf_c_message_free_unpacked(m, NULL);
}

int main(void)
{
    uint32_t n;
    while (fread(&n, sizeof n, 1, stdin) == 1) {
        size_t len = ntohl(n);
        char *frame = malloc(len + 1);
        assert(frame != NULL && len >= 2 && fread(frame, 1, len, stdin) == len);
        size_t name_len = (unsigned char)frame[1];
        char name[256];
        assert(2 + name_len <= len);
        memcpy(name, frame + 2, name_len);
        name[name_len] = '\0';
        const ProtobufCMessageDescriptor *d = descriptor_find(name);
        assert(d != NULL);
        serve(frame[0], d, frame + 2 + name_len, len - 2 - name_len);
        free(frame);
    }
    return 0;
}
