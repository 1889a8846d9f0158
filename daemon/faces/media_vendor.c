// SPDX-License-Identifier: Apache-2.0
// GET /v1/media/of/<entry>/<index>: a file that a vendor keeps for us, by the signed link of its entry. When it has been fetched, the answer leads to
// it; else it is asked for now, and the client is told to come again. What became of it stands in the store's document "file:<entry>". Fails with
// 403 (no such signature, or too old), 404 (there is no file, with the reason), 503 (not fetched yet).
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/loop.h"
#include "daemon/base/table.h"
#include "daemon/faces/face.h"
#include "daemon/faces/media_face.h"
#include "daemon/media/media_show.h"

#define LINK_S 300

struct asking {
    uint64_t id, request;
    struct media_vendor v;
    char *url; // v.url
};
struct media_vendors {
    struct faces *faces;
    struct table table; // id -> struct asking
};

static void asking_free(struct asking *a)
{
    free(a->url);
    free(a);
}

static void lead_to(struct faces *f, struct http_request *q, const struct media_vendor *v, const char *noted)
{
    char link[MEDIA_LINK_MAX];
    unsigned long long size;
    struct media_file file = {.until = time(NULL) + LINK_S};
    snprintf(file.tenant, sizeof file.tenant, "%s", v->tenant);
    snprintf(file.name, sizeof file.name, "%s", v->name);
    if (sscanf(noted, "%64s %llu %128s", file.sha, &size, file.type) != 3 ||
        !media_link_make(f->media, &file, time(NULL), link)) {
        http_problem(q, PROBLEM_internal, NULL, NULL);
        return;
    }
    http_header(q, "Location", link);
    http_reply_empty(q, 302);
}

// The text noted under this attachment's index; false when there is none.
static bool find_note(const struct store_bytes *v, size_t n, uint32_t index, char out[320])
{
    char field[16];
    int len = snprintf(field, sizeof field, "%u", index);
    for (size_t i = 0; i + 1 < n; i += 2)
        if (v[i].len == (size_t)len && memcmp(v[i].p, field, (size_t)len) == 0) {
            snprintf(out, 320, "%.*s", (int)v[i + 1].len, (const char *)v[i + 1].p);
            return true;
        }
    return false;
}

static void on_noted(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct media_vendors *all = module;
    struct asking *a = table_take(&all->table, token);
    struct faces *f = all->faces;
    struct http_request *q = a ? http_find(f->http, a->request) : NULL;
    char note[320];
    bool known = e == TL_OK && a && find_note(v, n, a->v.index, note);
    if (a && (e == TL_OK || e == TL_ABSENT) && !known && f->fetch)
        f->fetch(f->fetch_ctx, &a->v);
    if (q && known && note[0] == '!')
        http_problem(q, PROBLEM_not_found, NULL, note + 1);
    else if (q && known)
        lead_to(f, q, &a->v, note);
    else if (q)
        http_problem(q, PROBLEM_unavailable, NULL, "the file is being fetched: try again");
    if (a)
        asking_free(a);
}

static bool copy(char *to, size_t size, const char *from)
{
    return from && strlen(from) < size && snprintf(to, size, "%s", from) >= 0;
}

static bool read_link(struct http_request *q, struct media_vendor *v)
{
    v->url = http_query(q, "url");
    return v->url && copy(v->tenant, sizeof v->tenant, http_query(q, "tenant")) &&
           copy(v->account, sizeof v->account, http_query(q, "account")) &&
           copy(v->type, sizeof v->type, http_query(q, "type")) && copy(v->name, sizeof v->name, http_query(q, "name"));
}

static void on_get(void *ctx, struct http_request *q)
{
    struct faces *f = ctx;
    struct media_vendor v = {0};
    uint64_t until = 0, index = 0;
    if (!http_query_number(q, "until", 0, INT64_MAX, &until) || !http_param_number(q, "entry", &v.entry) ||
        !http_param_number(q, "index", &index))
        return;
    const char *mac = http_query(q, "mac");
    v.until = (int64_t)until;
    v.index = (uint32_t)index;
    const struct face *face = NULL;
    if (index <= UINT32_MAX && read_link(q, &v) && media_vendor_check(f->media, &v, mac ? mac : "", time(NULL)))
        face = faces_find(f, v.tenant);
    if (!face) {
        http_problem(q, PROBLEM_forbidden, NULL,
                     "this link is not valid, or no longer: read the entry again for another");
        return;
    }
    struct asking *a = xcalloc(1, sizeof *a);
    *a = (struct asking){.request = http_id(q), .v = v, .url = xstrdup(v.url)};
    a->v.url = a->url;
    a->id = table_add(&f->vendors->table, a);
    char doc[64];
    snprintf(doc, sizeof doc, "file:%" PRIu64, v.entry);
    store_doc_all(face->store, face->tenant, doc, on_noted, f->vendors, a->id);
}

void vendor_routes(struct faces *f)
{
    static const struct http_route routes[] = {{
        .method = HTTP_GET,
        .pattern = "/v1/media/of/{entry}/{index}",
        .roles = 0, // the link is the right
        .handler = on_get,
    }};
    f->vendors = xcalloc(1, sizeof *f->vendors);
    f->vendors->faces = f;
    http_route_add(f->http, routes, sizeof routes / sizeof *routes, f);
}

void vendor_routes_free(struct faces *f)
{
    size_t cursor = 0;
    uint64_t id;
    void *a;
    while (table_next(&f->vendors->table, &cursor, &id, &a))
        asking_free(a);
    table_close(&f->vendors->table);
    free(f->vendors);
}
