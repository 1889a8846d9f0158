// SPDX-License-Identifier: Apache-2.0
// The inputs that every node skips: those in hand at two deaths in a row (core_poison.c), and those that an operator names. They stand in the
// document "void", input -> why; what is in it stays in it. A node reads it before each proof of place and whenever another node says that
// it has grown, and stays where it is while it cannot be read.
//
// Whoever has folded an input that is void now throws the fold away and loads it anew without it, as every node does: so all agree again.
// What the input had made others write (entries, deliveries, decisions) stays written. An input that the newest snapshot holds cannot be
// voided any more, since nobody folds it again.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/core/core_private.h"

bool void_has(const struct core *c, uint64_t number)
{
    for (size_t i = 0; i < c->voids.n; i++)
        if (c->voids.v[i] == number)
            return true;
    return false;
}

static void add(struct core *c, uint64_t number)
{
    if (!number || void_has(c, number))
        return;
    c->voids.v = xrealloc(c->voids.v, (c->voids.n + 1) * sizeof *c->voids.v);
    c->voids.v[c->voids.n++] = number;
    if (!c->router || number <= c->place.base || number > c->folded)
        return;
    snapshot_cancel(c); // it would keep what is void
    place_distrust(c, "an input that was folded is void");
}

static uint64_t number_of(const struct store_bytes *field)
{
    char text[24] = "";
    if (field->len >= sizeof text)
        return 0;
    memcpy(text, field->p, field->len);
    return strtoull(text, NULL, 10);
}

static void take(struct core *c, const struct store_bytes *v, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        add(c, number_of(&v[i]));
}

// ---- before the place is proven ----

// The verdict stands in Redis before anybody acts on it.
static void on_condemned(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct core *c = place_of_round(module, token);
    (void)p;
    if (!c)
        return;
    if (e != TL_OK) {
        place_try_later(c);
        return;
    }
    store_publish(c->store, c->o.tenant, CORE_TOPIC_VOID, "", 0);
    add(c, c->poison.condemned);
    place_judge(c);
}

static void condemn(struct core *c)
{
    char field[24], why[96];
    snprintf(field, sizeof field, "%" PRIu64, c->poison.condemned);
    snprintf(why, sizeof why, "in hand when node %.48s died", c->o.node);
    tl_log(LOG_ERROR, "input_condemned", LS("tenant", c->o.tenant), LN("input", c->poison.condemned));
    store_doc_set(c->store, c->o.tenant, CORE_DOC_VOID, field, why, strlen(why), on_condemned, core_module(c),
                  c->place.round);
}

static void on_voids(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct core *c = place_of_round(module, token);
    if (!c)
        return;
    if (e != TL_OK && e != TL_ABSENT) {
        place_try_later(c);
        return;
    }
    if (strcmp(c->place.incarnation, c->place.log.incarnation) != 0)
        c->voids.n = 0; // those of another log
    take(c, v, e == TL_OK ? n : 0);
    uint64_t condemned = c->poison.condemned;
    if (condemned > c->place.log.snapshot && condemned <= c->place.log.last && !void_has(c, condemned))
        condemn(c);
    else
        place_judge(c);
}

void void_read(struct core *c)
{
    store_doc_all(c->store, c->o.tenant, CORE_DOC_VOID, on_voids, core_module(c), c->place.round);
}

// ---- while reading ----

static void on_more(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct core *c = core_find(module);
    (void)token;
    if (c && e == TL_OK)
        take(c, v, n);
}

void void_heard(struct core *c, const char *topic)
{
    if (strcmp(topic, CORE_TOPIC_VOID) == 0)
        store_doc_all(c->store, c->o.tenant, CORE_DOC_VOID, on_more, core_module(c), 0);
}

void void_close(struct core *c)
{
    free(c->voids.v);
}
