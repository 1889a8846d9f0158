// SPDX-License-Identifier: Apache-2.0
// `archive`: adds to a folder what the log has beyond it, before it is trimmed from Redis. The archive's last input must be the log's input of that
// number: the inputs of two logs are never mixed. The newest are left, since they may still be voided.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/options.h"
#include "cli/print.h"
#include "daemon/archive/archive.h"
#include "daemon/core/input.h"

#define ARCHIVE_PAGE "10000"

static int64_t archive_wall(struct scratch *a, const struct log_frame *f)
{
    struct router_input in;
    const Throughline__V1__Input *m;
    scratch_reset(a);
    input_decode(a, f->body, f->len, &in, &m);
    return in.wall;
}

// How much of a page is old enough; *why = it does not continue the archive.
static size_t archive_old(const uint8_t *page, size_t len, uint64_t after, int64_t until, const char **why)
{
    struct log_frame f = {0};
    struct scratch scratch;
    bool damaged, old = true;
    size_t end = 0;
    scratch_open(&scratch);
    for (*why = NULL; old && !*why && log_frame(page, len, &f, &damaged); after = f.number) {
        if (f.number != after + 1)
            *why = "inputs are missing between the archive and the log, which was trimmed meanwhile";
        old = archive_wall(&scratch, &f) <= until;
        end = old ? f.next : end;
    }
    if (damaged)
        *why = "the log came damaged";
    scratch_close(&scratch);
    return end;
}

static int archive_page(struct cli *cli, uint64_t after, const char *limit, char **bytes, size_t *len)
{
    char path[128];
    snprintf(path, sizeof path, "/v1/log?after=%" PRIu64 "&limit=%s", after, limit);
    return client_bytes(cli, path, bytes, len);
}

// The log still has the archive's last input, the very same; but for the mark, which may have come since.
static int archive_meets(struct cli *cli, const struct archive *a, const char *folder)
{
    char *bytes = NULL;
    size_t len = 0;
    struct log_frame ours = {.next = a->last_frame}, theirs = {0};
    bool damaged;
    if (a->end.last < a->end.first)
        return CLI_OK; // nothing to compare
    int rc = archive_page(cli, a->end.last - 1, "1", &bytes, &len);
    if (rc != CLI_OK)
        return rc;
    bool same = log_frame(a->bytes, a->len, &ours, &damaged) && log_frame((uint8_t *)bytes, len, &theirs, &damaged) &&
                ours.number == theirs.number && ours.len == theirs.len && memcmp(ours.body, theirs.body, ours.len) == 0;
    free(bytes);
    return same ? CLI_OK
                : cli_fail(CLI_NO,
                           "the log does not have input %" PRIu64
                           " as it stands in %s: it is another log, or was trimmed "
                           "beyond; begin another folder",
                           a->end.last, folder);
}

static int archive_more(struct cli *cli, struct archive *a, const char *folder, int64_t until, bool *more)
{
    char *bytes = NULL;
    size_t len = 0;
    const char *why;
    int rc = archive_page(cli, a->end.last, ARCHIVE_PAGE, &bytes, &len);
    if (rc != CLI_OK)
        return rc;
    size_t old = archive_old((uint8_t *)bytes, len, a->end.last, until, &why);
    if (why)
        rc = cli_fail(CLI_NO, "%s: %s", folder, why);
    else if (old)
        rc = archive_add(a, (uint8_t *)bytes, old) ? CLI_OK : cli_fail(CLI_DATA, "%s", a->why);
    *more = rc == CLI_OK && old && old == len;
    free(bytes);
    return rc;
}

int cmd_archive(struct cli *cli, int argc, char **argv)
{
    const char *keep = "3600";
    uint64_t seconds;
    struct archive a;
    const struct option_spec specs[] = {{"--keep-back", &keep, NULL}};
    argc = options_parse("archive", argc, argv, specs, 1);
    if (argc < 0)
        return CLI_USAGE;
    if (argc != 2)
        return cli_usage("archive", "needs one folder");
    if (!options_number("archive", "--keep-back", keep, &seconds))
        return CLI_USAGE;
    int64_t back = seconds > 1000000000 ? 1000000000 : (int64_t)seconds;
    int64_t until = ((int64_t)time(NULL) - back) * 1000 + 999;
    bool more = true;
    bool busy;
    bool open = archive_lock(&a, argv[1], &busy) && archive_open(&a, argv[1], false, NULL);
    int rc = open ? CLI_OK : cli_fail(busy ? CLI_UNAVAILABLE : CLI_DATA, "%s", a.why);
    uint64_t before = a.end.last;
    if (rc == CLI_OK)
        rc = archive_meets(cli, &a, argv[1]);
    while (rc == CLI_OK && more)
        rc = archive_more(cli, &a, argv[1], until, &more);
    if (rc == CLI_OK && cli->json)
        printf("{\"last\":%" PRIu64 ",\"added\":%" PRIu64 ",\"segments\":%" PRIu64 "}\n", a.end.last,
               a.end.last - before, a.segments);
    else if (rc == CLI_OK)
        printf("%" PRIu64 " inputs added; %s ends with input %" PRIu64 "\n", a.end.last - before, argv[1], a.end.last);
    archive_close(&a);
    return rc;
}
