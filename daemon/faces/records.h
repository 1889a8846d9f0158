// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_RECORDS_H
#define THROUGHLINE_FACES_RECORDS_H

// What the store's hashes are as messages of the contract. Messages are the caller's, freed by the generated free_unpacked.

#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store.h"
#include "throughline/v1/conversation.pb-c.h"
#include "throughline/v1/customer.pb-c.h"
#include "throughline/v1/work.pb-c.h"

// From field/value pairs as store_customer() and store_conversation() give them.
Throughline__V1__Customer *record_customer(const struct store_bytes *v, size_t n);
Throughline__V1__Conversation *record_conversation(const struct store_bytes *v, size_t n);

// What only the fold knows of a conversation: its open work, who has it, its sessions.
void record_add_work(Throughline__V1__Conversation *c, const Throughline__V1__Work *w);

// Whose it is, from their field/value pairs: their name, and the handle that they are known by longest.
void record_add_customer(Throughline__V1__Conversation *c, const struct store_bytes *v, size_t n);

// A timeline entry with its number; NULL when the bytes are damaged.
Throughline__V1__Entry *record_entry(const struct store_bytes *b);

// Copies any message by packing it.
ProtobufCMessage *record_copy(const ProtobufCMessage *m);

// Of entries in order, where the newest begin that a reader is shown: at most `limit`, about `room` bytes, and at least one.
size_t record_newest(const struct store_bytes *v, size_t n, size_t limit, size_t room);

#endif
