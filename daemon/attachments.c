// SPDX-License-Identifier: Apache-2.0
// The media store's life. Removing files by age waits on the disk, so it is a worker's job: one slice of 256 a minute, each file is looked at
// every four hours or so. What cannot be done now is done in the next round.
#include "daemon/attachments.h"

#include <stdlib.h>
#include <time.h>

#include "daemon/accounts/fetch.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/workers.h"
#include "daemon/config/config.h"
#include "daemon/media/media_show.h"
#include "daemon/serve.h"

#define SLICE_MS 60000

struct attachments {
    struct media *media;
    struct fetcher *fetcher;
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

static struct media *open_media(const struct daemon *d, char *why, size_t why_len)
{
    const struct config *c = d->config;
    char *dir = c->media.dir ? xstrdup(c->media.dir) : xasprintf("%s/media", serve_data_dir(d));
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
    return media;
}

struct attachments *attachments_new(struct daemon *d, char *why, size_t why_len)
{
    struct media *media = open_media(d, why, why_len);
    if (!media)
        return NULL;
    struct attachments *a = xcalloc(1, sizeof *a);
    *a = (struct attachments){.media = media, .workers = d->workers};
    a->bytes = metric_get(METRIC_GAUGE, "throughline_media_bytes", "Bytes of all attachments that are kept.", "");
    a->removed_total =
        metric_get(METRIC_COUNTER, "throughline_media_removed_total", "Attachments removed for their age.", "");
    a->timer = loop_timer_new(d->loop, on_timer, a);
    loop_timer_set(a->timer, 0);
    a->fetcher = fetcher_new(&(struct fetcher_options){.loop = d->loop,
                                                       .workers = d->workers,
                                                       .client = d->client,
                                                       .store = d->store,
                                                       .media = media,
                                                       .config = d->config});
    return a;
}

void attachments_reconfigure(struct attachments *a, const struct config *c)
{
    fetcher_reconfigure(a->fetcher, c);
}

void attachments_fetch(void *ctx, const struct media_vendor *v)
{
    const struct attachments *a = ctx;
    fetcher_begin(a->fetcher, &(struct fetch_wish){.tenant = v->tenant,
                                                   .account = v->account,
                                                   .url = v->url,
                                                   .type = v->type,
                                                   .entry = v->entry,
                                                   .index = v->index});
}

struct media *attachments_media(struct attachments *a)
{
    return a->media;
}

void attachments_free(struct attachments *a)
{
    if (!a)
        return;
    fetcher_free(a->fetcher);
    loop_timer_free(a->timer);
    media_free(a->media);
    free(a);
}
