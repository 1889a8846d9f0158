// SPDX-License-Identifier: Apache-2.0
// `learned AGENT`: what queues that learn go by, and the closes it came from; contest or restore one, or have it all forgotten.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/options.h"
#include "cli/print.h"

#define N "%" JSON_INTEGER_FORMAT

static void learned_share(const char *word, json_int_t millionths)
{
    printf("%s" N "." N " %%", word, millionths / 10000, millionths / 1000 % 10);
}

static void learned_print(const json_t *answer)
{
    size_t i;
    json_t *l;
    const json_t *lessons = json_object_get(answer, "lessons");
    if (!json_array_size(lessons))
        puts("nothing yet: the mean of all agents stands in");
    json_array_foreach(lessons, i, l)
    {
        const char *intent = print_text(l, "intent");
        printf("%s%s%s %s: resolved " N " of " N ";", print_bold(), print_text(l, "queue"), print_plain(),
               *intent ? intent : "(other)", print_number(l, "solved"), print_number(l, "tried"));
        learned_share(" estimate ", print_number(l, "estimate"));
        learned_share(", all agents ", print_number(l, "mean"));
        putchar('\n');
    }
    json_array_foreach(json_object_get(answer, "closings"), i, l)
    {
        const char *intent = print_text(l, "intent");
        printf("  work %s, %s %s: %s%s\n", print_text(l, "work"), print_text(l, "queue"), *intent ? intent : "(other)",
               json_is_true(json_object_get(l, "solved")) ? "resolved" : "not resolved",
               json_is_true(json_object_get(l, "contested")) ? ", contested: does not count" : "");
    }
}

static int learned_show(struct cli *cli, const char *path)
{
    json_t *answer = NULL;
    int rc = client_call(cli, "GET", path, NULL, &answer);
    if (rc != CLI_OK)
        return rc;
    if (cli->json)
        print_json(answer);
    else
        learned_print(answer);
    json_decref(answer);
    return CLI_OK;
}

static int learned_post(struct cli *cli, const char *path, json_t *body)
{
    json_t *answer = NULL;
    int rc = client_call(cli, "POST", path, body, &answer);
    json_decref(body);
    json_decref(answer);
    return rc;
}

int cmd_learned(struct cli *cli, int argc, char **argv)
{
    if (argc < 2 || argc > 4)
        return cli_usage("learned", "takes an agent, and what to do: reset [QUEUE], contest WORK or restore WORK");
    char base[300], path[400];
    char *segment = client_segment(argv[1]);
    snprintf(base, sizeof base, "/v1/agents/%.200s/learned", segment);
    free(segment);
    if (argc == 2)
        return learned_show(cli, base);
    if (strcmp(argv[2], "reset") == 0) {
        json_t *body = json_pack("{s:s}", "queue", argc == 4 ? argv[3] : "");
        snprintf(path, sizeof path, "%s/reset", base);
        return body ? learned_post(cli, path, body) : cli_usage("learned", "the queue must be UTF-8");
    }
    uint64_t work = 0;
    bool known = strcmp(argv[2], "contest") == 0 || strcmp(argv[2], "restore") == 0;
    if (!known || argc != 4)
        return cli_usage("learned", "what to do: reset [QUEUE], contest WORK or restore WORK");
    if (!options_number("learned", "WORK", argv[3], &work))
        return CLI_USAGE;
    snprintf(path, sizeof path, "%s/%.20s/%s", base, argv[3], argv[2]);
    return learned_post(cli, path, NULL);
}
