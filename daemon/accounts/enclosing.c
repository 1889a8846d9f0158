// SPDX-License-Identifier: Apache-2.0
// Files of messages that go out: as links, or as bytes read on a worker. The job owns copies of all it needs, since the message may be gone when
// it ends. A file that is not there any more is no error: its link says so to who follows it.
#include "daemon/accounts/enclosing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/loop.h"
#include "daemon/base/workers.h"
#include "daemon/media/media_show.h"

static const char *kept(const Throughline__V1__Attachment *a)
{
    static const size_t prefix = sizeof MEDIA_REFERENCE - 1;
    return strncmp(a->url, MEDIA_REFERENCE, prefix) == 0 ? a->url + prefix : NULL;
}

bool enclosing_has(const Throughline__V1__Message *m)
{
    for (size_t i = 0; i < m->n_attachments; i++)
        if (kept(m->attachments[i]))
            return true;
    return false;
}

void enclosing_link(struct media *media, const char *tenant, const char *base, int64_t seconds,
                    Throughline__V1__Message *m)
{
    int64_t now = loop_unix_ms() / 1000;
    media_show_kept(&(struct media_show){media, tenant, base, now, now + seconds}, m);
}

// ---- reading ----

struct enclosing {
    struct media *media;
    char *tenant;
    enclosing_fn *fn;
    void *module;
    uint64_t token;
    size_t n;
    struct enclosing_one {
        char *sha; // NULL = not ours
        struct media_part part;
    } v[];
};

static void run(void *job)
{
    struct enclosing *e = job;
    size_t room = ENCLOSING_MAX;
    for (size_t i = 0; i < e->n; i++) {
        struct enclosing_one *one = &e->v[i];
        if (!one->sha || media_read(e->media, e->tenant, one->sha, 0, room, &one->part) != TL_OK)
            continue;
        if (one->part.len < one->part.total) { // a part of a file is none
            free(one->part.bytes);
            one->part = (struct media_part){0};
        }
        room -= one->part.len;
    }
}

static void enclosing_free(struct enclosing *e)
{
    for (size_t i = 0; i < e->n; i++) {
        free(e->v[i].sha);
        free(e->v[i].part.bytes);
    }
    free(e->tenant);
    free(e);
}

static void done(void *job)
{
    struct enclosing *e = job;
    struct adapter_bytes *files = xcalloc(e->n + 1, sizeof *files);
    for (size_t i = 0; i < e->n; i++)
        files[i] = (struct adapter_bytes){e->v[i].part.bytes, e->v[i].part.len};
    e->fn(e->module, e->token, files, e->n);
    free(files);
    enclosing_free(e);
}

bool enclosing_read(struct workers *w, struct media *media, const char *tenant, const Throughline__V1__Message *m,
                    enclosing_fn *fn, void *module, uint64_t token)
{
    struct enclosing *e = xcalloc(1, sizeof *e + m->n_attachments * sizeof e->v[0]);
    *e = (struct enclosing){
        .media = media, .tenant = xstrdup(tenant), .fn = fn, .module = module, .token = token, .n = m->n_attachments};
    for (size_t i = 0; i < e->n; i++)
        e->v[i].sha = kept(m->attachments[i]) ? xstrdup(kept(m->attachments[i])) : NULL;
    if (workers_do(w, run, done, e))
        return true;
    enclosing_free(e);
    return false;
}
