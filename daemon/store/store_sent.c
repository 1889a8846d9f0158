// SPDX-License-Identifier: Apache-2.0
// The inputs of events under way, in the order in which they were sent, which is the order in which their answers come back: an answer
// says only what was added. Held events have their place here as they have it in the link; when they are refused it is given up. A
// few hundred bytes of each event, as many as may be pending.
#include "daemon/store/store_internal.h"

#include <assert.h>
#include <stdlib.h>

#define SENT_KEEP (1024 * 1024) // bytes of an empty buffer

static void sent_clear(struct store_sent *t)
{
    t->gone += t->head;
    t->head = t->kept.len = 0;
    if (t->kept.cap <= SENT_KEEP)
        return;
    free(t->kept.p);
    t->kept = (struct resp_out){0};
}

void store_sent_keep(struct store *s, const void *input, size_t len)
{
    struct store_sent *t = &s->sent;
    uint32_t n = (uint32_t)len;
    if (t->head > t->kept.cap / 2) {
        memmove(t->kept.p, t->kept.p + t->head, t->kept.len - t->head);
        t->kept.len -= t->head;
        t->gone += t->head;
        t->head = 0;
    }
    resp_put(&t->kept, &n, sizeof(n));
    resp_put(&t->kept, input, len);
}

void store_sent_take(struct store *s)
{
    struct store_sent *t = &s->sent;
    const char *at = t->kept.p + t->head;
    uint32_t n;
    assert(t->head < t->kept.len);
    memcpy(&n, at, sizeof(n));
    t->whole.len = 0;
    resp_put(&t->whole, at + sizeof(n), n);
    t->head += sizeof(n) + n;
    if (t->head == t->kept.len)
        sent_clear(t);
}

void store_sent_mark(struct store *s)
{
    s->sent.mark = s->sent.gone + s->sent.kept.len;
}

void store_sent_drop(struct store *s)
{
    struct store_sent *t = &s->sent;
    uint64_t upto = t->gone + t->head; // answered
    t->kept.len = (size_t)((t->mark > upto ? t->mark : upto) - t->gone);
    if (t->head == t->kept.len)
        sent_clear(t);
}

void store_sent_free(struct store *s)
{
    free(s->sent.kept.p);
    free(s->sent.whole.p);
}
