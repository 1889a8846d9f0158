// SPDX-License-Identifier: Apache-2.0
//
// The twin's teams: everybody is looked at, whenever work that was passed to a team is decided.

#include "twin.h"

#include <string.h>

static bool can_be_expected(struct twin *t, struct twin_work *w, const struct twin_agent *a)
{
    return strcmp(a->team, w->team) == 0 && a->presence == ROUTER_AVAILABLE && twin_takes(a, twin_channels(w)) &&
           twin_charge(t, w) <= a->capacity && twin_meets_floor(a, twin_queue(t, w->queue)) && !twin_ask_of(w, a->id);
}

const char *twin_best_of_team(struct twin *t, struct twin_work *w)
{
    const char *best = "";
    int64_t most = -1;
    for (size_t i = 0; i < t->agents_n; i++) { // in order of id: of equals the first stays
        const struct twin_agent *a = &t->agents[i];
        if (!can_be_expected(t, w, a))
            continue;
        bool room =
            !twin_occupied(t, a->id, twin_channels(w)) && twin_has_room(t, a, twin_channels(w), twin_charge(t, w), 0);
        int64_t good = (twin_is_asked(t, a->id) ? 0 : t->now - a->idle_since) + (room ? (int64_t)1 << 50 : 0);
        if (good > most) {
            most = good;
            best = a->id;
        }
    }
    return best;
}
