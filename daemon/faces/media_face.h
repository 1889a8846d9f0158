// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_MEDIA_FACE_H
#define THROUGHLINE_FACES_MEDIA_FACE_H

// Attachments as the faces show them: what is stored as "media:<sha256>" goes out as a signed link.

#include "daemon/store/store.h"
#include "throughline/v1/conversation.pb-c.h"
#include "throughline/v1/event.pb-c.h"

struct face;
struct faces;

// A timeline entry as it is shown to people, with links that hold for media.link_minutes; NULL when the bytes are damaged. The caller's.
Throughline__V1__Entry *media_entry(const struct face *face, const struct store_bytes *b);

// Puts links in place of stored references; the message is changed. `seconds`: how long they hold.
void media_show(const struct face *face, Throughline__V1__Message *m, int64_t seconds);
int64_t media_fetch_seconds(const struct face *face); // for gateways

void media_routes(struct faces *f);
void vendor_routes(struct faces *f); // media_vendor.c
void vendor_routes_free(struct faces *f);

#endif
