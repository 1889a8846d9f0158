// SPDX-License-Identifier: Apache-2.0
//
// Participants in snapshots.

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
