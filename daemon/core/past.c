// SPDX-License-Identifier: Apache-2.0
// Folds up to a decision of the past and records it anew with every agent named. Nothing else of the fold is told to anybody.
#include "daemon/core/past.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/archive/archive.h"
#include "daemon/core/decision.h"
#include "daemon/core/input.h"

static bool past_fail(struct past *p, const char *why)
{
    snprintf(p->why, sizeof p->why, "%s", why);
    return false;
}

bool past_begin(struct past *p, uint64_t after, const void *state, size_t len)
{
    const char *why = NULL;
    struct router *r = state ? router_restore(state, len, &why) : router_new();
    if (!r) {
        snprintf(p->why, sizeof p->why, "the state after input %" PRIu64 ": %s", after, why);
        return false;
    }
    if (p->router)
        router_free(p->router);
    else
        scratch_open(&p->scratch);
    p->router = r;
    p->folded = after;
    p->points = (struct points){0};
    p->differs = false;
    return true;
}

void past_passed(const struct past *p, Throughline__V1__Decision *d)
{
    struct router_work_view w;
    bool then = p->router && p->folded == d->entered->input && router_work(p->router, d->work, &w);
    if (then && w.entered->input == p->folded && !d->entered->n_passed)
        decision_passed(d->entered, p->router, d->work);
}

static void past_take(struct past *p, const struct router_input *in, const struct router_effects *out)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct router_effect *e = &out->v[i];
        bool asked = p->work ? e->work == p->work : i == p->index;
        if (!e->decision || !asked)
            continue;
        struct decision_place place = {.work = e->work,
                                       .conversation = e->conversation,
                                       .input = in->number,
                                       .index = (uint32_t)i,
                                       .wall = in->wall,
                                       .at = in->at,
                                       .reason = e->reason};
        if (p->decision)
            throughline__v1__decision__free_unpacked(p->decision, NULL);
        p->decision = decision_message(p->router, e->decision, &place);
        past_passed(p, p->decision);
    }
}

bool past_fold(struct past *p, uint64_t number, const void *bytes, size_t len, bool skipped)
{
    struct router_input in = {.kind = ROUTER_IN_NOTHING};
    const Throughline__V1__Input *m = NULL;
    struct router_effects out;
    struct router_stats before;
    if (number <= p->folded || number > p->input)
        return true;
    scratch_reset(&p->scratch);
    if (!skipped)
        input_decode(&p->scratch, bytes, len, &in, &m);
    router_stats(p->router, &before);
    in.number = number;
    input_follow(&in, before.at, before.wall);
    router_name_everybody(p->router, number == p->input);
    if (!router_step(p->router, &in, &out)) {
        snprintf(p->why, sizeof p->why, "input %" PRIu64 " does not follow input %" PRIu64, number, p->folded);
        return false;
    }
    p->folded = number;
    enum points_met met = points_meet(&p->points, p->router, number, m);
    p->differs = met == POINTS_NOTHING ? p->differs : met == POINTS_DIFFER;
    if (number == p->input)
        past_take(p, &in, &out);
    return true;
}

// ---- from an archive ----

// The newest that can be read: one of another version is passed over for an earlier one, and in the end for input 1.
static bool past_restore(struct past *p, const char *folder)
{
    struct archive a;
    uint64_t state = p->input;
    for (;;) {
        const uint8_t *meta, *bytes;
        size_t len, meta_len, bytes_len;
        if (!archive_state_before(&a, folder, state, &state))
            return past_fail(p, a.why);
        if (!state)
            return past_begin(p, 0, NULL, 0);
        uint8_t *image = archive_state(&a, state, &len);
        bool ok = image && snapshot_parts(image, len, &meta, &meta_len, &bytes, &bytes_len) &&
                  past_begin(p, state, bytes, bytes_len);
        free(image);
        if (ok)
            return true;
    }
}

bool past_from_archive(struct past *p, const char *folder)
{
    bool ok = past_restore(p, folder), more = true;
    while (ok && more && p->folded < p->input) {
        struct archive a;
        struct log_frame f = {0};
        bool damaged = false;
        ok = archive_open_at(&a, folder, p->folded + 1);
        more = ok;
        if (!ok && a.segments) // there, and shorter: the rest is in the log
            ok = true;
        else if (!ok)
            past_fail(p, a.why);
        while (ok && more && p->folded < p->input && log_frame(a.bytes, a.len, &f, &damaged))
            ok = past_fold(p, f.number, f.body, f.len, f.skipped);
        archive_close(&a);
    }
    return ok;
}

void past_end(struct past *p)
{
    if (p->router) {
        router_free(p->router);
        scratch_close(&p->scratch);
    }
    if (p->decision)
        throughline__v1__decision__free_unpacked(p->decision, NULL);
}
