// SPDX-License-Identifier: Apache-2.0
// The order of events. Many calls are under way at a time, and Redis may refuse one and take the next. So each call with events bears the
// number of its turn in a lane; the function refuses what does not follow the last one that it answered. After a failure the
// next call begins another lane, in which those under way have no turn.
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
        if (link_held(s->link)) // they came behind it: to be refused with those under way
            store_gather_release(s);
        lane_begin(s);
    }
}
