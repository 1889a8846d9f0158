// SPDX-License-Identifier: Apache-2.0
// The order of what a desk is told. Updates leave in the order in which their effects came; one that waits for a read holds
// back those behind it. What a desk does not take piles up to a bound; then it is cut and resumes.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/config/config.h"
#include "daemon/faces/desk.h"
#include "daemon/faces/peer.h"

static void too_slow(struct desk *d)
{
    if (d->state == DESK_ENDING)
        return;
    metric_add(d->all->slow, 1);
    if (d->state == DESK_OPENING)
        d->all->opening--;
    d->state = DESK_ENDING;
    ws_close(d->ws, WS_TRY_AGAIN, "too slow: resume");
}

// What waits here and in the socket, against the configured bound.
static bool is_too_slow(const struct desk *d)
{
    return d->queued + ws_queued(d->ws) > (size_t)d->all->face->faces->config->desk.queue_bytes;
}

size_t desk_story_room(const struct desk *d)
{
    return (size_t)d->all->face->faces->config->desk.queue_bytes / 4;
}

static void item_free(struct desks *all, struct desk_item *i)
{
    if (i->id)
        table_take(&all->items, i->id);
    if (i->update)
        throughline__v1__desk_update__free_unpacked(i->update, NULL);
    free(i->frame);
    free(i);
}

static struct desk_item *item_append(struct desk *d)
{
    struct desk_item *i = xcalloc(1, sizeof *i);
    i->desk = d->id;
    if (d->tail)
        d->tail->next = i;
    else
        d->head = i;
    d->tail = i;
    return i;
}

static void item_add_frame(struct desk *d, void *frame, size_t len)
{
    struct desk_item *i = item_append(d);
    i->frame = frame;
    i->len = len;
    d->queued += len;
    if (is_too_slow(d))
        too_slow(d);
}

void desk_say(struct desk *d, const Throughline__V1__DeskUpdate *u)
{
    if (d->state != DESK_ENDING && (is_too_slow(d) || !peer_send(d->ws, &u->base)))
        too_slow(d);
}

void desk_send(struct desk *d, const Throughline__V1__DeskUpdate *u)
{
    if (d->state == DESK_ENDING)
        return;
    if (!d->head) {
        desk_say(d, u);
        return;
    }
    size_t len = 0;
    void *frame = peer_encode(ws_protocol(d->ws), &u->base, &len);
    if (frame)
        item_add_frame(d, frame, len);
}

void desk_send_frame(struct desk *d, void *frame, size_t len)
{
    if (d->state == DESK_ENDING) {
        free(frame);
    } else if (d->head) {
        item_add_frame(d, frame, len);
    } else {
        if (is_too_slow(d) || !ws_send(d->ws, frame, len))
            too_slow(d);
        free(frame);
    }
}

struct desk_item *desk_send_later(struct desk *d, Throughline__V1__DeskUpdate *u, uint32_t missing)
{
    struct desk_item *i = item_append(d);
    i->update = u;
    i->missing = missing;
    i->id = table_add(&d->all->items, i);
    return i;
}

static void item_leave(struct desk *d, struct desk_item *i)
{
    if (i->frame) {
        d->queued -= i->len;
        if (!ws_send(d->ws, i->frame, i->len))
            too_slow(d);
    } else {
        if (i->update->update_case == THROUGHLINE__V1__DESK_UPDATE__UPDATE_OFFER)
            i->update->offer->expires_in_ms = i->deadline - core_at(d->all->face->core);
        if (i->update->update_case == THROUGHLINE__V1__DESK_UPDATE__UPDATE_ASKED)
            i->update->asked->expires_in_ms = i->deadline - core_at(d->all->face->core);
        desk_say(d, i->update);
    }
}

void desk_item_arrived(struct desks *all, uint64_t item)
{
    struct desk_item *i = table_get(&all->items, item);
    struct desk *d = i ? table_get(&all->table, i->desk) : NULL;
    if (!d || (i->missing && --i->missing))
        return;
    while (d->head && !d->head->missing && d->state != DESK_ENDING) {
        i = d->head;
        d->head = i->next;
        if (!d->head)
            d->tail = NULL;
        item_leave(d, i);
        item_free(all, i);
    }
}

void desk_queue_clear(struct desk *d)
{
    while (d->head) {
        struct desk_item *i = d->head;
        d->head = i->next;
        item_free(d->all, i);
    }
    d->tail = NULL;
    d->queued = 0;
}

void desk_error(struct desk *d, const char *code, const char *field, const char *detail)
{
    Throughline__V1__Error error = THROUGHLINE__V1__ERROR__INIT;
    error.code = (char *)code;
    error.field = (char *)field;
    error.detail = (char *)detail;
    Throughline__V1__DeskUpdate u = THROUGHLINE__V1__DESK_UPDATE__INIT;
    u.update_case = THROUGHLINE__V1__DESK_UPDATE__UPDATE_ERROR;
    u.error = &error;
    desk_say(d, &u);
}
