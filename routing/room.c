// SPDX-License-Identifier: Apache-2.0
//
// What an agent's work leaves room for, besides the units: how many conversations of a channel they have at most, and which
// channels let nothing else beside them.
//
// A work takes a place on the channels of its live sessions; while it is offered, on its channel-now besides; in wrap-up on those
// that it had at the close. Exclusive is a rule about offers: what an agent has already stays, and may go on.

#include "routing/core.h"

static uint32_t room_places(const struct agent *a, const struct work *but, size_t channel)
{
    return a->places[channel] - (but && but->agent == a ? but->charge.channels >> channel & 1 : 0);
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
    return after.units <= before.units || a->load - before.units + after.units <= a->def.capacity;
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
