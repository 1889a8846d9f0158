// SPDX-License-Identifier: Apache-2.0
// `supervise`: what a supervisor does to agents and work. A table says for each act what it takes and where it is asked for.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/options.h"
#include "cli/print.h"

static const struct supervise_act {
    const char *name;       // as in the path
    const char *collection; // of its first argument
    const char *member;     // in the body, of its second; NULL = none
    const char *takes;
    bool number; // the second is one
    bool self;   // done by the token's agent, or by --agent where it has none
} supervise_acts[] = {
    {.name = "log-out", .collection = "agents", .takes = "AGENT"},
    {.name = "drain", .collection = "agents", .takes = "AGENT"},
    {.name = "assign", .collection = "work", .member = "agent", .takes = "WORK AGENT"},
    {.name = "pull", .collection = "work", .takes = "WORK"},
    {.name = "requeue", .collection = "work", .member = "queue", .takes = "WORK QUEUE"},
    {.name = "priority", .collection = "work", .member = "priority", .takes = "WORK CLASS", .number = true},
    {.name = "close-queue", .collection = "queues", .takes = "QUEUE"},
    {.name = "open-queue", .collection = "queues", .takes = "QUEUE"},
    {.name = "listen", .collection = "work", .takes = "WORK", .self = true},
    {.name = "whisper", .collection = "work", .takes = "WORK", .self = true},
    {.name = "barge", .collection = "work", .takes = "WORK", .self = true},
    {.name = "take-over", .collection = "work", .takes = "WORK", .self = true},
};

static const struct supervise_act *supervise_find(const char *name)
{
    for (size_t i = 0; i < sizeof supervise_acts / sizeof *supervise_acts; i++)
        if (strcmp(supervise_acts[i].name, name) == 0)
            return &supervise_acts[i];
    return NULL;
}

// The state afterwards, in a line.
static void supervise_tell(const json_t *answer)
{
    if (*print_text(answer, "agent.id")) {
        printf("%s is %s\n", print_text(answer, "agent.id"), print_text(answer, "presence"));
        return;
    }
    if (*print_text(answer, "queue.name")) {
        const char *closed = print_closure(json_object_get(answer, "closure"));
        printf("queue %s is %s", print_text(answer, "queue.name"), *closed ? "closed " : "open");
        print_safe(closed);
        putchar('\n');
        return;
    }
    printf("work %s is %s in queue %s", print_text(answer, "id"), print_text(answer, "state"),
           print_text(answer, "queue"));
    printf(", class %" JSON_INTEGER_FORMAT, print_number(answer, "priority"));
    if (*print_text(answer, "agent"))
        printf(", with %s", print_text(answer, "agent"));
    size_t i;
    json_t *p;
    json_array_foreach(json_object_get(answer, "participants"), i, p)
        printf(", %s %s", print_text(p, "agent"), print_text(p, "role"));
    putchar('\n');
}

static int supervise_send(struct cli *cli, const struct supervise_act *act, const char *what, json_t *body)
{
    char path[512];
    char *segment = client_segment(what);
    int word = (int)strcspn(act->name, "-");
    bool queue = strcmp(act->collection, "queues") == 0;
    snprintf(path, sizeof path, "/v1/%s/%s/%.*s", act->collection, segment, queue ? word : (int)strlen(act->name),
             act->name);
    free(segment);
    json_t *answer = NULL;
    int rc = client_call(cli, "POST", path, body, &answer);
    json_decref(body);
    if (rc == CLI_OK && answer && cli->json)
        print_json(answer);
    else if (rc == CLI_OK && answer)
        supervise_tell(answer);
    json_decref(answer);
    return rc;
}

struct supervise_closing {
    const char *until, *message, *to;
};

// "2026-12-24 18:00", or "18:00" today, by the local clock; false: it is neither.
static bool supervise_time(const char *text, int64_t *ms)
{
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    const char *end = strptime(text, strchr(text, '-') ? "%Y-%m-%d %H:%M" : "%H:%M", &tm);
    tm.tm_sec = 0;
    tm.tm_isdst = -1;
    *ms = (int64_t)mktime(&tm) * 1000;
    return end && !*end && *ms > (int64_t)now * 1000;
}

static int supervise_put_closing(const struct supervise_act *act, const struct supervise_closing *c, json_t *body)
{
    int64_t until = 0;
    if (strcmp(act->name, "close-queue") != 0)
        return !c->until && !*c->message && !*c->to
                   ? CLI_OK
                   : cli_usage("supervise", "--until, --message and --to belong to close-queue");
    if (c->until && !supervise_time(c->until, &until))
        return cli_usage("supervise", "--until takes a time ahead: HH:MM, or \"YYYY-MM-DD HH:MM\"");
    json_object_set_new(body, "untilMs", json_integer((json_int_t)until));
    json_object_set_new(body, "to", json_string(c->to));
    return json_object_set_new(body, "message", json_string(c->message)) == 0
               ? CLI_OK
               : cli_usage("supervise", "the message must be UTF-8");
}

int cmd_supervise(struct cli *cli, int argc, char **argv)
{
    const char *reason = "", *agent = "";
    struct supervise_closing closing = {NULL, "", ""};
    bool over = false;
    const struct option_spec specs[] = {
        {"--reason", &reason, NULL},       {"--over-capacity", NULL, &over},      {"--agent", &agent, NULL},
        {"--until", &closing.until, NULL}, {"--message", &closing.message, NULL}, {"--to", &closing.to, NULL}};
    argc = options_parse("supervise", argc, argv, specs, sizeof specs / sizeof *specs);
    if (argc < 0)
        return CLI_USAGE;
    const struct supervise_act *act = argc > 1 ? supervise_find(argv[1]) : NULL;
    if (!act)
        return cli_usage("supervise", "takes log-out, drain, assign, pull, requeue, priority, close-queue, open-queue, "
                                      "listen, whisper, barge or take-over");
    if (argc != (act->member ? 4 : 3))
        return cli_usage("supervise", "%s takes %s", act->name, act->takes);
    if (over && strcmp(act->name, "assign") != 0)
        return cli_usage("supervise", "--over-capacity belongs to assign");
    if (*agent && !act->self)
        return cli_usage("supervise", "--agent belongs to listen, whisper, barge and take-over");
    uint64_t number = 0;
    if (strcmp(act->collection, "work") == 0 && !options_number("supervise", "WORK", argv[2], &number))
        return CLI_USAGE;
    if (act->number && !options_number("supervise", "CLASS", argv[3], &number))
        return CLI_USAGE;
    json_t *body = json_pack("{s:s}", "reason", reason);
    if (!body)
        return cli_usage("supervise", "the reason must be UTF-8");
    if (act->member)
        json_object_set_new(body, act->member, act->number ? json_integer((json_int_t)number) : json_string(argv[3]));
    if (over)
        json_object_set_new(body, "overCapacity", json_true());
    if (*agent)
        json_object_set_new(body, "agent", json_string(agent));
    int rc = supervise_put_closing(act, &closing, body);
    if (rc == CLI_OK)
        return supervise_send(cli, act, argv[2], body);
    json_decref(body);
    return rc;
}
