// SPDX-License-Identifier: Apache-2.0
// Callers who are to be called back or were asked to leave a message, in words.
#include <stdio.h>
#include <string.h>

#include "cli/print.h"

const char *print_callback(const json_t *sessions)
{
    static char text[128];
    size_t i;
    json_t *s;
    json_array_foreach(sessions, i, s)
    {
        if (!*print_text(s, "callback"))
            continue;
        snprintf(text, sizeof text, "%s, attempt %lld", print_text(s, "callback"),
                 (long long)print_number(s, "attempts") + 1);
        return text;
    }
    return "";
}

const char *print_callbacks(const json_t *callbacks)
{
    static char text[96];
    if (!print_number(callbacks, "asked"))
        return "";
    snprintf(text, sizeof text, "%lld asked, %lld reached, %lld not", (long long)print_number(callbacks, "asked"),
             (long long)print_number(callbacks, "reached"), (long long)print_number(callbacks, "unreached"));
    return text;
}

const char *print_voicemail(const json_t *voicemail)
{
    static const struct {
        const char *cause, *words;
    } causes[] = {{"hours", ", since the queue was closed"},
                  {"closed", ", since the queue was closed by hand"},
                  {"full", ", since the queue was full"},
                  {"long", ", since the wait was estimated to be longer than was promised"},
                  {"waited", ", having waited for too long"}};
    static char text[128];
    const char *cause = "";
    if (!voicemail)
        return "";
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (strcmp(print_text(voicemail, "cause"), causes[i].cause) == 0)
            cause = causes[i].words;
    bool left = json_is_true(json_object_get(voicemail, "left"));
    snprintf(text, sizeof text, "%s%s", left ? "a voicemail was left" : "sent to voicemail", cause);
    return text;
}
