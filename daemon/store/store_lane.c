// SPDX-License-Identifier: Apache-2.0
// The order of events. Many calls are under way at a time, and Redis may refuse one and take the next. So each call with events bears the
// number of its turn in a lane; the function refuses what does not follow the last one that it answered. After a failure the
// next call begins another lane, in which those under way have no turn. Until each of them, and each that was refused here, has come back,
// no event is taken: its sender may have sent one of those before it and does not know yet.
#include "daemon/base/id.h"
#include "daemon/store/store_internal.h"

#define LANE_BITS  13
#define LANE_SHIFT 40

static void lane_begin(struct store *s)
{
    s->lane.turn = id_random_u64() >> (64 - LANE_BITS) << LANE_SHIFT;
    s->lane.stale = s->lane.flying;
}

uint64_t store_lane_turn(struct store *s)
{
    if (!s->lane.turn)
        lane_begin(s);
    s->lane.flying++;
    return ++s->lane.turn;
}

void store_lane_answered(struct store *s, enum tl_err e, const struct value *v)
{
    s->lane.flying--;
    link_flush(s->link); // events may wait for this
    if (s->lane.stale) {
        s->lane.stale--;
    } else if (e != TL_OK || v->type == VALUE_ERROR) {
        lane_begin(s);
        s->lane.refused += store_gather_refuse(s); // they came behind it
    }
}

bool store_lane_blocked(const struct store *s)
{
    return s->lane.stale || s->lane.refused;
}

void store_lane_refuse(struct store *s, struct link_call *c)
{
    c->aux = STORE_LANE_REFUSED;
    s->lane.refused++;
    link_refuse(s->link, c, TL_UNAVAILABLE);
}

void store_lane_refused(struct store *s)
{
    s->lane.refused--;
}
