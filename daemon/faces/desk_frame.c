// SPDX-License-Identifier: Apache-2.0
// Protobuf by hand for the hot path of desks. Fields are those of desk.proto and conversation.proto; a test compares the
// result with the generated codec.
#include "daemon/faces/desk_frame.h"

#include <string.h>

enum {
    TAG_SEQ = 1 << 3 | 2,          // DeskUpdate.seq
    TAG_ENTRY = 18 << 3 | 2,       // DeskUpdate.entry
    TAG_CONVERSATION = 1 << 3 | 0, // EntryAdded.conversation
    TAG_ADDED_ENTRY = 2 << 3 | 2,  // EntryAdded.entry
    TAG_NUMBER = 1 << 3 | 0,       // Entry.number
};

static size_t varint_size(uint64_t v)
{
    size_t n = 1;
    while (v >>= 7)
        n++;
    return n;
}

static uint8_t *varint_put(uint8_t *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

size_t desk_frame_entry(uint8_t *out, const char *seq, uint64_t conversation, uint64_t number, const uint8_t *entry,
                        size_t entry_len)
{
    size_t seq_len = strlen(seq);
    size_t inner = 1 + varint_size(number) + entry_len;
    size_t added = 1 + varint_size(conversation) + 1 + varint_size(inner) + inner;
    uint8_t *p = out;
    if (seq_len) {
        p = varint_put(p, TAG_SEQ);
        p = varint_put(p, seq_len);
        p = (uint8_t *)memcpy(p, seq, seq_len) + seq_len;
    }
    p = varint_put(p, TAG_ENTRY);
    p = varint_put(p, added);
    p = varint_put(p, TAG_CONVERSATION);
    p = varint_put(p, conversation);
    p = varint_put(p, TAG_ADDED_ENTRY);
    p = varint_put(p, inner);
    p = varint_put(p, TAG_NUMBER);
    p = varint_put(p, number);
    if (entry_len)
        p = (uint8_t *)memcpy(p, entry, entry_len) + entry_len;
    return (size_t)(p - out);
}
