// SPDX-License-Identifier: Apache-2.0
// `tail`: every effect of the router as it happens, one line each.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/print.h"
#include "cli/socket.h"

static bool tail_message(void *ctx, const json_t *frame)
{
    const struct cli *cli = ctx;
    if (cli->json) {
        print_json(frame);
        return true;
    }
    const char *key;
    json_t *value;
    char clock[16] = "--:--:--";
    struct tm tm;
    time_t at = (time_t)(print_number(frame, "wallMs") / 1000);
    if (at && localtime_r(&at, &tm))
        strftime(clock, sizeof clock, "%H:%M:%S", &tm);
    printf("%s %s%-12s%s", clock, print_bold(), print_text(frame, "effect"), print_plain());
    json_object_foreach((json_t *)frame, key, value)
    {
        const char *text = print_text(frame, key);
        if (strcmp(key, "effect") == 0 || strcmp(key, "wallMs") == 0 || !*text)
            continue;
        printf(" %s=", key);
        print_safe(text);
    }
    putchar('\n');
    fflush(stdout);
    return true;
}

static bool tail_line(void *ctx, char *line)
{
    (void)ctx;
    (void)line;
    return true;
}

int cmd_tail(struct cli *cli, int argc, char **argv)
{
    (void)argv;
    if (argc != 1)
        return cli_usage("tail", "takes no argument");
    int code;
    struct socket *s = socket_open(cli, "/v1/tail", &code);
    if (!s)
        return code;
    static const struct socket_ops ops = {.message = tail_message, .line = tail_line};
    code = socket_run(s, &ops, cli, false);
    socket_close(s);
    return code;
}
