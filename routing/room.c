// SPDX-License-Identifier: Apache-2.0
//
// What an agent's work leaves room for: by units, by how many conversations of a channel they have at most, and by which
// channels let nothing else beside them.
//
// A work takes a place on the channels of its live sessions; while it is offered, on its channel-now besides; in wrap-up on those
// that it had at the close. Exclusive is a rule about offers: what an agent has already stays, and may go on.

#include "routing/core.h"
#include "routing/participant.h"

static uint32_t room_places(const struct agent *a, const struct work *but, size_t channel)
{
    return a->places[channel] - (but && offer_or_held(but, a) ? but->charge.channels >> channel & 1 : 0);
}

static bool room_full(const struct router *r, uint32_t places, size_t channel)
{
    return r->rules.channels[channel].max && places >= r->rules.channels[channel].max;
}

// The channels on which nothing new can be offered; as if `but` were not at hand, where that is their own.
uint32_t room_closed(const struct router *r, const struct agent *a, const struct work *but)
{
    uint32_t closed = 0;
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        uint32_t places = room_places(a, but, c);
        if (places && r->rules.channels[c].exclusive)
            return CORE_CHANNELS_ALL;
        closed |= room_full(r, places, c) ? CORE_BIT(c) : 0;
    }
    return closed;
}

// Whether work at hand may go on like this: only what it takes more than before has to find room.
bool room_for_change(const struct router *r, const struct agent *a, struct charge before, struct charge after)
{
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        if (after.channels & ~before.channels & CORE_BIT(c) && room_full(r, a->places[c], c))
            return false;
    }
    if (after.units <= before.units || a->load - before.units + after.units <= a->def.capacity)
        return true;
    uint32_t heavy = a->load - a->light - before.units + room_light(r, before);
    return room_interrupts(r, after.channels, after.units) && heavy + after.units <= a->def.capacity;
}

// ---- calls that interrupt ----

// What of this charge weighs nothing for a call: work that is only on channels which calls may interrupt.
uint32_t room_light(const struct router *r, struct charge c)
{
    return c.channels & ~r->rules.calls_interrupt ? 0 : c.units;
}

// After the channels that calls may interrupt changed.
void room_weigh_anew(struct router *r, struct agent *a)
{
    a->light = 0;
    for (size_t i = 0; i < a->takes_part.n; i++)
        a->light += room_light(r, participant_charge(r, a, a->takes_part.v[i]));
    for (size_t i = 0; i < a->held.n; i++)
        a->light += room_light(r, work_find(r, a->held.v[i])->charge);
}

// Whether work like this is a call that interrupts; nothing else in it may weigh more than the call, which it weighs.
bool room_interrupts(const struct router *r, uint32_t channels, uint32_t cost)
{
    return r->rules.calls_interrupt && channels & CORE_BIT(ROUTER_VOICE) &&
           cost == r->rules.channels[ROUTER_VOICE].units; // a voicemail weighs less
}

bool room_for_call(const struct router *r, const struct agent *a)
{
    return r->rules.calls_interrupt && a->load - a->light + r->rules.channels[ROUTER_VOICE].units <= a->def.capacity;
}

// Room by units for work like this; as if `but` were not at hand, where that is their own.
bool room_for(const struct router *r, const struct agent *a, uint32_t channels, uint32_t cost, const struct work *but)
{
    struct charge own = but && offer_or_held(but, a) ? but->charge : (struct charge){0};
    uint32_t load = a->load - own.units, light = a->light - room_light(r, own);
    return load + cost <= a->def.capacity ||
           (room_interrupts(r, channels, cost) && load - light + cost <= a->def.capacity);
}

bool room_exceeded(const struct router *r, const struct agent *a)
{
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        if (r->rules.channels[c].max && a->places[c] > r->rules.channels[c].max)
            return true;
    }
    return a->load > a->def.capacity;
}

// Which channel keeps this work from them: the first of its own that is at its maximum, else the one that is exclusive (then 0).
enum router_channel room_why(const struct router *r, const struct agent *a, const struct work *w, uint32_t *maximum)
{
    size_t why = ROUTER_CHANNEL_NONE;
    *maximum = 0;
    for (size_t c = ROUTER_CHANNELS; c-- > 1;) {
        if (r->rules.channels[c].exclusive && room_places(a, w, c))
            why = c;
    }
    for (size_t c = ROUTER_CHANNELS; c-- > 1;) {
        if (session_channels(w) & CORE_BIT(c) && room_full(r, room_places(a, w, c), c)) {
            why = c;
            *maximum = r->rules.channels[c].max;
        }
    }
    return (enum router_channel)why;
}
