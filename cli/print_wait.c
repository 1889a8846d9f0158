// SPDX-License-Identifier: Apache-2.0
// An estimated wait in words.
#include <stdio.h>
#include <string.h>

#include "cli/print.h"

// Rounded outwards, so that the interval holds what it says.
static const char *wait_range(json_int_t low, json_int_t high)
{
    static char text[64];
    bool minutes = high > 120000;
    json_int_t unit = minutes ? 60000 : 1000, from = low / unit, to = (high + unit - 1) / unit;
    if (!high)
        return "now";
    snprintf(text, sizeof text, "%lld-%lld %s", (long long)from, (long long)to, minutes ? "min" : "s");
    return text;
}

// Of a queue's waits by channel the longest that is known.
static const json_t *wait_longest(const json_t *waits)
{
    const json_t *best = NULL, *each;
    size_t i;
    json_array_foreach(waits, i, each)
    {
        const json_t *wait = print_member(each, "wait");
        if (!best || strcmp(print_text(best, "kind"), "known") != 0 ||
            print_number(wait, "highMs") > print_number(best, "highMs"))
            best = wait;
    }
    return best;
}

const char *print_wait(const json_t *wait)
{
    static const struct {
        const char *kind, *text;
    } kinds[] = {{"nobody", "nobody there"}, {"learning", "not known yet"}, {"person", "for somebody"}};
    const json_t *w = json_is_array(wait) ? wait_longest(wait) : wait;
    const char *kind = w ? print_text(w, "kind") : "";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kind, kinds[i].kind) == 0)
            return kinds[i].text;
    }
    return strcmp(kind, "known") == 0 ? wait_range(print_number(w, "lowMs"), print_number(w, "highMs")) : "";
}
