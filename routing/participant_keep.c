// SPDX-License-Identifier: Apache-2.0
//
// Participants in snapshots, and what must hold of them.

#include "routing/participant.h"
#include "routing/reader.h"
#include "routing/writer.h"

void participant_put(struct writer *o, const struct work *w)
{
    put8(o, w->participants_n);
    for (size_t i = 0; i < w->participants_n; i++) {
        const struct participant *p = &w->participants[i];
        put_text(o, p->agent->def.id);
        put8(o, (uint64_t)p->role);
        put8(o, p->joined);
        put_time(o, p->until);
        put64(o, p->epoch);
        put32(o, p->charge.units);
        put8(o, p->charge.channels);
        put8(o, (uint64_t)p->target);
        put_text(o, p->to);
    }
}

void participant_take(struct reader *in, struct router *r, struct work *w)
{
    size_t n = take_count(in, 1, 27);
    if (!reader_must(in, n <= ROUTER_PARTICIPANTS_MAX, "a work has too many participants"))
        return;
    for (size_t i = 0; i < n; i++) {
        struct participant p = {.agent = agent_find(r, take_text(in, ROUTER_NAME_MAX))};
        unsigned role = take8(in);
        p.joined = take_bool(in);
        p.until = take_time(in);
        p.epoch = take64(in);
        p.charge.units = take32(in);
        p.charge.channels = take8(in);
        unsigned target = take8(in);
        const char *to = take_text(in, ROUTER_NAME_MAX);
        bool legal = p.agent && !participant_find(w, p.agent) && role && role < ROUTER_ROLES &&
                     (target || (p.joined && !*to)) && target <= ROUTER_TARGET_TEAM &&
                     p.charge.units <= CORE_UNITS_MAX && !(p.charge.channels & ~CORE_CHANNELS_ALL);
        if (!reader_must(in, legal, "a participant is out of bounds"))
            return;
        p.role = (enum router_role)role;
        p.target = (enum router_target)target;
        p.to = (char *)(uintptr_t)to;
        participant_restore(r, w, &p);
    }
}

static const char *participant_check_work(const struct router *r, const struct work *w)
{
    int64_t first = INT64_MAX;
    if (w->participants_n > (w->state == ROUTER_ASSIGNED ? (size_t)ROUTER_PARTICIPANTS_MAX : 0u))
        return "work that nobody has at hand has participants, or there are too many";
    for (size_t i = 0; i < w->participants_n; i++) {
        const struct participant *p = &w->participants[i];
        if (p->agent == w->agent || participant_find(w, p->agent) != p || !ids_have(&p->agent->takes_part, w->id))
            return "a participant has the work, is one twice or does not know of it";
        bool unasked = p->target == ROUTER_TARGET_NONE;
        if ((participant_watches(p) &&
             (!unasked || !agent_is_here(p->agent) || p->charge.units || p->charge.channels)) ||
            (unasked && (!p->joined || p->role == ROUTER_ROLE_CONSULTED)))
            return "a supervisor watches who cannot, or for a charge";
        if (p->epoch > r->epoch || (!p->joined && p->agent->presence != ROUTER_AVAILABLE) ||
            (p->joined && p->agent->presence == ROUTER_OFFLINE) || (p->joined && w->informed == p->agent))
            return "a participant cannot be one";
        first = !p->joined && p->until < first ? p->until : first;
    }
    bool runs = w->asked.place != 0;
    if (runs != (first != INT64_MAX) || (runs && w->asked.deadline != first))
        return "participants are asked for another time than their own";
    return NULL;
}

const char *participant_check(const struct router *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->works_n; i++) {
        const struct work *w = work_slot(r, i)->work;
        const char *why = w ? participant_check_work(r, w) : NULL;
        if (why)
            return why;
        n += w ? w->participants_n : 0;
    }
    for (size_t i = 0; i < r->agents_n; i++)
        n -= r->agents[i]->takes_part.n;
    return n ? "an agent takes part in work that does not know of it" : NULL;
}
