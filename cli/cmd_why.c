// SPDX-License-Identifier: Apache-2.0
// `why [WORK]`: the records of its decisions, those of the newest open work unless it is named, and how every agent stands to it now, in plain words.
// With --full one decision, the latest unless it is named, with every agent there was. `why-not WORK AGENT`: one decision and one agent: all that
// kept them out, what would have had to differ, and what the chosen one was ahead by.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/why.h"

struct why_asked {
    const char *decision, *archive;
    bool full;
};

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

static int why_records(struct cli *cli, const char *work, json_t **answer)
{
    char path[256];
    char *segment = client_segment(work);
    snprintf(path, sizeof path, "/v1/work/%s/why", segment);
    free(segment);
    return client_call(cli, "GET", path, NULL, answer);
}

static void why_id_of(const json_t *decision, char *id, size_t size)
{
    snprintf(id, size, "%s.%" JSON_INTEGER_FORMAT, print_text(decision, "input"), print_number(decision, "index"));
}

// The recorded decision that is asked about, the latest unless it is named; NULL = it is not among them.
static const json_t *why_recorded(const json_t *answer, const char *decision)
{
    size_t i;
    json_t *d;
    char id[64];
    json_array_foreach(json_object_get(answer, "decisions"), i, d)
    {
        why_id_of(d, id, sizeof id);
        if (!decision || strcmp(id, decision) == 0)
            return d;
    }
    return NULL;
}

// The id of the decision in question, and its record where there is one; *answer keeps that alive. Who names both the decision and an archive
// needs no daemon.
static int why_which(struct cli *cli, const struct why_asked *asked, const char *work, char *id, size_t size,
                     json_t **answer, const json_t **record)
{
    *record = NULL;
    snprintf(id, size, "%s", asked->decision ? asked->decision : "");
    if (asked->decision && (asked->archive || asked->full))
        return CLI_OK;
    int rc = why_records(cli, work, answer);
    if (rc != CLI_OK)
        return rc;
    *record = why_recorded(*answer, asked->decision);
    if (*record)
        why_id_of(*record, id, size);
    return *id ? CLI_OK : cli_fail(CLI_NO, "no decision about work %s is on record; name one with --decision", work);
}

static int why_full_of(struct cli *cli, const struct why_asked *asked, const char *work)
{
    char id[64];
    json_t *answer = NULL, *full = NULL;
    const json_t *record;
    int rc = why_which(cli, asked, work, id, sizeof id, &answer, &record);
    if (rc == CLI_OK)
        rc = why_full(cli, id, strtoull(work, NULL, 10), asked->archive, NULL, &full);
    if (rc == CLI_OK && cli->json)
        print_json(full);
    else if (rc == CLI_OK)
        why_decision(full, "decision", "");
    json_decref(answer);
    json_decref(full);
    return rc;
}

// The newest come first: of those between which the work entered no other queue, the oldest tells how it came there.
static void why_entries_once(const json_t *decisions)
{
    for (size_t i = 1; i < json_array_size(decisions); i++) {
        json_t *d = json_array_get(decisions, i - 1);
        if (print_number(d, "entered.input") == print_number(json_array_get(decisions, i), "entered.input"))
            json_object_del(d, "entered");
    }
}

static int why_all(struct cli *cli, const char *work, bool named)
{
    json_t *answer = NULL;
    int rc = why_records(cli, work, &answer);
    if (rc != CLI_OK)
        return rc;
    if (cli->json) {
        print_json(answer);
    } else {
        size_t i;
        json_t *d;
        if (!named)
            printf("%swork %s%s\n", print_bold(), work, print_plain());
        why_entries_once(json_object_get(answer, "decisions"));
        json_array_foreach(json_object_get(answer, "decisions"), i, d) why_decision(d, "decision", "");
        json_t *now = json_object_get(answer, "now");
        if (now)
            why_decision(now, "as things stand", print_text(answer, "work.agent"));
    }
    json_decref(answer);
    return CLI_OK;
}

int cmd_why(struct cli *cli, int argc, char **argv)
{
    struct why_asked asked = {0};
    const struct option_spec specs[] = {
        {"--full", NULL, &asked.full}, {"--decision", &asked.decision, NULL}, {"--archive", &asked.archive, NULL}};
    char newest[32];
    argc = options_parse("why", argc, argv, specs, sizeof specs / sizeof *specs);
    if (argc < 0)
        return CLI_USAGE;
    if (argc > 2)
        return cli_usage("why", "takes one work id");
    uint64_t id;
    if (argc == 2 && !options_number("why", "WORK", argv[1], &id))
        return CLI_USAGE;
    snprintf(newest, sizeof newest, "0"); // of whichever work the decision named is
    int found = argc == 2 || asked.decision ? CLI_OK : why_newest(cli, newest, sizeof newest);
    if (found != CLI_OK)
        return found;
    asked.full = asked.full || asked.decision || asked.archive;
    return asked.full ? why_full_of(cli, &asked, argc == 2 ? argv[1] : newest)
                      : why_all(cli, argc == 2 ? argv[1] : newest, argc == 2);
}

// ---- why-not ----

static void why_not_words(const json_t *d, const json_t *c, const char *work)
{
    const char *agent = print_text(c, "agent"), *winner = print_text(d, "winner");
    char heading[160];
    snprintf(heading, sizeof heading, "work %s, decision", work);
    why_heading(d, heading, "");
    if (strcmp(agent, winner) == 0) {
        printf("%s was the choice.\n", agent);
        return;
    }
    if (why_qualified(c)) {
        printf("%s qualified, but ", agent);
        if (!why_behind(d, c))
            fputs("the record does not say what the other was ahead by", stdout);
        putchar('\n');
        return;
    }
    printf("%s was not asked: ", agent);
    why_reasons(c);
    putchar('\n');
    if (!json_array_size(json_object_get(c, "changes")))
        return;
    fputs("What would have had to differ: ", stdout);
    why_changes(c);
    printf("\nThen %s would have %s", agent,
           strcmp(print_text(c, "behind"), "nobody") == 0 ? "been chosen" : "qualified, but ");
    why_behind(d, c);
    putchar('\n');
}

static int why_not_tell(struct cli *cli, const json_t *d, const char *work, const char *agent)
{
    const json_t *c = why_find(d, agent);
    if (!c)
        return cli_fail(CLI_NO, "there was no agent %s when this was decided", agent);
    if (!cli->json) {
        why_not_words(d, c, work);
        return CLI_OK;
    }
    json_t *out = json_deep_copy(d);
    json_t *only = json_array();
    json_array_append(only, (json_t *)(uintptr_t)c);
    json_object_set_new(out, "candidates", only);
    print_json(out);
    json_decref(out);
    return CLI_OK;
}

int cmd_why_not(struct cli *cli, int argc, char **argv)
{
    struct why_asked asked = {0};
    const struct option_spec specs[] = {{"--decision", &asked.decision, NULL}, {"--archive", &asked.archive, NULL}};
    char id[64];
    json_t *answer = NULL, *full = NULL;
    const json_t *record;
    argc = options_parse("why-not", argc, argv, specs, sizeof specs / sizeof *specs);
    if (argc < 0)
        return CLI_USAGE;
    if (argc != 3)
        return cli_usage("why-not", "takes a work id and an agent");
    uint64_t work;
    if (!options_number("why-not", "WORK", argv[1], &work))
        return CLI_USAGE;
    int rc = why_which(cli, &asked, argv[1], id, sizeof id, &answer, &record);
    if (rc == CLI_OK && !(record && why_find(record, argv[2]))) // the record names few of many
        rc = why_full(cli, id, strtoull(argv[1], NULL, 10), asked.archive, argv[2], &full);
    if (rc == CLI_OK)
        rc = why_not_tell(cli, full ? full : record, argv[1], argv[2]);
    json_decref(answer);
    json_decref(full);
    return rc;
}
