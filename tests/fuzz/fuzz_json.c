// SPDX-License-Identifier: Apache-2.0
// The JSON reader and writer on any text, as any message: the first byte chooses which. What is read, written and read
// again is the same message; errors are always filled. The same bytes as binary: what is read can be written and read.
#include "proto/json.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <google/protobuf/timestamp.pb-c.h>
#include <throughline/v1/messages.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const descriptors[] = {
#define PROTO_MESSAGE(name, descriptor) &descriptor,
#include <throughline/v1/messages.def>
#undef PROTO_MESSAGE
    &google__protobuf__timestamp__descriptor,
};

// Writes, reads and writes again: the two texts must be equal, for a text stands for one message only.
static void check_round_trip(ProtobufCMessage *m)
{
    struct json_error err;
    size_t n, again_n;
    char *text = json_write(m, &n);
    assert(text != NULL);
    ProtobufCMessage *again = json_read(m->descriptor, text, n, &err);
    assert(again != NULL);
    char *again_text = json_write(again, &again_n);
    assert(again_text != NULL && n == again_n && memcmp(text, again_text, n) == 0);
    protobuf_c_message_free_unpacked(again, NULL);
    free(again_text);
    free(text);
}

static void check_error(const struct json_error *err)
{
    assert(err->code != NULL && *err->code != '\0' && *err->text != '\0');
    assert(strlen(err->path) < sizeof err->path && strlen(err->text) < sizeof err->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const ProtobufCMessageDescriptor *d = descriptors[data[0] % (sizeof descriptors / sizeof *descriptors)];
    struct json_error err = {.code = NULL};
    ProtobufCMessage *m = json_read(d, (const char *)data + 1, size - 1, &err);
    if (m == NULL)
        check_error(&err);
    else
        check_round_trip(m);
    if (m != NULL)
        protobuf_c_message_free_unpacked(m, NULL);
    err.code = NULL;
    m = wire_read(d, data + 1, size - 1, &err);
    if (m == NULL) {
        check_error(&err);
        return 0;
    }
    check_round_trip(m);
    protobuf_c_message_free_unpacked(m, NULL);
    return 0;
}
