// SPDX-License-Identifier: Apache-2.0
//
// Rules and queues from a snapshot's bytes. A part of restore.c.

#include "routing/reader.h"

#include <stdlib.h>
#include <string.h>

const struct router_skill *take_skills(struct reader *in, size_t *n)
{
    *n = take_count(in, 4, 3);
    struct router_skill *v = arena_new(&in->arena, *n, sizeof *v);
    for (size_t i = 0; i < *n; i++) {
        v[i].name = take_text(in, ROUTER_NAME_MAX);
        v[i].level = take8(in);
        reader_must(in, !i || strcmp(v[i - 1].name, v[i].name) < 0, "skills are out of order");
    }
    return v;
}

void take_rules(struct reader *in, struct router_config *c)
{
    c->grace_ms = take32(in);
    c->timeouts_to_away = take32(in);
    c->decline_pause_ms = take32(in);
    c->decline_max = take32(in);
    c->extend_max = take8(in);
    c->focus_ms = take32(in);
    c->calls_interrupt = take8(in);
    c->order = (enum router_order)take8(in);
    c->seed = take64(in);
    c->idle_from_end = take_bool(in);
    for (size_t i = 0; i < ROUTER_CHANNELS; i++) {
        c->channels[i].units = take32(in);
        c->channels[i].idle_ms = take32(in);
        c->channels[i].offer_ms = take32(in);
        c->channels[i].auto_accept = take_bool(in);
        c->channels[i].max = take32(in);
        c->channels[i].exclusive = take_bool(in);
        c->channels[i].give_back_ms = take32(in);
        c->channels[i].lost_ms = take32(in);
        c->channels[i].away_ms = take32(in);
    }
    reader_must(in, config_rules_legal(c), "rules are out of bounds");
}

static const struct router_relax *take_steps(struct reader *in, size_t *n)
{
    *n = take_count(in, 1, 10);
    struct router_relax *v = arena_new(&in->arena, *n, sizeof *v);
    for (size_t i = 0; i < *n; i++) {
        v[i].after_ms = take32(in);
        v[i].percent = take32(in);
        v[i].needs = take_text(in, ROUTER_NEEDS_MAX);
    }
    return v;
}

static struct queue *take_queue(struct reader *in)
{
    struct router_queue d = {0};
    d.name = take_text(in, ROUTER_NAME_MAX);
    d.priority = take8(in);
    d.requires = take_skills(in, &d.requires_n);
    d.needs = take_text(in, ROUTER_NEEDS_MAX);
    d.floor = take_text(in, ROUTER_NEEDS_MAX);
    d.steps = take_steps(in, &d.steps_n);
    d.prefers = take_skills(in, &d.prefers_n);
    d.channels = take32(in);
    d.accounts = take_texts(in, &d.accounts_n);
    d.intents = take_texts(in, &d.intents_n);
    d.languages = take_texts(in, &d.languages_n);
    d.dispositions = take_texts(in, &d.dispositions_n);
    d.disposition_required = take_bool(in);
    d.calendar = take_text(in, ROUTER_NAME_MAX);
    d.when = (enum router_when)take8(in);
    d.overflow = take_text(in, ROUTER_NAME_MAX);
    d.overflow_waiting = take32(in);
    d.overflow_ms = take32(in);
    d.select = (enum router_select)take8(in);
    d.weight_speed = take32(in);
    for (size_t i = 0; i < ROUTER_SELECTS; i++)
        d.mix[i] = take8(in);
    d.weight = take32(in);
    d.target_ms = take32(in);
    d.offer_ms = take32(in);
    d.wrap_up_ms = take32(in);
    d.prefer_known_ms = take32(in);
    d.from_file = take_bool(in);
    bool implicit = take_bool(in);
    if (!reader_must(in, config_queue_legal(&d) && d.weight && d.target_ms, "a queue is out of bounds"))
        return NULL;
    struct queue *q = queue_new(&d);
    q->implicit = implicit;
    return q;
}

void take_queues(struct reader *in, struct router *r)
{
    size_t n = take_count(in, 4, 32);
    if (!reader_must(in, n > 0, "there is no queue"))
        return;
    queue_bury(r, r->queues[0]);
    r->queues_n = 0;
    memory_bury(r, r->queues);
    r->queues = memory_new(n, sizeof(struct queue *));
    for (size_t i = 0; i < n; i++) {
        struct queue *q = take_queue(in);
        if (!q)
            return;
        bool legal = !queue_find(r, q->def.name) && (!q->implicit || n == 1);
        q->index = i;
        r->queues[r->queues_n++] = q;
        if (!reader_must(in, legal, "a queue is there twice"))
            return;
    }
    fit_queues(r);
}
