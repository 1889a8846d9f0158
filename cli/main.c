// SPDX-License-Identifier: Apache-2.0
// The table of commands, the options common to all, and where the daemon and the token are found.
#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"

static const struct cli_command cli_commands[] = {
    {"status", "", "how the node and its tenant are", cmd_status, false},
    {"agents", "[ID | put FILE | remove ID]", "who is there, with what load; define or remove one", cmd_agents, false},
    {"queues", "[NAME | put FILE | remove NAME]", "what waits where; define or remove one", cmd_queues, false},
    {"conversations", "[ID]", "the latest conversations, or one with its timeline", cmd_conversations, false},
    {"why", "[WORK]", "why this agent, and for every other agent why not; of the newest open work unless given",
     cmd_why, false},
    {"tail", "", "what the router does, as it happens", cmd_tail, false},
    {"say",
     "--as HANDLE --on ACCOUNT [--call] [--once] [--replies N] [--verified HANDLE] [--intent I] [--language L] "
     "[TEXT...]",
     "be a customer: replies come back to this terminal", cmd_say, false},
    {"desk", "--as AGENT [--auto]", "be an agent: a desk in the terminal", cmd_desk, false},
    {"config", "diff | apply [FILE]", "compare the routing configuration with the log's; put the file's in force",
     cmd_config, false},
    {"dead-letters", "[resend DELIVERY]", "messages that could not be delivered, or nobody knows", cmd_dead_letters,
     false},
    {"tokens", "[create ROLE [--agent ID] [--note TEXT] | remove ID]", "bearer tokens", cmd_tokens, false},
    {"audit", "", "who changed what while running", cmd_audit, false},
    {"log", "[--after N] > FILE", "export the router's log", cmd_log, false},
    {"skip", "[INPUT [--reason TEXT]]", "the inputs that every node skips; have every node skip one more", cmd_skip,
     false},
    {"fold", "FILE [--split N] [--check]",
     "fold an exported log offline; print its decisions' digest and the state's hash", cmd_fold, true},
};

int cli_fail(int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("throughline: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return code;
}

static const struct cli_command *cli_find(const char *name)
{
    for (size_t i = 0; i < sizeof cli_commands / sizeof *cli_commands; i++)
        if (strcmp(cli_commands[i].name, name) == 0)
            return &cli_commands[i];
    return NULL;
}

int cli_usage(const char *command, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "throughline %s: ", command);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    const struct cli_command *c = cli_find(command);
    fprintf(stderr, "\nusage: throughline %s %s\n", command, c ? c->arguments : "");
    return CLI_USAGE;
}

static void cli_help(FILE *to)
{
    fputs("usage: throughline [--json] [--url URL] [--token SECRET] [--tenant NAME] [--data-dir DIR] COMMAND ...\n\n",
          to);
    for (size_t i = 0; i < sizeof cli_commands / sizeof *cli_commands; i++)
        fprintf(to, "  %-14s %s\n", cli_commands[i].name, cli_commands[i].help);
    fputs("\nThe daemon's address and the admin token are read from its data directory (default: data) unless given; "
          "also from\n"
          "THROUGHLINE_URL, THROUGHLINE_TOKEN and THROUGHLINE_DATA.\n",
          to);
}

// The first line of data_dir/name, malloc'd; NULL if it cannot be read.
static char *cli_read_line(const char *data_dir, const char *name)
{
    char path[4096], line[512];
    snprintf(path, sizeof path, "%s/%s", data_dir, name);
    FILE *f = fopen(path, "re");
    char *got = f ? fgets(line, sizeof line, f) : NULL;
    if (f)
        fclose(f);
    if (!got)
        return NULL;
    line[strcspn(line, "\r\n")] = 0;
    char *copy = strdup(line);
    explicit_bzero(line, sizeof line);
    return copy;
}

static char *cli_url(const char *given, const char *data_dir)
{
    char *found = given ? strdup(given) : cli_read_line(data_dir, "listen");
    if (!found)
        found = strdup("127.0.0.1:8080");
    size_t len = strlen(found);
    while (len > 0 && found[len - 1] == '/')
        found[--len] = 0;
    if (strstr(found, "://"))
        return found;
    char *url = malloc(len + 8);
    if (!url)
        abort();
    snprintf(url, len + 8, "http://%s", found);
    free(found);
    return url;
}

static const char *cli_first(const char *a, const char *b, const char *c)
{
    return a ? a : b ? b : c;
}

static void cli_discover(struct cli *cli, const char *url, const char *token)
{
    cli->url = cli_url(cli_first(url, getenv("THROUGHLINE_URL"), NULL), cli->data_dir);
    const char *secret = cli_first(token, getenv("THROUGHLINE_TOKEN"), NULL);
    char name[128];
    snprintf(name, sizeof name, "admin-%s.token", cli->tenant);
    cli->token = secret ? strdup(secret) : cli_read_line(cli->data_dir, name);
}

// Options common to all commands stand before the command's name (--json also after it).
static int cli_common(struct cli *cli, int argc, char **argv, const char **url, const char **token)
{
    const struct option_spec specs[] = {{"--json", NULL, &cli->json},
                                        {"--url", url, NULL},
                                        {"--token", token, NULL},
                                        {"--tenant", &cli->tenant, NULL},
                                        {"--data-dir", &cli->data_dir, NULL}};
    int i = 1;
    while (i < argc && argv[i][0] == '-')
        i += argv[i][1] == '-' && strcmp(argv[i], "--json") != 0 && !strchr(argv[i], '=') ? 2 : 1;
    i = i > argc ? argc : i;
    if (options_parse("", i, argv, specs, sizeof specs / sizeof *specs) < 0)
        return -1;
    return i;
}

int main(int argc, char **argv)
{
    struct cli cli = {.tenant = "main", .data_dir = cli_first(getenv("THROUGHLINE_DATA"), "data", NULL)};
    const char *url = NULL, *token = NULL;
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        cli_help(stdout);
        return CLI_OK;
    }
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("throughline " TL_VERSION);
        return CLI_OK;
    }
    int at = cli_common(&cli, argc, argv, &url, &token);
    if (at < 0)
        return CLI_USAGE;
    if (at >= argc) {
        cli_help(stderr);
        return CLI_USAGE;
    }
    const struct cli_command *command = cli_find(argv[at]);
    if (!command)
        return cli_fail(CLI_USAGE, "unknown command %s; see throughline --help", argv[at]);
    int kept = at + 1;
    for (int i = at + 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            cli.json = true;
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (!command->offline)
        cli_discover(&cli, url, token);
    int code = command->run(&cli, kept - at, argv + at);
    if (cli.token)
        explicit_bzero(cli.token, strlen(cli.token));
    free(cli.token);
    free(cli.url);
    curl_global_cleanup();
    return fflush(stdout) == 0 ? code : CLI_INTERNAL;
}
