// SPDX-License-Identifier: Apache-2.0
// The two spellings of every message. Knows nothing of what the messages mean. Fails where the peer's bytes are not a
// message, and where the peer does not take what it is sent.
#include "daemon/faces/peer.h"

#include <stdlib.h>

#include "daemon/base/loop.h"
#include "proto/wire.h"
#include "throughline/v1/event.pb-c.h"

#define PEER_SCRATCH 2048 // most messages are smaller: packed without asking for memory

ProtobufCMessage *peer_read(const struct ws *w, const ProtobufCMessageDescriptor *d, const void *bytes, size_t len,
                            struct json_error *err)
{
    if (ws_protocol(w) == WS_PROTO)
        return wire_read(d, bytes, len, err);
    return json_read(d, bytes, len, err);
}

ProtobufCMessage *peer_look(const struct ws *w, const ProtobufCMessageDescriptor *d, const void *bytes, size_t len,
                            struct scratch *memory, struct json_error *err)
{
    if (ws_protocol(w) != WS_PROTO)
        return json_read(d, bytes, len, err);
    scratch_reset(memory);
    return wire_read_into(&memory->allocator, d, bytes, len, err);
}

void peer_done(const struct ws *w, ProtobufCMessage *m)
{
    if (ws_protocol(w) != WS_PROTO)
        protobuf_c_message_free_unpacked(m, NULL);
}

void *peer_encode(enum ws_protocol p, const ProtobufCMessage *m, size_t *len)
{
    if (p == WS_JSON)
        return json_write(m, len);
    *len = protobuf_c_message_get_packed_size(m);
    uint8_t *bytes = xcalloc(1, *len + 1);
    protobuf_c_message_pack(m, bytes);
    return bytes;
}

bool peer_send(struct ws *w, const ProtobufCMessage *m)
{
    if (ws_protocol(w) == WS_PROTO) {
        uint8_t small[PEER_SCRATCH];
        size_t n = protobuf_c_message_get_packed_size(m);
        if (n <= sizeof small) {
            protobuf_c_message_pack(m, small);
            return ws_send(w, small, n);
        }
    }
    size_t len = 0;
    void *bytes = peer_encode(ws_protocol(w), m, &len);
    bool sent = bytes && ws_send(w, bytes, len);
    free(bytes);
    return sent;
}

void peer_error(Throughline__V1__Error *out, const struct json_error *err)
{
    throughline__v1__error__init(out);
    out->code = (char *)err->code;
    out->field = (char *)err->path;
    out->detail = (char *)err->text;
}
