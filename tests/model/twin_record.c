// SPDX-License-Identifier: Apache-2.0
//
// The twin's record of a decision: every agent, what keeps them out, and why another goes before those who could.

#include "twin.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

// Why the other goes before, in the words of a record.
static enum router_behind why_before(const struct twin_view *first, const struct twin_view *v, bool drawn, int64_t *by)
{
    if (first->again != v->again)
        return ROUTER_BEHIND_AGAIN;
    if (first->known != v->known)
        return ROUTER_BEHIND_KNOWN;
    if (drawn && first->known == 2 && !first->again)
        return ROUTER_BEHIND_DRAW;
    *by = first->score - v->score;
    if (*by)
        return ROUTER_BEHIND_SCORE;
    if (first->asked != v->asked)
        return ROUTER_BEHIND_ASKED;
    *by = first->idle - v->idle;
    return *by ? ROUTER_BEHIND_IDLE : ROUTER_BEHIND_ID;
}

static void put_behind(struct twin *t, struct twin_event *e, const struct twin_work *w, const struct twin_view *winner,
                       struct twin_view *v)
{
    v->by = 0;
    if (!same(w->wanted, ""))
        v->behind = same(w->wanted, v->a->id) ? ROUTER_BEHIND_NOBODY : ROUTER_BEHIND_PASSED;
    else if (!*e->winner)
        v->behind = ROUTER_BEHIND_HELD;
    else if (same(e->winner, v->a->id))
        v->behind = ROUTER_BEHIND_NOBODY;
    else
        v->behind = why_before(winner, v, twin_queue(t, w->queue)->select == ROUTER_RANDOM, &v->by);
}

static void add_candidate(struct twin_event *e, const struct twin_view *v)
{
    twin_name(e->candidates[e->candidates_n].agent, v->a->id);
    e->candidates[e->candidates_n].exclusions = v->exclusions;
    e->candidates[e->candidates_n].behind = v->behind;
    e->candidates[e->candidates_n].by = v->by;
    e->candidates[e->candidates_n].score = v->score;
    e->candidates[e->candidates_n++].exclusion = v->exclusion;
}

// How it came here, and why less is required than at first.
static void put_causes(struct twin_event *e, const struct twin_queue *q, const struct twin_work *w)
{
    twin_name(e->overflowed, w->overflowed);
    if (*w->overflowed)
        e->overflow = w->was_shut ? ROUTER_CAUSE_CLOSED : w->was_full ? ROUTER_CAUSE_FULL : ROUTER_CAUSE_WAITED;
    if (!e->step)
        return;
    if (q->steps[e->step - 1].breach) {
        e->relaxed = ROUTER_CAUSE_BREACH;
        e->relaxed_wait = w->foreseen_wait;
        e->relaxed_left = w->foreseen_left;
        return;
    }
    e->relaxed = q->steps[e->step - 1].percent ? ROUTER_CAUSE_TARGET : ROUTER_CAUSE_WAITED;
    e->relaxed_ms = q->steps[e->step - 1].after;
    e->relaxed_percent = q->steps[e->step - 1].percent;
}

void twin_record(struct twin *t, const struct twin_work *w, const struct twin_agent *winner,
                 const struct twin_view *all, struct twin_view *qualified, size_t n, bool named)
{
    struct twin_event *e = twin_tell(t, ROUTER_DECISION, w, winner ? winner->id : "", w->reason);
    const struct twin_queue *q = twin_queue(t, w->queue);
    twin_name(e->winner, winner ? winner->id : "");
    twin_name(e->team, w->team);
    e->step = (uint32_t)twin_step_of(t, q, w);
    put_causes(e, q, w);
    twin_name(e->supervisor, w->reason == ROUTER_SUPERVISED ? w->supervisor : "");
    twin_name(e->wanted, w->wanted);
    twin_name(e->former, w->former);
    e->gate_input = w->gate_input;
    e->due = twin_due(t, w);
    e->heard = twin_heard(w);
    e->attempts = twin_to_call((struct twin_work *)(uintptr_t)w)
                      ? twin_to_call((struct twin_work *)(uintptr_t)w)->attempts + 1
                      : 0;
    e->voicemail = w->to_voicemail;
    e->left_words = w->left_words;
    e->hold = n && !winner && same(w->wanted, "") ? w->hold_until - t->now : 0;
    const struct twin_view *chosen = NULL;
    for (size_t i = 0; i < t->agents_n && named; i++)
        chosen = all[i].a == winner ? &all[i] : chosen;
    for (size_t i = 0; i < n; i++)
        chosen = qualified[i].a == winner ? &qualified[i] : chosen;
    for (size_t i = 0; i < n; i++)
        put_behind(t, e, w, chosen, &qualified[i]);
    for (size_t i = 0; i < n && named; i++) {
        qualified[i].behind = qualified[i].a == winner ? ROUTER_BEHIND_NOBODY : ROUTER_BEHIND_NAMED;
        qualified[i].by = 0;
    }
    if (chosen)
        add_candidate(e, chosen);
    for (size_t i = 0; i < n; i++) {
        if (qualified[i].a != winner)
            add_candidate(e, &qualified[i]);
    }
    for (size_t i = 0; i < t->agents_n; i++) {
        uint32_t surplus;
        e->excluded[all[i].exclusion]++;
        e->able += twin_meets(all[i].a, q, e->step, &surplus) ? 1 : 0;
        if (all[i].exclusion != ROUTER_QUALIFIED && all[i].a != winner)
            add_candidate(e, &all[i]);
    }
}

// By a supervisor, who compared nobody.
void twin_record_taken(struct twin *t, const struct twin_work *w, const char *by)
{
    struct twin_event *e = twin_tell(t, ROUTER_DECISION, w, by, ROUTER_SUPERVISED);
    twin_name(e->winner, by);
    twin_name(e->supervisor, w->supervisor);
    twin_name(e->former, w->former);
    e->gate_input = w->gate_input;
    put_causes(e, twin_queue(t, w->queue), w);
    e->due = twin_due(t, w);
    e->heard = twin_heard(w);
}
