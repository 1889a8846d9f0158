// SPDX-License-Identifier: Apache-2.0
// `log`: the router's log as it stands in Redis, as a file of frames: 8 bytes little-endian number, 4 bytes length (the highest bit: void), a
// packed Input.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/options.h"
#include "daemon/archive/archive.h"

#define LOG_PAGE 1000

// Checks the frames of one page and tells the last number in it; false if it is cut off.
static bool log_page_last(const char *bytes, size_t len, uint64_t *last)
{
    struct log_frame f = {0};
    bool damaged;
    while (log_frame((const uint8_t *)bytes, len, &f, &damaged))
        *last = f.number;
    return !damaged;
}

int cmd_log(struct cli *cli, int argc, char **argv)
{
    const char *after_text = "0";
    const struct option_spec specs[] = {{"--after", &after_text, NULL}};
    argc = options_parse("log", argc, argv, specs, 1);
    if (argc < 0)
        return CLI_USAGE;
    if (argc != 1)
        return cli_usage("log", "takes no argument");
    uint64_t after = 0;
    if (!options_number("log", "--after", after_text, &after))
        return CLI_USAGE;
    if (isatty(STDOUT_FILENO))
        return cli_usage("log", "writes bytes: redirect it into a file");
    for (;;) {
        char path[128], *bytes = NULL;
        size_t len = 0;
        snprintf(path, sizeof path, "/v1/log?after=%llu&limit=%d", (unsigned long long)after, LOG_PAGE);
        int rc = client_bytes(cli, path, &bytes, &len);
        if (rc != CLI_OK)
            return rc;
        bool whole = log_page_last(bytes, len, &after);
        bool written = whole && (len == 0 || fwrite(bytes, 1, len, stdout) == len);
        free(bytes);
        if (!whole)
            return cli_fail(CLI_UNAVAILABLE, "the log came damaged after input %llu", (unsigned long long)after);
        if (!written)
            return CLI_INTERNAL; // main() tells
        if (len == 0)
            return CLI_OK;
    }
}
