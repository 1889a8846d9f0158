// SPDX-License-Identifier: Apache-2.0
// The table of channel kinds, made from kinds.def, and the questions asked of it. Owns constants only; allocates nothing and cannot
// fail. It does not know accounts (configuration) nor a vendor's limits (adapters).
#include "channels/channel.h"

#include <stdio.h>
#include <string.h>

static const struct channel_kind kinds[] = {
#define CHANNEL_KIND(name_, channel_, synchronous_, text_, subject_, attachments_, text_max_, handles_)                \
    {                                                                                                                  \
        .name = (name_),                                                                                               \
        .channel = THROUGHLINE__V1__CHANNEL__CHANNEL_##channel_,                                                       \
        .synchronous = (synchronous_),                                                                                 \
        .text = (text_),                                                                                               \
        .subject = (subject_),                                                                                         \
        .attachments = (attachments_),                                                                                 \
        .text_max = (text_max_),                                                                                       \
        .handles = (handles_),                                                                                         \
    },
#include "channels/kinds.def"
#undef CHANNEL_KIND
};
static const size_t kinds_n = sizeof(kinds) / sizeof(kinds[0]);

const struct channel_kind *channel_kind_at(size_t index)
{
    return index < kinds_n ? &kinds[index] : NULL;
}

const struct channel_kind *channel_kind_of(Throughline__V1__Channel channel)
{
    for (size_t i = 0; i < kinds_n; i++)
        if (kinds[i].channel == channel)
            return &kinds[i];
    return NULL;
}

const struct channel_kind *channel_kind_named(const char *name)
{
    for (size_t i = 0; i < kinds_n; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static bool is_of_kind(const char *handle, const char *kind)
{
    size_t n = strlen(kind);
    return strncmp(handle, kind, n) == 0 && handle[n] == ':';
}

bool channel_reaches(const struct channel_kind *kind, const char *handle)
{
    if (strcmp(kind->handles, "*") != 0)
        return is_of_kind(handle, kind->handles);
    for (size_t i = 0; i < kinds_n; i++)
        if (is_of_kind(handle, kinds[i].handles))
            return false;
    return strchr(handle, ':') != NULL;
}

// Code points of valid UTF-8: every byte that does not continue one.
static size_t count_characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0u) != 0x80u;
    return n;
}

enum channel_refusal channel_judge(const struct channel_kind *kind, const Throughline__V1__Message *message)
{
    size_t characters = count_characters(message->text);
    if (characters > 0 && !kind->text)
        return CHANNEL_NO_TEXT;
    if (message->subject[0] && !kind->subject)
        return CHANNEL_NO_SUBJECT;
    if (message->n_attachments > 0 && !kind->attachments)
        return CHANNEL_NO_ATTACHMENTS;
    if (characters > kind->text_max)
        return CHANNEL_TEXT_TOO_LONG;
    if (characters == 0 && message->n_attachments == 0)
        return CHANNEL_EMPTY;
    return CHANNEL_CARRIES;
}

const char *channel_refusal_text(const struct channel_kind *kind, enum channel_refusal why, char *buf, size_t len)
{
    static const char *const what[] = {
        [CHANNEL_CARRIES] = "carries it",
        [CHANNEL_NO_TEXT] = "carries no text",
        [CHANNEL_NO_SUBJECT] = "has no subject line",
        [CHANNEL_NO_ATTACHMENTS] = "carries no attachments",
        [CHANNEL_EMPTY] = "needs text or an attachment",
    };
    if (why == CHANNEL_TEXT_TOO_LONG)
        snprintf(buf, len, "%s carries at most %u characters", kind->name, kind->text_max);
    else
        snprintf(buf, len, "%s %s", kind->name, what[why]);
    return buf;
}
