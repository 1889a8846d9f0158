// SPDX-License-Identifier: Apache-2.0
// What the queue tells a customer by itself, made ready to be written once: the timeline entry with the words, and the input that
// says so to every router. Both go with the leader's other writes; the function numbers the input, and so the entry. The words are
// found when the effect is folded: a new leader may find others, but only one of them writes.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/core/core_private.h"
#include "throughline/v1/conversation.pb-c.h"

// The entry, then the input; op->id tells where the one ends.
static void put_both(struct store_op *op, const ProtobufCMessage *entry, const ProtobufCMessage *input)
{
    size_t first = protobuf_c_message_get_packed_size(entry), second = protobuf_c_message_get_packed_size(input);
    uint8_t *bytes = xcalloc(1, first + second);
    op->id = protobuf_c_message_pack(entry, bytes);
    op->len = op->id + protobuf_c_message_pack(input, bytes + op->id);
    op->bytes = bytes;
}

void core_says(struct core *c, core_says_fn *fn, void *ctx)
{
    c->says = fn;
    c->says_ctx = ctx;
}

bool notice_op(const struct core *c, const struct core_effect *ce, struct store_op *op)
{
    char words[CORE_WORDS_MAX];
    const struct router_effect *e = ce->e;
    if (!c->says || !c->says(c->says_ctx, e->notice, ce->wall, words))
        return false;
    Throughline__V1__Message message = THROUGHLINE__V1__MESSAGE__INIT;
    Throughline__V1__Author author = THROUGHLINE__V1__AUTHOR__INIT;
    Throughline__V1__Entry entry = THROUGHLINE__V1__ENTRY__INIT;
    message.text = words;
    message.automatic = true;
    author.who_case = THROUGHLINE__V1__AUTHOR__WHO_SYSTEM;
    author.system = (char *)"queue";
    entry.author = &author;
    entry.channel = (Throughline__V1__Channel)e->session.channel;
    entry.account = (char *)e->session.account;
    entry.handle = (char *)e->session.handle;
    entry.simulated = e->session.simulated;
    entry.body_case = THROUGHLINE__V1__ENTRY__BODY_MESSAGE;
    entry.message = &message;
    Throughline__V1__Said said = THROUGHLINE__V1__SAID__INIT;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    said.kind = (Throughline__V1__NoticeKind)e->notice->kind;
    said.work = e->work;
    said.conversation = e->conversation;
    said.customer = e->customer;
    said.channel = entry.channel;
    said.account = entry.account;
    said.handle = entry.handle;
    said.simulated = entry.simulated;
    said.input = ce->input;
    said.index = ce->index;
    in.boot = (char *)c->o.boot;
    in.has_entry = true;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_SAID;
    in.said = &said;
    put_both(op, &entry.base, &in.base);
    return true;
}
