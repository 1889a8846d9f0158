// SPDX-License-Identifier: Apache-2.0
//
// All open work: made, found by number and by conversation, and buried. Whether and how a work changes is work.c's.

#include "routing/core.h"
#include "routing/participant.h"
#include "routing/supervise.h"

#include <assert.h>
#include <stdlib.h>

#define WORK_MOVES 8 // slots at a time

// In pages, so that more work never moves what there is to larger memory.
struct work_slot *work_slot(const struct router *r, size_t i)
{
    return &r->works[i / WORK_PAGE][i % WORK_PAGE];
}

static void work_append(struct router *r, struct work *w)
{
    if (r->works_n == r->works_pages * WORK_PAGE) {
        r->works = memory_grow(r->works, &r->works_cap, r->works_pages + 1, sizeof *r->works);
        r->works[r->works_pages++] = memory_new(WORK_PAGE, sizeof **r->works);
    }
    *work_slot(r, r->works_n++) = (struct work_slot){w->id, w};
}

// The first slot whose id is not below. While the slots are moved together, those between works_to and works_from are empty, and
// their ids mean nothing.
static size_t work_slot_at(const struct router *r, uint64_t id)
{
    bool moved = r->works_to && work_slot(r, r->works_to - 1)->id >= id;
    size_t low = moved ? 0 : r->works_from;
    for (size_t high = moved ? r->works_to : r->works_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (work_slot(r, middle)->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct work *work_find(const struct router *r, uint64_t id)
{
    size_t i = work_slot_at(r, id);
    return i < r->works_n && work_slot(r, i)->id == id ? work_slot(r, i)->work : NULL;
}

struct work *work_next(const struct router *r, uint64_t after)
{
    for (size_t i = after == UINT64_MAX ? r->works_n : work_slot_at(r, after + 1); i < r->works_n; i++) {
        if (work_slot(r, i)->work)
            return work_slot(r, i)->work;
    }
    return NULL;
}

static bool work_is_of(const void *item, const void *key)
{
    return ((const struct work *)item)->conversation == *(const uint64_t *)key;
}

struct work *work_of_conversation(const struct router *r, uint64_t conversation)
{
    return table_find(&r->conversations, table_hash_number(conversation), work_is_of, &conversation);
}

// Ids rise, so new work belongs at the end.
struct work *work_new(struct router *r, uint64_t id, uint64_t conversation)
{
    assert(!r->works_n || work_slot(r, r->works_n - 1)->id < id);
    struct work *w = memory_new(1, sizeof *w);
    w->id = id;
    w->conversation = conversation;
    w->former = text_new("");
    w->last_agent = text_new("");
    w->language = text_new("");
    w->intent = text_new("");
    w->disposition = text_new("");
    w->overflowed = text_new("");
    timer_init(&w->limit, TIMER_OFFER, w);
    timer_init(&w->idle, TIMER_IDLE, w);
    timer_init(&w->pause, TIMER_PAUSE, w);
    timer_init(&w->hold, TIMER_HOLD, w);
    timer_init(&w->step, TIMER_STEP, w);
    timer_init(&w->overflow, TIMER_OVERFLOW, w);
    timer_init(&w->give_back, TIMER_GIVE_BACK, w);
    timer_init(&w->snooze, TIMER_SNOOZE, w);
    timer_init(&w->asked, TIMER_ASKED, w);
    timer_init(&w->absence, TIMER_ABSENCE, w);
    timer_init(&w->breach, TIMER_BREACH, w);
    timer_init(&w->silence, TIMER_SILENCE, w);
    timer_init(&w->dial, TIMER_DIAL, w);
    timer_init(&w->record, TIMER_VOICEMAIL, w);
    work_append(r, w);
    table_insert(&r->conversations, table_hash_number(conversation), w);
    return w;
}

void work_free(struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        text_free(w->sessions[i].account);
        text_free(w->sessions[i].handle);
        text_free(w->sessions[i].call);
        text_free(w->sessions[i].callback);
    }
    free(w->sessions);
    free(w->attributes);
    free(w->customer_attributes);
    free(w->entry);
    free(w->asks);
    hand_free(w->hand);
    free(w->offers);
    participant_free(w);
    text_free(w->former);
    text_free(w->last_agent);
    text_free(w->language);
    text_free(w->intent);
    text_free(w->disposition);
    text_free(w->overflowed);
    free(w);
}

void work_bury(struct router *r, struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        text_bury(r, w->sessions[i].account);
        text_bury(r, w->sessions[i].handle);
        text_bury(r, w->sessions[i].call);
        text_bury(r, w->sessions[i].callback);
    }
    memory_bury(r, w->sessions);
    memory_bury(r, w->attributes);
    memory_bury(r, w->customer_attributes);
    memory_bury(r, w->entry);
    for (size_t i = 0; i < w->asks_n; i++)
        w->asks[i].agent->asked_by--;
    memory_bury(r, w->asks);
    hand_set(r, w, NULL);
    memory_bury(r, w->offers);
    participant_bury(r, w);
    text_bury(r, w->former);
    text_bury(r, w->last_agent);
    text_bury(r, w->language);
    text_bury(r, w->intent);
    text_bury(r, w->disposition);
    text_bury(r, w->overflowed);
    memory_bury(r, w);
}

// Moves the next few together; behind the last there are only holes, which go.
static void work_close_holes(struct router *r)
{
    for (size_t i = 0; i < WORK_MOVES && r->works_from < r->works_n; i++) {
        struct work_slot slot = *work_slot(r, r->works_from);
        work_slot(r, r->works_from++)->work = NULL;
        if (slot.work)
            *work_slot(r, r->works_to++) = slot;
    }
    if (r->works_from < r->works_n)
        return;
    r->works_holes -= r->works_n - r->works_to;
    r->works_n = r->works_to;
    r->works_to = r->works_from = 0;
}

// Once the holes outnumber the work they are closed, a little with each work that goes, so that no step moves all.
void work_forget(struct router *r, const struct work *w)
{
    work_slot(r, work_slot_at(r, w->id))->work = NULL;
    r->works_holes++;
    if (r->works_from || r->works_holes * 2 > r->works_n)
        work_close_holes(r);
}
