// SPDX-License-Identifier: Apache-2.0
// What the headers say: addresses as handles, Message-Ids, whether a machine wrote it, whether the sender was authenticated by our own mail
// server. Everything is decoded, on one line and bounded. Pure; what is missing or nonsense is "".
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channels/mail.h"
#include "proto/handle.h"

enum { HEADER_MAX = 64 << 10, ADDRESSES_MAX = 200 };

static GMimeHeaderList *headers_of(const struct mail *mail)
{
    return mail->message ? g_mime_object_get_header_list(GMIME_OBJECT(mail->message)) : NULL;
}

// The first of this name.
static GMimeHeader *header_in(GMimeHeaderList *list, const char *name)
{
    int n = list ? g_mime_header_list_get_count(list) : 0;
    for (int i = 0; i < n; i++) {
        GMimeHeader *h = g_mime_header_list_get_header_at(list, i);
        if (strcasecmp(g_mime_header_get_name(h), name) == 0)
            return h;
    }
    return NULL;
}

static GMimeHeader *header_find(const struct mail *mail, const char *name)
{
    GMimeObject *part = mail->message ? g_mime_message_get_mime_part(mail->message) : NULL;
    GMimeHeader *h = header_in(headers_of(mail), name);
    return h || !part ? h : header_in(g_mime_object_get_header_list(part), name); // where GMime keeps Content-...
}

size_t mail_header_count(const struct mail *mail, const char *name)
{
    GMimeHeaderList *list = headers_of(mail);
    int all = list ? g_mime_header_list_get_count(list) : 0;
    size_t n = 0;
    for (int i = 0; i < all; i++)
        n += strcasecmp(g_mime_header_get_name(g_mime_header_list_get_header_at(list, i)), name) == 0;
    return n;
}

const char *mail_header_raw(const struct mail *mail, const char *name)
{
    GMimeHeader *h = header_find(mail, name);
    const char *raw = h ? g_mime_header_get_raw_value(h) : NULL;
    return raw ? raw : "";
}

static const char *header_text(const struct mail *mail, GMimeHeader *h)
{
    const char *raw = h ? g_mime_header_get_raw_value(h) : NULL;
    if (!raw)
        return "";
    return mail_line(mail->m, mail_encoded(mail->m, region_copy(mail->m, raw, strnlen(raw, HEADER_MAX))), HEADER_MAX);
}

const char *mail_header(const struct mail *mail, const char *name)
{
    return header_text(mail, header_find(mail, name));
}

// ---- ids ----

static void ids_add(struct mail_ids *out, const char *id)
{
    const size_t room = sizeof out->v / sizeof *out->v;
    if (out->n == room) { // the first one and the latest are worth more than those between
        memmove(out->v + 1, out->v + 2, (room - 2) * sizeof *out->v);
        out->n--;
    }
    out->v[out->n++] = id;
}

// <...> without what folding put in; NULL when it is none.
static const char *id_take(struct region *m, const char *from, size_t len)
{
    char *id = region_new(m, MAIL_ID_MAX + 2, 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)from[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (c < 0x21 || c > 0x7e || n == MAIL_ID_MAX)
            return NULL;
        id[n++] = (char)c;
    }
    return n > 2 ? id : NULL;
}

void mail_ids(struct region *m, const char *text, struct mail_ids *out)
{
    out->n = 0;
    for (const char *p = text; (p = strchr(p, '<'));) {
        size_t len = strcspn(p + 1, "<>");
        const char *id = p[1 + len] == '>' ? id_take(m, p, len + 2) : NULL;
        if (id)
            ids_add(out, id);
        p += 1 + len;
    }
}

const char *mail_message_id(const struct mail *mail)
{
    struct mail_ids ids;
    const char *raw = mail_header_raw(mail, "Message-ID");
    if (mail_header_count(mail, "Message-ID") != 1)
        return "";
    mail_ids(mail->m, raw, &ids);
    if (ids.n)
        return ids.n == 1 ? ids.v[0] : "";
    const char *bare = mail_line(mail->m, raw, MAIL_ID_MAX);
    const char *id = *bare && strcspn(bare, " <>\"") == strlen(bare)
                         ? id_take(mail->m, region_format(mail->m, "<%s>", bare), strlen(bare) + 2)
                         : NULL;
    return id ? id : "";
}

// ---- addresses ----

const char *mail_handle(struct region *m, const char *address)
{
    char handle[HANDLE_MAX];
    const char *why;
    if (!address || strlen(address) > HANDLE_MAX)
        return "";
    return handle_normalise(region_format(m, "email:%s", address), handle, &why) ? region_text(m, handle) : "";
}

// Calls for each mailbox, groups opened, at most ADDRESSES_MAX of them.
typedef bool address_fn(const struct mail *mail, InternetAddress *a, void *to);

static bool each_in(const struct mail *mail, InternetAddressList *list, address_fn *fn, void *to, int *left, int depth)
{
    int n = list && depth < 3 ? internet_address_list_length(list) : 0;
    for (int i = 0; i < n && (*left)-- > 0; i++) {
        InternetAddress *a = internet_address_list_get_address(list, i);
        bool go =
            INTERNET_ADDRESS_IS_GROUP(a)
                ? each_in(mail, internet_address_group_get_members(INTERNET_ADDRESS_GROUP(a)), fn, to, left, depth + 1)
                : fn(mail, a, to);
        if (!go)
            return false;
    }
    return true;
}

static void each_address(const struct mail *mail, const char *header, address_fn *fn, void *to)
{
    int left = ADDRESSES_MAX;
    const char *raw = mail_header_raw(mail, header);
    const char *text = region_copy(mail->m, raw, strnlen(raw, HEADER_MAX));
    InternetAddressList *list = internet_address_list_parse(NULL, text);
    if (!list)
        return;
    each_in(mail, list, fn, to, &left, 0);
    g_object_unref(list);
}

struct first {
    const char *handle, *name;
};
static bool take_first(const struct mail *mail, InternetAddress *a, void *to)
{
    struct first *f = to;
    const char *name = internet_address_get_name(a);
    f->handle = mail_handle(mail->m, internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(a)));
    f->name = name ? mail_line(mail->m, mail_decode(mail->m, name, strlen(name), NULL), 200) : "";
    return !*f->handle;
}

const char *mail_address(const struct mail *mail, const char *header, const char **name)
{
    struct first f = {"", ""};
    each_address(mail, header, take_first, &f);
    if (name)
        *name = f.name;
    return f.handle;
}

struct many {
    const char **v;
    size_t *n, max;
};
static bool take_many(const struct mail *mail, InternetAddress *a, void *to)
{
    struct many *all = to;
    const char *handle = mail_handle(mail->m, internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(a)));
    bool known = !*handle;
    for (size_t i = 0; i < *all->n && !known; i++)
        known = strcasecmp(all->v[i], handle) == 0;
    if (!known)
        all->v[(*all->n)++] = handle;
    return *all->n < all->max;
}

void mail_addresses(const struct mail *mail, const char *header, const char **v, size_t *n, size_t max)
{
    struct many all = {v, n, max};
    if (*n < max)
        each_address(mail, header, take_many, &all);
}

// ---- time ----

int64_t mail_date(const struct mail *mail)
{
    GDateTime *date = mail->message ? g_mime_message_get_date(mail->message) : NULL;
    int64_t at = date ? g_date_time_to_unix(date) : 0;
    return at > 0 && at < 253402300800 ? at : 0; // before the year 10000
}
