// SPDX-License-Identifier: Apache-2.0
// An estimated wait, what is due to a customer, and how often it came in time, in words.
#include <stdio.h>
#include <string.h>
#include <time.h>

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

static json_int_t wait_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *print_due(const json_t *due)
{
    return print_due_at(print_number(due, "dueMs"));
}

const char *print_due_at(json_int_t at)
{
    static char text[48];
    json_int_t left = at - wait_now(), by = left < 0 ? -left : left;
    if (!at)
        return "";
    const char *unit = by >= 7200000 ? "h" : by >= 120000 ? "min" : "s";
    json_int_t n = by / (by >= 7200000 ? 3600000 : by >= 120000 ? 60000 : 1000);
    snprintf(text, sizeof text, left < 0 ? "%lld %s late" : "in %lld %s", (long long)n, unit);
    return text;
}

const char *print_kept(const json_t *responses)
{
    static char text[64];
    json_int_t met = 0, all = 0;
    const json_t *each;
    size_t i;
    json_array_foreach(responses, i, each)
    {
        json_int_t kept = print_number(each, "firstMet") + print_number(each, "nextMet");
        met += kept;
        all += kept + print_number(each, "firstMissed") + print_number(each, "nextMissed");
    }
    if (!all)
        return "";
    snprintf(text, sizeof text, "%lld %% of %lld", (long long)(met * 100 / all), (long long)all);
    return text;
}
