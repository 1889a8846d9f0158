// SPDX-License-Identifier: Apache-2.0
// The table of commands, the options common to all, and where the daemon and the token are found.
#include <curl/curl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/print.h"

static const struct cli_command cli_commands[] = {
    {"status", "", "how the node is; queues closed by hand; who waits, and responses in time", cmd_status, false},
    {"agents", "[ID | put FILE | remove ID]", "who is there, with what load; define or remove one", cmd_agents, false},
    {"learned", "AGENT [reset [QUEUE] | contest WORK | restore WORK]",
     "what queues that learn know of an agent; contest it, or have it forgotten", cmd_learned, false},
    {"queues", "[NAME | put FILE | remove NAME]", "what waits where; define or remove one", cmd_queues, false},
    {"work", "[ID]", "open work: waiting, with an agent, or snoozed until when", cmd_work, false},
    {"conversations", "[ID]", "the latest conversations, or one with its timeline", cmd_conversations, false},
    {"customer", "ID [attributes [KEY=VALUE...]]",
     "who a customer is; say what is known of them for entry rules, in place of what was said", cmd_customer, false},
    {"why", "[WORK] [--full] [--decision INPUT.INDEX] [--archive FOLDER]",
     "why this agent, and for every other agent why not; of the newest open work unless given", cmd_why, false},
    {"why-not", "WORK AGENT [--decision INPUT.INDEX] [--archive FOLDER]",
     "what would have had to differ for this agent to be chosen", cmd_why_not, false},
    {"supervise",
     "ACT [--reason TEXT], where ACT is one of\n"
     "  log-out AGENT\n"
     "  drain AGENT\n"
     "  assign WORK AGENT [--over-capacity]\n"
     "  pull WORK\n"
     "  requeue WORK QUEUE\n"
     "  priority WORK CLASS\n"
     "  close-queue QUEUE [--until TIME] [--message TEXT] [--to QUEUE]\n"
     "  open-queue QUEUE\n"
     "  listen | whisper | barge | take-over WORK [--agent ID]",
     "log agents out; give, take, move and rank work by hand; close a queue; join work", cmd_supervise, false},
    {"tail", "", "what the router does, as it happens", cmd_tail, false},
    {"say",
     "--as HANDLE --on ACCOUNT [--call] [--once] [--replies N] [--verified HANDLE] [--intent I] [--language L] "
     "[TEXT...]",
     "be a customer: replies come back to this terminal", cmd_say, false},
    {"desk", "--as AGENT [--auto]", "be an agent: a desk in the terminal", cmd_desk, false},
    {"config", "lint | diff | apply [FILE]",
     "what cannot be meant in what is in force; compare it with a file; put the file in force", cmd_config, false},
    {"channels", "", "how each account stands: who delivers, what waits, what went wrong", cmd_channels, false},
    {"dead-letters", "[resend DELIVERY]", "messages that could not be delivered, or nobody knows", cmd_dead_letters,
     false},
    {"tokens", "[create gateway|agent|supervisor|admin [--agent ID] [--note TEXT] | remove ID]", "bearer tokens",
     cmd_tokens, false},
    {"audit", "", "who changed what while running", cmd_audit, false},
    {"log", "[--after N] > FILE", "export the router's log", cmd_log, false},
    {"skip", "[INPUT [--reason TEXT]]", "the inputs that every node skips; have every node skip one more", cmd_skip,
     false},
    {"fold", "FILE [--split N] [--check]",
     "fold an exported log offline; print its decisions' digest and the state's hash", cmd_fold, true},
    {"sim", "FILE.toml | --compare A.toml B.toml", "simulate contacts and agents with the core that routes", cmd_sim,
     true},
    {"archive", "FOLDER [--keep-back SECONDS]", "keep the log's inputs in a folder, before they are trimmed",
     cmd_archive, false},
    {"replay", "FILE... [--config NEW.toml] [--from TIME] [--to TIME]",
     "fold an exported log with another configuration, and report what would have changed", cmd_replay, true},
    {"shadow", "NEW.toml FOLDER [--every SECONDS] [--once] | --show FOLDER",
     "follow the live log with another configuration, and tell each decision that differs", cmd_shadow, false},
};

static bool cli_hushed;

void cli_hush(bool hushed)
{
    cli_hushed = hushed;
}

int cli_fail(int code, const char *fmt, ...)
{
    va_list ap;
    if (cli_hushed)
        return code;
    va_start(ap, fmt);
    fputs("throughline: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return code;
}

int cli_unreachable(const struct cli *cli, const char *why)
{
    if (cli->guessed)
        return cli_fail(
            CLI_UNAVAILABLE,
            "no daemon is running with the data directory %s (there is no %s/listen), nor at %s: %s (start one, or "
            "say where it is: --data-dir, --url)",
            cli->data_dir, cli->data_dir, cli->url, why);
    return cli_fail(CLI_UNAVAILABLE, "cannot reach the daemon at %s: %s (is it running? see --url)", cli->url, why);
}

static const struct cli_command *cli_find(const char *name)
{
    for (size_t i = 0; i < sizeof cli_commands / sizeof *cli_commands; i++)
        if (strcmp(cli_commands[i].name, name) == 0)
            return &cli_commands[i];
    return NULL;
}

#define CLI_OPTIONS "[--json] [--url URL] [--token SECRET] [--tenant NAME] [--data-dir DIR]"

// An empty name stands for the options before every command.
int cli_usage(const char *command, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "throughline%s%s: ", *command ? " " : "", command);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    const struct cli_command *c = cli_find(command);
    if (c)
        fprintf(stderr, "\nusage: throughline %s%s%s\n", command, *c->arguments ? " " : "", c->arguments);
    else
        fputs("\nusage: throughline " CLI_OPTIONS " COMMAND ...\n", stderr);
    return CLI_USAGE;
}

static int cli_help_command(const struct cli_command *c)
{
    printf("usage: throughline %s%s%s\n\n%s%s\n", c->name, *c->arguments ? " " : "", c->arguments, c->help,
           c->offline ? "; needs no daemon" : "");
    return CLI_OK;
}

static void cli_help(FILE *to)
{
    fputs("usage: throughline " CLI_OPTIONS " COMMAND ...\n\n", to);
    for (size_t i = 0; i < sizeof cli_commands / sizeof *cli_commands; i++)
        fprintf(to, "  %-14s %s\n", cli_commands[i].name, cli_commands[i].help);
    fputs(
        "\nThe daemon's address and the admin token are read from its data directory (default: data) unless given; "
        "also from\n"
        "THROUGHLINE_URL, THROUGHLINE_TOKEN and THROUGHLINE_DATA. `throughline COMMAND --help` tells a command's "
        "arguments.\n"
        "With --json every answer is one JSON document, or one a line where it streams.\n\n"
        "Exit codes: 0 done, 1 no (not ready, not there, different), 64 wrong usage, 65 wrong data, 69 the daemon or\n"
        "its Redis cannot be reached, 77 not allowed, 78 wrong configuration.\n",
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

void cli_locate(struct cli *cli)
{
    char *found = cli->given_url ? strdup(cli->given_url) : cli_read_line(cli->data_dir, "listen");
    cli->guessed = !found;
    if (!found)
        found = strdup("127.0.0.1:8080");
    size_t len = strlen(found);
    while (len > 0 && found[len - 1] == '/')
        found[--len] = 0;
    char *url = malloc(len + 8);
    if (!url)
        abort();
    snprintf(url, len + 8, "%s%s", strstr(found, "://") ? "" : "http://", found);
    free(found);
    free(cli->url);
    cli->url = url;
}

// An empty one is none: so are variables of the environment taken back.
static const char *cli_first(const char *a, const char *b, const char *c)
{
    return a && *a ? a : b && *b ? b : c;
}

// What is printed has arrived, unless its reader had enough.
static int cli_finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    struct pollfd p = {.fd = STDOUT_FILENO};
    bool left = poll(&p, 1, 0) > 0 && p.revents & POLLERR;
    return left ? CLI_INTERNAL : cli_fail(CLI_INTERNAL, "cannot write all of it");
}

static void cli_discover(struct cli *cli, const char *url, const char *token)
{
    cli->given_url = cli_first(url, getenv("THROUGHLINE_URL"), NULL);
    cli_locate(cli);
    const char *secret = cli_first(token, getenv("THROUGHLINE_TOKEN"), NULL);
    char name[128];
    snprintf(name, sizeof name, "admin-%s.token", cli->tenant);
    cli->token = secret ? strdup(secret) : cli_read_line(cli->data_dir, name);
}

static bool cli_takes_value(const char *option)
{
    static const char *const flags[] = {"--json", "--help", "--version"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(option, flags[i]) == 0)
            return false;
    return option[1] == '-' && !strchr(option, '=');
}

struct cli_asked {
    const char *url, *token;
    bool help, version;
};

static int cli_unknown(const char *name)
{
    return cli_fail(CLI_USAGE, "unknown command '%s'; see throughline --help", name);
}

// Options common to all commands stand before the command's name (--json and --help also after it).
static int cli_common(struct cli *cli, int argc, char **argv, struct cli_asked *asked)
{
    const struct option_spec specs[] = {{"--json", NULL, &cli->json},         {"--help", NULL, &asked->help},
                                        {"--version", NULL, &asked->version}, {"--url", &asked->url, NULL},
                                        {"--token", &asked->token, NULL},     {"--tenant", &cli->tenant, NULL},
                                        {"--data-dir", &cli->data_dir, NULL}};
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i += cli_takes_value(argv[i]) ? 2 : 1) {
        bool help = strcmp(argv[i], "-h") == 0;
        asked->help = asked->help || help;
        if (argv[i][1] != '-' && !help)
            return cli_usage("", "unknown option %s", argv[i]), -1;
    }
    i = i > argc ? argc : i;
    if (options_parse("", i, argv, specs, sizeof specs / sizeof *specs) < 0)
        return -1;
    return i;
}

// --help and --version, and `help COMMAND`: answered here. -1 = there is more to do.
static int cli_answers(const struct cli_asked *asked, int argc, char **argv, int at)
{
    bool help = at < argc && strcmp(argv[at], "help") == 0;
    const char *name = at + help < argc ? argv[at + help] : NULL;
    const struct cli_command *about = name ? cli_find(name) : NULL;
    if (!asked->version && !help && !asked->help)
        return -1;
    if (asked->version)
        puts("throughline " TL_VERSION);
    else if (about)
        cli_help_command(about);
    else if (name)
        return cli_unknown(name);
    else
        cli_help(stdout);
    return cli_finish(CLI_OK);
}

static int cli_run(struct cli *cli, const struct cli_command *command, const struct cli_asked *asked, int argc,
                   char **argv)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (!command->offline)
        cli_discover(cli, asked->url, asked->token);
    int code = command->run(cli, argc, argv);
    if (cli->token)
        explicit_bzero(cli->token, strlen(cli->token));
    free(cli->token);
    free(cli->url);
    curl_global_cleanup();
    return cli_finish(code);
}

int main(int argc, char **argv)
{
    struct cli cli = {.tenant = "main", .data_dir = cli_first(getenv("THROUGHLINE_DATA"), "data", NULL)};
    struct cli_asked asked = {0};
    print_locale();
    int at = cli_common(&cli, argc, argv, &asked);
    if (at < 0)
        return CLI_USAGE;
    int kept = at + 1, end = at;
    while (end < argc && strcmp(argv[end], "--") != 0)
        end++;
    for (int i = at + 1; i < argc; i++) {
        bool json = i < end && strcmp(argv[i], "--json") == 0;
        bool help = i < end && (strcmp(argv[i], "--help") == 0 || (strcmp(argv[i], "-h") == 0 && argc == at + 2));
        cli.json = cli.json || json;
        asked.help = asked.help || help;
        if (!json && !help)
            argv[kept++] = argv[i];
    }
    int answered = cli_answers(&asked, argc, argv, at);
    if (answered >= 0)
        return answered;
    if (at >= argc) {
        cli_help(stderr);
        return CLI_USAGE;
    }
    argv[kept] = NULL;
    const struct cli_command *command = cli_find(argv[at]);
    if (!command)
        return cli_unknown(argv[at]);
    return cli_run(&cli, command, &asked, kept - at, argv + at);
}
