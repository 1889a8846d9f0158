// SPDX-License-Identifier: Apache-2.0
// Commands that show, or define by a JSON file, what the back office knows: agents, queues, conversations, dead letters, tokens, audit.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/options.h"
#include "cli/print.h"

#define COLUMNS(...)                                                                                                   \
    (const struct print_column[]){__VA_ARGS__},                                                                        \
        sizeof((const struct print_column[]){__VA_ARGS__}) / sizeof(struct print_column)
#define READ_MOST 10000

// Prints a list: JSON as it is, or as a table. Takes the reference.
static int read_show(const struct cli *cli, json_t *rows, const struct print_column *columns, size_t n)
{
    if (cli->json)
        print_json(rows);
    else
        print_table(rows, columns, n);
    json_decref(rows);
    return CLI_OK;
}

static int read_list(struct cli *cli, const char *path, const char *member, const struct print_column *columns,
                     size_t n)
{
    json_t *rows = NULL;
    int rc = client_list(cli, path, member, READ_MOST, &rows);
    return rc == CLI_OK ? read_show(cli, rows, columns, n) : rc;
}

static int read_one(struct cli *cli, const char *method, const char *collection, const char *id, const json_t *body)
{
    char path[512];
    char *segment = client_segment(id);
    snprintf(path, sizeof path, "%s/%s", collection, segment);
    free(segment);
    json_t *answer = NULL;
    int rc = client_call(cli, method, path, body, &answer);
    if (rc == CLI_OK && answer) {
        json_dumpf(answer, stdout, cli->json ? JSON_COMPACT : JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(answer);
    return rc;
}

// put FILE: a JSON object that names itself by `key`.
static int read_put(struct cli *cli, const char *collection, const char *file, const char *key)
{
    json_error_t error;
    json_t *body = strcmp(file, "-") == 0 ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &error)
                                          : json_load_file(file, JSON_REJECT_DUPLICATES, &error);
    if (!body)
        return error.line > 0 ? cli_fail(CLI_DATA, "%s:%d:%d: %s", file, error.line, error.column, error.text)
                              : cli_fail(CLI_DATA, "%s", error.text);
    const char *id = json_string_value(json_object_get(body, key));
    int rc =
        id ? read_one(cli, "PUT", collection, id, body) : cli_fail(CLI_DATA, "%s: needs a member \"%s\"", file, key);
    json_decref(body);
    return rc;
}

// `put` or `remove`, and nothing behind.
static bool read_unfinished(int argc, char **argv)
{
    return argc == 2 && (strcmp(argv[1], "put") == 0 || strcmp(argv[1], "remove") == 0);
}

int cmd_agents(struct cli *cli, int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "put") == 0)
        return read_put(cli, "/v1/agents", argv[2], "id");
    if (argc == 3 && strcmp(argv[1], "remove") == 0)
        return read_one(cli, "DELETE", "/v1/agents", argv[2], NULL);
    if (read_unfinished(argc, argv))
        return cli_usage("agents", "put takes a FILE (- is standard input), remove an ID");
    if (argc == 2)
        return read_one(cli, "GET", "/v1/agents", argv[1], NULL);
    if (argc != 1)
        return cli_usage("agents", "too many arguments");
    return read_list(cli, "/v1/agents", "agents",
                     COLUMNS({"agent.id", "AGENT", PRINT_TEXT}, {"agent.name", "NAME", PRINT_TEXT},
                             {"presence", "PRESENCE", PRINT_TEXT}, {"load", "LOAD", PRINT_COUNT},
                             {"agent.capacity", "OF", PRINT_COUNT}, {"work", "WORK", PRINT_COUNT},
                             {"agent.skills", "SKILLS", PRINT_COUNT}, {"sessions", "DESKS", PRINT_COUNT}));
}

int cmd_queues(struct cli *cli, int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "put") == 0)
        return read_put(cli, "/v1/queues", argv[2], "name");
    if (argc == 3 && strcmp(argv[1], "remove") == 0)
        return read_one(cli, "DELETE", "/v1/queues", argv[2], NULL);
    if (read_unfinished(argc, argv))
        return cli_usage("queues", "put takes a FILE (- is standard input), remove a NAME");
    if (argc == 2)
        return read_one(cli, "GET", "/v1/queues", argv[1], NULL);
    if (argc != 1)
        return cli_usage("queues", "too many arguments");
    return read_list(cli, "/v1/queues", "queues",
                     COLUMNS({"queue.name", "QUEUE", PRINT_TEXT}, {"queue.priority", "CLASS", PRINT_COUNT},
                             {"waiting", "WAITING", PRINT_COUNT}, {"offered", "OFFERED", PRINT_COUNT},
                             {"assigned", "ASSIGNED", PRINT_COUNT}, {"recording", "RECORDING", PRINT_SELDOM},
                             {"waits", "WAIT", PRINT_WAIT}, {"responses", "IN TIME", PRINT_KEPT},
                             {"callbacks", "CALLED BACK", PRINT_CALLBACKS}, {"closure", "CLOSED", PRINT_CLOSURE}));
}

int cmd_work(struct cli *cli, int argc, char **argv)
{
    uint64_t id;
    if (argc == 2)
        return options_number("work", "ID", argv[1], &id) ? read_one(cli, "GET", "/v1/work", argv[1], NULL) : CLI_USAGE;
    if (argc != 1)
        return cli_usage("work", "too many arguments");
    return read_list(cli, "/v1/work", "work",
                     COLUMNS({"id", "WORK", PRINT_TEXT}, {"state", "STATE", PRINT_TEXT}, {"queue", "QUEUE", PRINT_TEXT},
                             {"agent", "AGENT", PRINT_TEXT}, {"formerAgent", "BEFORE", PRINT_TEXT},
                             {"channelNow", "CHANNEL", PRINT_TEXT}, {"reason", "REASON", PRINT_TEXT},
                             {"snoozedUntilMs", "SNOOZED UNTIL", PRINT_TIME}, {"wait", "WAIT", PRINT_WAIT},
                             {"due", "ANSWER DUE", PRINT_DUE}, {"sessions", "CALL BACK", PRINT_CALLBACK}));
}

// "Eva Exempel, tel:+4915112345678", as far as either is known.
static void read_who(const json_t *conversation, char *out, size_t size)
{
    const char *name = print_text(conversation, "customerName"), *handle = print_text(conversation, "customerHandle");
    snprintf(out, size, "%s%s%s", name, *name && *handle ? ", " : "", handle);
}

// For the table: whom it is with, and how it stands.
static void read_add_words(json_t *conversation)
{
    char who[512];
    bool closed = json_is_true(json_object_get(conversation, "closed"));
    bool resolved = json_is_true(json_object_get(conversation, "resolved"));
    read_who(conversation, who, sizeof who);
    json_object_set_new(conversation, "who", json_string(who));
    json_object_set_new(conversation, "state", json_string(!closed ? "open" : resolved ? "resolved" : "closed"));
}

static int read_conversation(struct cli *cli, const char *id)
{
    char path[256];
    char *segment = client_segment(id);
    json_t *conversation = NULL, *timeline = NULL;
    snprintf(path, sizeof path, "/v1/conversations/%s", segment);
    int rc = client_call(cli, "GET", path, NULL, &conversation);
    snprintf(path, sizeof path, "/v1/conversations/%s/timeline", segment);
    free(segment);
    if (rc == CLI_OK)
        rc = client_call(cli, "GET", path, NULL, &timeline);
    if (rc == CLI_OK && cli->json) {
        json_object_set(conversation, "timeline", json_object_get(timeline, "entries"));
        print_json(conversation);
    } else if (rc == CLI_OK) {
        char who[512];
        read_who(conversation, who, sizeof who);
        printf("conversation %s of customer %s%s%s%s%s%s%s%s\n", print_text(conversation, "id"),
               print_text(conversation, "customer"), *who ? " (" : "", who, *who ? ")" : "",
               json_is_true(json_object_get(conversation, "closed")) ? ", closed" : "",
               *print_text(conversation, "agent") ? ", with " : "", print_text(conversation, "agent"),
               json_is_true(json_object_get(conversation, "resolved")) ? ", resolved" : "");
        size_t i;
        json_t *entry;
        json_array_foreach(json_object_get(timeline, "entries"), i, entry) print_entry(entry, NULL);
    }
    json_decref(conversation);
    json_decref(timeline);
    return rc;
}

int cmd_conversations(struct cli *cli, int argc, char **argv)
{
    uint64_t id;
    if (argc == 2)
        return options_number("conversations", "ID", argv[1], &id) ? read_conversation(cli, argv[1]) : CLI_USAGE;
    if (argc != 1)
        return cli_usage("conversations", "too many arguments");
    json_t *rows = NULL;
    int rc = client_list(cli, "/v1/conversations", "conversations", 50, &rows);
    if (rc != CLI_OK)
        return rc;
    size_t i;
    json_t *row;
    if (!cli->json)
        json_array_foreach(rows, i, row) read_add_words(row);
    return read_show(cli, rows,
                     COLUMNS({"id", "ID", PRINT_TEXT}, {"who", "CUSTOMER", PRINT_TEXT},
                             {"channelNow", "CHANNEL", PRINT_TEXT}, {"agent", "AGENT", PRINT_TEXT},
                             {"work", "WORK", PRINT_TEXT}, {"intent", "INTENT", PRINT_SELDOM_TEXT},
                             {"lastMs", "LAST WORD", PRINT_DAY}, {"state", "STATE", PRINT_TEXT}));
}

int cmd_dead_letters(struct cli *cli, int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "resend") == 0) {
        char path[256];
        char *segment = client_segment(argv[2]);
        snprintf(path, sizeof path, "/v1/dead-letters/%s/resend", segment);
        free(segment);
        return client_call(cli, "POST", path, NULL, NULL);
    }
    if (argc != 1)
        return cli_usage("dead-letters", "takes nothing, or resend and a DELIVERY");
    return read_list(cli, "/v1/dead-letters", "deadLetters",
                     COLUMNS({"delivery", "DELIVERY", PRINT_TEXT}, {"account", "ACCOUNT", PRINT_TEXT},
                             {"conversation", "CONVERSATION", PRINT_TEXT}, {"entry", "ENTRY", PRINT_TEXT},
                             {"state", "STATE", PRINT_TEXT}, {"attempts", "ATTEMPTS", PRINT_COUNT},
                             {"class", "CLASS", PRINT_TEXT}, {"reason", "REASON", PRINT_TEXT}));
}

int cmd_channels(struct cli *cli, int argc, char **argv)
{
    (void)argv;
    json_t *answer = NULL;
    if (argc != 1)
        return cli_usage("channels", "takes no argument");
    int rc = client_call(cli, "GET", "/v1/channels", NULL, &answer);
    if (rc != CLI_OK)
        return rc;
    if (cli->json)
        print_json(answer);
    else
        print_table(json_object_get(answer, "channels"),
                    COLUMNS({"account", "ACCOUNT", PRINT_TEXT}, {"kind", "KIND", PRINT_TEXT},
                            {"channel", "CHANNEL", PRINT_TEXT}, {"state", "STATE", PRINT_TEXT},
                            {"owner", "OWNER", PRINT_SELDOM_TEXT}, {"backlog", "BACKLOG", PRINT_COUNT},
                            {"inFlight", "IN FLIGHT", PRINT_COUNT}, {"received", "RECEIVED", PRINT_COUNT},
                            {"refused", "REFUSED", PRINT_COUNT}, {"lastError", "LAST ERROR", PRINT_SELDOM_TEXT}));
    json_decref(answer);
    return CLI_OK;
}

static int read_create_token(struct cli *cli, const char *role, const char *agent, const char *note)
{
    json_t *body = json_pack("{s:s, s:s, s:s}", "role", role, "agent", agent, "note", note);
    json_t *token = NULL;
    int rc = client_call(cli, "POST", "/v1/tokens", body, &token);
    json_decref(body);
    if (rc != CLI_OK)
        return rc;
    if (cli->json)
        print_json(token);
    else
        printf("%s\n", print_text(token, "secret"));
    json_decref(token);
    return CLI_OK;
}

int cmd_tokens(struct cli *cli, int argc, char **argv)
{
    const char *agent = "", *note = "";
    const struct option_spec specs[] = {{"--agent", &agent, NULL}, {"--note", &note, NULL}};
    argc = options_parse("tokens", argc, argv, specs, 2);
    if (argc < 0)
        return CLI_USAGE;
    if (argc == 3 && strcmp(argv[1], "create") == 0)
        return read_create_token(cli, argv[2], agent, note);
    if (argc == 3 && strcmp(argv[1], "remove") == 0)
        return read_one(cli, "DELETE", "/v1/tokens", argv[2], NULL);
    if (argc != 1)
        return cli_usage("tokens", "takes nothing, or create and a role, or remove and an ID");
    return read_list(cli, "/v1/tokens", "tokens",
                     COLUMNS({"id", "TOKEN", PRINT_TEXT}, {"role", "ROLE", PRINT_TEXT}, {"agent", "AGENT", PRINT_TEXT},
                             {"note", "NOTE", PRINT_TEXT}));
}

int cmd_audit(struct cli *cli, int argc, char **argv)
{
    (void)argv;
    if (argc != 1)
        return cli_usage("audit", "takes no argument");
    json_t *rows = NULL;
    int rc = client_list(cli, "/v1/audit", "entries", 100, &rows);
    if (rc != CLI_OK)
        return rc;
    return read_show(cli, rows,
                     COLUMNS({"wallMs", "WHEN", PRINT_TIME}, {"actor", "ACTOR", PRINT_TEXT},
                             {"action", "ACTION", PRINT_TEXT}, {"target", "TARGET", PRINT_TEXT},
                             {"detail", "DETAIL", PRINT_TEXT}));
}
