// SPDX-License-Identifier: Apache-2.0
// The child that archives: with a blocking connection of its own it reads what the log has beyond the archive, up to the newest snapshot, and
// puts it into the folder as segments, and the snapshot beside the last. What a snapshot holds cannot be voided any more, so it is final.
//
// An archive goes on only with the log that it ends in: the log must still have its last input, the very same. An empty one begins with input 1,
// or, if that is trimmed, with the newest snapshot. What fails is told to the parent in one line; the folder stays as it was.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/loop.h"
#include "daemon/core/core_archive.h"
#include "daemon/core/core_private.h"

enum { ARCHIVE_INPUTS = 100000, ARCHIVE_BYTES = 64 << 20 };

struct archive_job {
    struct core *core;
    struct archive archive;
    struct store_past *past;
    int words;
    uint64_t segments;
    uint64_t upto; // the newest snapshot's input
    void *meta, *state;
    size_t meta_len, state_len;
    uint8_t *frames;
    size_t len, cap;
    uint64_t last;    // input in frames, or archived
    const char *why;  // what is wrong with a page
    uint64_t digest;  // of the input asked for; 0 = the log has it no more
    uint64_t missing; // the first input that the log has after a gap
};

static void job_tell(struct archive_job *j, const char *why)
{
    struct archive_word w = {.end = j->archive.end, .segments = j->segments};
    snprintf(w.why, sizeof w.why, "%s", why);
    if (write(j->words, &w, sizeof w) != (ssize_t)sizeof w)
        _exit(1); // nobody hears
}

static void job_fail(struct archive_job *j, const char *why) __attribute__((noreturn));
static void job_fail(struct archive_job *j, const char *why)
{
    job_tell(j, why);
    _exit(1);
}

// ---- does it follow? ----

static bool job_look(void *ctx, uint64_t number, const void *bytes, size_t len)
{
    struct archive_job *j = ctx;
    if (number == j->archive.end.last)
        j->digest = store_digest(bytes, len);
    return false;
}

static uint64_t job_digest(struct archive_job *j)
{
    const struct archive *a = &j->archive;
    struct log_frame f = {.next = a->last_frame};
    const uint8_t *meta, *state;
    size_t len = 0, meta_len, state_len;
    bool damaged;
    if (a->end.first <= a->end.last)
        return log_frame(a->bytes, a->len, &f, &damaged) ? store_digest(f.body, f.len) : 0;
    uint8_t *image = archive_state(&j->archive, a->end.last, &len);
    if (!image || !snapshot_parts(image, len, &meta, &meta_len, &state, &state_len))
        job_fail(j, image ? "the state that the archive begins with is damaged" : a->why);
    Throughline__V1__Snapshot *m = throughline__v1__snapshot__unpack(NULL, meta_len, meta);
    if (!m)
        job_fail(j, "the state that the archive begins with is damaged");
    return m->digest;
}

static void job_meet(struct archive_job *j)
{
    char why[ARCHIVE_WORD_WHY];
    uint32_t n;
    if (!j->archive.end.last)
        return;
    uint64_t digest = job_digest(j);
    if (!store_past_inputs(j->past, j->archive.end.last - 1, job_look, j, &n))
        job_fail(j, "redis: the log cannot be read");
    if (j->digest == digest)
        return;
    snprintf(
        why, sizeof why,
        "%.120s: the log does not have the archive's last input, %llu, as it stands there: it is another log, or was "
        "trimmed beyond; begin another folder",
        j->archive.folder, (unsigned long long)j->archive.end.last);
    job_fail(j, why);
}

// ---- what is new ----

static bool job_input(void *ctx, uint64_t number, const void *bytes, size_t len)
{
    struct archive_job *j = ctx;
    if (number > j->upto)
        return false;
    if (number != j->last + 1) {
        j->missing = number;
        return false;
    }
    if (j->cap - j->len < len + ARCHIVE_FRAME_HEAD) {
        j->cap = 2 * (j->cap + len + ARCHIVE_FRAME_HEAD);
        j->frames = xrealloc(j->frames, j->cap);
    }
    log_frame_head(j->frames + j->len, number, len, void_has(j->core, number));
    memcpy(j->frames + j->len + ARCHIVE_FRAME_HEAD, bytes, len);
    j->len += ARCHIVE_FRAME_HEAD + len;
    j->last = number;
    return true;
}

static void job_segment(struct archive_job *j)
{
    if (j->len == 0)
        return;
    if (!archive_add(&j->archive, j->frames, j->len))
        job_fail(j, j->archive.why);
    j->len = 0;
    j->segments++;
    job_tell(j, "");
}

static void job_state(struct archive_job *j)
{
    size_t len;
    uint8_t *image = snapshot_image(j->meta, j->meta_len, j->state, j->state_len, &len);
    if (!archive_add_state(&j->archive, j->upto, image, len))
        job_fail(j, j->archive.why);
}

static void job_more(struct archive_job *j)
{
    uint64_t begun = j->last = j->archive.end.last;
    while (j->last < j->upto) {
        uint32_t n = 0;
        if (!store_past_inputs(j->past, j->last, job_input, j, &n))
            job_fail(j, "redis: the log cannot be read");
        if (j->missing && j->last == 0) { // trimmed before there was an archive
            job_state(j);
            return;
        }
        if (j->missing || n == 0)
            job_fail(j, "inputs are missing in the log");
        if (j->last - begun >= ARCHIVE_INPUTS || j->len >= ARCHIVE_BYTES) {
            job_segment(j);
            begun = j->last;
        }
    }
    job_segment(j);
    job_state(j);
}

static void job_open(struct archive_job *j)
{
    char why[ARCHIVE_WORD_WHY] = "";
    bool busy = false;
    const struct archive_mark *known = j->core->archive.good ? &j->core->archive.last.end : NULL;
    if (mkdir(j->core->o.archive, 0750) != 0 && errno != EEXIST) {
        snprintf(why, sizeof why, "%.200s: %s", j->core->o.archive, strerror(errno));
        job_fail(j, why);
    }
    bool ok = archive_lock(&j->archive, j->core->o.archive, &busy) &&
              archive_open(&j->archive, j->core->o.archive, false, known);
    if (!ok && busy)
        _exit(2); // whoever it is, the next time will do
    if (!ok)
        job_fail(j, j->archive.why);
    j->past = store_past_open(&j->core->o.store, j->core->o.tenant, why, sizeof why);
    if (!j->past)
        job_fail(j, why);
    if (!store_past_snapshot(j->past, false, &j->upto, &j->meta, &j->meta_len, &j->state, &j->state_len))
        job_fail(j, "redis: the newest snapshot cannot be read");
}

void archive_child(struct core *c, int words, pid_t parent)
{
    struct archive_job j = {.core = c, .words = words};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(4);
    signal(SIGPIPE, SIG_IGN);
    // Sockets and locks of the daemon are not the child's to keep open.
    if (words > 3)
        close_range(3, (unsigned)words - 1, 0);
    close_range((unsigned)words + 1, ~0u, 0);
    job_open(&j);
    job_meet(&j);
    if (j.meta && j.upto > j.archive.end.last)
        job_more(&j);
    job_tell(&j, "");
    _exit(0);
}
