// SPDX-License-Identifier: Apache-2.0
// POST /v1/media: a file comes in, to be named in a message. GET /v1/media/<sha256>: a file, to whoever has a link that is signed and young. What a browser must not run is a download. Files are read on a
// worker, and written; a request that is gone by then is forgotten. Fails with 403 (no such signature, or too old), 404 (removed by age), 416, 503.
#include "daemon/faces/media_face.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "channels/adapter.h"
#include "daemon/base/loop.h"
#include "daemon/base/workers.h"
#include "daemon/config/config.h"
#include "daemon/faces/accounts.h"
#include "daemon/faces/face.h"
#include "daemon/faces/records.h"
#include "daemon/media/media_show.h"

#define PART_MAX    (64u << 20) // bytes of one answer; a longer file comes in ranges
#define SLOWEST     64          // bytes a millisecond
#define DISPOSITION (64 + 4 * MEDIA_NAME_MAX)

// ---- links ----

static struct media_show showing(const struct face *face, int64_t seconds)
{
    const char *base = face->faces->config->server.public_url;
    int64_t now = time(NULL);
    return (struct media_show){face->faces->media, face->tenant, base ? base : "", now, now + seconds};
}

void media_show(const struct face *face, Throughline__V1__Message *m, int64_t seconds)
{
    struct media_show s = showing(face, seconds);
    media_show_kept(&s, m);
}

int64_t media_fetch_seconds(const struct face *face)
{
    return face->faces->config->media.fetch_hours * 3600;
}

Throughline__V1__Entry *media_entry(const struct face *face, const struct store_bytes *b)
{
    Throughline__V1__Entry *e = record_entry(b);
    if (!e || e->body_case != THROUGHLINE__V1__ENTRY__BODY_MESSAGE)
        return e;
    struct media_show s = showing(face, face->faces->config->media.link_minutes * 60);
    const struct config_account *a = account_find(face, e->account);
    bool theirs = e->author && e->author->who_case != THROUGHLINE__V1__AUTHOR__WHO_AGENT;
    media_show_kept(&s, e->message);
    if (theirs && a && a->endpoint.adapter && a->endpoint.adapter->fetch) // only with the account's credentials
        media_show_vendor(&s, e->account, e->number, e->message);
    return e;
}

// ---- a file ----

struct reading {
    struct faces *faces;
    uint64_t request;
    struct media_file file;
    uint64_t offset;
    size_t max;
    bool ranged;
    enum tl_err e;
    struct media_part part;
};

static void on_thread(void *job)
{
    struct reading *r = job;
    r->e = media_read(r->faces->media, r->file.tenant, r->file.sha, r->offset, r->max, &r->part);
}

// A header's value: the plain letters of the name, and all of it as RFC 8187 asks.
static void name_file(const struct media_file *f, bool in_place, char out[DISPOSITION])
{
    static const char hex[] = "0123456789ABCDEF", plain[] = "!#$&+-.^_`|~";
    char *p = out + sprintf(out, "%s; filename=\"", in_place ? "inline" : "attachment");
    const char *name = *f->name ? f->name : "file";
    for (const char *c = name; *c; c++)
        *p++ = *c < ' ' || *c > '~' || strchr("\"\\/%;", *c) ? '_' : *c;
    p = stpcpy(p, "\"; filename*=UTF-8''");
    for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
        bool letter = (*c | 32) >= 'a' && (*c | 32) <= 'z', digit = *c >= '0' && *c <= '9';
        if (letter || digit || (*c < 0x80 && strchr(plain, *c))) {
            *p++ = (char)*c;
        } else {
            *p++ = '%';
            *p++ = hex[*c >> 4];
            *p++ = hex[*c & 15];
        }
    }
    *p = 0;
}

static void reply_file(struct http_request *q, const struct reading *r)
{
    char disposition[DISPOSITION], range[96], cache[64];
    const struct media_part *p = &r->part;
    bool part = p->len < p->total;
    bool image = !part && media_is_safe_image(r->file.type, p->bytes, p->len);
    name_file(&r->file, image, disposition);
    snprintf(cache, sizeof cache, "private, immutable, max-age=%" PRId64, r->file.until - (int64_t)time(NULL));
    http_header(q, "Content-Disposition", disposition);
    http_header(q, "Content-Security-Policy", "sandbox; default-src 'none'");
    http_header(q, "Cross-Origin-Resource-Policy", "cross-origin"); // the link is the right to see it
    http_header(q, "Cache-Control", cache);
    http_header(q, "Accept-Ranges", "bytes");
    if (part) {
        snprintf(range, sizeof range, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, p->offset, p->offset + p->len - 1,
                 p->total);
        http_header(q, "Content-Range", range);
    }
    http_patience(q, (int64_t)(p->len / SLOWEST));
    http_reply(q, part ? 206 : 200, image ? r->file.type : "application/octet-stream", p->bytes, p->len);
}

static void on_read(void *job)
{
    struct reading *r = job;
    struct http_request *q = http_find(r->faces->http, r->request);
    bool too_long = r->e == TL_OK && !r->ranged && r->part.len < r->part.total;
    if (!q)
        ; // the client has gone
    else if (too_long)
        http_problem(q, PROBLEM_invalid_header, "Range", "this file is longer than one answer: ask for it in ranges");
    else if (r->e == TL_OK)
        reply_file(q, r);
    else if (r->e == TL_ABSENT)
        http_problem(q, PROBLEM_not_found, NULL, "this file is not kept any more");
    else if (r->e == TL_INVALID)
        http_problem(q, PROBLEM_range_not_satisfiable, "Range", "begins behind the file's end");
    else
        http_problem(q, PROBLEM_unavailable, NULL, "the file cannot be read now");
    free(r->part.bytes);
    free(r);
}

// "bytes=A-B" or "bytes=A-"; others, several ones among them, are as good as none (RFC 9110 14.2).
static void read_range(const char *range, struct reading *r)
{
    uint64_t first, last;
    int used = 0;
    r->max = PART_MAX;
    if (!range || sscanf(range, "bytes=%" SCNu64 "-%n", &first, &used) != 1 || !used)
        return;
    const char *rest = range + used;
    used = 0;
    if (*rest && (sscanf(rest, "%" SCNu64 "%n", &last, &used) != 1 || rest[used] || last < first))
        return;
    r->ranged = true;
    r->offset = first;
    if (*rest && last - first < PART_MAX)
        r->max = (size_t)(last - first + 1);
}

static bool read_link(struct http_request *q, struct media_file *f)
{
    const char *tenant = http_query(q, "tenant"), *name = http_query(q, "name"), *type = http_query(q, "type");
    const char *sha = http_param(q, "sha256");
    if (!tenant || !name || !type || strlen(tenant) >= sizeof f->tenant || strlen(name) >= sizeof f->name ||
        strlen(type) >= sizeof f->type || strlen(sha) >= sizeof f->sha)
        return false;
    snprintf(f->tenant, sizeof f->tenant, "%s", tenant);
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->type, sizeof f->type, "%s", type);
    snprintf(f->sha, sizeof f->sha, "%s", sha);
    return true;
}

static void on_get(void *ctx, struct http_request *q)
{
    struct faces *f = ctx;
    uint64_t until = 0;
    struct reading *r = xcalloc(1, sizeof *r);
    if (!http_query_number(q, "until", 0, INT64_MAX, &until)) {
        free(r);
        return;
    }
    const char *mac = http_query(q, "mac");
    *r = (struct reading){.faces = f, .request = http_id(q)};
    r->file.until = (int64_t)until;
    read_range(http_header_in(q, "Range"), r);
    if (!read_link(q, &r->file) || !media_link_check(f->media, &r->file, mac ? mac : "", time(NULL)))
        http_problem(q, PROBLEM_forbidden, NULL,
                     "this link is not valid, or no longer: read the entry again for another");
    else if (!workers_do(f->workers, on_thread, on_read, r))
        http_problem(q, PROBLEM_overloaded, NULL, "too many files are being read");
    else
        return;
    free(r);
}

// ---- a file comes in ----

struct writing {
    struct faces *faces;
    uint64_t request;
    char tenant[65], type[MEDIA_TYPE_MAX + 1], sha[MEDIA_SHA_SIZE];
    void *bytes; // a copy: the request may end before
    size_t len;
    const char *refusal;
    enum tl_err e;
};

static void on_writing(void *job)
{
    struct writing *w = job;
    w->refusal = media_refusal(w->faces->media, w->type, w->bytes, w->len);
    if (!w->refusal)
        w->e = media_put(w->faces->media, w->tenant, w->bytes, w->len, w->sha);
}

static void reply_kept(struct http_request *q, const struct writing *w)
{
    char url[sizeof MEDIA_REFERENCE + MEDIA_SHA_SIZE];
    Throughline__V1__Attachment a = THROUGHLINE__V1__ATTACHMENT__INIT;
    snprintf(url, sizeof url, MEDIA_REFERENCE "%s", w->sha);
    a.content_type = (char *)w->type;
    a.size = w->len;
    a.url = url;
    a.sha256 = (char *)w->sha;
    http_reply_message(q, 201, &a.base);
}

static void on_written(void *job)
{
    struct writing *w = job;
    struct http_request *q = http_find(w->faces->http, w->request);
    if (q && w->refusal)
        http_problem(q, PROBLEM_unprocessable, NULL, w->refusal);
    else if (q && w->e == TL_OK)
        reply_kept(q, w);
    else if (q)
        http_problem(q, PROBLEM_unavailable, NULL,
                     w->e == TL_FULL ? "media.total_max is reached" : "the disk does not take it now");
    free(w->bytes);
    free(w);
}

static void on_post(void *ctx, struct http_request *q)
{
    struct faces *f = ctx;
    size_t len;
    const struct face *face = faces_of_request(f, q);
    const char *type = http_header_in(q, "Content-Type");
    const void *body = http_body(q, &len);
    if (!face)
        return;
    if (!type || strlen(type) > MEDIA_TYPE_MAX || len == 0) {
        http_problem(q, type && len ? PROBLEM_invalid_header : PROBLEM_invalid_body, type ? NULL : "Content-Type",
                     "a file has a type and at least one byte");
        return;
    }
    struct writing *w = xcalloc(1, sizeof *w);
    *w = (struct writing){.faces = f, .request = http_id(q), .bytes = xmemdup(body, len), .len = len};
    snprintf(w->tenant, sizeof w->tenant, "%s", face->tenant);
    snprintf(w->type, sizeof w->type, "%s", type);
    if (workers_do(f->workers, on_writing, on_written, w))
        return;
    http_problem(q, PROBLEM_overloaded, NULL, "too many files are being written");
    free(w->bytes);
    free(w);
}

void media_routes(struct faces *f)
{
    const struct http_route routes[] = {
        {
            .method = HTTP_POST,
            .pattern = "/v1/media",
            .roles = AUTH_GATEWAY | AUTH_AGENT | AUTH_SUPERVISOR | AUTH_ADMIN,
            .handler = on_post,
            .body_max = (size_t)f->config->media.file_max,
            .deadline_ms = 30000,
        },
        {
            .method = HTTP_GET,
            .pattern = "/v1/media/{sha256}",
            .roles = 0, // the link is the right
            .handler = on_get,
            .deadline_ms = 30000,
        },
    };
    http_route_add(f->http, routes, sizeof routes / sizeof *routes, f);
}
