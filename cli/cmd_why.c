// SPDX-License-Identifier: Apache-2.0
// `why [WORK]`: the records of its decisions, those of the newest open work unless it is named, and how every agent stands to it now, in plain words.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/print.h"
#include "cli/why.h"

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
