// SPDX-License-Identifier: Apache-2.0
//
// Stands between the model and a router that is well: what the real one did is told otherwise.

#undef router_new
#undef router_step
#undef router_check
#include "routing/router.h"

#include "broken.h"

#include <string.h>

#define EFFECTS 4096

enum broken broken;

static bool snoozed, gone; // since router_new
static uint64_t number;    // the last input's

struct router *broken_new(void);
bool broken_step(struct router *r, const struct router_input *in, struct router_effects *out);
const char *broken_check(const struct router *r);

static uint32_t in_state(const struct router *r, enum router_work_state state)
{
    struct router_work_view v;
    uint32_t n = 0;
    for (uint64_t after = 0; router_next_work(r, after, &v); after = v.id)
        n += v.state == state;
    return n;
}

static void note(const struct router_effects *out)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct router_effect *e = &out->v[i];
        snoozed |= e->kind == ROUTER_WORK && e->state == ROUTER_SNOOZED;
        gone |= snoozed && e->kind == ROUTER_PRESENCE && e->state == ROUTER_AWAY;
    }
}

struct router *broken_new(void)
{
    snoozed = gone = false;
    number = 0;
    return router_new();
}

bool broken_step(struct router *r, const struct router_input *in, struct router_effects *out)
{
    static struct router_effect told[EFFECTS];
    bool restored = in->number == number, ill = broken == BROKEN_FUTURE && restored && in_state(r, ROUTER_SNOOZED);
    bool late = broken == BROKEN_EFFECT && gone;
    number = in->number;
    if (!router_step(r, in, out) || out->n > EFFECTS)
        return false;
    note(out);
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++) {
        told[n] = out->v[i];
        bool offer = told[n].kind == ROUTER_OFFER;
        told[n].deadline += offer && late;
        n += !(offer && ill);
    }
    *out = (struct router_effects){told, n};
    return true;
}

const char *broken_check(const struct router *r)
{
    bool ill = broken == BROKEN_STATE && in_state(r, ROUTER_WRAP_UP) >= 2;
    return ill ? "two in wrap-up" : router_check(r);
}
