// SPDX-License-Identifier: Apache-2.0
// The media store's life. Removing files by age waits on the disk, so it is a worker's job: one slice of 256 a minute, each file is looked at
// every four hours or so. What cannot be done now is done in the next round.
#include "daemon/attachments.h"

#include <stdlib.h>
#include <time.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/workers.h"
#include "daemon/config/config.h"
#include "daemon/media/media.h"

#define SLICE_MS 60000

struct attachments {
    struct media *media;
    struct workers *workers;
    struct loop_timer *timer;
    unsigned slice;
    size_t removed; // by the last round
    struct metric *bytes, *removed_total;
};

static void clean(void *arg)
{
    struct attachments *a = arg;
    a->removed = media_clean(a->media, a->slice, time(NULL));
}

static void on_cleaned(void *arg)
{
    struct attachments *a = arg;
    a->slice++;
    metric_add(a->removed_total, (double)a->removed);
    metric_set(a->bytes, (double)media_bytes(a->media));
    if (a->removed)
        tl_log(LOG_INFO, "media_removed", LN("files", a->removed));
    loop_timer_set(a->timer, SLICE_MS);
}

static void on_timer(void *arg)
{
    struct attachments *a = arg;
    if (!workers_do(a->workers, clean, on_cleaned, a))
        loop_timer_set(a->timer, SLICE_MS);
}

struct attachments *attachments_new(struct loop *loop, struct workers *workers, const struct config *c,
                                    const char *data_dir, char *why, size_t why_len)
{
    char *dir = c->media.dir ? xstrdup(c->media.dir) : xasprintf("%s/media", data_dir);
    struct media *media = media_new(
        &(struct media_options){
            .dir = dir,
            .total_max = (uint64_t)c->media.total_max,
            .file_max = (uint64_t)c->media.file_max,
            .keep_days = c->media.keep_days,
            .allow = (const char *const *)c->media.allow.v,
            .allow_n = c->media.allow.n,
            .deny = (const char *const *)c->media.deny.v,
            .deny_n = c->media.deny.n,
        },
        why, why_len);
    free(dir);
    if (!media)
        return NULL;
    struct attachments *a = xcalloc(1, sizeof *a);
    *a = (struct attachments){.media = media, .workers = workers};
    a->bytes = metric_get(METRIC_GAUGE, "throughline_media_bytes", "Bytes of all attachments that are kept.", "");
    a->removed_total =
        metric_get(METRIC_COUNTER, "throughline_media_removed_total", "Attachments removed for their age.", "");
    a->timer = loop_timer_new(loop, on_timer, a);
    loop_timer_set(a->timer, 0);
    return a;
}

struct media *attachments_media(struct attachments *a)
{
    return a->media;
}

void attachments_free(struct attachments *a)
{
    if (!a)
        return;
    loop_timer_free(a->timer);
    media_free(a->media);
    free(a);
}
