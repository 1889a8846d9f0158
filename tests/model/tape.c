// SPDX-License-Identifier: Apache-2.0

#include "tape.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 32 // bytes

struct run_of_blocks {
    uint32_t first, n;
};

// ---- the world's memory ----

static bool is_zero(const unsigned char *p, size_t n)
{
    static const unsigned char zeroes[BLOCK];
    return memcmp(p, zeroes, n) == 0;
}

static size_t block_size(size_t i)
{
    return WORLD_MEMORY - i * BLOCK < BLOCK ? WORLD_MEMORY - i * BLOCK : BLOCK;
}

static size_t bytes_of(const struct run_of_blocks *b)
{
    size_t end = (b->first + b->n) * (size_t)BLOCK;
    return (end < WORLD_MEMORY ? end : WORLD_MEMORY) - b->first * (size_t)BLOCK;
}

static void keep_memory(struct taped *t, const struct world *w)
{
    const unsigned char *from = world_memory((struct world *)(uintptr_t)w);
    unsigned char *to = malloc(2 * WORLD_MEMORY);
    size_t blocks = (WORLD_MEMORY + BLOCK - 1) / BLOCK, n = 0;
    if (!to)
        abort();
    for (size_t i = 0; i < blocks; i++) {
        struct run_of_blocks run = {.first = (uint32_t)i};
        for (; i < blocks && !is_zero(from + i * BLOCK, block_size(i)); i++)
            run.n++;
        if (!run.n)
            continue;
        memcpy(to + n, &run, sizeof run);
        memcpy(to + n + sizeof run, from + (size_t)run.first * BLOCK, bytes_of(&run));
        n += sizeof run + bytes_of(&run);
    }
    t->memory = realloc(to, n + 1);
    t->memory_n = n;
    if (!t->memory)
        abort();
}

static void put_memory(const struct taped *t, struct world *w)
{
    unsigned char *to = world_memory(w);
    memset(to, 0, WORLD_MEMORY);
    for (size_t n = 0; n < t->memory_n;) {
        struct run_of_blocks run;
        memcpy(&run, t->memory + n, sizeof run);
        memcpy(to + (size_t)run.first * BLOCK, t->memory + n + sizeof run, bytes_of(&run));
        n += sizeof run + bytes_of(&run);
    }
}

// ---- what it refers to ----

static uint64_t *work_in(struct router_input *in)
{
    return in->kind == ROUTER_IN_COMMAND     ? &in->command.work
           : in->kind == ROUTER_IN_SUPERVISE ? &in->supervise.work
           : in->kind == ROUTER_IN_SAID      ? &in->said.work
                                             : NULL;
}

static uint64_t epoch_now(const struct router *r, uint64_t work, const char *agent)
{
    struct router_offer_view o;
    struct router_work_view v;
    if (router_offer_to(r, work, agent, &o))
        return o.epoch;
    for (size_t i = 0; router_work(r, work, &v) && i < v.participants_n; i++) {
        if (strcmp(v.participants[i].agent, agent) == 0)
            return v.participants[i].epoch;
    }
    return 0;
}

static bool is_theirs(const struct router *r, const struct router_work_view *v, const char *agent)
{
    struct router_offer_view o;
    return strcmp(v->agent, agent) == 0 || router_offer_to(r, v->id, agent, &o);
}

// Whoever has the work now says it, if somebody else had it then.
static void say_as_holder(struct world *w, const struct router *r, struct router_command *c)
{
    struct router_work_view v;
    if (!router_work(r, c->work, &v) || !*v.agent || is_theirs(r, &v, c->agent))
        return;
    const char *session = router_agent_session(r, v.agent);
    c->agent = world_copy(w, v.agent);
    c->session = session ? world_copy(w, session) : "";
}

static uint64_t defined_now(const struct router *r, const char *calendar)
{
    struct router_calendar_view v;
    for (size_t i = 0; router_calendar_at(r, i, &v); i++) {
        if (strcmp(v.def.name, calendar) == 0)
            return v.defined;
    }
    return 0;
}

struct closings {
    uint64_t work; // looked for, or 0: the one at index
    size_t n, index;
};

static void find_closing(void *ctx, const struct router_closing_view *c)
{
    struct closings *f = ctx;
    if (++f->n == f->index)
        f->work = c->work;
    else if (!f->index && c->work == f->work)
        f->index = f->n;
}

static uint64_t about(const struct router_input *in, const struct router *r)
{
    struct router_work_view v;
    bool words = in->kind == ROUTER_IN_HAPPENED;
    uint64_t conversation = words                           ? in->happened.conversation
                            : in->kind == ROUTER_IN_COMMAND ? in->command.conversation
                                                            : 0;
    if (router_work_of_conversation(r, conversation, &v))
        return v.id;
    return words ? in->number : 0;
}

static bool sets_stage(const struct router_input *in)
{
    static const bool kinds[ROUTER_IN_NOTHING + 1] = {
        [ROUTER_IN_CONFIG] = true,      [ROUTER_IN_AGENT_PUT] = true,     [ROUTER_IN_AGENT_REMOVED] = true,
        [ROUTER_IN_QUEUE_PUT] = true,   [ROUTER_IN_QUEUE_REMOVED] = true, [ROUTER_IN_CALENDAR] = true,
        [ROUTER_IN_DESK_OPENED] = true, [ROUTER_IN_DESK_CLOSED] = true,   [ROUTER_IN_NODE_LOST] = true};
    return kinds[in->kind] || (in->kind == ROUTER_IN_COMMAND && in->command.act == ROUTER_ACT_PRESENCE);
}

void tape_keep(struct taped *to, const struct world *w, const struct router_input *in, const struct router *r)
{
    struct router_work_view v;
    *to = (struct taped){.in = *in, .about = about(in, r), .sets = sets_stage(in)};
    uint64_t *work = work_in(&to->in), now = 0;
    keep_memory(to, w);
    if (work && router_work(r, *work, &v)) {
        to->conversation = v.conversation;
        to->about = v.id;
        to->theirs = in->kind == ROUTER_IN_COMMAND && is_theirs(r, &v, in->command.agent);
    }
    if (in->kind == ROUTER_IN_COMMAND && (now = epoch_now(r, in->command.work, in->command.agent)) != 0) {
        to->off = (int64_t)(in->command.epoch - now);
        to->epoch = to->off > -4 && to->off < 4;
    }
    if (in->kind == ROUTER_IN_CALENDAR && (now = defined_now(r, in->calendar.name)) != 0) {
        to->off = (int64_t)(in->calendar.defined - now);
        to->defined = to->off > -4 && to->off < 4;
    }
    if (in->kind == ROUTER_IN_DELIVERY && router_work_of_conversation(r, in->delivery.conversation, &v)) {
        to->dialled = v.dialled && v.dialled == in->delivery.input;
        to->off = (int64_t)in->delivery.effect - (int64_t)v.dialled_effect;
        to->about = v.id;
    }
    if (in->kind == ROUTER_IN_LEARNED && in->learned.work) {
        struct closings f = {.work = in->learned.work};
        router_each_closing(r, in->learned.agent, find_closing, &f);
        to->closing = f.index;
    }
}

struct router_input tape_see(const struct taped *t, struct world *w)
{
    put_memory(t, w);
    return t->in;
}

struct router_input tape_play(const struct taped *t, struct world *w, const struct router *r, uint64_t number)
{
    struct router_input in = tape_see(t, w);
    struct router_work_view v;
    uint64_t *work = work_in(&in);
    in.number = number;
    if (work && *work && t->conversation)
        *work = router_work_of_conversation(r, t->conversation, &v) ? v.id : 0;
    if (t->theirs && in.command.work)
        say_as_holder(w, r, &in.command);
    if (t->epoch && in.command.epoch)
        in.command.epoch = epoch_now(r, in.command.work, in.command.agent) + (uint64_t)t->off;
    if (t->defined && in.calendar.defined)
        in.calendar.defined = defined_now(r, in.calendar.name) + (uint64_t)t->off;
    if (t->dialled && router_work_of_conversation(r, in.delivery.conversation, &v)) {
        in.delivery.input = v.dialled;
        in.delivery.effect = (uint32_t)(v.dialled_effect + t->off);
    }
    if (t->closing && in.learned.work) {
        struct closings f = {.index = t->closing};
        router_each_closing(r, in.learned.agent, find_closing, &f);
        in.learned.work = f.work;
    }
    return in;
}

void tape_replace(struct taped *t, const struct world *w, const struct router_input *in)
{
    free(t->memory);
    t->in = *in;
    keep_memory(t, w);
}

void tape_free(struct taped *t)
{
    free(t->memory);
    t->memory = NULL;
}
