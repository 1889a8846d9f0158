// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_PROTO_MESSAGES_H
#define THROUGHLINE_TESTS_PROTO_MESSAGES_H

// Every message of the contract by its number: what the cross-check and the fuzz targets iterate over.

#include <google/protobuf/timestamp.pb-c.h>
#include <throughline/v1/messages.h>

static const struct {
    const char *name;
    const ProtobufCMessageDescriptor *descriptor;
} all_messages[] = {
#define PROTO_MESSAGE(name, descriptor) {name, &descriptor},
#include <throughline/v1/messages.def>
#undef PROTO_MESSAGE
    {"google.protobuf.Timestamp", &google__protobuf__timestamp__descriptor},
};

#define ALL_MESSAGES (sizeof all_messages / sizeof *all_messages)

#endif
