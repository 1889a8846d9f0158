// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_CHANNEL_H
#define THROUGHLINE_CHANNELS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throughline/v1/event.pb-c.h"

// The kinds of channel and what each can carry. Adapters, which speak one vendor's language for an account, sit beside this file, one
// each; whatever their vendor, they are of one of these kinds. No I/O here: every answer is a function of its arguments.

struct channel_kind {
    const char *name; // as in configuration files
    Throughline__V1__Channel channel;
    bool synchronous;
    bool text;
    bool subject;
    bool attachments;
    uint32_t text_max;   // characters
    const char *handles; // the kind of handle that is reached there, "*" = any that no other channel claims
};

// In order of their values; NULL beyond the last.
const struct channel_kind *channel_kind_at(size_t index);

// NULL when there is no such channel.
const struct channel_kind *channel_kind_of(Throughline__V1__Channel channel);
const struct channel_kind *channel_kind_named(const char *name);

// Whether a customer's handle ("tel:+49...") can be written to, or called, over this kind of channel.
bool channel_reaches(const struct channel_kind *kind, const char *handle);

// Why this kind of channel cannot carry the message; nothing is cut or dropped silently.
enum channel_refusal {
    CHANNEL_CARRIES = 0,
    CHANNEL_NO_TEXT,
    CHANNEL_NO_SUBJECT,
    CHANNEL_NO_ATTACHMENTS,
    CHANNEL_TEXT_TOO_LONG,
    CHANNEL_EMPTY,
};
enum channel_refusal channel_judge(const struct channel_kind *kind, const Throughline__V1__Message *message);

// For people: "sms carries at most 1600 characters". Writes into buf and returns it.
const char *channel_refusal_text(const struct channel_kind *kind, enum channel_refusal why, char *buf, size_t len);

#endif
