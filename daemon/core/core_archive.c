// SPDX-License-Identifier: Apache-2.0
// The archive kept by the node that leads: now and then a forked child brings the folder up to the newest snapshot, and the log is trimmed in Redis no
// further than the archive goes. The parent forks, hears, and never touches the folder, so that a slow disk holds up nothing. A child that dies,
// or its daemon with it, leaves the folder whole; the next one goes on. A folder that is damaged or of another log is told, in the log, the
// metrics and /readyz?verbose, and tried again; until it is well nothing is trimmed.
#include "daemon/core/core_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/core_private.h"

enum { ARCHIVE_LOOK = 250, ARCHIVE_AGAIN = 5000, ARCHIVE_RETRY = 60000, ARCHIVE_SILENT = 3600000 };

// ---- hearing ----

static void archive_take(struct core *c, const struct archive_word *w)
{
    struct core_archive *a = &c->archive;
    bool same = strcmp(w->why, a->last.why) == 0;
    bool began = w->end.last && w->end.first > w->end.last && !a->last.end.last;
    a->heard_at = loop_now(c->loop);
    a->good = !*w->why;
    if (a->good || w->end.last)
        a->last.end = w->end;
    metric_add(a->segments, (double)(w->segments - a->counted));
    a->counted = w->segments;
    memcpy(a->last.why, w->why, sizeof w->why);
    metric_set(a->ok, a->good);
    if (a->good)
        metric_set(a->input, (double)w->end.last);
    else
        metric_add(a->failures, 1);
    if (a->good && began)
        tl_log(LOG_WARN, "log_archive_begins_late", LS("tenant", c->o.tenant), LN("after", w->end.last));
    if (!a->good && !same)
        tl_log(LOG_ERROR, "log_not_archived", LS("tenant", c->o.tenant), LS("why", w->why));
}

static void archive_hear(struct core *c)
{
    struct archive_word w;
    while (read(c->archive.words, &w, sizeof w) == (ssize_t)sizeof w)
        archive_take(c, &w);
}

static void archive_ended(struct core *c, int status)
{
    struct core_archive *a = &c->archive;
    archive_hear(c);
    close(a->words);
    a->words = -1;
    a->child = 0;
    a->done_at = loop_now(c->loop);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && a->counted)
        tl_log(LOG_INFO, "log_archived", LS("tenant", c->o.tenant), LN("input", a->last.end.last),
               LN("segments", a->counted));
    else if (WIFSIGNALED(status))
        tl_log(LOG_WARN, "log_archiving_died", LS("tenant", c->o.tenant), LN("signal", WTERMSIG(status)));
}

static void archive_look(struct core *c)
{
    int status = 0;
    archive_hear(c);
    pid_t pid = waitpid(c->archive.child, &status, WNOHANG);
    if (pid != 0)
        archive_ended(c, status);
    else if (!core_leader(c) || loop_now(c->loop) - c->archive.heard_at > ARCHIVE_SILENT)
        kill(c->archive.child, SIGKILL);
}

// ---- beginning ----

static void archive_fork(struct core *c)
{
    struct core_archive *a = &c->archive;
    int words[2];
    a->done_at = loop_now(c->loop);
    if (pipe2(words, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        archive_child(c, words[1], parent);
    close(words[1]);
    if (pid < 0) {
        tl_log(LOG_WARN, "log_archiving_not_forked", LS("tenant", c->o.tenant), LS("why", strerror(errno)));
        close(words[0]);
        return;
    }
    a->child = pid;
    a->heard_at = a->done_at;
    a->words = words[0];
    a->counted = 0;
}

static uint64_t archive_newest(const struct core *c)
{
    return c->snapshot.done > c->place.log.snapshot ? c->snapshot.done : c->place.log.snapshot;
}

static bool archive_due(struct core *c)
{
    struct core_archive *a = &c->archive;
    bool leads = core_writing(c), begins = leads && !a->led;
    a->led = leads;
    if (begins) // another may have led, and archived, meanwhile
        a->good = false;
    if (!leads)
        return false;
    int64_t since = loop_now(c->loop) - a->done_at;
    if (!a->good)
        return begins || since >= (*a->last.why ? ARCHIVE_RETRY : ARCHIVE_AGAIN);
    uint64_t newest = archive_newest(c);
    return newest > a->last.end.last &&
           (newest - a->last.end.last >= (uint64_t)c->o.snapshot_every || since >= c->o.archive_ms);
}

static void archive_on_timer(void *arg)
{
    struct core *c = arg;
    loop_timer_set(c->archive.timer, ARCHIVE_LOOK);
    if (c->archive.child)
        archive_look(c);
    else if (archive_due(c))
        archive_fork(c);
}

// ---- trimming ----

// The archive's last input stays in the log: by it the archive knows that it goes on with the same log.
uint64_t archive_trim(struct core *c, uint64_t upto)
{
    struct core_archive *a = &c->archive;
    if (!a->timer)
        return upto;
    uint64_t last = a->good && a->last.end.last ? a->last.end.last - 1 : 0;
    uint64_t most = upto < last ? upto : last;
    metric_set(a->withheld, (double)(upto - most));
    if (most < upto)
        tl_log(LOG_WARN, "log_not_trimmed", LS("tenant", c->o.tenant), LN("old", upto), LN("archived", last));
    return most;
}

// ---- life ----

const char *core_archive_trouble(const struct core *c)
{
    return c->archive.timer && core_leader(c) && *c->archive.last.why ? c->archive.last.why : NULL;
}

static void archive_metrics(struct core *c)
{
    struct core_archive *a = &c->archive;
    char *labels = xasprintf("tenant=\"%s\"", c->o.tenant);
    a->input = metric_get(METRIC_GAUGE, "throughline_log_archive_input", "Last input in the log's archive.", labels);
    a->segments = metric_get(METRIC_COUNTER, "throughline_log_archive_segments_total", "Segments archived.", labels);
    a->failures =
        metric_get(METRIC_COUNTER, "throughline_log_archive_failures_total", "Times that archiving failed.", labels);
    a->ok = metric_get(METRIC_GAUGE, "throughline_log_archive_ok", "1 while the log's archive is whole.", labels);
    a->withheld =
        metric_get(METRIC_GAUGE, "throughline_log_archive_withheld_inputs",
                   "Inputs old enough to be trimmed from Redis that stay because they are not archived.", labels);
    free(labels);
}

void archive_start(struct core *c)
{
    struct core_archive *a = &c->archive;
    a->words = -1;
    if (!c->o.archive)
        return;
    archive_metrics(c);
    a->done_at = loop_now(c->loop);
    a->timer = loop_timer_new(c->loop, archive_on_timer, c);
    loop_timer_set(a->timer, ARCHIVE_LOOK);
}

void archive_stop(struct core *c)
{
    struct core_archive *a = &c->archive;
    if (!a->timer)
        return;
    loop_timer_free(a->timer);
    if (a->child) {
        kill(a->child, SIGKILL);
        waitpid(a->child, NULL, 0);
    }
    if (a->words >= 0)
        close(a->words);
}
