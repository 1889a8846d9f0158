// SPDX-License-Identifier: Apache-2.0
// The log's frames, the two routers, and where they part about a work. The first pass folds the log alone, for what it tells of how long
// people took; the second folds it twice over, input by input, and marks the works about which the two worlds come to differ.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/replay.h"
#include "daemon/archive/archive.h"

void *replay_new(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p)
        abort();
    return p;
}

void *replay_resize(void *p, size_t size)
{
    p = realloc(p, size);
    if (!p)
        abort();
    return p;
}

// Ids rise, so each list of them is in order.
struct replay_work *replay_work_of(const struct replay *r, enum replay_side side, uint64_t id)
{
    const struct replay_list *l = &r->works[side];
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (l->v[mid]->id[side] < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < l->n && l->v[low]->id[side] == id ? l->v[low] : NULL;
}

// ---- works ----

struct replay_work *replay_find(const struct replay *r, uint64_t number)
{
    size_t low = 0, high = r->all.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (r->all.v[mid]->number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return low < r->all.n && r->all.v[low]->number == number ? r->all.v[low] : NULL;
}

void replay_list_add(struct replay_list *l, struct replay_work *w)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->v = replay_resize(l->v, l->cap * sizeof(struct replay_work *));
    }
    l->v[l->n++] = w;
}

struct replay_work *replay_add(struct replay *r, uint64_t number, uint64_t conversation)
{
    struct replay_work *w = replay_new(1, sizeof *w);
    *w = (struct replay_work){.number = number,
                              .conversation = conversation,
                              .wall = r->wall,
                              .accept = REPLAY_NEVER,
                              .handle = REPLAY_NEVER,
                              .wrap_up = REPLAY_NEVER,
                              .due = INT64_MAX,
                              .counted = r->wall >= r->from};
    replay_list_add(&r->all, w);
    return w;
}

// The work is there now, in that world, under this id; ids rise.
void replay_begin(struct replay *r, struct replay_work *w, enum replay_side side, uint64_t id,
                  enum router_channel channel, int64_t since)
{
    w->fate[side] = (struct replay_fate){.opened = true,
                                         .channel = channel,
                                         .since = since,
                                         .assigned = REPLAY_NEVER,
                                         .closed = REPLAY_NEVER,
                                         .ended = REPLAY_NEVER,
                                         .held_since = REPLAY_NEVER};
    w->id[side] = id;
    replay_list_add(&r->works[side], w);
}

// The input may have opened work: in both worlds that of the same number in the log is the same.
static void world_open(struct replay *r, const struct router_input *in, uint64_t number)
{
    struct router_work_view view;
    if (in->kind != ROUTER_IN_HAPPENED ||
        !router_work_of_conversation(r->router[REPLAY_WAS], in->happened.conversation, &view) || view.id != number)
        return;
    replay_add(r, number, in->happened.conversation);
}

static void world_bind(struct replay *r, enum replay_side side, const struct router_input *in, uint64_t number)
{
    struct router_work_view view;
    struct replay_work *w = replay_find(r, number);
    if (!w || in->kind != ROUTER_IN_HAPPENED || !router_work_of_conversation(r->router[side], w->conversation, &view))
        return;
    if (view.id != in->number) {
        w->joined = true;
        return;
    }
    replay_begin(r, w, side, view.id, in->happened.channel, r->at);
}

// ---- where the worlds part ----

uint64_t replay_id(const struct replay *r, enum replay_side side, const struct replay_work *w,
                   struct router_work_view *view)
{
    bool open = router_work_of_conversation(r->router[side], w->conversation, view);
    return open && replay_work_of(r, side, view->id) == w ? view->id : 0;
}

static void world_compare(struct replay *r, struct replay_work *w)
{
    struct router_work_view was, would;
    bool is[] = {replay_id(r, REPLAY_WAS, w, &was) != 0, replay_id(r, REPLAY_WOULD, w, &would) != 0};
    if (is[0] != is[1] || (is[0] && (was.state != would.state || strcmp(was.agent, would.agent) != 0)))
        w->left = true;
    r->parted += w->left;
}

static void world_judge(struct replay *r, struct replay_work *w)
{
    if (!w->left)
        world_compare(r, w);
    if (w->left)
        replay_plan(r, w);
}

// Marks the works that the effects speak of and the worlds differ about, and has those planned for.
static void world_part(struct replay *r, enum replay_side side, const struct router_effects *effects)
{
    for (size_t i = 0; i < effects->n; i++) {
        struct replay_work *w = replay_work_of(r, side, effects->v[i].work);
        if (w)
            world_judge(r, w);
    }
}

// The timers of the two worlds run at different inputs between two recorded ones: only what has left already can be judged there.
static void world_doubt(struct replay *r, const struct router_effects *effects)
{
    for (size_t i = 0; i < effects->n; i++) {
        struct replay_work *w = replay_work_of(r, REPLAY_WOULD, effects->v[i].work);
        if (w && w->left)
            replay_plan(r, w);
        else if (w)
            replay_list_add(&r->doubt, w);
    }
}

// One input in one world, and what becomes of the works there because of it.
static bool world_step(struct replay *r, enum replay_side side, const struct router_input *in,
                       struct router_effects *effects)
{
    if (!router_step(r->router[side], in, effects))
        return false;
    r->at = in->at;
    r->wall = in->wall;
    if (in->kind != ROUTER_IN_HAPPENED)
        replay_follow(r, side, effects);
    return true;
}

// An input that the log does not have, in the other world.
bool replay_suppose(struct replay *r, struct router_input *in, bool *done)
{
    struct router_effects effects;
    in->number = ++r->number;
    if (!world_step(r, REPLAY_WOULD, in, &effects))
        return false;
    *done = true;
    for (size_t i = 0; i < effects.n; i++)
        if (effects.v[i].kind == ROUTER_REFUSED)
            *done = false;
    world_doubt(r, &effects);
    return true;
}

static bool world_recorded(struct replay *r, enum replay_side side, const struct router_input *in, uint64_t number,
                           struct router_effects *effects)
{
    if (!world_step(r, side, in, effects))
        return false;
    if (r->first || (r->live && side == REPLAY_WAS))
        world_open(r, in, number);
    world_bind(r, side, in, number);
    if (in->kind == ROUTER_IN_HAPPENED) // now that its work is known
        replay_follow(r, side, effects);
    return true;
}

bool replay_switch(struct replay *r, int64_t at, int64_t wall)
{
    bool done = true;
    struct router_input in = {.kind = ROUTER_IN_CONFIG, .at = at, .wall = wall};
    r->begun = true;
    if (!r->config)
        return true;
    in.config = *r->config;
    return replay_suppose(r, &in, &done);
}

static bool world_both(struct replay *r, const struct router_input *in)
{
    struct router_effects was, would;
    if (!replay_act(r, in->at))
        return false;
    struct router_stats before;
    router_stats(r->router[REPLAY_WAS], &before);
    // A configuration for a log's whole length replaces its first one.
    if (!r->begun && before.config && in->wall >= r->from && !replay_switch(r, before.at, before.wall))
        return false;
    // Live, what an event opened, or ended, is known only now.
    bool late = r->live && in->kind == ROUTER_IN_HAPPENED;
    struct router_input other = late ? *in : replay_translate(r, in);
    if (!world_recorded(r, REPLAY_WAS, in, in->number, &was))
        return false;
    if (late)
        other = replay_translate(r, in);
    other.number = ++r->number;
    if (!world_recorded(r, REPLAY_WOULD, &other, in->number, &would))
        return false;
    world_part(r, REPLAY_WAS, &was);
    world_part(r, REPLAY_WOULD, &would);
    for (size_t i = 0; i < r->doubt.n; i++)
        world_judge(r, r->doubt.v[i]);
    r->doubt.n = 0;
    replay_choices(r);
    return true;
}

// ---- the log ----

// The input as the log has it, and, where they are asked for, its words.
bool replay_input(struct replay *r, const struct log_frame *f, bool *past, const Throughline__V1__Input **words)
{
    struct router_input in = {.kind = ROUTER_IN_NOTHING};
    const Throughline__V1__Input *m = NULL;
    struct router_effects effects;
    struct router_stats before;
    scratch_reset(&r->scratch);
    router_stats(r->router[REPLAY_WAS], &before);
    if (!f->skipped)
        input_decode(&r->scratch, f->body, f->len, &in, &m);
    if (words)
        *words = m;
    in.number = f->number;
    input_follow(&in, before.at, before.wall);
    *past = in.wall > r->to;
    if (*past)
        return true;
    r->inputs = f->number;
    return r->first ? world_recorded(r, REPLAY_WAS, &in, f->number, &effects) : world_both(r, &in);
}

// Of several files that overlap, what has been folded is passed over.
static int world_pass(struct replay *r, const char *name)
{
    struct log_frame f = {0};
    uint64_t last = 0;
    bool past = false, damaged = false;
    while (!past && log_frame(r->log, r->len, &f, &damaged)) {
        if (!last && f.number != r->after + 1)
            return cli_fail(CLI_DATA, "%s: begins with input %" PRIu64 ", not 1", name, f.number);
        if (f.number <= last)
            continue;
        if (!replay_input(r, &f, &past, NULL))
            return cli_fail(CLI_DATA, "%s: input %" PRIu64 " does not follow", name, f.number);
        last = f.number;
    }
    return damaged ? cli_fail(CLI_DATA, "%s: damaged after input %" PRIu64, name, last) : CLI_OK;
}

static int world_begin(struct replay *r, const char *name)
{
    const char *why = "";
    for (int side = 0; side < (r->first ? 1 : REPLAY_SIDES); side++) {
        r->router[side] = r->state ? router_restore(r->state, r->state_len, &why) : router_new();
        if (!r->router[side])
            return cli_fail(CLI_DATA, "%s: the state after input %" PRIu64 ": %s", name, r->after, why);
    }
    if (r->state)
        replay_adopt(r);
    return CLI_OK;
}

int replay_run(struct replay *r, const char *name)
{
    scratch_open(&r->scratch);
    r->first = true;
    r->next = INT64_MAX;
    int rc = world_begin(r, name);
    if (rc == CLI_OK)
        rc = world_pass(r, name);
    if (rc != CLI_OK)
        return rc;
    replay_learn(r);
    router_free(r->router[REPLAY_WAS]);
    r->works[REPLAY_WAS].n = 0;
    r->router[REPLAY_WAS] = NULL;
    r->first = false;
    r->at = r->wall = 0;
    rc = world_begin(r, name);
    return rc == CLI_OK ? world_pass(r, name) : rc;
}

void replay_close(struct replay *r)
{
    for (int i = 0; i < REPLAY_SIDES; i++) {
        if (r->router[i])
            router_free(r->router[i]);
        free(r->works[i].v);
    }
    scratch_close(&r->scratch);
    for (size_t i = 0; i < r->all.n; i++)
        free(r->all.v[i]);
    free(r->all.v);
    free(r->due.v);
    free(r->doubt.v);
    free(r->chosen.v);
    free(r->usual.v);
}
