// SPDX-License-Identifier: Apache-2.0
// What becomes of conversations whose customers do not answer: times by channel ("chat: notice 5 min, close 10 min").
#include "daemon/config/config_private.h"

#include <string.h>

// False when it is not so.
bool config_silence(const char *text, struct config_silence *out)
{
    *out = (struct config_silence){.channel = ROUTER_CHANNEL_NONE};
    if (!config_channel(&text, &out->channel) || out->channel == ROUTER_VOICE || *text++ != ':')
        return false;
    do {
        text += strspn(text, " ");
        uint32_t *to = config_word(&text, "notice")  ? &out->notice_ms
                       : config_word(&text, "close") ? &out->close_ms
                                                     : NULL;
        if (!to || *to || !(*to = config_time(&text)))
            return false;
    } while (*text && *text++ == ',');
    return *text == '\0' && text[-1] != ',' && (!out->close_ms || out->notice_ms < out->close_ms);
}

const char *setting_check_silent(const char *s, size_t len)
{
    struct config_silence row;
    return strlen(s) == len && config_silence(s, &row) ? NULL
                                                       : "expected like \"chat: notice 5 min, close 10 min\" or \"any: "
                                                         "close 48 h\", the close later, times up to "
                                                         "30 days, never voice";
}

void config_check_silent(const struct config_queue *q, struct config_place place, struct config_errors *errs)
{
    for (size_t i = 0; i < q->silent.n; i++) {
        struct config_silence row, before;
        if (!config_silence(q->silent.v[i], &row))
            return;
        for (size_t k = 0; k < i; k++) {
            if (config_silence(q->silent.v[k], &before) && before.channel == row.channel)
                errors_add(errs, place,
                           "queue.silent: \"%s\" is for the same channel as a row before it (one row for each)",
                           q->silent.v[i]);
        }
    }
}
