// SPDX-License-Identifier: Apache-2.0
//
// The invariants, checked from the data and not by the code that keeps them. Costs agents x works: for tests, fuzzing,
// simulations and restored snapshots.

#include "routing/absence.h"
#include "routing/attribute.h"
#include "routing/calendar.h"
#include "routing/entry.h"
#include "routing/estimate.h"
#include "routing/learn.h"
#include "routing/participant.h"
#include "routing/share.h"
#include "routing/team.h"

#include <stdlib.h>
#include <string.h>

static bool check_ids_ascend(const struct ids *s)
{
    for (size_t i = 1; i < s->n; i++) {
        if (s->v[i - 1] >= s->v[i])
            return false;
    }
    return true;
}

static const char *check_agent_work(const struct router *r, const struct agent *a)
{
    uint32_t load = 0, light = 0, offers = 0, places[ROUTER_CHANNELS] = {0};
    for (size_t i = 0; i < a->held.n; i++) {
        const struct work *w = work_find(r, a->held.v[i]);
        if (!w || !offer_or_held(w, a))
            return "an agent lists work that is not theirs";
        load += w->charge.units;
        light += w->charge.channels & ~r->rules.calls_interrupt ? 0 : w->charge.units;
        for (size_t c = 0; c < ROUTER_CHANNELS; c++)
            places[c] += w->charge.channels >> c & 1;
        offers += w->state == ROUTER_OFFERED ? 1 : 0;
    }
    for (size_t i = 0; i < a->takes_part.n; i++) {
        struct charge c = participant_charge(r, a, a->takes_part.v[i]);
        load += c.units;
        light += c.channels & ~r->rules.calls_interrupt ? 0 : c.units;
        for (size_t k = 0; k < ROUTER_CHANNELS; k++)
            places[k] += c.channels >> k & 1;
    }
    if (load != a->load || light != a->light)
        return "an agent's load is not the sum of the charges";
    if (memcmp(places, a->places, sizeof places) != 0)
        return "an agent's places on the channels are miscounted";
    if (offers != a->offers)
        return "an agent's outstanding offers are miscounted";
    for (size_t c = 0; c < ROUTER_CHANNELS && !a->over; c++) {
        if (a->load > a->def.capacity || (r->rules.channels[c].max && places[c] > r->rules.channels[c].max))
            return "an agent has more load than capacity, or more work of a channel than its maximum";
    }
    for (size_t i = 0; i < a->informed.n; i++) {
        const struct work *w = work_find(r, a->informed.v[i]);
        if (!w || w->informed != a)
            return "an agent is listed as informed who is not";
    }
    for (size_t i = 0; i < a->awaited.n; i++) {
        const struct work *w = work_find(r, a->awaited.v[i]);
        if (!w || (w->wanted != a && !w->hold.place))
            return "an agent is awaited by work that does not wait for them";
    }
    return check_ids_ascend(&a->held) && check_ids_ascend(&a->informed) ? NULL : "an agent's work is out of order";
}

static const char *check_agent(const struct router *r, const struct agent *a)
{
    bool present = a->presence != ROUTER_OFFLINE && a->presence != ROUTER_LOST;
    bool focused = a->presence == ROUTER_FOCUS || (a->presence == ROUTER_LOST && a->before == ROUTER_FOCUS);
    uint32_t desks = 0;
    for (const struct desk *d = a->desks; d; d = d->next, desks++) {
        if (d->agent != a || desk_find(r, d->id) != d)
            return "a desk session cannot be found";
    }
    if (desks != a->desks_n || present != (desks > 0))
        return "presence does not follow from the desk sessions";
    if ((a->presence == ROUTER_LOST) != (a->grace.place != 0))
        return "the grace time runs for an agent who is not lost";
    if ((a->absent_since && !absence_of(a)) || (a->grace.place && a->grace.deadline != absence_offline(r, a)))
        return "an agent is absent who is not, or for another time than allowed";
    if (focused != (a->focus.place != 0))
        return "an agent's focus has no end, or one that they are not in";
    if (a->presence == ROUTER_OFFLINE && (a->held.n || a->takes_part.n))
        return "an agent who is offline holds work";
    if (a->presence == ROUTER_DRAINING && !a->held.n && !a->takes_part.n)
        return "an agent finishes who has nothing left to finish";
    return check_agent_work(r, a);
}

static const char *check_agents(const struct router *r)
{
    uint32_t present = 0;
    for (size_t i = 0; i < r->agents_n; i++) {
        const struct agent *a = r->agents[i];
        if (i && strcmp(r->agents[i - 1]->def.id, a->def.id) >= 0)
            return "agents are out of order";
        const char *why = check_agent(r, a);
        if (why)
            return why;
        present += a->presence != ROUTER_OFFLINE && a->presence != ROUTER_LOST ? 1 : 0;
    }
    return present == r->present ? NULL : "the agents present are miscounted";
}

static const char *check_offers(const struct router *r, const struct work *w)
{
    int64_t first = INT64_MAX;
    if ((w->offers_n > 0) != (w->state == ROUTER_OFFERED) || w->offers_n > ROUTER_OFFERS_MAX)
        return "work is offered to nobody, to too many, or in another state";
    for (size_t i = 0; i < w->offers_n; i++) {
        const struct offer *o = &w->offers[i];
        if (o->agent->presence != ROUTER_AVAILABLE)
            return "work is offered to an agent who is not available";
        if (!ids_have(&o->agent->held, w->id) || offer_of(w, o->agent) != o)
            return "work is not listed with an agent to whom it is offered, or is offered to them twice";
        if (o->epoch > r->epoch || (i && o->epoch <= w->offers[i - 1].epoch))
            return "offers are out of order";
        first = o->deadline < first ? o->deadline : first;
    }
    if (w->offers_n && (w->epoch != w->offers[0].epoch || w->limit.deadline != first))
        return "work does not follow its offers";
    return NULL;
}

static const char *check_work_holder(const struct router *r, const struct work *w)
{
    const struct agent *a = w->agent;
    const char *why = check_offers(r, w);
    if (why)
        return why;
    if ((a != NULL) != (w->state == ROUTER_ASSIGNED || w->state == ROUTER_WRAP_UP))
        return "work has a holder where it should not, or none where it should";
    if (a && !ids_have(&a->held, w->id))
        return "work is not listed with its agent";
    if (w->wanted && !ids_have(&w->wanted->awaited, w->id))
        return "work is not listed with the agent it was passed to";
    if (w->informed && !ids_have(&w->informed->informed, w->id))
        return "work is not listed with the agent who goes on seeing it";
    if (a && w->informed == a)
        return "an agent holds work and is informed of it besides";
    return NULL;
}

static bool check_overflows(const struct router *r, const struct work *w)
{
    const struct queue *to = queue_find(r, w->queue->def.overflow);
    return w->state == ROUTER_QUEUED && w->queue->def.overflow_ms && to && to != w->queue;
}

static const char *check_work_parts(const struct router *r, const struct work *w)
{
    const char *why = sla_check(r, w);
    why = why ? why : callback_check(w);
    why = why ? why : entry_check(r, w);
    why = why ? why : voicemail_check(r, w);
    return why ? why : check_work_holder(r, w);
}

static const char *check_work(const struct router *r, const struct work *w)
{
    if ((w->state < ROUTER_QUEUED || w->state > ROUTER_WRAP_UP) && w->state != ROUTER_SNOOZED &&
        w->state != ROUTER_RECORDING)
        return "closed work is kept";
    if (work_of_conversation(r, w->conversation) != w)
        return "a conversation has two open works";
    if (w->id > r->input || w->epoch > r->epoch)
        return "work comes from the future";
    struct charge due = w->state == ROUTER_SNOOZED || w->state == ROUTER_RECORDING
                            ? (struct charge){0}
                            : session_charge(r, w, w->state != ROUTER_ASSIGNED);
    if ((w->snooze.place != 0) != (w->state == ROUTER_SNOOZED) || (w->snooze.place && w->snooze.deadline <= r->wall))
        return "work is put away without an end, or past it";
    if (w->state != ROUTER_WRAP_UP && (w->charge.units != due.units || w->charge.channels != due.channels))
        return "work is not charged by its sessions";
    if (w->state != ROUTER_ASSIGNED && (w->given.channels || w->give_back.place))
        return "work waits for its customer that no agent has at hand";
    if ((w->limit.place != 0) != (w->state == ROUTER_OFFERED || w->state == ROUTER_WRAP_UP))
        return "an offer or wrap-up has no limit, or other work has one";
    if (w->absence.place ? w->absence.deadline != absence_due(r, w) : absence_due(r, w) != INT64_MAX)
        return "work stays with an absent agent for another time than its channel's";
    if (w->team &&
        (w->state == ROUTER_QUEUED ? !w->wanted : w->state != ROUTER_OFFERED && w->state != ROUTER_RECORDING))
        return "work waits for a team of whom nobody can be expected to take it, or is theirs already";
    if (w->taken > r->at || w->given_at > r->at ||
        (w->promised && w->state != ROUTER_QUEUED && w->state != ROUTER_OFFERED))
        return "a wait is estimated that is over, or a contact began in the future";
    if ((w->overflow_cause != ROUTER_CAUSE_NONE) != (*w->overflowed != '\0') ||
        strcmp(w->overflowed, w->queue->def.name) == 0)
        return "work overflowed for no cause, from nowhere, or into the queue it was in";
    if (w->notices.unheard || w->notices.newly || w->notices.said & ~w->notices.asked ||
        w->notices.asked & ~(CORE_BIT(ROUTER_NOTICES) - 2u))
        return "work was told what is no notice, or has yet to be looked at";
    if (w->silence.place ? w->silence.deadline != silence_due(w) : silence_due(w) != INT64_MAX)
        return "a silence ends at another time than its own";
    if (w->notices.silent_since ? w->state != ROUTER_ASSIGNED || w->notices.silent_since > r->at : w->notices.warned)
        return "a customer is silent to whom nobody spoke";
    if (*w->disposition && w->state != ROUTER_WRAP_UP)
        return "work that is not in wrap-up was disposed of";
    if ((w->line != NULL) != offer_open(r, w))
        return "work stands in a line and does not wait, or waits elsewhere";
    if ((w->overflow.place != 0) != check_overflows(r, w) ||
        (w->overflow.place && w->overflow.deadline != w->entered + w->queue->def.overflow_ms))
        return "work overflows at a time that is not its own";
    if (w->line && (w->line->queue != w->queue || w->line->step != queue_step(r, w) ||
                    w->line->priority != queue_priority(w) || w->line->channels != session_channels(w) ||
                    w->line->cost != w->charge.units || w->line->offered != (w->offers_n > 0)))
        return "work stands in the wrong line";
    return check_work_parts(r, w);
}

static const char *check_works(const struct router *r)
{
    uint64_t before = 0;
    size_t n = 0;
    uint32_t held = 0;
    for (size_t i = 0; i < r->works_n; i++) {
        const struct work *w = work_slot(r, i)->work;
        if (!w)
            continue;
        if (w->id <= before || w->id != work_slot(r, i)->id)
            return "work is out of order";
        before = w->id;
        n++;
        held += w->hold.place ? 1 : 0;
        const char *why = check_work(r, w);
        why = why ? why : attributes_check(w);
        if (why)
            return why;
    }
    if (n != r->works_n - r->works_holes || n != r->conversations.n)
        return "open work is miscounted";
    return held == r->held ? NULL : "work held for known agents is miscounted";
}

static const char *check_calendars(const struct router *r)
{
    for (size_t i = 0; i < r->calendars_n; i++) {
        const struct calendar *c = r->calendars[i];
        if (calendar_find(r, c->def.name) != c)
            return "two calendars have one name";
        if (c->compiled > c->defined || c->defined > r->input || !calendar_turns_legal(&c->turns))
            return "a calendar's hours are out of order";
    }
    for (size_t i = 0; i < r->queues_n; i++) {
        if (r->queues[i]->calendar != calendar_find(r, r->queues[i]->def.calendar))
            return "a queue looks at a calendar that is not its own";
    }
    return NULL;
}

static const char *check_queue(const struct router *r, const struct queue *q, uint32_t *waiting)
{
    uint32_t n = 0, offered = 0;
    for (size_t i = 0; i < q->lines_n; i++) {
        const struct line *l = q->lines[i];
        const char *why = line_check(r, l);
        if (why)
            return why;
        n += l->n;
        for (const struct work *w = l->head; w; w = w->next)
            offered += w->offers_n ? 1 : 0;
    }
    *waiting += n - offered;
    if (!pace_legal(q->forecast))
        return "what a queue has shown is out of bounds";
    return n == q->waiting + offered && n == q->lined ? NULL : "a queue's waiting work is miscounted";
}

static const char *check_queues(const struct router *r)
{
    uint32_t waiting = 0, lined = 0;
    for (size_t i = 0; i < r->queues_n; i++) {
        lined += r->queues[i]->lined;
        const char *why = check_queue(r, r->queues[i], &waiting);
        if (why || r->queues[i]->index != i)
            return why ? why : "a queue does not know its place";
    }
    return waiting == r->waiting && lined == r->lined ? NULL : "waiting work is miscounted";
}

// What the pools say about a work is what asking everybody says.
static const char *check_choice(const struct ranking *found, const struct ranking *asked)
{
    for (size_t i = 0; i < found->best_n && i < asked->best_n; i++) {
        const struct verdict *a = &found->best[i], *b = &asked->best[i];
        if (a->agent != b->agent || a->score != b->score || a->idle_ms != b->idle_ms || a->asked != b->asked)
            return "the pools rank agents otherwise than asking everybody does";
    }
    return found->best_n == asked->best_n ? NULL : "the pools miss an agent who can take work";
}

static const char *check_waits(const struct work *w, const struct match *m)
{
    if (m->winner)
        return "work waits while an agent who can take it has room";
    if (m->held && !w->hold.place)
        return "work is held without an end";
    return w->told || w->offers_n ? NULL : "work waits undecided";
}

// The promise of it all. Asking everybody besides, whether the pools are right, costs agents x waiting work.
static const char *check_nobody_waits_in_vain(const struct router *r, bool ask_everybody)
{
    struct verdict *all = ask_everybody ? memory_new(r->agents_n, sizeof *all) : NULL;
    struct ranking found = {0}, asked = {0};
    const char *why = NULL;
    for (size_t i = 0; i < r->works_n && !why; i++) {
        const struct work *w = work_slot(r, i)->work;
        if (!w || !w->line)
            continue;
        struct match m = match_work(r, w, ask_everybody ? r->agents_n : 1, &found);
        if (ask_everybody) {
            scan_work(r, w, all, &asked);
            why = check_choice(&found, &asked);
        }
        why = why ? why : check_waits(w, &m);
    }
    free(all);
    free(found.rows);
    free(found.best);
    free(found.own);
    free(asked.rows);
    free(asked.best);
    free(asked.own);
    return why;
}

static const char *check_outcomes(const struct router *r)
{
    size_t n = 0;
    for (const struct outcome *o = r->outcomes; o; o = o->next, n++) {
        if (outcome_find(r, o->session, o->client_id) != o)
            return "a command's outcome cannot be found";
    }
    return n == r->outcomes_n && n == r->commands.n ? NULL : "the memory of commands is miscounted";
}

static const char *check_all(const struct router *r, bool ask_everybody)
{
    static const char *(*const checks[])(const struct router *) = {
        check_agents,   check_works, check_calendars, check_queues,
        check_outcomes, learn_check, team_check,      participant_check,
    };
    if (!timer_check(r))
        return "the timers are out of order";
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const char *why = checks[i](r);
        if (why)
            return why;
    }
    return check_nobody_waits_in_vain(r, ask_everybody);
}

const char *router_check(const struct router *r)
{
    const char *why = pool_check(r);
    why = why ? why : share_check(r);
    return why ? why : check_all(r, true);
}

// What a snapshot can have wrong. The pools are not in it: they have just been built.
const char *check_restored(const struct router *r)
{
    return check_all(r, false);
}
