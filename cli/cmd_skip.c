// SPDX-License-Identifier: Apache-2.0
// `skip`: the inputs of the log that every node skips; with a number, one more of them.
#include <stdio.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/options.h"
#include "cli/print.h"

static int skip_list(struct cli *cli)
{
    json_t *answer = NULL;
    int rc = client_call(cli, "GET", "/v1/log/skipped", NULL, &answer);
    if (rc != CLI_OK)
        return rc;
    json_t *rows = json_object_get(answer, "skipped"), *none = rows ? NULL : json_array();
    if (cli->json)
        print_json(rows ? rows : none);
    else
        print_table(rows ? rows : none,
                    (struct print_column[]){{"input", "INPUT", PRINT_TEXT}, {"reason", "WHY", PRINT_TEXT}}, 2);
    json_decref(none);
    json_decref(answer);
    return CLI_OK;
}

static int skip_one(struct cli *cli, const char *input, const char *reason)
{
    char path[64];
    json_t *body = json_pack("{s:s}", "reason", reason), *answer = NULL;
    if (!body)
        return cli_usage("skip", "the reason must be UTF-8");
    snprintf(path, sizeof path, "/v1/log/%.20s/skip", input);
    int rc = client_call(cli, "POST", path, body, &answer);
    json_decref(body);
    if (rc != CLI_OK)
        return rc;
    if (cli->json)
        print_json(answer);
    else
        printf("input %s is void: every node skips it from now on\n", print_text(answer, "input"));
    json_decref(answer);
    return CLI_OK;
}

int cmd_skip(struct cli *cli, int argc, char **argv)
{
    const char *reason = "";
    const struct option_spec specs[] = {{"--reason", &reason, NULL}};
    argc = options_parse("skip", argc, argv, specs, 1);
    if (argc < 0)
        return CLI_USAGE;
    if (argc == 1)
        return skip_list(cli);
    uint64_t input = 0;
    if (argc == 2 && !options_number("skip", "INPUT", argv[1], &input))
        return CLI_USAGE;
    if (!input)
        return cli_usage("skip", "takes the number of one input, from 1");
    return skip_one(cli, argv[1], reason);
}
