// SPDX-License-Identifier: Apache-2.0
// One input after the other: note it, decode it, step the router, tell the effects to the writer, the ring and the listeners. The order
// is the log's; nothing in here asks Redis or waits. What fails: an input that the router says is not the next one means that
// this node has lost its place, and core_place.c starts over.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/core_private.h"

static void remember(struct core *c, const void *bytes, size_t len)
{
    if (len > c->last_room) {
        c->last_room = len * 2;
        c->last = xrealloc(c->last, c->last_room);
    }
    memcpy(c->last, bytes, len);
    c->last_len = len;
    c->last_digest = 0;
}

static const Throughline__V1__Input *decode(struct core *c, uint64_t number, const void *bytes, size_t len,
                                            struct router_input *in)
{
    const Throughline__V1__Input *m = NULL;
    scratch_reset(&c->scratch);
    if (void_has(c, number)) { // not even read: reading may be what it kills by
        tl_log(LOG_ERROR, "input_voided", LS("tenant", c->o.tenant), LN("input", number));
        metric_add(c->m.voided, 1);
        *in = (struct router_input){.kind = ROUTER_IN_NOTHING};
    } else {
        const char *why = input_decode(&c->scratch, bytes, len, in, &m);
        if (why) {
            tl_log(LOG_ERROR, "input_malformed", LS("tenant", c->o.tenant), LN("input", number), LS("why", why));
            metric_add(c->m.malformed, 1);
        }
    }
    in->number = number;
    input_follow(in, c->at, c->wall);
    return m;
}

static void tell(struct core *c, const struct router_input *in, const Throughline__V1__Input *m,
                 const struct router_effects *out)
{
    size_t body_len = 0;
    const uint8_t *body = m && out->n ? bodies_find(c, m, &body_len) : NULL;
    struct core_effect e = {
        .input = in->number,
        .wall = in->wall,
        .at = in->at,
        .detail = in->kind == ROUTER_IN_DELIVERY ? in->delivery.reason : "",
        .live = in->number > c->place.live_from,
    };
    for (size_t i = 0; i < out->n; i++) {
        e.index = (uint32_t)i;
        e.e = &out->v[i];
        bool has_body = e.e->kind == ROUTER_ENTRY && e.e->number == in->number && body;
        e.entry = has_body ? body : NULL;
        e.entry_len = has_body ? body_len : 0;
        if (e.e->kind == ROUTER_REFUSED)
            metric_add(c->m.refused, 1);
        apply_effect(c, &e);
        ring_add(c, &e);
        for (unsigned l = 0; l < c->listeners_n; l++)
            c->listeners[l].effect(c->listeners[l].ctx, &e);
    }
}

static void after(struct core *c, const Throughline__V1__Input *m)
{
    if (m && m->kind_case == THROUGHLINE__V1__INPUT__KIND_CONFIG) {
        size_t len = throughline__v1__routing_config__get_packed_size(m->config);
        uint8_t *packed = scratch_get(&c->scratch, len ? len : 1, 1);
        throughline__v1__routing_config__pack(m->config, packed);
        c->config_digest = store_digest(packed, len);
        c->begun = true;
    }
    if (m) {
        checkpoint_fold(c, m);
        nodes_fold(c, m);
    }
    for (unsigned l = 0; l < c->listeners_n; l++)
        if (c->listeners[l].folded)
            c->listeners[l].folded(c->listeners[l].ctx, c->folded);
}

bool fold_input(struct core *c, uint64_t number, const void *bytes, size_t len)
{
    struct router_input in;
    struct router_effects out = {0};
    poison_begin(c, number);
    const Throughline__V1__Input *m = decode(c, number, bytes, len, &in);
    bool ok = router_step(c->router, &in, &out);
    if (ok) {
        c->folded = number;
        c->at = in.at;
        c->wall = in.wall;
        c->folded_at = loop_now(c->loop);
        remember(c, bytes, len);
        tell(c, &in, m, &out);
        after(c, m);
    }
    poison_end(c);
    return ok;
}

void fold_batch_end(struct core *c)
{
    metric_set(c->m.inputs, (double)c->folded);
    lag_folded(c);
    ring_trim(c);
    apply_pump(c);
    ticks_plan(c);
    leader_batch_end(c);
    nodes_batch_end(c);
    for (unsigned l = 0; l < c->listeners_n; l++)
        if (c->listeners[l].batch_end)
            c->listeners[l].batch_end(c->listeners[l].ctx);
}
