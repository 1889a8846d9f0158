// SPDX-License-Identifier: Apache-2.0
// `shadow`: a second router, in a process of its own, that follows the live one's log over HTTP with another configuration. It costs the daemon what
// reading the log costs, a page at a time, and can harm nothing.
//
// It begins with the newest snapshot and goes on until it is ended. What comes of the log is the same each time it is folded; so after a restart it begins
// again where it began, as long as the log goes back so far, and tells no difference twice that it has told and noted. If the log has been trimmed beyond,
// or is another, or the fold is not the live router's (the log carries hashes of its state), it begins anew with the newest snapshot, and says so.
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/shadow.h"
#include "daemon/archive/archive.h"

#define SHADOW_PAGE  1000
#define SHADOW_PAUSE 500   // ms between looks at a log that is folded up
#define SHADOW_ANEW  5000  // ms before it begins anew
#define SHADOW_WORKS 50000 // about so many of the latest works are in the summary

static volatile sig_atomic_t shadow_ended;

static void shadow_on_signal(int sig)
{
    shadow_ended = sig;
}

static void shadow_pause(int ms)
{
    if (!shadow_ended)
        poll(NULL, 0, ms);
}

static void shadow_differs(void *ctx, const struct replay *r, const struct replay_work *w)
{
    struct shadow *s = ctx;
    if (r->inputs > s->progress.reported)
        shadow_tell(s, w);
}

// ---- beginning ----

static void shadow_digest(struct shadow *s)
{
    size_t len = protobuf_c_message_get_packed_size(&s->other.message->base);
    uint8_t *packed = replay_new(1, len + 1);
    uint64_t digest = 0xcbf29ce484222325u;
    protobuf_c_message_pack(&s->other.message->base, packed);
    for (size_t i = 0; i < len; i++)
        digest = (digest ^ packed[i]) * 0x100000001b3u;
    free(packed);
    snprintf(s->progress.config, sizeof s->progress.config, "%016" PRIx64, digest);
}

static int shadow_open(struct shadow *s, const uint8_t *image, size_t len)
{
    const uint8_t *meta, *state = NULL;
    size_t meta_len, state_len = 0;
    const char *why = "";
    if (s->begun)
        replay_close(&s->replay);
    s->begun = true;
    s->points = (struct points){0};
    s->replay = (struct replay){
        .from = INT64_MIN, .to = INT64_MAX, .config = &s->other.config, .differs = shadow_differs, .ctx = s};
    if (image && !snapshot_parts(image, len, &meta, &meta_len, &state, &state_len))
        return cli_fail(CLI_DATA, "the snapshot is cut off");
    if (!replay_live(&s->replay, state, state_len, &why))
        return cli_fail(CLI_DATA, "cannot begin with the newest snapshot: %s", why);
    s->progress.start = s->replay.inputs;
    return CLI_OK;
}

static int shadow_status(struct shadow *s, char *incarnation, size_t size)
{
    json_t *status = NULL;
    int rc = client_call(s->cli, "GET", "/v1/status", NULL, &status);
    if (rc != CLI_OK)
        return rc;
    const char *text = json_string_value(json_object_get(status, "incarnation"));
    snprintf(incarnation, size, "%s", text ? text : "");
    s->live = (uint64_t)print_number(status, "input");
    json_decref(status);
    return CLI_OK;
}

// With the newest snapshot, or, when there is none yet, the log's first input.
static int shadow_begin(struct shadow *s)
{
    char *image = NULL;
    size_t len = 0;
    int rc = shadow_status(s, s->progress.incarnation, sizeof s->progress.incarnation);
    if (rc != CLI_OK)
        return rc;
    cli_hush(true);
    rc = client_bytes(s->cli, "/v1/log/snapshot", &image, &len);
    cli_hush(false);
    if (rc != CLI_OK && rc != CLI_NO)
        return cli_fail(rc, "the newest snapshot cannot be read");
    rc = shadow_open(s, (uint8_t *)image, len);
    s->progress.reported = s->progress.start;
    shadow_digest(s);
    if (rc == CLI_OK && (!shadow_save(s, "start", image, len) || !shadow_save_progress(s)))
        rc = CLI_DATA;
    free(image);
    return rc;
}

static int shadow_anew(struct shadow *s, const char *why)
{
    cli_fail(CLI_NO, "shadow: %s; beginning anew with the newest snapshot", why);
    s->restarts++;
    shadow_pause(SHADOW_ANEW); // should it be the same again, nobody is to be kept busy by it
    return shadow_begin(s);
}

// Where it was, if that is of the same log and the same configuration.
static int shadow_resume(struct shadow *s)
{
    struct shadow_progress was;
    char incarnation[sizeof was.incarnation];
    size_t len;
    shadow_digest(s);
    int rc = shadow_status(s, incarnation, sizeof incarnation);
    if (rc != CLI_OK)
        return rc;
    if (!shadow_load_progress(s, &was) || strcmp(was.incarnation, incarnation) != 0 ||
        strcmp(was.config, s->progress.config) != 0)
        return shadow_begin(s);
    char *image = shadow_load(s->folder, "start", &len);
    s->progress = was;
    cli_hush(true);
    rc = image ? shadow_open(s, len ? (uint8_t *)image : NULL, len) : CLI_DATA;
    cli_hush(false);
    free(image);
    if (rc != CLI_OK || s->progress.start != was.start)
        return shadow_anew(s, "what was kept of the start cannot be read");
    return CLI_OK;
}

// ---- following ----

static const char *shadow_fold(struct shadow *s, const uint8_t *page, size_t len)
{
    struct log_frame f = {0};
    const Throughline__V1__Input *words;
    bool damaged, past;
    while (log_frame(page, len, &f, &damaged)) {
        if (f.number != s->replay.inputs + 1)
            return "the log has been trimmed meanwhile";
        if (!replay_input(&s->replay, &f, &past, &words))
            return "an input does not follow";
        if (points_meet(&s->points, s->replay.router[REPLAY_WAS], f.number, words) == POINTS_DIFFER)
            return "the live router has another state";
    }
    return damaged ? "the log came damaged" : NULL;
}

static int shadow_page(struct shadow *s, bool *more)
{
    char path[96], *page = NULL;
    size_t len = 0;
    uint64_t differing = s->replay.differing;
    snprintf(path, sizeof path, "/v1/log?after=%" PRIu64 "&limit=%d", s->replay.inputs, SHADOW_PAGE);
    int rc = client_bytes(s->cli, path, &page, &len);
    if (rc != CLI_OK)
        return rc;
    const char *why = shadow_fold(s, (uint8_t *)page, len);
    free(page);
    *more = len > 0;
    replay_forget(&s->replay, SHADOW_WORKS);
    if (s->replay.differing != differing && s->replay.inputs > s->progress.reported) {
        fflush(stdout);
        s->progress.reported = s->replay.inputs;
        if (!shadow_save_progress(s))
            return CLI_DATA;
    }
    return why ? shadow_anew(s, why) : CLI_OK;
}

// The daemon may be away for a while; then it is looked for again.
static int shadow_away(struct shadow *s, bool *away)
{
    cli_hush(true); // the loss is known
    *away = true;
    shadow_pause(SHADOW_PAUSE);
    cli_locate(s->cli);
    return CLI_OK;
}

// Is it still the same log? And how far is the live router?
static int shadow_look(struct shadow *s)
{
    char incarnation[sizeof s->progress.incarnation];
    int rc = shadow_status(s, incarnation, sizeof incarnation);
    if (rc == CLI_OK && *incarnation && strcmp(incarnation, s->progress.incarnation) != 0)
        rc = shadow_anew(s, "it is another log");
    return rc;
}

static int shadow_follow(struct shadow *s, uint64_t every, bool once)
{
    bool more = true, away = false;
    time_t due = 0;
    int rc = CLI_OK;
    while (rc == CLI_OK && !shadow_ended) {
        bool last = once && !more;
        bool catching_up = due == 0 && more; // what the folder tells of before is better than half of it
        if ((time(NULL) >= due && !catching_up) || last) {
            rc = shadow_look(s);
            if (rc == CLI_OK && !shadow_save_report(s))
                rc = CLI_DATA;
            due = time(NULL) + (time_t)every;
        } else if (!more) {
            shadow_pause(SHADOW_PAUSE);
        }
        if (last)
            break;
        if (rc == CLI_OK)
            rc = shadow_page(s, &more);
        if (rc == CLI_UNAVAILABLE && !once)
            rc = shadow_away(s, &away);
        else if (away) {
            cli_hush(false);
            away = false;
        }
    }
    cli_hush(false);
    if (rc == CLI_OK && shadow_ended)
        rc = shadow_save_report(s) ? CLI_OK : CLI_DATA;
    return rc;
}

// ---- the command ----

static int shadow_show(const struct cli *cli, const char *folder)
{
    size_t len;
    char *text = shadow_load(folder, "report.json", &len);
    json_t *report = text ? json_loadb(text, len, 0, NULL) : NULL;
    free(text);
    if (!report)
        return cli_fail(CLI_NO, "%s has no report of a shadow", folder);
    if (cli->json) {
        print_json(report);
    } else {
        printf("since input %s: %s decisions, %s differ\n", print_text(report, "start"),
               print_text(report, "decisions"), print_text(report, "decisionsDiffering"));
        replay_print(report);
    }
    json_decref(report);
    return CLI_OK;
}

int cmd_shadow(struct cli *cli, int argc, char **argv)
{
    const char *every_text = "60", *show = NULL;
    uint64_t every;
    bool once = false;
    const struct option_spec specs[] = {
        {"--every", &every_text, NULL}, {"--once", NULL, &once}, {"--show", &show, NULL}};
    argc = options_parse("shadow", argc, argv, specs, 3);
    if (argc < 0)
        return CLI_USAGE;
    if (show)
        return argc == 1 ? shadow_show(cli, show) : cli_usage("shadow", "--show takes a folder only");
    if (argc != 3)
        return cli_usage("shadow", "needs a configuration and a folder");
    if (!options_number("shadow", "--every", every_text, &every))
        return CLI_USAGE;
    if (mkdir(argv[2], 0750) != 0 && errno != EEXIST)
        return cli_fail(CLI_DATA, "cannot make the folder %s: %s", argv[2], strerror(errno));
    struct shadow s = {.cli = cli, .file = argv[1], .folder = argv[2]};
    struct sigaction act = {.sa_handler = shadow_on_signal};
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    int rc = replay_configure(cli, s.file, &s.other);
    if (rc == CLI_OK)
        rc = shadow_resume(&s);
    if (rc == CLI_OK)
        rc = shadow_follow(&s, every < 1 ? 1 : every, once);
    if (s.begun)
        replay_close(&s.replay);
    replay_unconfigure(&s.other);
    return rc;
}
