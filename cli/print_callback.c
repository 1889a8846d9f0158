// SPDX-License-Identifier: Apache-2.0
// Callers who are to be called back, in words.
#include <stdio.h>

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
