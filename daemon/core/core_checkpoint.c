// SPDX-License-Identifier: Apache-2.0
// Divergence is noticed: the leader appends a checkpoint while things happen, every node hashes its state at that very input, the leader
// logs the hash it got, and a node that got another raises the alarm, writes its state to a file for people to look at, and loads the fold anew. The leader's hash is
// the right one by definition: what it wrote is what the world has seen.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/write.h"
#include "daemon/core/core_private.h"

static bool dump_write(void *ctx, const void *bytes, size_t len)
{
    return write_all(*(const int *)ctx, bytes, len);
}

static void dump(struct core *c)
{
    char *path = core_path(c, "diverged");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && router_snapshot(c->router, dump_write, &fd);
    if (fd >= 0)
        close(fd);
    tl_log(ok ? LOG_INFO : LOG_WARN, ok ? "diverged_state_written" : "diverged_state_not_written", LS("path", path));
    free(path);
}

static void compare(struct core *c, const Throughline__V1__StateHash *m)
{
    for (unsigned i = 0; i < CORE_CHECKPOINTS; i++) {
        if (c->checkpoint.v[i].input != m->input || c->checkpoint.v[i].hash == m->hash)
            continue;
        tl_log(LOG_ERROR, "fold_diverged", LS("tenant", c->o.tenant), LN("input", m->input));
        metric_add(c->m.diverged, 1);
        if (c->folded <= c->place.live_from)
            return; // history: this fold was loaded just now, and loading it again would meet the same
        dump(c);
        core_reload(c, "the fold has diverged");
        return;
    }
}

static void on_appended(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct core *c = core_find(module);
    (void)token, (void)p;
    if (!c)
        return;
    c->checkpoint.flying = false;
    if (e == TL_FENCED)
        keeper_fenced(c->leader.lease);
}

static void append(struct core *c, Throughline__V1__Input *in)
{
    uint8_t packed[256];
    in->boot = (char *)c->o.boot;
    if (throughline__v1__input__get_packed_size(in) > sizeof packed)
        return;
    size_t len = throughline__v1__input__pack(in, packed);
    c->checkpoint.flying = true;
    store_append(c->store, c->o.tenant, keeper_lease(c->leader.lease), 0, packed, len, on_appended, core_module(c), 0);
}

static void remember(struct core *c)
{
    struct core_checkpoint *k = &c->checkpoint;
    k->hash = router_hash(c->router);
    k->v[k->next % CORE_CHECKPOINTS].input = c->folded;
    k->v[k->next % CORE_CHECKPOINTS].hash = k->hash;
    k->next++;
    if (!core_writing(c))
        return;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__StateHash state = THROUGHLINE__V1__STATE_HASH__INIT;
    state.input = c->folded;
    state.hash = k->hash;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_STATE_HASH;
    in.state_hash = &state;
    append(c, &in);
}

void checkpoint_fold(struct core *c, const Throughline__V1__Input *m)
{
    if (m->kind_case == THROUGHLINE__V1__INPUT__KIND_CHECKPOINT) {
        c->checkpoint.dirty = false;
        remember(c);
    } else if (m->kind_case == THROUGHLINE__V1__INPUT__KIND_STATE_HASH) {
        compare(c, m->state_hash);
    } else {
        c->checkpoint.dirty = true;
    }
}

static void on_timer(void *arg)
{
    struct core *c = arg;
    loop_timer_set(c->checkpoint.timer, c->o.checkpoint_ms);
    if (!core_writing(c) || c->checkpoint.flying || !c->checkpoint.dirty)
        return;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__Checkpoint checkpoint = THROUGHLINE__V1__CHECKPOINT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_CHECKPOINT;
    in.checkpoint = &checkpoint;
    append(c, &in);
    apply_want(c, c->folded);
}

void checkpoint_reset(struct core *c)
{
    memset(c->checkpoint.v, 0, sizeof c->checkpoint.v);
    c->checkpoint.dirty = false;
}

void checkpoint_open(struct core *c)
{
    c->checkpoint.timer = loop_timer_new(c->loop, on_timer, c);
    loop_timer_set(c->checkpoint.timer, c->o.checkpoint_ms);
}

void checkpoint_close(struct core *c)
{
    loop_timer_free(c->checkpoint.timer);
}
