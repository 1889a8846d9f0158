// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_MEDIA_SHOW_H
#define THROUGHLINE_MEDIA_SHOW_H

#include "daemon/media/media.h"
#include "throughline/v1/event.pb-c.h"

// Attachments as those outside are shown them.

struct media_show {
    struct media *media;
    const char *tenant;
    const char *base; // before a link: the public URL, "" = unknown
    int64_t now_s, until_s;
};
// Puts links in place of "media:<sha256>"; the message's texts are malloc'd, as unpacking makes them.
void media_show_kept(const struct media_show *s, Throughline__V1__Message *m);

// A vendor's file, fetched by the daemon: named by its entry and place in it.
struct media_vendor {
    char tenant[65], account[65], type[MEDIA_TYPE_MAX + 1], name[MEDIA_NAME_MAX + 1];
    uint64_t entry;
    uint32_t index;
    const char *url;
    int64_t until;
};
// "/v1/media/of/<entry>/<index>?..." with its signature, malloc'd; NULL when it does not fit.
char *media_vendor_link(const struct media_show *s, const struct media_vendor *v);
bool media_vendor_check(struct media *m, const struct media_vendor *v, const char *mac, int64_t now_s);
// Puts such links in place of the vendor's own addresses.
void media_show_vendor(const struct media_show *s, const char *account, uint64_t entry, Throughline__V1__Message *m);

#endif
