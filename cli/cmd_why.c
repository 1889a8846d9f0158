// SPDX-License-Identifier: Apache-2.0
// `why [WORK]`: the records of its decisions, those of the newest open work unless it is named, and how every agent stands to it now, in plain words.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/print.h"

static void why_shortfalls(const json_t *candidate)
{
    size_t i;
    json_t *s;
    json_array_foreach(json_object_get(candidate, "shortfalls"), i, s)
    {
        json_int_t has = print_number(s, "has");
        printf("%s needs %s %" JSON_INTEGER_FORMAT ", ", i ? ";" : "", print_text(s, "skill"),
               print_number(s, "needs"));
        if (has)
            printf("has %" JSON_INTEGER_FORMAT, has);
        else
            fputs("has none", stdout);
    }
}

// One agent's line: chosen, or the exact reason why not.
static void why_candidate(const json_t *c, const char *winner)
{
    const char *agent = print_text(c, "agent"), *why = print_text(c, "exclusion");
    printf("  %s%-12s%s ", print_bold(), agent, print_plain());
    if (*winner && strcmp(agent, winner) == 0)
        printf("chosen:%s surplus %" JSON_INTEGER_FORMAT ", idle %" JSON_INTEGER_FORMAT " s, load %" JSON_INTEGER_FORMAT
               " + %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT,
               json_is_true(json_object_get(c, "known")) ? " knows the customer," : "", print_number(c, "surplus"),
               print_number(c, "idleMs") / 1000, print_number(c, "load"), print_number(c, "cost"),
               print_number(c, "capacity"));
    else if (strcmp(why, "none") == 0)
        printf("qualified:%s surplus %" JSON_INTEGER_FORMAT ", idle %" JSON_INTEGER_FORMAT " s",
               json_is_true(json_object_get(c, "known")) ? " knows the customer," : "", print_number(c, "surplus"),
               print_number(c, "idleMs") / 1000);
    else if (strcmp(why, "skill") == 0)
        why_shortfalls(c);
    else if (strcmp(why, "capacity") == 0)
        printf(" no room: load %" JSON_INTEGER_FORMAT " + %" JSON_INTEGER_FORMAT " of capacity %" JSON_INTEGER_FORMAT,
               print_number(c, "load"), print_number(c, "cost"), print_number(c, "capacity"));
    else if (strcmp(why, "channel") == 0)
        fputs(" does not take this channel", stdout);
    else if (strcmp(why, "declined") == 0)
        fputs(" declined or missed this work", stdout);
    else
        printf(" %s", why);
    putchar('\n');
}

static void why_decision(const json_t *d, const char *heading)
{
    const char *winner = print_text(d, "winner");
    printf("%s%s%s", print_bold(), heading, print_plain());
    if (print_number(d, "input"))
        printf(" %s.%" JSON_INTEGER_FORMAT, print_text(d, "input"), print_number(d, "index"));
    printf(" (%s, queue %s, %s): %s\n", print_text(d, "reason"), print_text(d, "queue"), print_text(d, "channel"),
           *winner ? winner : "nobody yet");
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
        json_array_foreach(json_object_get(answer, "decisions"), i, d) why_decision(d, "decision");
        json_t *now = json_object_get(answer, "now");
        if (now)
            why_decision(now, "as things stand");
    }
    json_decref(answer);
    return CLI_OK;
}
