// SPDX-License-Identifier: Apache-2.0
// Events that come together go to Redis in one call: it spends as much on beginning and ending a call as on an event. They are written as
// they come, keys and arguments apart, and joined at the end of the turn; while an earlier call with events is under way, only when its
// answer is there (Redis does one thing at a time: sent sooner they would wait there), or when another command must keep its place
// behind them, or when there are as many as a call takes. Only one tenant's events are together.
//
// What fails: an error on the way is each one's, and which of them were committed before it is not known here, so all are unknown.
// For a while after it each event goes alone, so that one which always fails does not take others with it for ever.
#include "daemon/store/store_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define GATHER_ALONE 64 // events

static void gather_on_reply(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store *s = owner;
    if (c->aux == STORE_LANE_REFUSED)
        store_lane_refused(s);
    else
        store_sent_take(s);
    if (c->aux != STORE_LANE_REFUSED && c->parts) // the first of those that were sent
        store_lane_answered(s, e, v);
    if (v && v->type == VALUE_ERROR && !store_refused_whole(v)) {
        s->gather.alone = GATHER_ALONE;
        store_plain_status(s, e, v); // says so
        e = TL_UNKNOWN;
        v = NULL;
    }
    store_reply_stored(owner, c, e, v);
}

void store_gather_release(void *store)
{
    struct store *s = store;
    struct store_gather *g = &s->gather;
    uint32_t n = link_held(s->link);
    struct resp_out *out = link_release_begin(s->link);
    resp_array(out, 5 + (size_t)n * (STORE_EVENT_KEYS + STORE_EVENT_WORDS));
    resp_text(out, "FCALL");
    resp_text(out, STORE_LIBRARY "_ingest_many");
    resp_u64(out, 1 + (size_t)n * STORE_EVENT_KEYS);
    store_put_key(out, g->tenant, "inputs");
    resp_put(out, g->keys.p, g->keys.len);
    resp_put(out, g->words.p, g->words.len);
    resp_u64(out, store_lane_turn(s));
    link_release_end(s->link);
    store_gather_empty(s);
}

void store_gather_leaving(void *store)
{
    struct store *s = store;
    if (!s->lane.flying)
        store_gather_release(s);
}

uint32_t store_gather_refuse(struct store *s)
{
    store_gather_empty(s);
    if (link_held(s->link))
        store_sent_drop(s);
    return link_refuse_held(s->link, TL_UNAVAILABLE, STORE_LANE_REFUSED);
}

void store_gather_empty(struct store *s)
{
    s->gather.keys.len = s->gather.words.len = 0;
}

void store_gather_free(struct store *s)
{
    free(s->gather.keys.p);
    free(s->gather.words.p);
}

void store_gather(struct store *s, const struct store_ingest *a, store_placed_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(gather_on_reply, fn, module, token);
    struct store_gather *g = &s->gather;
    if (link_held(s->link) && strcmp(g->tenant, a->tenant) != 0)
        store_gather_release(s);
    if (!link_held(s->link)) {
        assert(strlen(a->tenant) < sizeof(g->tenant));
        strcpy(g->tenant, a->tenant);
        store_sent_mark(s);
        g->reader = store_reader_of(s, a->tenant);
    }
    c.reader = g->reader;
    if (!s->up || !link_hold(s->link, &c)) {
        store_lane_refuse(s, &c);
        return;
    }
    store_sent_keep(s, a->input, a->input_len);
    store_put_event_keys(&g->keys, a);
    store_put_event_words(&g->words, a);
    if (g->alone || link_held(s->link) == STORE_TOGETHER)
        store_gather_release(s);
    g->alone -= g->alone > 0;
}
