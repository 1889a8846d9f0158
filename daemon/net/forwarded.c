// SPDX-License-Identifier: Apache-2.0
// Who the client is when the connection comes from a proxy of ours: X-Forwarded-For, read from its right end, where the nearest proxy
// wrote. As long as a hop is trusted, what it wrote of the one before it is believed; the first hop that is not trusted is the
// client. Whatever stands left of that, anybody may have written. A hop that is no address ends the reading.
#include <string.h>
#include <strings.h>

#include "daemon/net/internal.h"

#define SPACE " \t"

// One element without what proxies put around it: spaces, a port, brackets. False: not an address.
static bool read_hop(const char *at, size_t len, unsigned char out[ADDRESS_SIZE])
{
    char text[ADDRESS_TEXT_MAX + 8];
    while (len && strchr(SPACE, at[len - 1]))
        len--;
    while (len && strchr(SPACE, *at))
        at++, len--;
    if (len >= sizeof text)
        return false;
    memcpy(text, at, len);
    text[len] = '\0';
    char *colon = strchr(text, ':'), *end = strchr(text, ']');
    if (text[0] == '[' && end) {
        *end = '\0';
        return address_parse(text + 1, out);
    }
    if (colon && !strchr(colon + 1, ':'))
        *colon = '\0'; // one colon: a port
    return address_parse(text, out);
}

struct hops {
    const struct parse_head *head;
    size_t field;      // those from here on are read
    const char *value; // of the field being read; NULL = none
    size_t len;        // what is left of it
};

// The next element to the left.
static bool next_hop(struct hops *h, unsigned char out[ADDRESS_SIZE])
{
    while (!h->value) {
        if (h->field == 0)
            return false;
        const struct parse_field *f = &h->head->fields[--h->field];
        if (strcasecmp(f->name, "x-forwarded-for") == 0) {
            h->value = f->value;
            h->len = strlen(f->value);
        }
    }
    const char *comma = memrchr(h->value, ',', h->len), *from = comma ? comma + 1 : h->value;
    bool ok = read_hop(from, (size_t)(h->value + h->len - from), out);
    h->len = comma ? (size_t)(comma - h->value) : 0;
    h->value = comma ? h->value : NULL;
    return ok;
}

void forwarded_client(const struct http_server *s, const struct parse_head *head, const char *peer,
                      char out[ADDRESS_TEXT_MAX])
{
    unsigned char at[ADDRESS_SIZE], before[ADDRESS_SIZE];
    struct hops hops = {.head = head, .field = head->fields_n};
    memcpy(out, peer, strlen(peer) + 1);
    if (!s->trusted_n || !address_parse(peer, at) || !address_in(at, s->trusted, s->trusted_n))
        return;
    while (address_in(at, s->trusted, s->trusted_n) && next_hop(&hops, before))
        memcpy(at, before, sizeof at);
    address_text(at, out);
}
