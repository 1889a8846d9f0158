// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_PEER_H
#define THROUGHLINE_FACES_PEER_H

// Messages on a WebSocket, in the peer's own spelling: protobuf in binary frames or proto3 JSON in text frames.

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/core/scratch.h"
#include "daemon/net/ws.h"
#include "proto/json.h"

// A whole message, checked; free with protobuf_c_message_free_unpacked(m, NULL). NULL with *err filled.
ProtobufCMessage *peer_read(const struct ws *w, const ProtobufCMessageDescriptor *d, const void *bytes, size_t len,
                            struct json_error *err);

// A message of which nothing is kept: in `memory`, which is reset for it, if the peer's spelling allows. Given back by peer_done().
ProtobufCMessage *peer_look(const struct ws *w, const ProtobufCMessageDescriptor *d, const void *bytes, size_t len,
                            struct scratch *memory, struct json_error *err);
void peer_done(const struct ws *w, ProtobufCMessage *m);

// False: the peer is too slow or is closing.
bool peer_send(struct ws *w, const ProtobufCMessage *m);

// The bytes that peer_send() would send, malloc'd.
void *peer_encode(enum ws_protocol p, const ProtobufCMessage *m, size_t *len);

// What went wrong in words of the contract; `code` is stable. False like peer_send().
struct Throughline__V1__Error;
void peer_error(struct Throughline__V1__Error *out, const struct json_error *err);

#endif
