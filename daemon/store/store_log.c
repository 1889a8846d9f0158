// SPDX-License-Identifier: Apache-2.0
// The log as a whole: the proof of place, and trimming.
#include "daemon/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"

// ---- proof of place ----

uint64_t store_digest(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 1099511628211u;
    return h;
}

// status, incarnation, last, applied, snapshot, first, bytes
static void store_on_place(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store_place p = {0};
    e = store_status(owner, e, v);
    if (e == TL_OK) {
        const struct value *incarnation = value_at(v, 1), *bytes = value_at(v, 6);
        memcpy(p.incarnation, value_text(incarnation),
               incarnation->len < sizeof(p.incarnation) ? incarnation->len : sizeof(p.incarnation) - 1);
        p.last = value_u64(value_at(v, 2));
        p.applied = value_u64(value_at(v, 3));
        p.snapshot = value_u64(value_at(v, 4));
        p.first = value_u64(value_at(v, 5));
        p.digest = bytes->len ? store_digest(bytes->str, bytes->len) : 0;
    }
    ((store_place_fn *)c->fn)(c->module, c->token, e, &p);
}

void store_place(struct store *s, const char *tenant, uint64_t number, store_place_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(store_on_place, fn, module, token);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_place", tenant, 2);
    char incarnation[ID_NAME_SIZE];
    if (!out)
        return;
    resp_u64(out, number);
    resp_text(out, id_name(incarnation));
    link_end(s->link, &c);
}

// ---- trimming ----

static void store_trim_slice(struct store_job *j);

static void store_on_trimmed(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store_job *j = c->module;
    e = store_status(owner, e, v);
    uint64_t removed = e == TL_OK ? value_u64(value_at(v, 1)) : 0;
    j->b += removed;
    if (removed) {
        store_trim_slice(j);
        return;
    }
    struct store_placed p = {.input = j->b};
    if (j->fn)
        ((store_placed_fn *)j->fn)(j->module, j->token, e, &p);
    store_job_free(j);
}

static void store_trim_slice(struct store_job *j)
{
    struct link_call c = STORE_CALL(store_on_trimmed, NULL, j, 0);
    struct resp_out *out = store_fcall(j->s, &c, STORE_LIBRARY "_trim", j->tenant, 1);
    if (!out)
        return;
    resp_u64(out, j->a);
    link_end(j->s->link, &c);
}

void store_trim(struct store *s, const char *tenant, uint64_t upto, store_placed_fn *fn, void *module, uint64_t token)
{
    struct store_job *j = store_job_new(s, (void (*)(void))fn, module, token, tenant, "");
    j->a = upto;
    store_trim_slice(j);
}
