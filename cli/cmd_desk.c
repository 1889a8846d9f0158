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

enum { DESK_PAUSE_LEAST = 250, DESK_PAUSE_MOST = 5000, DESK_UNDER_WAY_MAX = 32 };

// As many as are not on their way yet, and may be: the daemon takes twice as many that it has not answered. In order.
static bool desk_send_pending(struct desk *d)
{
    const char *id;
    json_t *frame;
    size_t i = 0;
    json_object_foreach(d->pending, id, frame)
    {
        if (i++ < d->under_way || d->under_way >= DESK_UNDER_WAY_MAX + d->unread)
            continue;
        d->under_way++;
        if (!socket_send(d->socket, frame))
            return false;
    }
    return true;
}

bool desk_command(struct desk *d, const char *name, json_t *body)
{
    char id[32];
    snprintf(id, sizeof id, "t%lu", ++d->sent);
    json_object_set_new(d->pending, id, json_pack("{s:s, s:o}", "clientId", id, name, body));
    return desk_send_pending(d);
}

bool desk_answered(struct desk *d, const char *client_id)
{
    if (json_object_del(d->pending, client_id) != 0)
        return true;
    d->under_way--;
    return desk_send_pending(d);
}

bool desk_send_again(struct desk *d)
{
    d->under_way = d->unread = 0;
    return desk_send_pending(d);
}

bool desk_not_taken(struct desk *d, const char *code, const char *field, bool *later)
{
    char id[32];
    snprintf(id, sizeof id, "%.*s", (int)strcspn(field, ":"), field);
    const json_t *frame = json_object_get(d->pending, id);
    *later = frame && strcmp(code, "not_yet") == 0;
    if (*later)
        return true; // the welcome sends it again
    if (!frame) {
        d->unread++; // if it was a command: it could not be read, so its answer will not come
        return desk_send_pending(d);
    }
    *later = strcmp(code, "outcome_unknown") == 0;
    if (*later)
        return socket_send(d->socket, frame);
    desk_accept_failed(d, id);
    return desk_answered(d, id);
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

void desk_forget_all(struct desk *d)
{
    for (size_t i = 0; i < d->works_n; i++) {
        desk_not_accepted(d, &d->works[i]);
        desk_forget_dispositions(&d->works[i]);
    }
    d->works_n = 0;
    d->current = 0;
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
    json_t *hello =
        json_pack("{s:{s:s, s:s, s:s}}", "hello", "session", d->session, "agent", d->agent, "lastSeq", d->last_seq);
    bool sent = socket_send(d->socket, hello);
    json_decref(hello);
    return sent;
}

// Whatever else is not answered yet.
static void desk_bye(struct desk *d)
{
    json_t *frame = json_pack("{s:s, s:{}}", "clientId", "bye", "logout");
    socket_send(d->socket, frame);
    json_decref(frame);
}

// One connection from its hello to its end.
static int desk_connect(struct cli *cli, struct desk *d, bool *may_return)
{
    static const struct socket_ops people = {.message = desk_message, .line = desk_line, .prompt = desk_prompt};
    static const struct socket_ops raw = {.message = desk_raw_message, .line = desk_raw_line};
    int code;
    *may_return = true;
    d->welcomed = false;
    d->socket = socket_open(cli, "/v1/desk", &code);
    if (!d->socket) {
        *may_return = code == CLI_UNAVAILABLE;
        return code;
    }
    code = desk_hello(d) ? socket_run(d->socket, cli->json ? &raw : &people, d, true) : CLI_UNAVAILABLE;
    *may_return = code != CLI_OK && socket_may_return(d->socket);
    if (code == CLI_OK && !d->denied)
        desk_bye(d);
    socket_close(d->socket);
    return d->denied ? CLI_NO : code;
}

// People's desks come back after a loss, as a browser's would: the same session, from where it was.
static int desk_live(struct cli *cli, struct desk *d)
{
    bool may_return;
    int pause = DESK_PAUSE_LEAST, code;
    for (;;) {
        code = desk_connect(cli, d, &may_return);
        if (code == CLI_OK || d->denied || !may_return || !d->returning || cli->json)
            break;
        if (d->welcomed) {
            pause = DESK_PAUSE_LEAST;
            puts("connecting again ...");
            fflush(stdout);
        }
        if (!socket_pause(pause)) {
            code = CLI_OK;
            break;
        }
        cli_hush(true); // the loss is known
        cli_locate(cli);
        pause = pause * 2 > DESK_PAUSE_MOST ? DESK_PAUSE_MOST : pause * 2;
    }
    cli_hush(false);
    desk_forget_all(d);
    return code != CLI_OK && d->returning && !d->welcomed ? cli_fail(code, "the daemon does not take this desk back")
                                                          : code;
}

int cmd_desk(struct cli *cli, int argc, char **argv)
{
    struct desk d = {.cli = cli};
    const struct option_spec specs[] = {{"--as", &d.agent, NULL}, {"--auto", NULL, &d.automatic}};
    argc = options_parse("desk", argc, argv, specs, 2);
    if (argc < 0)
        return CLI_USAGE;
    if (!d.agent || !*d.agent || argc != 1)
        return cli_usage("desk", "needs --as AGENT");
    client_random(d.session);
    d.pending = json_object();
    int code = desk_live(cli, &d);
    json_decref(d.pending);
    free(d.works);
    return code;
}
