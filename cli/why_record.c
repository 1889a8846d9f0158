// SPDX-License-Identifier: Apache-2.0
// A whole record of a decision, as people read it: what was asked for, and a line for each agent.
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/why.h"

#define N "%" JSON_INTEGER_FORMAT

static bool words_is(const json_t *object, const char *member, const char *value)
{
    return strcmp(print_text(object, member), value) == 0;
}

// What a queue that chooses by resolution went by.
static void words_resolution(const json_t *c)
{
    json_int_t chance = print_number(c, "resolution"), tried = print_number(c, "tried");
    if (!chance)
        return;
    printf(", resolves " N "." N " %%", chance / 10000, chance / 1000 % 10);
    if (tried)
        printf(" (" N " of " N " here)", print_number(c, "solved"), tried);
}

static void words_able(const json_t *c, const char *word)
{
    printf("%s:%s surplus " N ", idle " N " s", word,
           json_is_true(json_object_get(c, "known")) ? " knows the customer," : "", print_number(c, "surplus"),
           print_number(c, "idleMs") / 1000);
    words_resolution(c);
}

// "; would have been chosen with billing 3", or why not even then.
static void words_would(const json_t *d, const json_t *c)
{
    if (words_is(c, "behind", "never")) {
        fputs("; no change would do: ", stdout);
        why_behind(d, c);
        return;
    }
    if (!json_array_size(json_object_get(c, "changes")))
        return;
    bool chosen = words_is(c, "behind", "nobody");
    fputs(chosen ? "; would have been chosen with " : "; with ", stdout);
    why_changes(c);
    if (!chosen) {
        fputs(" would have qualified, but ", stdout);
        why_behind(d, c);
    }
}

static void words_candidate(const json_t *d, const json_t *c)
{
    const char *agent = print_text(c, "agent"), *winner = print_text(d, "winner");
    int space = 12 - (int)print_width(agent);
    printf("  %s%s%s%*s  ", print_bold(), agent, print_plain(), space > 0 ? space : 0, "");
    if (*winner && strcmp(agent, winner) == 0) {
        words_able(c, "chosen");
        fputs(", ", stdout);
        why_room(c);
    } else if (why_qualified(c)) {
        words_able(c, "qualified");
        if (!words_is(c, "behind", "") && !words_is(c, "behind", "nobody")) {
            fputs("; ", stdout);
            why_behind(d, c);
        }
    } else {
        why_reasons(c);
        words_would(d, c);
    }
    putchar('\n');
}

// What a supervisor did, and why.
static void words_hand(const json_t *d)
{
    const char *reason = print_text(d, "supervised.reason");
    if (!*print_text(d, "supervised.by"))
        return;
    printf("  %s by %s", print_text(d, "supervised.act"), print_text(d, "supervised.by"));
    if (*reason) {
        fputs(": ", stdout);
        print_safe(reason);
    }
    putchar('\n');
}

// "overflowed from support, which was full"
static void words_overflowed(const json_t *d)
{
    static const struct {
        const char *cause, *words;
    } causes[] = {{"full", "which was full"},
                  {"waited", "where it had waited for too long"},
                  {"closed", "which was closed by hand"}};
    if (!*print_text(d, "overflowedFrom"))
        return;
    printf("  overflowed from %s", print_text(d, "overflowedFrom"));
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (words_is(d, "overflowCause", causes[i].cause))
            printf(", %s", causes[i].words);
    putchar('\n');
}

// "to be called back, attempt 2"
static void words_callback(const json_t *d)
{
    if (print_number(d, "callback"))
        printf("  to be called back, attempt %lld\n", (long long)print_number(d, "callback"));
}

// Of each decision when words were left; before that, of the one by which the call went there.
static void words_voicemail(const json_t *d)
{
    const json_t *v = print_member(d, "voicemail");
    if (v && (json_is_true(json_object_get(v, "left")) || words_is(d, "reason", "voicemail")))
        printf("  %s\n", print_voicemail(v));
}

// ", since a wait of 3-6 min was estimated with 40 s left until the target"
static void words_breach(const json_t *d)
{
    const json_t *wait = print_member(d, "relaxedWait");
    if (words_is(wait, "kind", "known"))
        printf(", since a wait of %s was estimated", print_wait(wait));
    else
        fputs(words_is(wait, "kind", "nobody") ? ", since nobody who could take it was there"
                                               : ", since no wait could be estimated",
              stdout);
    if (!print_number(d, "relaxedLeftMs")) {
        fputs(" when the target was over", stdout);
        return;
    }
    fputs(" with ", stdout);
    why_time(print_number(d, "relaxedLeftMs"));
    fputs(" left until the target", stdout);
}

// "relaxed 2 times so far, the last time since it had waited 90 s, 150 % of the queue's target"
static void words_relaxed(const json_t *d)
{
    json_int_t step = print_number(d, "step"), after = print_number(d, "relaxedAfterMs");
    if (!step)
        return;
    printf("  relaxed " N " time%s so far", step, step == 1 ? "" : "s");
    if (after) { // older records do not have it
        fputs(step == 1 ? ", since it had waited " : ", the last time since it had waited ", stdout);
        why_time(after);
    }
    if (words_is(d, "relaxedBy", "breach"))
        words_breach(d);
    if (print_number(d, "relaxedPercent"))
        printf(", " N " %% of the queue's target", print_number(d, "relaxedPercent"));
    putchar('\n');
}

// Within which time an answer was due, by which row of the queue's, and how much of it had passed.
static void words_due(const json_t *d)
{
    const char *response = print_text(d, "due.response"), *channel = print_text(d, "due.channel");
    json_int_t target = print_number(d, "due.targetMs"), priority = print_number(d, "due.priority");
    if (!*response || !target)
        return;
    printf("  %s response due within ", response);
    why_time(target);
    if (*channel || priority)
        fputs(" (", stdout);
    if (*channel)
        fputs(channel, stdout);
    if (priority)
        printf("%spriority " N, *channel ? " " : "", priority);
    printf("%s, waited ", *channel || priority ? ")" : "");
    why_time(print_number(d, "due.waitedMs"));
    if (*print_text(d, "due.calendar"))
        printf(" of the hours of %s", print_text(d, "due.calendar"));
    putchar('\n');
}

// "the customer was told that it was closed, how long it takes"
static void words_told(const json_t *d)
{
    static const struct {
        const char *kind, *words;
    } kinds[] = {{"NOTICE_KIND_CLOSED", "that it was closed"},
                 {"NOTICE_KIND_FULL", "that it was full"},
                 {"NOTICE_KIND_WAIT", "how long it would take"},
                 {"NOTICE_KIND_SILENT", "that it would be closed without an answer"},
                 {"NOTICE_KIND_SILENT_CLOSED", "that it was closed without an answer"},
                 {"NOTICE_KIND_EMERGENCY", "that the queue was closed by hand"}};
    const char *before = "  the customer was told by itself ";
    const json_t *told = json_object_get(d, "told");
    for (size_t i = 0; i < json_array_size(told); i++) {
        const char *kind = json_string_value(json_array_get(told, i));
        for (size_t k = 0; kind && k < sizeof kinds / sizeof *kinds; k++) {
            if (strcmp(kind, kinds[k].kind) != 0)
                continue;
            printf("%s%s", before, kinds[k].words);
            before = ", ";
        }
    }
    if (json_array_size(told))
        putchar('\n');
}

// What was asked beyond skills, and what that means where nobody can ever give it.
static void words_requirement(const json_t *d)
{
    why_entry(d);
    words_overflowed(d);
    words_callback(d);
    words_voicemail(d);
    if (*print_text(d, "needs"))
        printf("  requires %s\n", print_text(d, "needs"));
    if (*print_text(d, "floor"))
        printf("  always requires %s\n", print_text(d, "floor"));
    words_relaxed(d);
    if (print_number(d, "considered") && !print_number(d, "able"))
        printf("  no agent at all meets the requirement, present or not\n");
    if (*print_text(d, "former"))
        printf("  %s %s\n", strcmp(print_text(d, "reason"), "transferred") == 0 ? "passed on by" : "last with",
               print_text(d, "former"));
    if (*print_text(d, "team"))
        printf("  passed to team %s, of whom only what is always required is asked; the best of them is %s\n",
               print_text(d, "team"), print_text(d, "wanted"));
    else if (*print_text(d, "wanted"))
        printf("  passed to %s by name\n", print_text(d, "wanted"));
    if (print_number(d, "holdMs")) {
        printf("  somebody could take it, but for ");
        why_time(print_number(d, "holdMs"));
        printf(" yet it is kept for somebody whom the customer knows\n");
    }
}

void why_heading(const json_t *d, const char *heading, const char *holder)
{
    const char *winner = print_text(d, "winner");
    printf("%s%s%s", print_bold(), heading, print_plain());
    if (print_number(d, "input"))
        printf(" %s." N, print_text(d, "input"), print_number(d, "index"));
    printf(" (%s, queue %s, %s): %s%s\n", print_text(d, "reason"), print_text(d, "queue"), print_text(d, "channel"),
           *holder ? "with " : "",
           *holder   ? holder
           : *winner ? winner
                     : "nobody yet");
    words_hand(d);
    words_due(d);
    words_told(d);
    words_requirement(d);
}

void why_decision(const json_t *d, const char *heading, const char *holder)
{
    size_t i;
    json_t *c;
    why_heading(d, heading, holder);
    json_array_foreach(json_object_get(d, "candidates"), i, c) words_candidate(d, c);
    json_int_t unnamed = print_number(d, "considered") - (json_int_t)json_array_size(json_object_get(d, "candidates"));
    if (unnamed > 0)
        printf("  and " N " more\n", unnamed);
}

const json_t *why_find(const json_t *decision, const char *agent)
{
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(decision, "candidates"), i, c)
    {
        const json_t *id = json_object_get(c, "agent");
        if (json_is_string(id) && strcmp(json_string_value(id), agent) == 0)
            return c;
    }
    return NULL;
}
