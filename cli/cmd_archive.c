// SPDX-License-Identifier: Apache-2.0
// `archive`: adds to a folder what the log has beyond it, before it is trimmed from Redis. The archive's last input must be the log's input of that
// number: the inputs of two logs are never mixed. The newest are left, since they may still be voided. Beside the last input gets the router's state
// after it, folded here from the state before, so that `why --archive` need not fold from the start; where the daemon has logged another state, there is
// none. An archive of a log that was trimmed before begins with the daemon's newest snapshot.
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
#include "daemon/core/past.h"

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

// ---- states ----

static bool archive_write_state(void *ctx, const void *bytes, size_t len)
{
    return fwrite(bytes, 1, len, ctx) == len;
}

static uint64_t archive_digest(const char *folder, uint64_t input) // FNV-1a of that input, the last there is
{
    struct archive a;
    uint64_t h = 0xcbf29ce484222325u;
    bool damaged, ok = archive_open_at(&a, folder, input);
    struct log_frame f = {.next = a.last_frame};
    if (ok && log_frame(a.bytes, a.len, &f, &damaged))
        for (size_t i = 0; i < f.len; i++)
            h = (h ^ f.body[i]) * 0x100000001b3u;
    archive_close(&a);
    return h;
}

// The state as the daemon writes it.
static bool archive_keep_state(struct archive *a, const struct router *r)
{
    char *state = NULL;
    size_t state_len = 0, meta_len, len;
    FILE *out = open_memstream(&state, &state_len);
    bool ok = out && router_snapshot(r, archive_write_state, out);
    ok = out && fclose(out) == 0 && ok;
    Throughline__V1__Snapshot m = THROUGHLINE__V1__SNAPSHOT__INIT;
    struct router_stats s;
    router_stats(r, &s);
    m.input = s.input;
    m.fold = s.fold;
    m.hash = router_hash(r);
    m.bytes = state_len;
    m.wall_ms = s.wall;
    m.digest = archive_digest(a->folder, s.input);
    uint8_t meta[256];
    meta_len = throughline__v1__snapshot__pack(&m, meta);
    uint8_t *image = ok ? snapshot_image(meta, meta_len, state, state_len, &len) : NULL;
    ok = ok && archive_add_state(a, s.input, image, len);
    free(image);
    free(state);
    return ok;
}

// *state: the input it is of, 0 = there is none.
static int archive_fold(struct archive *a, const char *folder, uint64_t *state)
{
    struct archive there;
    if (!archive_state_before(&there, folder, a->end.last + 1, state))
        return cli_fail(CLI_DATA, "%s", there.why);
    if (*state == a->end.last)
        return CLI_OK;
    struct past p = {.input = a->end.last, .index = UINT32_MAX};
    bool ok = past_from_archive(&p, folder) && p.folded == a->end.last;
    int rc = CLI_OK;
    *state = 0;
    if (!ok)
        rc = cli_fail(CLI_DATA, "%s", p.why);
    else if (p.differs)
        cli_fail(CLI_OK,
                 "%s: the daemon had another state than this program makes of its log, so none is kept: is it of "
                 "another version?",
                 folder);
    else if (archive_keep_state(a, p.router))
        *state = a->end.last;
    else
        rc = cli_fail(CLI_DATA, "%s", a->why);
    past_end(&p);
    return rc;
}

// The log does not go back to its first input.
static int archive_begin_late(struct cli *cli, struct archive *a, const char *folder)
{
    char *image = NULL;
    size_t len = 0, meta_len, state_len;
    const uint8_t *meta, *state;
    int rc = client_bytes(cli, "/v1/log/snapshot", &image, &len);
    bool whole = rc == CLI_OK && snapshot_parts((uint8_t *)image, len, &meta, &meta_len, &state, &state_len);
    Throughline__V1__Snapshot *m = whole ? throughline__v1__snapshot__unpack(NULL, meta_len, meta) : NULL;
    if (rc == CLI_OK && !m)
        rc = cli_fail(CLI_DATA, "the newest snapshot came damaged");
    else if (m && !archive_add_state(a, m->input, image, len))
        rc = cli_fail(CLI_DATA, "%s", a->why);
    else if (m)
        cli_fail(CLI_OK, "%s begins after input %" PRIu64 ", the log having been trimmed before", folder, m->input);
    if (m)
        throughline__v1__snapshot__free_unpacked(m, NULL);
    free(image);
    return rc;
}

static bool archive_begins_late(const struct archive *a, const uint8_t *page, size_t len)
{
    struct log_frame f = {0};
    bool damaged;
    return !a->end.last && log_frame(page, len, &f, &damaged) && f.number > 1;
}

// ---- inputs ----

static int archive_more(struct cli *cli, struct archive *a, const char *folder, int64_t until, bool *more)
{
    char *bytes = NULL;
    size_t len = 0;
    const char *why;
    int rc = archive_page(cli, a->end.last, ARCHIVE_PAGE, &bytes, &len);
    if (rc != CLI_OK)
        return rc;
    if (archive_begins_late(a, (uint8_t *)bytes, len)) {
        free(bytes);
        return archive_begin_late(cli, a, folder);
    }
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
    uint64_t before = a.end.last, state = 0;
    if (rc == CLI_OK)
        rc = archive_meets(cli, &a, argv[1]);
    while (rc == CLI_OK && more)
        rc = archive_more(cli, &a, argv[1], until, &more);
    if (rc == CLI_OK && a.end.last >= a.end.first)
        rc = archive_fold(&a, argv[1], &state);
    before = before < a.base ? a.base : before;
    if (rc == CLI_OK && cli->json)
        printf("{\"last\":%" PRIu64 ",\"added\":%" PRIu64 ",\"segments\":%" PRIu64 ",\"after\":%" PRIu64
               ",\"state\":%" PRIu64 "}\n",
               a.end.last, a.end.last - before, a.segments, a.base, state ? state : a.base);
    else if (rc == CLI_OK)
        printf("%" PRIu64 " inputs added; %s ends with input %" PRIu64 "\n", a.end.last - before, argv[1], a.end.last);
    archive_close(&a);
    return rc;
}
