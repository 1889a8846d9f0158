// SPDX-License-Identifier: Apache-2.0
//
// Why work is in a queue. A work keeps which conditions let it in, since the rules and what they were asked of change later; which queue did not
// take it, and why, is found out when somebody asks. Of attributes the keys are told and whose word they are, of their values only
// what the rule itself says. Nothing here decides.

#include "routing/entry.h"
#include "routing/attribute.h"

#include <string.h>

#include "routing/reader.h"
#include "routing/writer.h"

struct entry_of { // a queue's rules, asked of a work
    const struct router *r;
    const struct queue *q;
    const struct work *w;
    const char *account;
};

// ---- the conditions; each tells whether it is met, and what of the work that depends on ----

static bool entry_by_channel(const struct entry_of *x, struct router_condition *c)
{
    c->channel = x->w->channel_now;
    return x->q->def.channels & CORE_BIT(c->channel);
}

static bool entry_by_account(const struct entry_of *x, struct router_condition *c)
{
    c->name = x->account;
    return enter_lists(x->q->def.accounts, x->q->def.accounts_n, c->name);
}

static bool entry_by_language(const struct entry_of *x, struct router_condition *c)
{
    c->name = x->w->language;
    return enter_lists(x->q->def.languages, x->q->def.languages_n, c->name);
}

static bool entry_by_intent(const struct entry_of *x, struct router_condition *c)
{
    c->name = x->w->intent;
    for (size_t i = 0; i < x->q->def.intents_n; i++) {
        if (router_intent_under(x->w->intent, x->q->def.intents[i])) {
            c->name = x->q->def.intents[i];
            return true;
        }
    }
    return false;
}

static bool entry_by_attribute(const struct router_attribute_rule *rule, const struct work *w,
                               struct router_condition *c)
{
    bool one = rule->values_n == 1 && strcmp(rule->values[0], "*") != 0;
    *c = (struct router_condition){.kind = ROUTER_BY_ATTRIBUTE, .name = rule->key, .value = one ? rule->values[0] : ""};
    return attribute_meets(rule, w, &c->said_by);
}

static bool entry_by_hours(const struct entry_of *x, struct router_condition *c)
{
    c->name = x->q->def.calendar;
    c->open = enter_when(x->r, x->q) == (x->q->def.when == ROUTER_WHEN_OPEN);
    return enter_when(x->r, x->q);
}

static bool (*const entry_kinds[ROUTER_CONDITIONS])(const struct entry_of *x, struct router_condition *c) = {
    [ROUTER_BY_CHANNEL] = entry_by_channel,
    [ROUTER_BY_ACCOUNT] = entry_by_account,
    [ROUTER_BY_LANGUAGE] = entry_by_language,
    [ROUTER_BY_INTENT] = entry_by_intent,
    [ROUTER_BY_HOURS] = entry_by_hours};

// ---- all of them, in order ----

// Those that are met, up to the first that is not, which is *failed; its kind is NOTHING where there is none.
static size_t entry_ask(const struct entry_of *x, struct router_condition v[ENTRY_CONDITIONS_MAX],
                        struct router_condition *failed)
{
    const struct router_queue *d = &x->q->def;
    const bool asks[ROUTER_CONDITIONS] = {false,
                                          d->channels != 0,
                                          d->accounts_n != 0,
                                          d->languages_n != 0,
                                          d->intents_n != 0,
                                          d->attributes_n != 0,
                                          d->when != ROUTER_ALWAYS};
    size_t n = 0;
    *failed = (struct router_condition){.name = "", .value = ""};
    for (unsigned k = ROUTER_BY_CHANNEL; k < ROUTER_CONDITIONS; k++) {
        size_t times = !asks[k] ? 0 : k == ROUTER_BY_ATTRIBUTE ? d->attributes_n : 1;
        for (size_t i = 0; i < times; i++) {
            v[n] = (struct router_condition){.kind = (enum router_condition_kind)k, .name = "", .value = ""};
            bool met = k == ROUTER_BY_ATTRIBUTE ? entry_by_attribute(&d->attributes[i], x->w, &v[n])
                                                : entry_kinds[k](x, &v[n]);
            if (!met) {
                *failed = v[n];
                return n;
            }
            n++;
        }
    }
    return n;
}

static struct router_entered *entry_new(const struct router_entered *e)
{
    size_t texts = strlen(e->queue) + 1;
    for (size_t i = 0; i < e->met_n; i++)
        texts += strlen(e->met[i].name) + strlen(e->met[i].value) + 2;
    struct router_entered *copy = memory_new(1, sizeof *copy + e->met_n * sizeof *e->met + texts);
    struct router_condition *met = (struct router_condition *)(void *)&copy[1];
    char *room = (char *)&met[e->met_n];
    *copy = *e;
    copy->queue = text_place(&room, e->queue);
    copy->met = met;
    for (size_t i = 0; i < e->met_n; i++) {
        met[i] = e->met[i];
        met[i].name = text_place(&room, e->met[i].name);
        met[i].value = text_place(&room, e->met[i].value);
    }
    return copy;
}

void entry_note(struct router *r, struct work *w, const struct queue *q)
{
    struct router_condition met[ENTRY_CONDITIONS_MAX], failed;
    struct router_entered e = {.input = r->input, .queue = q->def.name, .before = (uint32_t)q->index, .met = met};
    e.last = q->index + 1 == r->queues_n;
    if (!e.last)
        e.met_n = entry_ask(&(struct entry_of){r, q, w, enter_account(w)}, met, &failed);
    memory_bury(r, w->entry);
    w->entry = entry_new(&e);
}

bool router_passed_at(const struct router *r, uint64_t work, size_t index, struct router_passed *out)
{
    struct router_condition met[ENTRY_CONDITIONS_MAX];
    const struct work *w = work_find(r, work);
    const struct queue *into = w ? queue_find(r, w->entry->queue) : NULL;
    if (!into || index >= into->index)
        return false;
    const struct queue *q = r->queues[index];
    out->queue = q->def.name;
    entry_ask(&(struct entry_of){r, q, w, enter_account(w)}, met, &out->failed);
    return true;
}

// ---- what is kept ----

static bool entry_condition_legal(const struct router_condition *c)
{
    bool attribute = c->kind == ROUTER_BY_ATTRIBUTE;
    return c->kind > ROUTER_BY_NOTHING && c->kind < ROUTER_CONDITIONS && c->channel < ROUTER_CHANNELS &&
           c->said_by < ROUTER_SAID_BYS && (c->kind == ROUTER_BY_CHANNEL) == (c->channel != ROUTER_CHANNEL_NONE) &&
           attribute == (c->said_by != ROUTER_SAID_BY_NOBODY) && (attribute || !*c->value) &&
           (c->kind == ROUTER_BY_HOURS || !c->open);
}

static bool entry_legal(const struct router_entered *e)
{
    bool legal = *e->queue && e->met_n <= ENTRY_CONDITIONS_MAX && (!e->last || !e->met_n);
    for (size_t i = 0; legal && i < e->met_n; i++) {
        enum router_condition_kind before = i ? e->met[i - 1].kind : ROUTER_BY_NOTHING;
        bool again = e->met[i].kind == before && before == ROUTER_BY_ATTRIBUTE;
        legal = entry_condition_legal(&e->met[i]) && (again || e->met[i].kind > before);
    }
    return legal;
}

const char *entry_check(const struct router *r, const struct work *w)
{
    bool right = w->entry && w->entry->input >= w->id && w->entry->input <= r->input && entry_legal(w->entry);
    return right ? NULL : "what let work in is not known, or out of order";
}

void entry_put(struct writer *o, const struct work *w)
{
    put64(o, w->entry->input);
    put_text(o, w->entry->queue);
    put32(o, w->entry->before);
    put8(o, w->entry->last);
    put8(o, w->entry->met_n);
    for (size_t i = 0; i < w->entry->met_n; i++) {
        const struct router_condition *c = &w->entry->met[i];
        put8(o, (uint64_t)c->kind);
        put8(o, (uint64_t)c->channel);
        put_text(o, c->name);
        put_text(o, c->value);
        put8(o, (uint64_t)c->said_by);
        put8(o, c->open);
    }
}

void entry_take(struct reader *in, const struct router *r, struct work *w)
{
    struct router_condition met[ENTRY_CONDITIONS_MAX];
    struct router_entered e = {.input = take64(in), .queue = take_text(in, ROUTER_NAME_MAX), .met = met};
    e.before = take32(in);
    e.last = take_bool(in);
    e.met_n = take8(in);
    if (!reader_must(in, e.met_n <= ENTRY_CONDITIONS_MAX, "work was let in by too many conditions"))
        return;
    for (size_t i = 0; i < e.met_n; i++) {
        met[i].kind = (enum router_condition_kind)take8(in);
        met[i].channel = (enum router_channel)take8(in);
        met[i].name = take_text(in, ROUTER_TEXT_MAX);
        met[i].value = take_text(in, ROUTER_TEXT_MAX);
        met[i].said_by = (enum router_said_by)take8(in);
        met[i].open = take_bool(in);
    }
    bool legal = !in->why && e.input >= w->id && e.input <= r->input && entry_legal(&e);
    if (reader_must(in, legal, "what let work in is out of bounds"))
        w->entry = entry_new(&e);
}
