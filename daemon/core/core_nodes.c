// SPDX-License-Identifier: Apache-2.0
// Nodes and their leases. This node beats its own, with boot id and fold version; the leader watches all of them, and when one stands still
// for the lease time it logs that boot's loss, then takes the lease away. The same boot may be reported twice; the router does not mind.
// A starting node reports its own former boot itself, from the file it left, and is not ready before that is in the log. A node that reads
// of its own loss while it lives (it was stopped for a while) has every session start afresh.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/id.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/core_private.h"

enum { NODES_RETRY = 100 };

struct watched_node {
    struct watched_node *next;
    struct store_lease lease;
    int64_t moved_at;
    bool listed; // in the listing under way
    uint32_t fold;
    enum { NODE_BEATS, NODE_LOGGING, NODE_TAKING } state;
};

// ---- the boot file ----

static char *read_former(const char *path)
{
    char text[80] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return NULL;
    text[strcspn(text, "\n")] = '\0';
    return text[0] ? xstrdup(text) : NULL;
}

static void write_boot(const struct core *c)
{
    char *path = core_path(c, "boot"), *fresh = xasprintf("%s.new", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t len = strlen(c->o.boot);
    bool ok = fd >= 0 && write(fd, c->o.boot, len) == (ssize_t)len && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    if (!ok || rename(fresh, path) != 0)
        tl_log(LOG_WARN, "boot_not_noted", LS("path", path), LS("why", strerror(errno)));
    free(fresh);
    free(path);
}

static void append_lost(struct core *c, const char *boot, const struct store_lease *fence, store_placed_fn *fn,
                        uint64_t token)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__NodeLost lost = THROUGHLINE__V1__NODE_LOST__INIT;
    uint8_t packed[512];
    lost.boot = (char *)boot;
    in.boot = (char *)c->o.boot;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_NODE_LOST;
    in.node_lost = &lost;
    if (throughline__v1__input__get_packed_size(&in) > sizeof packed)
        return;
    size_t len = throughline__v1__input__pack(&in, packed);
    store_append(c->store, c->o.tenant, fence, 0, packed, len, fn, core_module(c), token);
}

static void on_former_logged(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct core *c = core_find(module);
    (void)token, (void)p;
    if (!c)
        return;
    c->nodes.reporting = false;
    if (e != TL_OK)
        return; // the timer tries again
    write_boot(c);
    c->nodes.former_pending = false;
}

// Once the place in the log is known, and in a log that has begun: in an empty one nobody can be lost.
static void report_former(struct core *c)
{
    if (!c->nodes.former_pending || c->nodes.reporting || c->place.phase != CORE_READING)
        return;
    c->nodes.reporting = true;
    append_lost(c, c->nodes.former, NULL, on_former_logged, 0);
}

// ---- the leader's watch ----

static struct watched_node *find_node(struct core *c, const char *name)
{
    struct watched_node *n = c->nodes.watched;
    while (n && strcmp(n->lease.name, name) != 0)
        n = n->next;
    return n;
}

static void see(struct core *c, const struct store_lease *l)
{
    struct watched_node *n = find_node(c, l->name);
    unsigned fold = 0;
    if (!n) {
        n = xcalloc(1, sizeof *n);
        n->next = c->nodes.watched;
        c->nodes.watched = n;
    }
    if (n->lease.epoch != l->epoch || n->lease.nonce != l->nonce || n->lease.beat != l->beat ||
        strcmp(n->lease.holder, l->holder) != 0) {
        n->lease = *l;
        n->moved_at = loop_now(c->loop);
        n->state = NODE_BEATS;
    }
    n->listed = true;
    n->fold = sscanf(l->detail, "fold=%u", &fold) == 1 ? fold : 0;
}

static void on_given(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    (void)module, (void)token, (void)e, (void)l;
}

static void on_taken(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    struct core *c = core_find(module);
    if (!c)
        return;
    for (struct watched_node *n = c->nodes.watched; n && e != TL_OK; n = n->next)
        if (n->state == NODE_TAKING && n->lease.nonce == token)
            n->state = NODE_BEATS; // the next look tries again
    if (e == TL_OK && l)
        store_lease_give(c->store, c->o.tenant, l, on_given, core_module(c), 0);
}

static void on_lost_logged(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct core *c = core_find(module);
    (void)p;
    if (!c)
        return;
    for (struct watched_node *n = c->nodes.watched; n; n = n->next) {
        if (n->state != NODE_LOGGING || n->lease.nonce != token)
            continue;
        n->state = NODE_BEATS;
        if (e != TL_OK)
            continue; // the next look tries again
        n->state = NODE_TAKING;
        store_lease_take(c->store, c->o.tenant, &n->lease, c->o.boot, id_random_u64(), "", on_taken, core_module(c),
                         token);
    }
    if (e == TL_FENCED)
        keeper_fenced(c->leader.lease);
}

static void judge(struct core *c, struct watched_node *n)
{
    if (n->state != NODE_BEATS || n->lease.holder[0] == '\0' || strcmp(n->lease.holder, c->o.boot) == 0 ||
        loop_now(c->loop) - n->moved_at < c->o.lease_ms)
        return;
    tl_log(LOG_WARN, "node_lost", LS("tenant", c->o.tenant), LS("lease", n->lease.name), LS("boot", n->lease.holder));
    n->state = NODE_LOGGING;
    append_lost(c, n->lease.holder, keeper_lease(c->leader.lease), on_lost_logged, n->lease.nonce);
}

static void end_listing(struct core *c)
{
    uint32_t least = UINT32_MAX;
    for (struct watched_node **at = &c->nodes.watched; *at;) {
        struct watched_node *n = *at;
        if (!n->listed) {
            *at = n->next;
            free(n);
            continue;
        }
        n->listed = false;
        if (n->lease.holder[0] && n->fold < least)
            least = n->fold;
        judge(c, n);
        at = &n->next;
    }
    c->nodes.fold_least = least == UINT32_MAX ? 0 : least;
    leader_batch_end(c);
}

static void on_listed(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    struct core *c = core_find(module);
    (void)token;
    if (!c)
        return;
    if (l) {
        see(c, l);
        return;
    }
    c->nodes.listing = false;
    if (e == TL_OK && core_writing(c))
        end_listing(c);
}

static void on_timer(void *arg)
{
    struct core *c = arg;
    loop_timer_set(c->nodes.timer, c->nodes.former_pending ? NODES_RETRY : c->o.lease_ms / 4 + 1);
    report_former(c);
    if (c->nodes.listing || !core_writing(c))
        return;
    c->nodes.listing = true;
    store_lease_list(c->store, c->o.tenant, "node:", on_listed, core_module(c), 0);
}

void nodes_fold(struct core *c, const Throughline__V1__Input *m)
{
    if (m->kind_case != THROUGHLINE__V1__INPUT__KIND_NODE_LOST)
        return;
    for (unsigned l = 0; l < c->listeners_n; l++)
        if (c->listeners[l].node_lost)
            c->listeners[l].node_lost(c->listeners[l].ctx);
    if (strcmp(m->node_lost->boot, c->o.boot) != 0 || c->draining || c->folded <= c->place.live_from)
        return;
    tl_log(LOG_WARN, "taken_for_lost", LS("tenant", c->o.tenant), LN("input", c->folded));
    c->nodes.lost_self = true;
}

void nodes_batch_end(struct core *c)
{
    if (!c->nodes.lost_self)
        return;
    c->nodes.lost_self = false;
    metric_add(c->m.resets, 1);
    for (unsigned l = 0; l < c->listeners_n; l++)
        if (c->listeners[l].reset)
            c->listeners[l].reset(c->listeners[l].ctx);
}

// ---- life ----

static void detail(void *ctx, char *out, unsigned size)
{
    const struct core *c = ctx;
    snprintf(out, size, "fold=%u input=%llu lag=%lld", ROUTER_FOLD_VERSION, (unsigned long long)c->folded,
             (long long)core_lag_ms(c));
}

static void changed(void *ctx, bool held)
{
    const struct core *c = ctx;
    tl_log(LOG_DEBUG, held ? "node_lease_held" : "node_lease_lost", LS("tenant", c->o.tenant));
}

void nodes_open(struct core *c)
{
    char *path = core_path(c, "boot"), *name = xasprintf("node:%s", c->o.node);
    c->nodes.former = read_former(path);
    c->nodes.former_pending = c->nodes.former != NULL;
    if (!c->nodes.former)
        write_boot(c);
    c->nodes.own = keeper_new(c->loop, c->store,
                              &(struct keeper_options){
                                  .tenant = c->o.tenant,
                                  .name = name,
                                  .holder = c->o.boot,
                                  .former = c->nodes.former,
                                  .lease_ms = c->o.lease_ms,
                                  .ctx = c,
                                  .detail = detail,
                                  .changed = changed,
                              });
    c->nodes.timer = loop_timer_new(c->loop, on_timer, c);
    loop_timer_set(c->nodes.timer, 0);
    free(name);
    free(path);
}

void nodes_close(struct core *c)
{
    keeper_free(c->nodes.own);
    loop_timer_free(c->nodes.timer);
    while (c->nodes.watched) {
        struct watched_node *n = c->nodes.watched;
        c->nodes.watched = n->next;
        free(n);
    }
    free(c->nodes.former);
}

// ---- drain: sessions here go into grace now, then the leases go back ----

static void on_all_given(void *ctx)
{
    struct core *c = ctx;
    void (*drained)(void *) = c->drained;
    c->drained = NULL;
    if (drained)
        drained(c->drained_arg);
}

static void on_leader_given(void *ctx)
{
    struct core *c = ctx;
    keeper_give(c->nodes.own, on_all_given);
}

static void on_own_loss(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct core *c = core_find(module);
    (void)token, (void)p;
    if (!c)
        return;
    if (e == TL_OK) {
        char *path = core_path(c, "boot");
        unlink(path);
        free(path);
    }
    keeper_give(c->leader.lease, on_leader_given);
}

void nodes_drain(struct core *c)
{
    append_lost(c, c->o.boot, NULL, on_own_loss, 0);
}
