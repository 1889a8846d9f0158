// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_CLI_H
#define THROUGHLINE_CLI_CLI_H

// `throughline`: what an operator types. Every command is one entry of the table in main.c; it talks to a daemon over the same public
// faces as everybody else, and prints for people, or with --json for programs (one JSON document, or one per line where it streams).

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// sysexits(3)
enum {
    CLI_OK = 0,
    CLI_NO = 1,
    CLI_USAGE = 64,
    CLI_DATA = 65,
    CLI_UNAVAILABLE = 69,
    CLI_INTERNAL = 70,
    CLI_DENIED = 77,
    CLI_CONFIG = 78
};

struct cli {
    char *url;             // http://host:port, no slash at the end
    const char *given_url; // NULL = the data directory tells
    bool guessed;          // nothing tells: it is the default
    char *token;           // bearer secret; never printed
    const char *tenant;
    const char *data_dir;
    bool json;
};

struct cli_command {
    const char *name;
    const char *arguments;
    const char *help;
    int (*run)(struct cli *cli, int argc, char **argv); // argv[0] = the command's name; a sysexits code
    bool offline;                                       // needs no daemon
};

int cmd_status(struct cli *cli, int argc, char **argv);
int cmd_agents(struct cli *cli, int argc, char **argv);
int cmd_queues(struct cli *cli, int argc, char **argv);
int cmd_work(struct cli *cli, int argc, char **argv);
int cmd_conversations(struct cli *cli, int argc, char **argv);
int cmd_channels(struct cli *cli, int argc, char **argv);
int cmd_dead_letters(struct cli *cli, int argc, char **argv);
int cmd_tokens(struct cli *cli, int argc, char **argv);
int cmd_audit(struct cli *cli, int argc, char **argv);
int cmd_why_not(struct cli *cli, int argc, char **argv);
int cmd_why(struct cli *cli, int argc, char **argv);
int cmd_tail(struct cli *cli, int argc, char **argv);
int cmd_config(struct cli *cli, int argc, char **argv);
int cmd_say(struct cli *cli, int argc, char **argv);
int cmd_desk(struct cli *cli, int argc, char **argv);
int cmd_log(struct cli *cli, int argc, char **argv);
int cmd_customer(struct cli *cli, int argc, char **argv);
int cmd_learned(struct cli *cli, int argc, char **argv);
int cmd_skip(struct cli *cli, int argc, char **argv);
int cmd_supervise(struct cli *cli, int argc, char **argv);
int cmd_fold(struct cli *cli, int argc, char **argv);
int cmd_sim(struct cli *cli, int argc, char **argv);
int cmd_archive(struct cli *cli, int argc, char **argv);
int cmd_shadow(struct cli *cli, int argc, char **argv);
int cmd_replay(struct cli *cli, int argc, char **argv);

struct Throughline__V1__RoutingConfig;
// The routing part of a configuration file, for this tenant; what is wrong with the file is printed. Free with the generated
// free_unpacked. cmd_config.c.
int cli_routing(const struct cli *cli, const char *path, struct Throughline__V1__RoutingConfig **out);

// Prints "throughline: ..." on stderr and returns code.
int cli_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int cli_unreachable(const struct cli *cli, const char *why);
// Looks again where the daemon is: it may have come back at another port.
void cli_locate(struct cli *cli);
// From now on nothing is told by cli_fail(), or it is again.
void cli_hush(bool hushed);
// "throughline COMMAND ARGUMENTS" and what is wrong; CLI_USAGE.
int cli_usage(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
