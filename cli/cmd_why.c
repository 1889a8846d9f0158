// SPDX-License-Identifier: Apache-2.0
// `why [WORK]`: the records of its decisions, those of the newest open work unless it is named, and how every agent stands to it now, in plain words.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/print.h"

#define N "%" JSON_INTEGER_FORMAT

// Every skill that is missing, whatever else keeps the agent out: "; billing needs 3, has 2".
static void why_shortfalls(const json_t *candidate, const char *before)
{
    size_t i;
    json_t *s;
    json_array_foreach(json_object_get(candidate, "shortfalls"), i, s)
    {
        json_int_t has = print_number(s, "has");
        printf("%s %s needs " N ", has ", i ? ";" : before, print_text(s, "skill"), print_number(s, "needs"));
        if (has)
            printf(N, has);
        else
            fputs("none", stdout);
    }
}

// What a queue that chooses by resolution went by.
static void why_resolution(const json_t *c)
{
    json_int_t chance = print_number(c, "resolution"), tried = print_number(c, "tried");
    if (!chance)
        return;
    printf(", resolves " N "." N " %%", chance / 10000, chance / 1000 % 10);
    if (tried)
        printf(" (" N " of " N " here)", print_number(c, "solved"), tried);
}

static void why_able(const json_t *c, const char *word)
{
    printf(" %s:%s surplus " N ", idle " N " s", word,
           json_is_true(json_object_get(c, "known")) ? " knows the customer," : "", print_number(c, "surplus"),
           print_number(c, "idleMs") / 1000);
    why_resolution(c);
}

static void why_room(const json_t *c, const char *before)
{
    printf("%s load " N " + " N " of " N, before, print_number(c, "load"), print_number(c, "cost"),
           print_number(c, "capacity"));
}

static void why_occupied(const json_t *c)
{
    json_int_t maximum = print_number(c, "maximum");
    if (maximum)
        printf(" %s is at its maximum of " N, print_text(c, "occupied"), maximum);
    else
        printf(" has %s, which is exclusive", print_text(c, "occupied"));
}

static const char *why_words(const char *exclusion)
{
    static const char *const words[][2] = {
        {"offline", "is offline"},
        {"away", "is away"},
        {"draining", "finishes what is at hand and gets nothing new"},
        {"focus", "is in focus: nothing new for now"},
        {"lost", "has lost the desk and may come back to it"},
        {"channel", "does not take this channel"},
        {"capacity", "has no room:"},
        {"declined", "declined or missed this work"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(exclusion, words[i][0]) == 0)
            return words[i][1];
    return exclusion;
}

// One agent's line: chosen, or the exact reasons why not.
static void why_candidate(const json_t *c, const char *winner)
{
    const char *agent = print_text(c, "agent"), *why = print_text(c, "exclusion"), *before = ";";
    printf("  %s%-12s%s ", print_bold(), agent, print_plain());
    if (*winner && strcmp(agent, winner) == 0) {
        why_able(c, "chosen");
        why_room(c, ",");
    } else if (strcmp(why, "none") == 0) {
        why_able(c, "qualified");
    } else if (strcmp(why, "skill") == 0) {
        before = "";
    } else if (strcmp(why, "occupied") == 0) {
        why_occupied(c);
    } else {
        printf(" %s", why_words(why));
        if (strcmp(why, "capacity") == 0)
            why_room(c, "");
    }
    why_shortfalls(c, before);
    putchar('\n');
}

// What was asked beyond skills, and what that means where nobody can ever give it.
static void why_requirement(const json_t *d)
{
    const char *needs = print_text(d, "needs"), *floor = print_text(d, "floor");
    json_int_t step = print_number(d, "step");
    if (*needs)
        printf("  requires %s\n", needs);
    if (*floor)
        printf("  always requires %s\n", floor);
    if (step)
        printf("  relaxed " N " time%s so far\n", step, step == 1 ? "" : "s");
    if (print_number(d, "considered") && !print_number(d, "able"))
        printf("  no agent at all meets the requirement, present or not\n");
}

// holder: who has the work already, "" = nobody.
static void why_decision(const json_t *d, const char *heading, const char *holder)
{
    const char *winner = print_text(d, "winner");
    printf("%s%s%s", print_bold(), heading, print_plain());
    if (print_number(d, "input"))
        printf(" %s.%" JSON_INTEGER_FORMAT, print_text(d, "input"), print_number(d, "index"));
    printf(" (%s, queue %s, %s): %s%s\n", print_text(d, "reason"), print_text(d, "queue"), print_text(d, "channel"),
           *holder ? "with " : "",
           *holder   ? holder
           : *winner ? winner
                     : "nobody yet");
    why_requirement(d);
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(d, "candidates"), i, c) why_candidate(c, winner);
    json_int_t unnamed = print_number(d, "considered") - (json_int_t)json_array_size(json_object_get(d, "candidates"));
    if (unnamed > 0)
        printf("  and %" JSON_INTEGER_FORMAT " more\n", unnamed);
}

// The list is in order of id, so the newest is its last.
static int why_newest(struct cli *cli, char *id, size_t size)
{
    json_t *works = NULL;
    int rc = client_list(cli, "/v1/work", "work", SIZE_MAX, &works);
    if (rc != CLI_OK)
        return rc;
    size_t n = json_array_size(works);
    snprintf(id, size, "%s", n ? print_text(json_array_get(works, n - 1), "id") : "");
    json_decref(works);
    return n ? CLI_OK : cli_fail(CLI_NO, "no work is open; give the number of one that was");
}

int cmd_why(struct cli *cli, int argc, char **argv)
{
    if (argc > 2)
        return cli_usage("why", "takes one work id");
    char path[256], newest[32];
    int found = argc == 2 ? CLI_OK : why_newest(cli, newest, sizeof newest);
    if (found != CLI_OK)
        return found;
    char *segment = client_segment(argc == 2 ? argv[1] : newest);
    snprintf(path, sizeof path, "/v1/work/%s/why", segment);
    free(segment);
    json_t *answer = NULL;
    int rc = client_call(cli, "GET", path, NULL, &answer);
    if (rc != CLI_OK)
        return rc;
    if (cli->json) {
        print_json(answer);
    } else {
        size_t i;
        json_t *d;
        if (argc == 1)
            printf("%swork %s%s\n", print_bold(), newest, print_plain());
        json_array_foreach(json_object_get(answer, "decisions"), i, d) why_decision(d, "decision", "");
        json_t *now = json_object_get(answer, "now");
        if (now)
            why_decision(now, "as things stand", print_text(answer, "work.agent"));
    }
    json_decref(answer);
    return CLI_OK;
}
