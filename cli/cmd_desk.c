// SPDX-License-Identifier: Apache-2.0
// `desk`: the life of a terminal desk. With --json the frames pass as they are, one a line, both ways.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/desk.h"
#include "cli/options.h"
#include "cli/print.h"

bool desk_command(struct desk *d, const char *name, json_t *body)
{
    char id[32];
    snprintf(id, sizeof id, "t%lu", ++d->sent);
    json_t *frame = json_pack("{s:s, s:o}", "clientId", id, name, body);
    bool sent = socket_send(d->socket, frame);
    json_decref(frame);
    return sent;
}

struct desk_work *desk_work_by_id(struct desk *d, json_int_t work)
{
    for (size_t i = 0; i < d->works_n; i++)
        if (d->works[i].work == work)
            return &d->works[i];
    return NULL;
}

struct desk_work *desk_work_by_conversation(struct desk *d, json_int_t conversation)
{
    for (size_t i = 0; i < d->works_n; i++)
        if (d->works[i].conversation == conversation)
            return &d->works[i];
    return NULL;
}

static bool desk_raw_message(void *ctx, const json_t *frame)
{
    (void)ctx;
    print_json(frame);
    return true;
}

static bool desk_raw_line(void *ctx, char *line)
{
    struct desk *d = ctx;
    if (!line)
        return false;
    json_error_t error;
    json_t *frame = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (!frame)
        return cli_fail(CLI_DATA, "not JSON: %s", error.text), true;
    bool sent = socket_send(d->socket, frame);
    json_decref(frame);
    return sent;
}

static bool desk_hello(struct desk *d)
{
    client_random(d->session);
    json_t *hello = json_pack("{s:{s:s, s:s}}", "hello", "session", d->session, "agent", d->agent);
    bool sent = socket_send(d->socket, hello);
    json_decref(hello);
    return sent;
}

int cmd_desk(struct cli *cli, int argc, char **argv)
{
    struct desk d = {.cli = cli};
    const struct option_spec specs[] = {{"--as", &d.agent, NULL}, {"--auto", NULL, &d.automatic}};
    argc = options_parse("desk", argc, argv, specs, 2);
    if (argc < 0)
        return CLI_USAGE;
    if (!d.agent || argc != 1)
        return cli_usage("desk", "needs --as AGENT");
    int code;
    d.socket = socket_open(cli, "/v1/desk", &code);
    if (!d.socket)
        return code;
    static const struct socket_ops people = {.message = desk_message, .line = desk_line};
    static const struct socket_ops raw = {.message = desk_raw_message, .line = desk_raw_line};
    if (!cli->json)
        printf("%sdesk of %s. A line is a reply to the customer; /help lists the commands.%s\n", print_dim(), d.agent,
               print_plain());
    fflush(stdout);
    if (desk_hello(&d))
        code = socket_run(d.socket, cli->json ? &raw : &people, &d, true);
    else
        code = cli_fail(CLI_UNAVAILABLE, "the connection to the daemon is lost");
    for (size_t i = 0; i < d.works_n; i++)
        desk_not_accepted(&d, &d.works[i]);
    if (code == CLI_OK)
        desk_command(&d, "logout", json_object());
    socket_close(d.socket);
    return code;
}
