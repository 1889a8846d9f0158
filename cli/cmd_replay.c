// SPDX-License-Identifier: Apache-2.0
// `replay`: folds an exported log once as it was and once with another configuration, and reports what would have changed. Without --config
// both are the same, and so must be all that comes of them: a difference then ends with exit code 1.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/replay.h"
#include "daemon/archive/archive.h"
#include "proto/timestamp.h"

static int replay_time(const char *option, const char *text, int64_t *ms)
{
    int64_t seconds;
    int32_t nanos;
    if (!*text)
        return CLI_OK;
    const char *why = timestamp_parse(text, strlen(text), &seconds, &nanos);
    if (why)
        return cli_usage("replay", "%s %s: %s", option, text, why);
    *ms = seconds * 1000 + nanos / 1000000;
    return CLI_OK;
}

struct replay_bytes {
    uint8_t *p;
    size_t len, cap;
    uint64_t after; // the first archive begins after this input, with the state
    uint8_t *image; // in this
    size_t image_len;
};

static void replay_room(struct replay_bytes *b, size_t more)
{
    if (b->cap - b->len >= more)
        return;
    b->cap = 2 * (b->len + more);
    b->p = replay_resize(b->p, b->cap);
}

static int replay_read_file(const char *path, struct replay_bytes *b)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
    if (!in)
        return cli_fail(CLI_DATA, "%s: %s", path, strerror(errno));
    size_t n;
    do {
        replay_room(b, 1 << 16);
        n = fread(b->p + b->len, 1, b->cap - b->len, in);
        b->len += n;
    } while (n > 0);
    bool whole = !ferror(in);
    if (in != stdin)
        fclose(in);
    return whole ? CLI_OK : cli_fail(CLI_DATA, "cannot read %s", path);
}

static int replay_read_archive(const char *folder, struct replay_bytes *b)
{
    struct archive a = {0};
    int rc = archive_open(&a, folder, true, NULL) ? CLI_OK : cli_fail(CLI_DATA, "%s", a.why);
    if (rc == CLI_OK && a.base && !b->len) {
        b->image = archive_state(&a, a.base, &b->image_len);
        b->after = a.base;
        rc = b->image ? CLI_OK : cli_fail(CLI_DATA, "%s", a.why);
    }
    if (rc == CLI_OK && a.len) {
        replay_room(b, a.len);
        memcpy(b->p + b->len, a.bytes, a.len);
        b->len += a.len;
    }
    archive_close(&a);
    return rc;
}

static int replay_begin_late(struct replay *r, const struct replay_bytes *b, const char *folder)
{
    const uint8_t *meta;
    size_t meta_len;
    r->after = b->after;
    if (!snapshot_parts(b->image, b->image_len, &meta, &meta_len, &r->state, &r->state_len))
        return cli_fail(CLI_DATA, "%s: the state after input %" PRIu64 " is cut off", folder, b->after);
    return cli_fail(CLI_OK,
                    "%s begins after input %" PRIu64 ": work that was open then is followed, but counted nowhere",
                    folder, b->after);
}

// One log from files and archives, in this order.
static int replay_read(char **paths, struct replay_bytes *b)
{
    struct stat is;
    int rc = CLI_OK;
    for (; rc == CLI_OK && *paths; paths++) {
        bool folder = stat(*paths, &is) == 0 && S_ISDIR(is.st_mode);
        rc = folder ? replay_read_archive(*paths, b) : replay_read_file(*paths, b);
    }
    return rc;
}

static int replay_tell(const struct cli *cli, struct replay *r)
{
    json_t *report = replay_report(r);
    bool same = json_integer_value(json_object_get(report, "differences")) == 0 &&
                json_is_true(json_object_get(report, "sameState"));
    if (cli->json) {
        json_dumpf(report, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        replay_print(report);
    }
    json_decref(report);
    return r->config || same ? CLI_OK : CLI_NO;
}

int cmd_replay(struct cli *cli, int argc, char **argv)
{
    struct replay r = {.from = INT64_MIN, .to = INT64_MAX};
    struct replay_other other = {0};
    const char *config = "", *from = "", *to = "";
    const struct option_spec specs[] = {{"--config", &config, NULL}, {"--from", &from, NULL}, {"--to", &to, NULL}};
    argc = options_parse("replay", argc, argv, specs, 3);
    if (argc < 0)
        return CLI_USAGE;
    if (argc < 2)
        return cli_usage("replay", "needs a file or the folder of an archive");
    if (replay_time("--from", from, &r.from) || replay_time("--to", to, &r.to))
        return CLI_USAGE;
    struct replay_bytes bytes = {0};
    argv[argc] = NULL; // what options_parse() leaves behind it is no file
    int rc = *config ? replay_configure(cli, config, &other) : CLI_OK;
    r.config = *config ? &other.config : NULL;
    if (rc == CLI_OK)
        rc = replay_read(argv + 1, &bytes);
    r.log = bytes.p;
    r.len = bytes.len;
    if (rc == CLI_OK && bytes.image)
        rc = replay_begin_late(&r, &bytes, argv[1]);
    if (rc == CLI_OK)
        rc = replay_run(&r, argv[1]);
    if (rc == CLI_OK)
        rc = replay_tell(cli, &r);
    replay_close(&r);
    replay_unconfigure(&other);
    free(bytes.image);
    free(bytes.p);
    return rc;
}
