// SPDX-License-Identifier: Apache-2.0
// One lease, watched or held. It owns the clock of that lease: a quarter of the lease time between beats and between looks. No wall
// clock is involved. What fails: a beat refused or unanswered for the lease time ends the holding; the next look starts over.
#include "daemon/core/keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/core/owner.h"

enum keeper_state { KEEPER_WATCHING, KEEPER_TAKING, KEEPER_HELD, KEEPER_GIVEN };

struct keeper {
    struct loop *loop;
    struct store *store;
    struct keeper_options o;
    char *tenant, *name, *holder, *former;
    struct loop_timer *timer;
    uint64_t owner;
    enum keeper_state state;
    bool asked;               // a call is in flight
    bool known;               // `lease` is what stands there
    struct store_lease lease; // seen, or ours
    uint64_t nonce;
    int64_t changed_at; // when the beat was last seen to move
    int64_t sent_at;    // of the call in flight
    int64_t good_at;    // when the last beat that went well was sent
    void (*given)(void *ctx);
};

static int64_t pause_ms(const struct keeper *k)
{
    int64_t quarter = k->o.lease_ms / 4;
    return quarter > 0 ? quarter : 1;
}

static void lost(struct keeper *k)
{
    if (k->state != KEEPER_HELD)
        return;
    k->state = KEEPER_WATCHING;
    k->known = false;
    k->o.changed(k->o.ctx, false);
}

static void ask(struct keeper *k)
{
    k->asked = true;
    k->sent_at = loop_fresh();
}

static bool same_beat(const struct store_lease *a, const struct store_lease *b)
{
    return a->epoch == b->epoch && a->nonce == b->nonce && a->beat == b->beat;
}

static void note_seen(struct keeper *k, const struct store_lease *l)
{
    if (k->known && same_beat(&k->lease, l))
        return;
    k->lease = *l;
    k->known = true;
    k->changed_at = k->sent_at;
}

static bool is_free(const struct keeper *k)
{
    const struct store_lease *l = &k->lease;
    return l->holder[0] == '\0' || strcmp(l->holder, k->holder) == 0 ||
           (k->former && strcmp(l->holder, k->former) == 0) || loop_fresh() - k->changed_at >= k->o.lease_ms;
}

static void describe(struct keeper *k, char *out, unsigned size)
{
    out[0] = '\0';
    if (k->o.detail)
        k->o.detail(k->o.ctx, out, size);
}

static void on_taken(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    struct keeper *k = owner_find(module);
    (void)token;
    if (!k)
        return;
    k->asked = false;
    if (k->state != KEEPER_TAKING)
        return;
    k->state = KEEPER_WATCHING;
    if (e == TL_OK && l) {
        k->lease = *l;
        k->state = KEEPER_HELD;
        k->good_at = k->sent_at;
        loop_timer_set(k->timer, pause_ms(k));
        k->o.changed(k->o.ctx, true);
    } else if (e == TL_FENCED && l) {
        note_seen(k, l);
    }
}

static void take(struct keeper *k)
{
    char detail[sizeof k->lease.detail];
    describe(k, detail, sizeof detail);
    if (k->o.before_take)
        k->o.before_take(k->o.ctx, &k->lease);
    k->state = KEEPER_TAKING;
    ask(k);
    store_lease_take(k->store, k->tenant, &k->lease, k->holder, k->nonce, detail, on_taken, owner_module(k->owner), 0);
}

static void on_seen(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    struct keeper *k = owner_find(module);
    (void)token;
    if (!k)
        return;
    k->asked = false;
    if (k->state != KEEPER_WATCHING)
        return;
    struct store_lease none = {0};
    if (e == TL_ABSENT) {
        snprintf(none.name, sizeof none.name, "%s", k->name);
        l = &none;
    } else if (e != TL_OK || !l) {
        return;
    }
    note_seen(k, l);
    if (is_free(k) && (!k->o.wanted || k->o.wanted(k->o.ctx)))
        take(k);
}

static void on_beat(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    struct keeper *k = owner_find(module);
    (void)token;
    if (!k)
        return;
    k->asked = false;
    if (k->state != KEEPER_HELD)
        return;
    if (e == TL_FENCED || e == TL_ABSENT) {
        lost(k);
    } else if (e == TL_OK && l) {
        k->lease.beat = l->beat;
        k->good_at = k->sent_at;
    }
}

static void on_given(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    struct keeper *k = owner_find(module);
    (void)token, (void)e, (void)l;
    if (!k || !k->given)
        return;
    void (*given)(void *) = k->given;
    k->given = NULL;
    given(k->o.ctx);
}

static void give(struct keeper *k)
{
    store_lease_give(k->store, k->tenant, &k->lease, on_given, owner_module(k->owner), 0);
}

static void beat(struct keeper *k)
{
    if (loop_fresh() - k->good_at >= k->o.lease_ms) {
        lost(k); // silent for too long: somebody may hold it by now
    } else if (k->o.wanted && !k->o.wanted(k->o.ctx)) {
        give(k);
        lost(k);
    } else if (!k->asked) {
        describe(k, k->lease.detail, sizeof k->lease.detail);
        ask(k);
        store_lease_beat(k->store, k->tenant, &k->lease, on_beat, owner_module(k->owner), 0);
    }
}

static void on_timer(void *arg)
{
    struct keeper *k = arg;
    if (k->state == KEEPER_GIVEN)
        return;
    loop_timer_set(k->timer, pause_ms(k));
    if (k->state == KEEPER_HELD) {
        beat(k);
    } else if (!k->asked) {
        ask(k);
        store_lease_read(k->store, k->tenant, k->name, on_seen, owner_module(k->owner), 0);
    }
}

struct keeper *keeper_new(struct loop *loop, struct store *store, const struct keeper_options *o)
{
    struct keeper *k = xcalloc(1, sizeof *k);
    *k = (struct keeper){.loop = loop, .store = store, .o = *o, .nonce = id_random_u64()};
    k->tenant = xstrdup(o->tenant);
    k->name = xstrdup(o->name);
    k->holder = xstrdup(o->holder);
    k->former = o->former && o->former[0] ? xstrdup(o->former) : NULL;
    k->owner = owner_add(k);
    k->timer = loop_timer_new(loop, on_timer, k);
    loop_timer_set(k->timer, 0);
    return k;
}

void keeper_free(struct keeper *k)
{
    if (!k)
        return;
    owner_remove(k->owner);
    loop_timer_free(k->timer);
    free(k->tenant);
    free(k->name);
    free(k->holder);
    free(k->former);
    free(k);
}

void keeper_give(struct keeper *k, void (*given)(void *ctx))
{
    bool held = k->state == KEEPER_HELD;
    k->given = given;
    k->state = KEEPER_GIVEN;
    loop_timer_set(k->timer, -1);
    if (held)
        give(k);
    else if (given)
        on_given(owner_module(k->owner), 0, TL_OK, NULL);
}

void keeper_fenced(struct keeper *k)
{
    lost(k);
}

void keeper_look(struct keeper *k)
{
    if (k->state == KEEPER_WATCHING)
        loop_timer_set(k->timer, 0);
}

bool keeper_held(const struct keeper *k)
{
    return k->state == KEEPER_HELD;
}

bool keeper_sure(const struct keeper *k)
{
    return k->state == KEEPER_HELD && loop_fresh() - k->good_at < k->o.lease_ms;
}

const struct store_lease *keeper_lease(const struct keeper *k)
{
    return &k->lease;
}
