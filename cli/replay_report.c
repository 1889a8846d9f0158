// SPDX-License-Identifier: Apache-2.0
// The two worlds compared: as JSON, for programs, and as a page made from it, for people.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "cli/replay.h"
#include "proto/names.h"

#define REPORT_MOVED_MAX 20 // works named on the page; JSON has all

struct report_tally {
    int64_t works, answered, abandoned, open, in_target, closed, resolved, waited;
    int64_t *waits;
};

static int report_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

// Whether it would have been resolved is known only of what somebody closed in the log.
static void report_count(struct report_tally *t, const struct replay_work *w, const struct replay_fate *f)
{
    bool told = w->fate[REPLAY_WAS].closed != REPLAY_NEVER && f->closed != REPLAY_NEVER;
    t->works++;
    t->abandoned += f->abandoned;
    t->open += f->ended == REPLAY_NEVER;
    t->closed += told;
    t->resolved += told && f->resolved;
    if (f->assigned == REPLAY_NEVER)
        return;
    int64_t wait = f->assigned - f->since;
    t->waits[t->answered++] = wait;
    t->waited += wait;
    t->in_target += !f->late;
}

static json_t *report_share(int64_t part, int64_t whole)
{
    return whole ? json_real((double)part / (double)whole) : json_null();
}

// Attained: with an agent within the target for the first response, of all that were answered or gave up.
static json_t *report_of(struct report_tally *t)
{
    json_t *o = json_pack("{s:I, s:I, s:I, s:I}", "works", (json_int_t)t->works, "answered", (json_int_t)t->answered,
                          "abandoned", (json_int_t)t->abandoned, "open", (json_int_t)t->open);
    qsort(t->waits, (size_t)t->answered, sizeof *t->waits, report_order);
    bool any = t->answered > 0;
    json_object_set_new(o, "waitMeanMs", any ? json_integer(t->waited / t->answered) : json_null());
    json_object_set_new(o, "waitP90Ms", any ? json_integer(t->waits[(t->answered - 1) * 9 / 10]) : json_null());
    json_object_set_new(o, "withinTarget", report_share(t->in_target, t->answered + t->abandoned));
    json_object_set_new(o, "resolved", report_share(t->resolved, t->closed));
    return o;
}

// What a work is counted under; NULL name = everything.
typedef const char *report_key(const struct replay_fate *f);

static const char *report_queue(const struct replay_fate *f)
{
    return f->queue;
}

static const char *report_channel(const struct replay_fate *f)
{
    return channel_name((Throughline__V1__Channel)f->channel);
}

static json_t *report_row(const struct replay *r, report_key *key, const char *name)
{
    json_t *o = json_object();
    static const char *const sides[] = {"recorded", "replayed"};
    if (key)
        json_object_set_new(o, "name", json_string(name));
    for (int side = 0; side < REPLAY_SIDES; side++) {
        struct report_tally t = {.waits = replay_new(r->all.n, sizeof(int64_t))};
        for (size_t i = 0; i < r->all.n; i++) {
            const struct replay_fate *f = &r->all.v[i]->fate[side];
            if (r->all.v[i]->counted && f->opened && (!key || strcmp(key(f), name) == 0))
                report_count(&t, r->all.v[i], f);
        }
        json_object_set_new(o, sides[side], report_of(&t));
        free(t.waits);
    }
    return o;
}

static bool report_named(const json_t *rows, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i,
                       row) if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0) return true;
    return false;
}

static json_t *report_rows(const struct replay *r, report_key *key)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < r->all.n; i++) {
        for (int side = 0; side < REPLAY_SIDES; side++) {
            const struct replay_fate *f = &r->all.v[i]->fate[side];
            if (r->all.v[i]->counted && f->opened && !report_named(rows, key(f)))
                json_array_append_new(rows, report_row(r, key, key(f)));
        }
    }
    return rows;
}

// ---- differences ----

static bool report_differs(const struct replay_work *w)
{
    const struct replay_fate *a = &w->fate[REPLAY_WAS], *b = &w->fate[REPLAY_WOULD];
    return w->left || a->opened != b->opened || strcmp(a->agent, b->agent) != 0 || strcmp(a->queue, b->queue) != 0 ||
           a->assigned != b->assigned || a->closed != b->closed || a->ended != b->ended ||
           a->abandoned != b->abandoned || a->resolved != b->resolved;
}

static json_t *report_moved(const struct replay_work *w)
{
    char number[24], conversation[24];
    snprintf(number, sizeof number, "%" PRIu64, w->number);
    snprintf(conversation, sizeof conversation, "%" PRIu64, w->conversation);
    return json_pack("{s:s, s:s, s:s, s:s}", "work", number, "conversation", conversation, "recorded",
                     w->fate[REPLAY_WAS].agent, "replayed", w->fate[REPLAY_WOULD].agent);
}

static json_t *report_assignments(const struct replay *r, json_int_t *differences)
{
    json_t *moved = json_array();
    json_int_t same = 0, another = 0, longer = 0, joined = 0, only[REPLAY_SIDES] = {0};
    for (size_t i = 0; i < r->all.n; i++) {
        const struct replay_work *w = r->all.v[i];
        const struct replay_fate *a = &w->fate[REPLAY_WAS], *b = &w->fate[REPLAY_WOULD];
        if (!w->counted)
            continue;
        *differences += report_differs(w);
        joined += w->joined;
        bool had[] = {*a->agent != 0, *b->agent != 0};
        longer += had[0] && (!had[1] || b->assigned - b->since > a->assigned - a->since);
        only[0] += had[0] && !had[1];
        only[1] += had[1] && !had[0];
        same += had[0] && strcmp(a->agent, b->agent) == 0;
        another += had[0] && had[1] && strcmp(a->agent, b->agent) != 0;
        if (strcmp(a->agent, b->agent) != 0)
            json_array_append_new(moved, report_moved(w));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "same", same, "another", another, "onlyRecorded", only[0],
                     "onlyReplayed", only[1], "waitedLonger", longer, "joined", joined, "moved", moved);
}

json_t *replay_report(const struct replay *r)
{
    json_int_t differences = 0;
    json_t *assignments = report_assignments(r, &differences), *o = json_object();
    bool same = router_hash(r->router[REPLAY_WAS]) == router_hash(r->router[REPLAY_WOULD]);
    json_object_set_new(o, "inputs", json_integer((json_int_t)r->inputs));
    json_object_set_new(o, "after", json_integer((json_int_t)r->after));
    json_object_set_new(o, "differences", json_integer(differences));
    json_object_set_new(o, "sameState", json_boolean(same));
    json_object_set_new(o, "setAside", json_integer((json_int_t)r->set_aside));
    json_object_set_new(o, "supposed", json_integer((json_int_t)r->supposed));
    json_object_set_new(o, "assignments", assignments);
    json_object_set_new(o, "overall", report_row(r, NULL, NULL));
    json_object_set_new(o, "queues", report_rows(r, report_queue));
    json_object_set_new(o, "channels", report_rows(r, report_channel));
    return o;
}

// ---- the page ----

static void print_value(const json_t *v, bool share)
{
    if (json_is_null(v))
        printf(" %10s", "-");
    else if (share)
        printf(" %9.1f%%", 100 * json_real_value(v));
    else
        printf(" %9.1fs", (double)json_integer_value(v) / 1000);
}

static void print_side(const char *name, const char *side, const json_t *row)
{
    static const char *const counts[] = {"works", "answered", "abandoned", "open"};
    const json_t *o = json_object_get(row, side);
    size_t used = print_cut(name, 20);
    printf("%*s %-9s", (int)(20 - used), "", side);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        printf(" %9" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(o, counts[i])));
    print_value(json_object_get(o, "waitMeanMs"), false);
    print_value(json_object_get(o, "waitP90Ms"), false);
    print_value(json_object_get(o, "withinTarget"), true);
    print_value(json_object_get(o, "resolved"), true);
    putchar('\n');
}

static void print_rows(const char *heading, const json_t *rows)
{
    size_t i;
    json_t *row;
    printf("\n%s%-20s %-9s %9s %9s %9s %9s %10s %10s %10s %10s%s\n", print_bold(), heading, "", "works", "answered",
           "abandoned", "open", "wait mean", "wait p90", "in target", "resolved", print_plain());
    json_array_foreach(rows, i, row)
    {
        print_side(print_text(row, "name"), "recorded", row);
        print_side("", "replayed", row);
    }
}

static void print_moved(const json_t *moved)
{
    size_t i;
    json_t *row;
    json_array_foreach(moved, i, row)
    {
        if (i == REPORT_MOVED_MAX) {
            printf("  and %zu more (--json lists all)\n", json_array_size(moved) - i);
            return;
        }
        const char *was = json_string_value(json_object_get(row, "recorded"));
        const char *would = json_string_value(json_object_get(row, "replayed"));
        printf("  work %s: %s, would be %s\n", json_string_value(json_object_get(row, "work")), *was ? was : "nobody",
               *would ? would : "nobody");
    }
}

static void print_counts(const json_t *assignments)
{
    static const struct {
        const char *member, *says;
    } counts[] = {
        {"same", "went to the same agent"},
        {"another", "would have gone to another"},
        {"onlyRecorded", "would have had nobody"},
        {"onlyReplayed", "would have had somebody"},
        {"waitedLonger", "would have waited longer, or in vain (what they would have done, the log cannot say)"},
        {"joined", "would have joined the matter before, still open then"},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        printf("%9" JSON_INTEGER_FORMAT " %s\n", json_integer_value(json_object_get(assignments, counts[i].member)),
               counts[i].says);
}

void replay_print(const json_t *report)
{
    const json_t *a = json_object_get(report, "assignments");
    json_int_t differences = json_integer_value(json_object_get(report, "differences"));
    printf("%s inputs folded, %s\n", print_text(report, "inputs"),
           differences ? "and the outcome differs:" : "no difference");
    if (differences) {
        printf("%" JSON_INTEGER_FORMAT " works differ\n", differences);
        print_counts(a);
    }
    print_moved(json_object_get(a, "moved"));
    json_t *all = json_pack("[O]", json_object_get(report, "overall"));
    print_rows("all", all);
    json_decref(all);
    print_rows("queue", json_object_get(report, "queues"));
    print_rows("channel", json_object_get(report, "channels"));
}
