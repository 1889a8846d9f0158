// SPDX-License-Identifier: Apache-2.0
// GET /v1/log: the router's inputs as they stand in Redis, for folding them elsewhere. Frames, one after the other: number
// (8 bytes, little-endian), length (4 bytes; the highest bit says that the input is void: every node skips it, and so must who
// folds it elsewhere), packed Input. An empty body: nothing after that number yet.
// GET /v1/log/snapshot: the router's state as the newest snapshot holds it, to begin such a fold with (archive.h: snapshot_image).
#include <stdlib.h>
#include <string.h>

#include "daemon/archive/archive.h"
#include "daemon/base/loop.h"
#include "daemon/faces/admin.h"

#define LOG_PAGE_MAX  10000
#define LOG_BYTES_MAX (8u << 20) // a page ends early rather than grow beyond

static void reply_log(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    size_t len = 0, count = 0;
    while (count < n && (count == 0 || len + v[count].len < LOG_BYTES_MAX))
        len += ARCHIVE_FRAME_HEAD + v[count++].len;
    uint8_t *bytes = xcalloc(1, len + 1), *p = bytes;
    for (size_t i = 0; i < count; i++) {
        log_frame_head(p, v[i].number, v[i].len, core_skips(c->face->core, v[i].number));
        p += ARCHIVE_FRAME_HEAD;
        if (v[i].len)
            memcpy(p, v[i].p, v[i].len);
        p += v[i].len;
    }
    http_reply(r, 200, "application/octet-stream", bytes, len);
    free(bytes);
}

void admin_log(void *faces, struct http_request *r)
{
    uint64_t after = 0, limit = 1000;
    struct face *face = faces_of_request(faces, r);
    if (!face || !http_query_number(r, "after", 0, UINT64_MAX, &after) ||
        !http_query_number(r, "limit", 1, LOG_PAGE_MAX, &limit))
        return;
    struct admin_call *c = admin_call_new(face, r);
    c->entries = reply_log;
    store_inputs(face->store, face->tenant, after, (uint32_t)limit, admin_on_entries, face->admin, c->id);
}

static void reply_snapshot(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    size_t len;
    (void)c, (void)n;
    uint8_t *image = snapshot_image(v[0].p, v[0].len, v[1].p, v[1].len, &len);
    http_reply(r, 200, "application/octet-stream", image, len);
    free(image);
}

void admin_log_snapshot(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    if (!face)
        return;
    struct admin_call *c = admin_call_new(face, r);
    c->entries = reply_snapshot;
    store_snapshot_read(face->store, face->tenant, 0, admin_on_entries, face->admin, c->id);
}
