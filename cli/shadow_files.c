// SPDX-License-Identifier: Apache-2.0
// What a shadow writes: its folder's files, each beside and then under its name, so that who reads one finds it whole; and a line for each choice that
// differs. A folder that cannot be written is told and ends the shadow: nothing here concerns the live router.
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/print.h"
#include "cli/shadow.h"
#include "proto/names.h"

#define SHADOW_PATH_MAX 4352

bool shadow_save(const struct shadow *s, const char *name, const void *bytes, size_t len)
{
    char path[SHADOW_PATH_MAX], beside[SHADOW_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    snprintf(beside, sizeof beside, "%s/new.%s", s->folder, name);
    FILE *out = fopen(beside, "wbe");
    bool ok = out && (len == 0 || fwrite(bytes, 1, len, out) == len) && fflush(out) == 0 && fsync(fileno(out)) == 0;
    if (out)
        ok = fclose(out) == 0 && ok;
    ok = ok && rename(beside, path) == 0;
    if (!ok)
        cli_fail(CLI_DATA, "cannot write %s", path);
    return ok;
}

char *shadow_load(const char *folder, const char *name, size_t *len)
{
    char path[SHADOW_PATH_MAX], *bytes = NULL;
    size_t cap = 0, n;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "rbe");
    *len = 0;
    if (!in)
        return NULL;
    do {
        cap = 2 * cap + 65536;
        bytes = replay_resize(bytes, cap);
        n = fread(bytes + *len, 1, cap - *len, in);
        *len += n;
    } while (*len == cap);
    fclose(in);
    return bytes;
}

// ---- progress ----

bool shadow_save_progress(const struct shadow *s)
{
    const struct shadow_progress *p = &s->progress;
    json_t *o = json_pack("{s:I, s:I, s:s, s:s}", "start", (json_int_t)p->start, "reported", (json_int_t)p->reported,
                          "incarnation", p->incarnation, "config", p->config);
    char *text = json_dumps(o, JSON_COMPACT);
    bool ok = shadow_save(s, "progress.json", text, strlen(text));
    free(text);
    json_decref(o);
    return ok;
}

bool shadow_load_progress(const struct shadow *s, struct shadow_progress *p)
{
    size_t len;
    const char *incarnation, *config;
    json_int_t start, reported;
    char *text = shadow_load(s->folder, "progress.json", &len);
    json_t *o = text ? json_loadb(text, len, 0, NULL) : NULL;
    bool ok = o && json_unpack(o, "{s:I, s:I, s:s, s:s}", "start", &start, "reported", &reported, "incarnation",
                               &incarnation, "config", &config) == 0;
    if (ok) {
        *p = (struct shadow_progress){.start = (uint64_t)start, .reported = (uint64_t)reported};
        snprintf(p->incarnation, sizeof p->incarnation, "%s", incarnation);
        snprintf(p->config, sizeof p->config, "%s", config);
    }
    json_decref(o);
    free(text);
    return ok;
}

// ---- metrics ----

static void metric_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP throughline_shadow_%s %s\n# TYPE throughline_shadow_%s %s\n", name, help, name, type);
}

static void metric_counts(FILE *out, const json_t *report)
{
    static const struct {
        const char *name, *type, *member, *help;
    } all[] = {
        {"input", "gauge", "inputs", "Last input of the log that is folded."},
        {"behind_inputs", "gauge", "behind", "Inputs that the live router has folded and the shadow has not."},
        {"decisions", "gauge", "decisions", "Decisions of the live router since the shadow began."},
        {"decisions_differing", "gauge", "decisionsDiffering", "Of them, and of the shadow's own, those that differ."},
        {"works_parted", "gauge", "parted", "Works about which the two came to differ."},
        {"restarts_total", "counter", "restarts", "Times that the shadow had to begin anew."},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        metric_head(out, all[i].name, all[i].type, all[i].help);
        fprintf(out, "throughline_shadow_%s %" JSON_INTEGER_FORMAT "\n", all[i].name,
                json_integer_value(json_object_get(report, all[i].member)));
    }
}

static void metric_assignments(FILE *out, const json_t *assignments)
{
    static const char *const outcomes[] = {"same", "another", "onlyRecorded", "onlyReplayed"};
    static const char *const words[] = {"same", "another", "only_live", "only_shadow"};
    metric_head(out, "assignments", "gauge", "Works of the summary by who had them first in both.");
    for (size_t i = 0; i < 4; i++)
        fprintf(out, "throughline_shadow_assignments{outcome=\"%s\"} %" JSON_INTEGER_FORMAT "\n", words[i],
                json_integer_value(json_object_get(assignments, outcomes[i])));
}

static void metric_queues(FILE *out, const json_t *queues, const char *name, const char *member, double unit,
                          const char *help)
{
    static const char *const sides[] = {"recorded", "replayed"};
    static const char *const words[] = {"live", "shadow"};
    size_t i;
    json_t *row;
    metric_head(out, name, "gauge", help);
    json_array_foreach(queues, i, row)
    {
        for (int side = 0; side < REPLAY_SIDES; side++) {
            const json_t *v = json_object_get(json_object_get(row, sides[side]), member);
            if (json_is_number(v)) // names of queues are names: nothing in them needs escaping
                fprintf(out, "throughline_shadow_%s{queue=\"%s\",side=\"%s\"} %g\n", name,
                        json_string_value(json_object_get(row, "name")), words[side], json_number_value(v) * unit);
        }
    }
}

static bool shadow_save_metrics(const struct shadow *s, const json_t *report)
{
    char *text = NULL;
    size_t len = 0;
    const json_t *queues = json_object_get(report, "queues");
    FILE *out = open_memstream(&text, &len);
    if (!out)
        abort();
    metric_counts(out, report);
    metric_assignments(out, json_object_get(report, "assignments"));
    metric_queues(out, queues, "wait_mean_seconds", "waitMeanMs", 0.001, "Mean wait of the summary's works.");
    metric_queues(out, queues, "within_target_ratio", "withinTarget", 1, "Share answered within the queue's target.");
    metric_queues(out, queues, "works", "works", 1, "Works of the summary.");
    fclose(out);
    bool ok = shadow_save(s, "metrics.prom", text, len);
    free(text);
    return ok;
}

bool shadow_save_report(const struct shadow *s)
{
    const struct replay *r = &s->replay;
    json_t *report = replay_report(r);
    uint64_t behind = s->live > r->inputs ? s->live - r->inputs : 0;
    json_object_set_new(report, "decisions", json_integer((json_int_t)r->decisions));
    json_object_set_new(report, "decisionsDiffering", json_integer((json_int_t)r->differing));
    json_object_set_new(report, "parted", json_integer((json_int_t)r->parted));
    json_object_set_new(report, "start", json_integer((json_int_t)s->progress.start));
    json_object_set_new(report, "behind", json_integer((json_int_t)behind));
    json_object_set_new(report, "restarts", json_integer((json_int_t)s->restarts));
    char *text = json_dumps(report, JSON_COMPACT);
    bool ok = shadow_save(s, "report.json", text, strlen(text)) && shadow_save_metrics(s, report);
    free(text);
    json_decref(report);
    return ok;
}

// ---- lines ----

static json_t *tell_choice(const struct replay_choice *c)
{
    return json_pack("{s:s, s:s, s:s}", "agent", c->agent, "queue", c->queue, "reason",
                     reason_name((Throughline__V1__Reason)c->reason));
}

static void tell_side(const char *side, const struct replay_choice *c)
{
    printf("%s %s", side, *c->agent ? c->agent : "nobody");
    if (*c->queue)
        printf(" (%s, %s)", c->queue, reason_name((Throughline__V1__Reason)c->reason));
}

void shadow_tell(const struct shadow *s, const struct replay_work *w)
{
    const struct replay_choice *live = &w->choice[REPLAY_WAS], *shadow = &w->choice[REPLAY_WOULD];
    if (s->cli->json) {
        char work[24], conversation[24];
        snprintf(work, sizeof work, "%" PRIu64, w->number);
        snprintf(conversation, sizeof conversation, "%" PRIu64, w->conversation);
        json_t *o = json_pack("{s:I, s:I, s:s, s:s, s:o, s:o}", "input", (json_int_t)s->replay.inputs, "wallMs",
                              (json_int_t)s->replay.wall, "work", work, "conversation", conversation, "live",
                              tell_choice(live), "shadow", tell_choice(shadow));
        print_json(o);
        json_decref(o);
        return;
    }
    printf("input %" PRIu64 ", work %" PRIu64 ": ", s->replay.inputs, w->number);
    tell_side("live", live);
    tell_side(", shadow", shadow);
    putchar('\n');
}
