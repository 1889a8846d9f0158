// SPDX-License-Identifier: Apache-2.0
// A decision with every agent named: asked of the daemon, which takes it once more in a process of its own, or taken here, from an archive's folder
// and, where that ends before it, the log as it stands in Redis.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/print.h"
#include "cli/why.h"
#include "daemon/archive/archive.h"
#include "daemon/core/past.h"
#include "proto/json.h"

#define FULL_PAGE "10000"

bool why_id(const char *text, uint64_t *input, uint32_t *index, bool *whole)
{
    char extra;
    *index = 0;
    int n = sscanf(text, "%" SCNu64 ".%" SCNu32 "%c", input, index, &extra);
    *whole = n == 2;
    return *input && (n == 2 || (n == 1 && strspn(text, "0123456789") == strlen(text)));
}

static int full_from_daemon(struct cli *cli, const char *id, const char *agent, json_t **out)
{
    char path[512];
    char *segment = client_segment(id), *only = client_segment(agent ? agent : "");
    snprintf(path, sizeof path, "/v1/decisions/%s%s%s", segment, agent ? "?agent=" : "", only);
    free(segment);
    free(only);
    return client_call(cli, "GET", path, NULL, out);
}

// What the archive does not have yet.
static int full_rest(struct cli *cli, struct past *p)
{
    while (p->folded < p->input) {
        char path[128], *bytes = NULL;
        size_t len = 0;
        struct log_frame f = {0};
        bool damaged = false, ok = true;
        uint64_t before = p->folded;
        snprintf(path, sizeof path, "/v1/log?after=%" PRIu64 "&limit=" FULL_PAGE, p->folded);
        int rc = client_bytes(cli, path, &bytes, &len);
        while (rc == CLI_OK && ok && log_frame((uint8_t *)bytes, len, &f, &damaged))
            ok = past_fold(p, f.number, f.body, f.len, f.skipped);
        free(bytes);
        if (rc != CLI_OK)
            return rc;
        if (!ok || damaged || p->folded == before)
            return cli_fail(CLI_NO, "%s",
                            !ok       ? p->why
                            : damaged ? "the log came damaged"
                                      : "the log does not go so far");
    }
    return CLI_OK;
}

// Where the work had come to its queue before the decision: why not to an earlier one, as far as the archive goes back.
static void full_entry(const char *folder, Throughline__V1__Decision *d)
{
    struct past p = {.input = d->entered->input, .work = d->work};
    if (d->entered->input != d->input && past_from_archive(&p, folder))
        past_passed(&p, d);
    past_end(&p);
}

static int full_json(const Throughline__V1__Decision *d, json_t **out)
{
    size_t len;
    char *text = json_write(&d->base, &len);
    *out = text ? json_loadb(text, len, 0, NULL) : NULL;
    free(text);
    return *out ? CLI_OK : cli_fail(CLI_INTERNAL, "out of memory");
}

static int full_from_archive(struct cli *cli, const char *folder, uint64_t work, uint64_t input, uint32_t index,
                             json_t **out)
{
    struct past p = {.input = input, .index = index, .work = work};
    int rc = past_from_archive(&p, folder) ? CLI_OK : cli_fail(CLI_DATA, "%s", p.why);
    if (rc == CLI_OK)
        rc = full_rest(cli, &p);
    if (rc == CLI_OK && !p.decision)
        rc = cli_fail(CLI_NO, "nothing was decided there");
    if (rc == CLI_OK && p.decision) {
        full_entry(folder, p.decision);
        rc = full_json(p.decision, out);
    }
    past_end(&p);
    return rc;
}

int why_full(struct cli *cli, const char *id, uint64_t work, const char *archive, const char *agent, json_t **out)
{
    uint64_t input;
    uint32_t index;
    bool whole;
    if (!why_id(id, &input, &index, &whole))
        return cli_usage("why", "a decision is INPUT.INDEX, as in 212.0, not %s", id);
    if (archive)
        return full_from_archive(cli, archive, whole ? 0 : work, input, index, out);
    if (!whole)
        return cli_usage("why", "a decision is INPUT.INDEX, as in 212.0; INPUT alone only with --archive");
    int rc = full_from_daemon(cli, id, agent, out);
    if (rc != CLI_OK || !work || (uint64_t)print_number(*out, "work") == work)
        return rc;
    return cli_fail(CLI_NO, "decision %s is about work %s, not %" PRIu64, id, print_text(*out, "work"), work);
}
