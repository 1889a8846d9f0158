// SPDX-License-Identifier: Apache-2.0
// Checkpoints and the hashes that the live daemon logged for them, for programs that fold its log.
#include "daemon/core/points.h"

enum points_met points_meet(struct points *p, const struct router *r, uint64_t number, const Throughline__V1__Input *m)
{
    if (m && m->kind_case == THROUGHLINE__V1__INPUT__KIND_CHECKPOINT) {
        p->v[p->next % POINTS_MAX].input = number;
        p->v[p->next++ % POINTS_MAX].hash = router_hash(r);
    }
    if (!m || m->kind_case != THROUGHLINE__V1__INPUT__KIND_STATE_HASH)
        return POINTS_NOTHING;
    for (unsigned i = 0; i < POINTS_MAX; i++)
        if (p->v[i].input && p->v[i].input == m->state_hash->input)
            return p->v[i].hash == m->state_hash->hash ? POINTS_SAME : POINTS_DIFFER;
    return POINTS_NOTHING;
}
