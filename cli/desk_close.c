// SPDX-License-Identifier: Apache-2.0
// Lines of a terminal desk that say what came of the work: the close, and the correction in wrap-up. A word of the queue's list is
// found by its beginning; where one is needed and none was typed, the list is shown.
#include <stdio.h>
#include <string.h>

#include "cli/desk.h"
#include "cli/print.h"

void desk_learn_dispositions(struct desk_work *w, const json_t *context)
{
    desk_forget_dispositions(w);
    w->dispositions = json_incref(json_object_get(context, "dispositions"));
    w->disposition_required = json_is_true(json_object_get(context, "dispositionRequired"));
}

void desk_forget_dispositions(struct desk_work *w)
{
    json_decref(w->dispositions);
    w->dispositions = NULL;
}

static bool show_words(const struct desk_work *w, const char *line)
{
    size_t i;
    json_t *word;
    printf("/%s [unresolved] ", line);
    if (!json_array_size(w->dispositions))
        fputs("WORD", stdout);
    json_array_foreach(w->dispositions, i, word)
    {
        fputs(i ? " | " : "", stdout);
        print_safe(json_string_value(word));
    }
    putchar('\n');
    return true;
}

// The one word that begins so, or is just that; NULL = none or several.
static const char *find_word(const struct desk_work *w, const char *typed)
{
    size_t i;
    json_t *word;
    const char *found = NULL;
    json_array_foreach(w->dispositions, i, word)
    {
        const char *s = json_string_value(word);
        if (strcmp(s, typed) == 0)
            return s;
        if (strncmp(s, typed, strlen(typed)) != 0)
            continue;
        if (found)
            return NULL;
        found = s;
    }
    return found;
}

static bool dispose(struct desk *d, const char *command, char *rest)
{
    struct desk_work *w = strcmp(command, "close") == 0 ? desk_work_by_id(d, d->current) : desk_in_wrap_up(d);
    bool unresolved = strncmp(rest, "unresolved", 10) == 0 && (!rest[10] || rest[10] == ' ');
    const char *typed = unresolved ? rest + 10 + strspn(rest + 10, " ") : rest;
    const char *word = typed;
    if (!w) {
        puts("you have no conversation");
        return true;
    }
    if (!*typed && w->disposition_required)
        return show_words(w, command);
    if (*typed && json_array_size(w->dispositions) && !(word = find_word(w, typed)))
        return show_words(w, command);
    if (!*typed && !json_array_size(w->dispositions))
        word = unresolved ? "unresolved" : "resolved";
    return desk_command(
        d, command, json_pack("{s:I, s:s, s:b}", "work", w->work, "disposition", word, "resolved", unresolved ? 0 : 1));
}

bool desk_line_close(struct desk *d, char *rest)
{
    return dispose(d, "close", rest);
}

bool desk_line_disposition(struct desk *d, char *rest)
{
    return dispose(d, "disposition", rest);
}
