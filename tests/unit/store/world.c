// SPDX-License-Identifier: Apache-2.0
// The stage of the store's tests; see world.h.
#include "world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void world_check(void *arg)
{
    struct world *w = arg;
    if (w->until && w->until(w->arg))
        loop_stop(w->loop);
}

static void world_too_late(void *arg)
{
    struct world *w = arg;
    w->late = true;
    loop_stop(w->loop);
}

void world_await(struct world *w, bool (*until)(void *arg), void *arg)
{
    struct loop_timer *guard = loop_timer_new(w->loop, world_too_late, w);
    w->until = until;
    w->arg = arg;
    loop_timer_set(guard, GUARD_MS);
    if (!until(arg))
        loop_run(w->loop);
    w->until = NULL;
    loop_timer_free(guard);
    assert_false(w->late);
}

bool world_is_up(void *store)
{
    return store_up(store);
}

bool world_is_down(void *store)
{
    return !store_up(store);
}

struct world *world_bare(void)
{
    struct world *w = xcalloc(1, sizeof(*w));
    strcpy(w->dir, "/tmp/tl-store-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    w->loop = loop_new();
    loop_at_turn_end(w->loop, world_check, w);
    return w;
}

void world_connect(struct world *w, const struct store_options *o)
{
    w->store = store_new(w->loop, o);
    world_await(w, world_is_up, w->store);
}

struct world *world_new(bool strict)
{
    struct world *w = world_bare();
    char why[128] = "";
    struct redis_child_options o = {.server = "redis-server", .data_dir = w->dir, .strict = strict};
    w->child = redis_child_new(w->loop, &o, why, sizeof(why));
    assert_string_equal(why, "");
    assert_non_null(w->child);
    struct store_options options = {.url = redis_child_url(w->child), .owned = true, .strict = strict};
    world_connect(w, &options);
    return w;
}

static int world_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static void world_stopped(void *arg)
{
    *(bool *)arg = true;
}

static bool world_flag(void *arg)
{
    return *(bool *)arg;
}

void world_free(struct world *w)
{
    bool stopped = false;
    store_free(w->store);
    if (w->child) {
        redis_child_stop(w->child, world_stopped, &stopped);
        world_await(w, world_flag, &stopped);
        redis_child_free(w->child);
    }
    loop_free(w->loop);
    nftw(w->dir, world_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(w);
}

// ---- answers ----

void answer_placed(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct answer *a = module;
    assert_int_equal(token, 7);
    a->calls++;
    a->done = 1;
    a->e = e;
    a->p = *p;
}

void answer_lease(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    struct answer *a = module;
    assert_int_equal(token, 7);
    a->calls++;
    a->done = 1;
    a->e = e;
    if (l)
        a->lease = *l;
}

void answer_place(void *module, uint64_t token, enum tl_err e, const struct store_place *p)
{
    struct answer *a = module;
    assert_int_equal(token, 7);
    a->calls++;
    a->done = 1;
    a->e = e;
    a->place = *p;
}

void answer_outgoing(void *module, uint64_t token, enum tl_err e, const struct store_outgoing *o)
{
    struct answer *a = module;
    assert_int_equal(token, 7);
    assert_false(a->done);
    a->e = e;
    if (o) {
        assert_in_range(a->out_n, 0, 7);
        a->out[a->out_n++] = *o; // its texts are gone after this callback
    } else {
        a->calls++;
        a->done = 1;
    }
}

void answer_entries(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct answer *a = module;
    assert_int_equal(token, 7);
    a->calls++;
    a->done = 1;
    a->e = e;
    a->n = n;
    for (size_t i = 0; i < n && i < 64; i++) {
        a->v[i].number = v[i].number;
        a->v[i].len = v[i].len;
        memcpy(a->v[i].text, v[i].p, v[i].len < 255 ? v[i].len : 255);
    }
}

void answer_memory(void *module, uint64_t token, enum tl_err e, uint64_t used, uint64_t max)
{
    struct answer *a = module;
    assert_int_equal(token, 7);
    a->calls++;
    a->done = 1;
    a->e = e;
    a->used = used;
    a->max = max;
}

static bool answer_done(void *arg)
{
    return ((struct answer *)arg)->done;
}

void world_answer(struct world *w, struct answer *a)
{
    world_await(w, answer_done, a);
    assert_int_equal(a->calls, 1);
}

const char *answer_field(const struct answer *a, const char *name)
{
    for (size_t i = 0; i + 1 < a->n; i += 2)
        if (strcmp(a->v[i].text, name) == 0)
            return a->v[i + 1].text;
    return NULL;
}

struct store_ingest world_event(const char *id, const char *digest, const char *handle)
{
    return (struct store_ingest){.tenant = TENANT,
                                 .account = "sms-1",
                                 .id = id,
                                 .digest = digest,
                                 .handle = handle,
                                 .channel = 2,
                                 .contact = true,
                                 .display_name = "Ann",
                                 .join_ms = 3600000,
                                 .reopen_ms = 3600000,
                                 .seen_seconds = 3600,
                                 .entry = "\x20\x02",
                                 .entry_len = 2,
                                 .input = INPUT,
                                 .input_len = 2};
}

void world_ingest(struct world *w, const struct store_ingest *i, struct answer *a)
{
    memset(a, 0, sizeof(*a));
    store_ingest(w->store, i, answer_placed, a, 7);
    assert_int_equal(a->calls, 0); // never from inside the call
    world_answer(w, a);
}
