// SPDX-License-Identifier: Apache-2.0
// How work came to a queue, in words: which conditions of whose entry rules let it in, and which kept it out of the queues before.
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/why.h"

// What is said of a condition that is met, and of one that is not: "%" is its name, which may be empty.
static const struct {
    const char *kind, *met, *failed, *failed_nameless;
} entry_words[] = {
    {"channel", "channel %", "which is for other channels than %", ""},
    {"account", "account %", "which is for other accounts than %", "which is for certain accounts"},
    {"language", "language %", "which is for other languages than %",
     "which is for certain languages, and none is known"},
    {"intent", "intent %", "which is for other intents than %", "which is for certain intents, and none is known"},
    {"attribute", "attribute %", "which asks for attribute %", ""},
    {"hours", "by calendar %", "by calendar %", ""},
};

static void entry_fill(const char *words, const char *name)
{
    const char *mark = strchr(words, '%');
    printf("%.*s", (int)(mark ? (size_t)(mark - words) : strlen(words)), words);
    if (mark) {
        print_safe(name);
        fputs(mark + 1, stdout);
    }
}

// " = gold (customer)"; of one that is not met who says otherwise.
static void entry_attribute(const json_t *c, bool met)
{
    const char *value = print_text(c, "value"), *by = print_text(c, "saidBy");
    if (*value) {
        fputs(" = ", stdout);
        print_safe(value);
    }
    bool event = strcmp(by, "event") == 0;
    if (met)
        fputs(event ? " (event)" : " (customer)", stdout);
    else if (!*by)
        fputs(", of which nothing is said", stdout);
    else
        fputs(event ? ", and the event says otherwise" : ", and the customer's record says otherwise", stdout);
}

static void entry_condition(const json_t *c, bool met)
{
    char kind[32];
    snprintf(kind, sizeof kind, "%s", print_text(c, "kind"));
    const char *name = print_text(c, strcmp(kind, "channel") == 0 ? "channel" : "name");
    if (strcmp(kind, "hours") == 0)
        printf("%s%s ", met ? "" : "which then was ", json_is_true(json_object_get(c, "open")) ? "open" : "closed");
    for (size_t i = 0; i < sizeof entry_words / sizeof *entry_words; i++) {
        if (strcmp(kind, entry_words[i].kind) == 0)
            entry_fill(met ? entry_words[i].met : *name ? entry_words[i].failed : entry_words[i].failed_nameless, name);
    }
    if (strcmp(kind, "attribute") == 0)
        entry_attribute(c, met);
}

void why_entry(const json_t *decision)
{
    size_t i;
    const json_t *e = print_member(decision, "entered"), *met = e ? json_object_get(e, "met") : NULL;
    json_t *x;
    json_int_t before = print_number(e, "before");
    bool last = json_is_true(json_object_get(e, "last"));
    if (!e || (last && !before))
        return; // a record from before this was kept; the only queue there is
    printf("  entered %s: ", print_text(e, "queue"));
    if (last && before == 1)
        fputs("the queue before it did not take it", stdout);
    else if (last)
        printf("none of the %" JSON_INTEGER_FORMAT " queues before it took it", before);
    else if (!json_array_size(met))
        fputs("it asks for nothing", stdout);
    json_array_foreach(met, i, x)
    {
        fputs(i ? ", " : "", stdout);
        entry_condition(x, true);
    }
    putchar('\n');
    json_array_foreach(json_object_get(e, "passed"), i, x)
    {
        printf("  not %s, ", print_text(x, "queue"));
        entry_condition(print_member(x, "failed"), false);
        putchar('\n');
    }
}
