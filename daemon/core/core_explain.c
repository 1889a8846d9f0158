// SPDX-License-Identifier: Apache-2.0
// A decision of the past with every agent named, by a forked child: it takes the newest state from before that decision (of the two snapshots in
// Redis, else of the archive, else none at all), folds the inputs up to it, and leaves the record in a piece of shared memory. The loop goes on
// meanwhile; the parent looks now and then whether the child has ended. One child at a time; it dies with its parent.
#include "daemon/core/core_explain.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/core/core_private.h"
#include "daemon/core/past.h"

enum { EXPLAIN_LOOK = 5, EXPLAIN_MOST = 120000 };

// ---- in the child ----

struct explain_job {
    struct core *core;
    struct past past;
    struct store_past *redis;
    uint64_t missing; // the first input that the log has after a gap
    bool failed;
};

static bool explain_input(void *ctx, uint64_t number, const void *bytes, size_t len)
{
    struct explain_job *j = ctx;
    if (number != j->past.folded + 1)
        j->missing = number;
    else
        j->failed = !past_fold(&j->past, number, bytes, len, void_has(j->core, number));
    return !j->missing && !j->failed && j->past.folded < j->past.input;
}

// Begins with a snapshot in Redis, if it is old enough and can be read.
static bool explain_snapshot(struct explain_job *j, bool before)
{
    void *meta, *state;
    size_t meta_len, state_len;
    uint64_t input;
    bool there = store_past_snapshot(j->redis, before, &input, &meta, &meta_len, &state, &state_len) && meta;
    bool begun = there && input < j->past.input && past_begin(&j->past, input, state, state_len);
    free(meta);
    free(state);
    return begun;
}

static bool explain_begin(struct explain_job *j)
{
    const char *archive = j->core->o.archive;
    if (explain_snapshot(j, false) || explain_snapshot(j, true))
        return true;
    if (archive && past_from_archive(&j->past, archive))
        return true;
    return past_begin(&j->past, 0, NULL, 0);
}

static const char *explain_fold(struct explain_job *j)
{
    uint32_t n = 1;
    while (j->past.folded < j->past.input && n > 0) {
        if (!store_past_inputs(j->redis, j->past.folded, explain_input, j, &n))
            return "redis: the log cannot be read";
        if (j->failed)
            return j->past.why;
        if (j->missing)
            return "the inputs before it are neither in Redis any more nor in an archive";
    }
    return j->past.folded < j->past.input ? "the log does not go so far"
           : j->past.decision             ? NULL
                                          : "there is no decision with this id";
}

// Where the work had come to its queue at an earlier input than that of the decision: why not to one before. As far as the log goes back.
static void explain_entry(struct explain_job *of)
{
    const Throughline__V1__Decision *d = of->past.decision;
    struct explain_job j = {
        .core = of->core, .redis = of->redis, .past = {.input = d->entered->input, .work = d->work}};
    if (d->entered->input == d->input || !explain_begin(&j))
        return;
    explain_fold(&j);
    past_passed(&j.past, of->past.decision);
}

static void explain_write(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n <= 0)
            _exit(5);
        p += n;
        len -= (size_t)n;
    }
}

static void explain_child(struct core *c, int fd, pid_t parent) __attribute__((noreturn));
static void explain_child(struct core *c, int fd, pid_t parent)
{
    struct explain_job j = {.core = c, .past = {.input = c->explain.input, .index = c->explain.index}};
    char trouble[256] = "";
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(4);
    signal(SIGPIPE, SIG_IGN);
    // Sockets and locks of the daemon are not the child's to keep open.
    if (fd > 3)
        close_range(3, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0u, 0);
    j.redis = store_past_open(&c->o.store, c->o.tenant, trouble, sizeof trouble);
    const char *why = !j.redis ? trouble : !explain_begin(&j) ? j.past.why : explain_fold(&j);
    if (why) {
        explain_write(fd, why, strlen(why));
        _exit(1);
    }
    explain_entry(&j);
    size_t len = throughline__v1__decision__get_packed_size(j.past.decision);
    uint8_t *packed = xcalloc(1, len + 1);
    throughline__v1__decision__pack(j.past.decision, packed);
    explain_write(fd, packed, len);
    _exit(0);
}

// ---- in the parent ----

static void explain_answer(struct core *c, enum tl_err e, const void *bytes, size_t len)
{
    struct core_explain x = c->explain;
    char why[512];
    c->explain.child = 0;
    close(x.fd);
    snprintf(why, sizeof why, "%.*s", e == TL_OK ? 0 : (int)(len < sizeof why ? len : sizeof why - 1),
             bytes ? (const char *)bytes : "");
    x.fn(x.module, x.token, e, why, bytes, e == TL_OK ? len : 0);
}

static void explain_ended(struct core *c, int status)
{
    struct stat st = {0};
    bool told = WIFEXITED(status) && WEXITSTATUS(status) <= 1 && fstat(c->explain.fd, &st) == 0 && st.st_size > 0;
    size_t len = (size_t)st.st_size;
    void *bytes = told ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, c->explain.fd, 0) : MAP_FAILED;
    if (bytes == MAP_FAILED) {
        tl_log(LOG_WARN, "explaining_died", LS("tenant", c->o.tenant), LN("input", c->explain.input),
               LN("status", status));
        explain_answer(c, TL_UNAVAILABLE, NULL, 0);
        return;
    }
    explain_answer(c, WEXITSTATUS(status) == 0 ? TL_OK : TL_ABSENT, bytes, len);
    munmap(bytes, len);
}

static void explain_on_timer(void *arg)
{
    struct core *c = arg;
    int status = 0;
    pid_t pid = waitpid(c->explain.child, &status, WNOHANG);
    if (pid != 0) {
        explain_ended(c, status);
        return;
    }
    if (loop_now(c->loop) - c->explain.started > EXPLAIN_MOST)
        kill(c->explain.child, SIGKILL);
    loop_timer_set(c->explain.timer, EXPLAIN_LOOK);
}

bool core_explain(struct core *c, uint64_t input, uint32_t index, core_explain_fn *fn, void *module, uint64_t token)
{
    struct core_explain *x = &c->explain;
    if (x->child)
        return false;
    int fd = memfd_create("decision", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    *x = (struct core_explain){.timer = x->timer,
                               .fd = fd,
                               .input = input,
                               .index = index,
                               .started = loop_now(c->loop),
                               .fn = fn,
                               .module = module,
                               .token = token};
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        explain_child(c, fd, parent);
    if (pid < 0) {
        tl_log(LOG_WARN, "explaining_not_forked", LS("tenant", c->o.tenant), LS("why", strerror(errno)));
        close(fd);
        return false;
    }
    x->child = pid;
    if (!x->timer)
        x->timer = loop_timer_new(c->loop, explain_on_timer, c);
    loop_timer_set(x->timer, EXPLAIN_LOOK);
    return true;
}

void explain_stop(struct core *c)
{
    struct core_explain *x = &c->explain;
    if (x->timer)
        loop_timer_free(x->timer);
    if (!x->child)
        return;
    kill(x->child, SIGKILL);
    waitpid(x->child, NULL, 0);
    close(x->fd);
}
