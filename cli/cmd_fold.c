// SPDX-License-Identifier: Apache-2.0
// `fold`: folds an exported log offline with the very core that routes, and says what came of it: a digest over every effect, the state's hash,
// and whether each state hash that the live daemon logged was met. --split N goes through a snapshot after input N; --check tests every invariant
// after each step. A difference, or a broken invariant, ends with exit code 1.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/print.h"
#include "daemon/archive/archive.h"
#include "daemon/core/input.h"
#include "daemon/core/points.h"
#include "routing/router.h"

#define FOLD_INPUT_MAX (1u << 20)

struct fold {
    struct router *router;
    struct scratch scratch;
    uint64_t digest, first, last, skipped, effects, decisions;
    uint64_t split;
    bool check;
    struct points points;
    uint64_t hashes, differing, differs; // the first input after which the states differ
};

// FNV-1a, over the parts of an effect that anybody could act on.
static void fold_mix(struct fold *f, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < len; i++)
        f->digest = (f->digest ^ p[i]) * 0x100000001b3u;
}

static void fold_mix_number(struct fold *f, uint64_t n)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(n >> (8 * i));
    fold_mix(f, bytes, sizeof bytes);
}

static void fold_mix_text(struct fold *f, const char *s)
{
    s = s ? s : "";
    fold_mix(f, s, strlen(s) + 1);
}

static void fold_effect(struct fold *f, const struct router_effect *e)
{
    const uint64_t numbers[] = {e->kind,     e->reason,       e->refusal,
                                e->work,     e->conversation, e->customer,
                                e->number,   e->epoch,        (uint64_t)e->deadline,
                                e->resolved, e->informed,     e->state};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        fold_mix_number(f, numbers[i]);
    fold_mix_text(f, e->agent);
    fold_mix_text(f, e->session_id);
    fold_mix_text(f, e->client_id);
    fold_mix_text(f, e->text);
    f->effects++;
    if (!e->decision)
        return;
    f->decisions++;
    fold_mix_text(f, e->decision->queue);
    fold_mix_text(f, e->decision->winner);
    for (size_t i = 0; i < e->decision->candidates_n; i++) {
        const struct router_candidate *c = &e->decision->candidates[i];
        fold_mix_text(f, c->agent);
        fold_mix_number(f, c->exclusion);
        fold_mix_number(f, (uint64_t)c->idle_ms);
        fold_mix_number(f, c->load);
    }
}

static int fold_through_snapshot(struct fold *f)
{
    const char *why;
    size_t len;
    unsigned char *bytes = router_snapshot_bytes(f->router, &len);
    struct router *again = router_restore(bytes, len, &why);
    free(bytes);
    if (!again)
        return cli_fail(CLI_NO, "the snapshot after input %" PRIu64 ": %s", f->last, why);
    bool same = router_hash(again) == router_hash(f->router);
    router_free(f->router);
    f->router = again;
    return same ? CLI_OK : cli_fail(CLI_NO, "the snapshot after input %" PRIu64 " has another hash", f->last);
}

static void fold_compare(struct fold *f, uint64_t number, const Throughline__V1__Input *m)
{
    enum points_met met = points_meet(&f->points, f->router, number, m);
    f->hashes += met != POINTS_NOTHING;
    if (met != POINTS_DIFFER || !m)
        return;
    if (!f->differing++)
        f->differs = m->state_hash->input;
}

static int fold_one(struct fold *f, uint64_t number, const uint8_t *bytes, size_t len, bool skipped)
{
    struct router_input in = {.kind = ROUTER_IN_NOTHING};
    const Throughline__V1__Input *m = NULL;
    struct router_effects effects;
    struct router_stats before;
    router_stats(f->router, &before);
    scratch_reset(&f->scratch);
    if (skipped)
        f->skipped++;
    else
        input_decode(&f->scratch, bytes, len, &in, &m);
    in.number = number;
    input_follow(&in, before.at, before.wall);
    if (!router_step(f->router, &in, &effects))
        return cli_fail(CLI_NO, "input %" PRIu64 " does not follow", number);
    f->last = number;
    for (size_t i = 0; i < effects.n; i++)
        fold_effect(f, &effects.v[i]);
    fold_compare(f, number, m);
    const char *broken = f->check ? router_check(f->router) : NULL;
    if (broken)
        return cli_fail(CLI_NO, "after input %" PRIu64 ": %s", number, broken);
    return number == f->split ? fold_through_snapshot(f) : CLI_OK;
}

static uint64_t fold_number(const uint8_t *p, int bytes)
{
    uint64_t n = 0;
    for (int i = bytes - 1; i >= 0; i--)
        n = n << 8 | p[i];
    return n;
}

static int fold_file(struct fold *f, FILE *in, const char *name)
{
    static uint8_t body[FOLD_INPUT_MAX];
    uint8_t head[12];
    int rc = CLI_OK;
    while (rc == CLI_OK && fread(head, 1, sizeof head, in) == sizeof head) {
        uint64_t number = fold_number(head, 8);
        uint64_t mark = fold_number(head + 8, 4);
        size_t len = (size_t)(mark & ~(uint64_t)ARCHIVE_VOID);
        if (len > sizeof body || fread(body, 1, len, in) != len)
            return f->last ? cli_fail(CLI_DATA, "%s: damaged after input %" PRIu64, name, f->last)
                           : cli_fail(CLI_DATA, "%s: is no exported log (see throughline log)", name);
        if (!f->first && number != 1)
            return cli_fail(CLI_DATA, "%s: begins with input %" PRIu64 ", not 1", name, number);
        f->first = 1;
        rc = fold_one(f, number, body, len, mark & ARCHIVE_VOID);
    }
    return rc;
}

// A log of another build differs from there on: said once.
static void fold_tell_differing(const struct fold *f)
{
    if (f->differing)
        cli_fail(CLI_NO,
                 "the live daemon had another state at %" PRIu64 " of %" PRIu64 " checkpoints, first at input %" PRIu64
                 ": is the log of another version?",
                 f->differing, f->hashes, f->differs);
}

static void fold_tell(const struct cli *cli, const struct fold *f)
{
    char digest[20], hash[20];
    snprintf(digest, sizeof digest, "%016" PRIx64, f->digest);
    snprintf(hash, sizeof hash, "%016" PRIx64, router_hash(f->router));
    json_t *all = json_pack("{s:I, s:I, s:I, s:I, s:s, s:s, s:I, s:I}", "inputs", (json_int_t)f->last, "skipped",
                            (json_int_t)f->skipped, "effects", (json_int_t)f->effects, "decisions",
                            (json_int_t)f->decisions, "digest", digest, "hash", hash, "hashesCompared",
                            (json_int_t)f->hashes, "hashesDiffering", (json_int_t)f->differing);
    const char *key;
    json_t *value;
    if (cli->json)
        print_json(all);
    else
        json_object_foreach(all, key, value) printf("%-16s %s\n", key, print_text(all, key));
    json_decref(all);
}

int cmd_fold(struct cli *cli, int argc, char **argv)
{
    struct fold f = {.digest = 0xcbf29ce484222325u};
    const char *split = "0";
    const struct option_spec specs[] = {{"--split", &split, NULL}, {"--check", NULL, &f.check}};
    argc = options_parse("fold", argc, argv, specs, 2);
    if (argc < 0)
        return CLI_USAGE;
    if (argc != 2)
        return cli_usage("fold", "needs one file");
    if (!options_number("fold", "--split", split, &f.split))
        return CLI_USAGE;
    FILE *in = strcmp(argv[1], "-") == 0 ? stdin : fopen(argv[1], "rbe");
    if (!in)
        return cli_fail(CLI_DATA, "%s: %s", argv[1], strerror(errno));
    f.router = router_new();
    scratch_open(&f.scratch);
    int rc = fold_file(&f, in, argv[1]);
    if (rc == CLI_OK)
        fold_tell(cli, &f);
    fold_tell_differing(&f);
    scratch_close(&f.scratch);
    router_free(f.router);
    if (in != stdin)
        fclose(in);
    return rc == CLI_OK && f.differing ? CLI_NO : rc;
}
