// SPDX-License-Identifier: Apache-2.0
// `say`: be a customer. Words enter by the gateway stream like any gateway's, marked simulated; the replies come back to this terminal
// and never to a real vendor. --call makes it a telephone call for as long as the terminal stays.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/socket.h"

struct say {
    const struct cli *cli;
    struct socket *socket;
    const char *as, *on, *verified, *intent, *language;
    bool call, once;
    long replies; // leave after so many, 0 = stay
    char call_id[40];
    json_int_t sequence; // of the last event or report sent
    json_int_t waiting;  // event that --once waits for
    json_int_t untold;   // event of the first words, which are shown once they are stored; 0 = they are
    char *text;          // the first words
    int code;
};

// One event of this customer; takes `body`, an object with the one member of the event's oneof.
static bool say_event(struct say *say, json_t *body)
{
    char id[40];
    client_random(id);
    json_t *event = json_pack("{s:s, s:s, s:s, s:b}", "id", id, "account", say->on, "from", say->as, "simulated", 1);
    if (say->intent)
        json_object_set_new(event, "intent", json_string(say->intent));
    if (say->language)
        json_object_set_new(event, "language", json_string(say->language));
    if (say->verified) {
        json_object_set_new(event, "verifiedHandles", json_pack("[s]", say->verified));
        json_object_set_new(event, "authentication", json_string("AUTHENTICATION_SIGNED"));
    }
    if (say->call)
        json_object_set_new(event, "threads", json_pack("[s]", say->call_id));
    json_object_update(event, body);
    json_decref(body);
    json_t *frame = json_pack("{s:I, s:o}", "sequence", ++say->sequence, "event", event);
    bool sent = socket_send(say->socket, frame);
    json_decref(frame);
    return sent;
}

static bool say_words(struct say *say, const char *text)
{
    bool sent = say_event(say, json_pack("{s:{s:s}}", "message", "text", text));
    say->waiting = say->sequence;
    return sent;
}

static bool say_welcome(struct say *say)
{
    if (say->call && !say_event(say, json_pack("{s:{s:s}}", "callStarted", "call", say->call_id)))
        return false;
    say->waiting = say->sequence;
    if (say->text && !say_words(say, say->text))
        return false;
    say->untold = say->text ? say->waiting : 0;
    if (!say->cli->json) {
        printf("%s%s on %s; Ctrl-C ends%s\n", print_dim(), say->as, say->on, print_plain());
        fflush(stdout);
    }
    return true;
}

static bool say_acked(struct say *say, const json_t *ack)
{
    size_t i;
    json_t *x;
    json_array_foreach(json_object_get(ack, "exceptions"), i, x)
    {
        const json_t *error = print_member(x, "result.error");
        if (!error)
            continue; // a duplicate
        bool unknown = strcmp(print_text(x, "result.status"), "unknown") == 0;
        const char *field = print_text(error, "field");
        say->code = cli_fail(unknown ? CLI_UNAVAILABLE : CLI_DATA, "%s%s%s", field, *field ? ": " : "",
                             print_text(error, "detail"));
        return false;
    }
    if (say->untold && print_number(ack, "upto") >= say->untold) {
        say->untold = 0;
        if (!say->cli->json)
            fputs("you: ", stdout), print_safe(say->text), putchar('\n');
        fflush(stdout);
    }
    return !(say->once && print_number(ack, "upto") >= say->waiting);
}

static bool say_delivered(struct say *say, const json_t *delivery)
{
    json_t *report = json_pack("{s:I, s:{s:s, s:s}}", "sequence", ++say->sequence, "report", "delivery",
                               print_text(delivery, "id"), "state", "DELIVERY_STATE_DELIVERED");
    json_t *credit = json_pack("{s:{s:i}}", "credit", "more", 1);
    bool sent = socket_send(say->socket, report) && socket_send(say->socket, credit);
    json_decref(report);
    json_decref(credit);
    const char *agent = print_text(delivery, "agent");
    if (!say->cli->json && json_object_get(delivery, "connect")) {
        printf("%sthe call is connected to %s%s\n", print_dim(), print_text(delivery, "connect.agent"), print_plain());
    } else if (!say->cli->json && json_object_get(delivery, "disconnect")) {
        printf("%sthe call is no longer with %s%s\n", print_dim(), print_text(delivery, "disconnect.agent"),
               print_plain());
    } else if (!say->cli->json) {
        printf("%s%s%s: ", print_bold(), *agent ? agent : "agent", print_plain());
        const char *text = json_string_value(print_member(delivery, "message.text"));
        print_safe(text ? text : "");
        putchar('\n');
    }
    fflush(stdout);
    return sent && !(say->replies && --say->replies == 0);
}

static bool say_message(void *ctx, const json_t *frame)
{
    struct say *say = ctx;
    if (say->cli->json)
        print_json(frame);
    const json_t *part;
    if (json_object_get(frame, "welcome"))
        return say_welcome(say);
    if ((part = json_object_get(frame, "ack")))
        return say_acked(say, part);
    if ((part = json_object_get(frame, "delivery")))
        return say_delivered(say, part);
    if ((part = json_object_get(frame, "error"))) {
        say->code = cli_fail(CLI_DATA, "%s", print_text(part, "detail"));
        return false;
    }
    return true;
}

static bool say_line(void *ctx, char *line)
{
    struct say *say = ctx;
    if (!line)
        return !isatty(STDIN_FILENO);
    return print_blank(line) || say_words(say, line);
}

static char *say_join(int argc, char **argv)
{
    size_t len = 1;
    for (int i = 1; i < argc; i++)
        len += strlen(argv[i]) + 1;
    char *text = calloc(1, len);
    for (int i = 1; text && i < argc; i++) {
        if (i > 1)
            strcat(text, " ");
        strcat(text, argv[i]);
    }
    return text;
}

static int say_run(struct cli *cli, struct say *say)
{
    int code;
    say->socket = socket_open(cli, "/v1/gateway", &code);
    if (!say->socket)
        return code;
    json_t *hello = json_pack("{s:{s:[s], s:b, s:s, s:i, s:b}}", "hello", "accounts", say->on, "simulate", 1, "handle",
                              say->as, "credit", 100, "deduplicates", 1);
    bool sent = socket_send(say->socket, hello);
    json_decref(hello);
    static const struct socket_ops ops = {.message = say_message, .line = say_line};
    code = sent ? socket_run(say->socket, &ops, say, true)
                : cli_fail(CLI_UNAVAILABLE, "the connection to the daemon is lost");
    if (say->call)
        say_event(say, json_pack("{s:{s:s, s:s}}", "callEnded", "call", say->call_id, "reason", "hangup"));
    socket_close(say->socket);
    return say->code ? say->code : code;
}

int cmd_say(struct cli *cli, int argc, char **argv)
{
    struct say say = {.cli = cli};
    const char *replies = NULL;
    const struct option_spec specs[] = {
        {"--as", &say.as, NULL},         {"--on", &say.on, NULL},     {"--verified", &say.verified, NULL},
        {"--intent", &say.intent, NULL}, {"--call", NULL, &say.call}, {"--language", &say.language, NULL},
        {"--replies", &replies, NULL},   {"--once", NULL, &say.once}};
    argc = options_parse("say", argc, argv, specs, sizeof specs / sizeof *specs);
    if (argc < 0)
        return CLI_USAGE;
    if (!say.as || !*say.as || !say.on || !*say.on)
        return cli_usage("say", "needs --as HANDLE (for example tel:+4915112345678) and --on ACCOUNT");
    char *end = NULL;
    say.replies = replies ? strtol(replies, &end, 10) : 0;
    if (replies && (*end || say.replies < 1))
        return cli_usage("say", "--replies needs a number");
    say.text = argc > 1 ? say_join(argc, argv) : NULL;
    client_random(say.call_id);
    int code = say_run(cli, &say);
    free(say.text);
    return code;
}
