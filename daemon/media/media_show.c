// SPDX-License-Identifier: Apache-2.0
// Links in place of what is stored. Nothing here reads a file; a name that does not fit into a link is cut, an address that does not is left as it is.
#include "daemon/media/media_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "proto/utf8.h"

#define VENDOR_URL_MAX 1024

static void copy_name(char out[MEDIA_NAME_MAX + 1], const char *name)
{
    size_t n = utf8_prefix(name, strlen(name), MEDIA_NAME_MAX);
    snprintf(out, MEDIA_NAME_MAX + 1, "%.*s", (int)n, name);
}

static void show_kept(const struct media_show *s, Throughline__V1__Attachment *a)
{
    static const size_t prefix = sizeof MEDIA_REFERENCE - 1;
    char link[MEDIA_LINK_MAX];
    struct media_file f = {.until = s->until_s};
    if (strncmp(a->url, MEDIA_REFERENCE, prefix) != 0)
        return;
    snprintf(f.tenant, sizeof f.tenant, "%s", s->tenant);
    snprintf(f.sha, sizeof f.sha, "%s", a->url + prefix);
    snprintf(f.type, sizeof f.type, "%s", a->content_type);
    copy_name(f.name, a->name);
    bool made = media_link_make(s->media, &f, s->now_s, link);
    free(a->url);
    a->url = made ? xasprintf("%s%s", s->base, link) : xstrdup("");
}

void media_show_kept(const struct media_show *s, Throughline__V1__Message *m)
{
    for (size_t i = 0; m && i < m->n_attachments; i++)
        show_kept(s, m->attachments[i]);
}

// ---- a vendor's ----

// NULL when a member holds the end of a line.
static char *vendor_text(const struct media_vendor *v)
{
    if (strpbrk(v->tenant, "\r\n") || strpbrk(v->account, "\r\n") || strpbrk(v->type, "\r\n") ||
        strpbrk(v->name, "\r\n") || strpbrk(v->url, "\r\n"))
        return NULL;
    return xasprintf("vendor\n%s\n%s\n%" PRIu64 "\n%u\n%" PRId64 "\n%s\n%s\n%s", v->tenant, v->account, v->entry,
                     v->index, v->until, v->type, v->name, v->url);
}

char *media_vendor_link(const struct media_show *s, const struct media_vendor *v)
{
    char mac[MEDIA_MAC_SIZE], *text = strlen(v->url) <= VENDOR_URL_MAX ? vendor_text(v) : NULL;
    bool ok = text && media_sign(s->media, text, s->now_s, mac);
    free(text);
    if (!ok)
        return NULL;
    char *link = xcalloc(1, strlen(s->base) + 256 + 3 * (VENDOR_URL_MAX + sizeof *v));
    char *p = stpcpy(link, s->base);
    p += sprintf(p, "/v1/media/of/%" PRIu64 "/%u?until=%" PRId64 "&tenant=", v->entry, v->index, v->until);
    p = media_escape(p, v->tenant);
    p = media_escape(stpcpy(p, "&account="), v->account);
    p = media_escape(stpcpy(p, "&type="), v->type);
    p = media_escape(stpcpy(p, "&name="), v->name);
    p = media_escape(stpcpy(p, "&url="), v->url);
    stpcpy(stpcpy(p, "&mac="), mac);
    return link;
}

bool media_vendor_check(struct media *m, const struct media_vendor *v, const char *mac, int64_t now_s)
{
    char *text = now_s < v->until ? vendor_text(v) : NULL;
    bool good = text && media_verify(m, text, mac, now_s);
    free(text);
    return good;
}

void media_show_vendor(const struct media_show *s, const char *account, uint64_t entry, Throughline__V1__Message *m)
{
    for (size_t i = 0; m && i < m->n_attachments; i++) {
        Throughline__V1__Attachment *a = m->attachments[i];
        struct media_vendor v = {.entry = entry, .index = (uint32_t)i, .url = a->url, .until = s->until_s};
        if (strncmp(a->url, "https://", 8) != 0 && strncmp(a->url, "http://", 7) != 0)
            continue;
        snprintf(v.tenant, sizeof v.tenant, "%s", s->tenant);
        snprintf(v.account, sizeof v.account, "%s", account);
        snprintf(v.type, sizeof v.type, "%s", a->content_type);
        copy_name(v.name, a->name);
        char *link = media_vendor_link(s, &v);
        if (!link)
            continue;
        free(a->url);
        a->url = link;
    }
}
