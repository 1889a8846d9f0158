// SPDX-License-Identifier: Apache-2.0
// Snapshots without a pause: the leader forks, the child serialises its frozen copy of the fold and writes it to Redis over a connection
// of its own, the parent goes on folding and looks now and then whether the child has ended. The child waits for one byte that says that
// the effects of all it has folded are written: so whoever loads the snapshot has nothing to catch up in writing. At most one child; it dies
// with its parent. After a good one, the log is trimmed to what stood there `retain_ms` ago, by marks kept in a document;
// where an archive is kept, no further than that goes.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/core_private.h"

enum { SNAPSHOT_LOOK = 250, SNAPSHOT_CHILD_MOST = 120000, SNAPSHOT_AGE = 600000 };

// ---- in the child ----

static int write_it(struct core *c, const Throughline__V1__Snapshot *meta, int go)
{
    char byte, text[128] = "";
    const char *why = text;
    size_t len;
    unsigned char *state = router_snapshot_bytes(c->router, &len);
    Throughline__V1__Snapshot m = *meta;
    m.hash = router_hash(c->router);
    m.bytes = len;
    uint8_t *head = xcalloc(1, throughline__v1__snapshot__get_packed_size(&m));
    size_t head_len = throughline__v1__snapshot__pack(&m, head);
    if (read(go, &byte, 1) != 1)
        return 2; // the parent is gone, or leads no more
    bool ok = store_snapshot_write(&c->o.store, c->o.tenant, keeper_lease(c->leader.lease), head, head_len, m.input,
                                   state, len, text, sizeof text);
    if (!ok)
        tl_log(LOG_WARN, "snapshot_not_written", LS("tenant", c->o.tenant), LS("why", why));
    return ok ? 0 : 3;
}

static void child(struct core *c, const Throughline__V1__Snapshot *meta, int go, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(4);
    signal(SIGPIPE, SIG_IGN);
    // Sockets and locks of the daemon are not the child's to keep open.
    if (go > 3)
        close_range(3, (unsigned)go - 1, 0);
    close_range((unsigned)go + 1, ~0u, 0);
    _exit(write_it(c, meta, go));
}

// ---- trimming ----

static void on_nothing(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    (void)module, (void)token, (void)e, (void)p;
}

static uint64_t number_of(const struct store_bytes *b)
{
    char text[24] = "";
    if (b->len >= sizeof text)
        return 0;
    memcpy(text, b->p, b->len);
    return strtoull(text, NULL, 10);
}

static void set_mark(struct core *c, uint64_t input, int64_t wall)
{
    char field[24], value[24];
    snprintf(field, sizeof field, "%" PRIu64, input);
    snprintf(value, sizeof value, "%" PRId64, wall);
    store_doc_set(c->store, c->o.tenant, "marks", field, value, wall ? strlen(value) : 0, on_nothing, core_module(c),
                  0);
}

// Marks: input number -> wall time. The latest that is old enough says where the kept part of the log begins.
static void on_marks(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct core *c = core_find(module);
    uint64_t upto = 0;
    (void)token;
    if (!c || e != TL_OK || !core_writing(c))
        return;
    int64_t until = c->wall - c->o.retain_ms;
    for (size_t i = 0; i + 1 < n; i += 2) {
        uint64_t input = number_of(&v[i]);
        if ((int64_t)number_of(&v[i + 1]) <= until && input > upto && input < c->snapshot.before)
            upto = input;
    }
    upto = upto ? archive_trim(c, upto) : 0;
    if (!upto)
        return;
    tl_log(LOG_INFO, "log_trimmed", LS("tenant", c->o.tenant), LN("upto", upto));
    store_trim(c->store, c->o.tenant, upto, on_nothing, core_module(c), 0);
    for (size_t i = 0; i + 1 < n; i += 2)
        if (number_of(&v[i]) <= upto)
            set_mark(c, number_of(&v[i]), 0);
}

// ---- in the parent ----

static void ended(struct core *c, bool ok)
{
    struct core_snapshot *s = &c->snapshot;
    if (s->go >= 0)
        close(s->go);
    s->go = -1;
    s->child = 0;
    s->done_at = loop_now(c->loop);
    if (!ok)
        return;
    tl_log(LOG_INFO, "snapshot_written", LS("tenant", c->o.tenant), LN("input", s->input),
           LN("ms", loop_now(c->loop) - s->started));
    metric_add(c->m.snapshots, 1);
    s->before = s->done;
    s->done = s->input;
    set_mark(c, s->input, s->wall);
    store_doc_all(c->store, c->o.tenant, "marks", on_marks, core_module(c), 0);
}

static void look(struct core *c)
{
    struct core_snapshot *s = &c->snapshot;
    int status = 0;
    if (!core_leader(c) && s->go >= 0) { // the child, left without a word, gives up
        close(s->go);
        s->go = -1;
    }
    pid_t pid = waitpid(s->child, &status, WNOHANG);
    if (pid == 0 && loop_now(c->loop) - s->started > SNAPSHOT_CHILD_MOST)
        kill(s->child, SIGKILL);
    else if (pid != 0)
        ended(c, pid == s->child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void snapshot_applied(struct core *c)
{
    struct core_snapshot *s = &c->snapshot;
    if (!s->child || s->gone || s->go < 0 || c->apply.applied < s->input)
        return;
    s->gone = write(s->go, "g", 1) == 1;
}

void snapshot_cancel(struct core *c)
{
    if (c->snapshot.child)
        kill(c->snapshot.child, SIGKILL); // look() will find that it has ended
}

static void start(struct core *c)
{
    struct core_snapshot *s = &c->snapshot;
    Throughline__V1__Snapshot meta = THROUGHLINE__V1__SNAPSHOT__INIT;
    struct router_stats stats;
    int go[2];
    router_stats(c->router, &stats);
    meta.incarnation = c->place.incarnation;
    meta.input = c->folded;
    meta.fold = stats.fold;
    meta.wall_ms = c->wall;
    meta.digest = store_digest(c->last, c->last_len);
    meta.config_digest = c->config_digest;
    if (pipe2(go, O_CLOEXEC) != 0)
        return;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        child(c, &meta, go[0], parent);
    close(go[0]);
    if (pid < 0) {
        tl_log(LOG_WARN, "snapshot_not_forked", LS("tenant", c->o.tenant), LS("why", strerror(errno)));
        close(go[1]);
        return;
    }
    s->child = pid;
    s->go = go[1];
    s->gone = false;
    s->input = c->folded;
    s->wall = c->wall;
    s->started = loop_now(c->loop);
    apply_want(c, s->input);
    snapshot_applied(c);
}

static bool due(const struct core *c)
{
    const struct core_snapshot *s = &c->snapshot;
    uint64_t since = s->done > c->place.log.snapshot ? s->done : c->place.log.snapshot;
    if (!core_writing(c) || c->last_len == 0 || c->folded <= since)
        return false;
    int64_t age = c->o.archive && c->o.archive_ms < SNAPSHOT_AGE ? c->o.archive_ms : SNAPSHOT_AGE;
    return c->folded - since >= (uint64_t)c->o.snapshot_every || loop_now(c->loop) - s->done_at >= age;
}

static void on_timer(void *arg)
{
    struct core *c = arg;
    loop_timer_set(c->snapshot.timer, SNAPSHOT_LOOK);
    if (c->snapshot.child)
        look(c);
    else if (due(c))
        start(c);
}

void snapshot_open(struct core *c)
{
    c->snapshot.go = -1;
    c->snapshot.done_at = loop_now(c->loop);
    c->snapshot.timer = loop_timer_new(c->loop, on_timer, c);
    loop_timer_set(c->snapshot.timer, SNAPSHOT_LOOK);
}

void snapshot_close(struct core *c)
{
    struct core_snapshot *s = &c->snapshot;
    loop_timer_free(s->timer);
    if (s->go >= 0)
        close(s->go);
    if (s->child) {
        kill(s->child, SIGKILL);
        waitpid(s->child, NULL, 0);
    }
}
