// SPDX-License-Identifier: Apache-2.0
// GET /v1/log: the router's inputs as they stand in Redis, for folding them elsewhere. Frames, one after the other: number
// (8 bytes, little-endian), length (4 bytes; the highest bit says that the input is void: every node skips it, and so must who
// folds it elsewhere), packed Input. An empty body: nothing after that number yet.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/admin.h"

#define LOG_PAGE_MAX   10000
#define LOG_BYTES_MAX  (8u << 20) // a page ends early rather than grow beyond
#define LOG_HEAD_BYTES 12
#define LOG_VOID       0x80000000u

static uint8_t *put_little(uint8_t *p, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        *p++ = (uint8_t)(v >> (8 * i));
    return p;
}

static void reply_log(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    size_t len = 0, count = 0;
    while (count < n && (count == 0 || len + v[count].len < LOG_BYTES_MAX))
        len += LOG_HEAD_BYTES + v[count++].len;
    uint8_t *bytes = xcalloc(1, len + 1), *p = bytes;
    for (size_t i = 0; i < count; i++) {
        p = put_little(p, v[i].number, 8);
        p = put_little(p, v[i].len | (core_skips(c->face->core, v[i].number) ? LOG_VOID : 0), 4);
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
