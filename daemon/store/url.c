// SPDX-License-Identifier: Apache-2.0
// Parses the address of Redis. Strict: what is not understood is refused with a reason, and a reason never quotes
// the url, because it may hold a password.
#include "daemon/store/url.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Percent-decodes [p, end) into out; false when it does not fit, is malformed or holds a NUL.
static bool url_decode(const char *p, const char *end, char *out, size_t room)
{
    size_t n = 0;
    while (p < end) {
        char c = *p++;
        if (c == '%') {
            int hi = end - p >= 2 ? hex_digit(p[0]) : -1, lo = hi < 0 ? -1 : hex_digit(p[1]);
            if (lo < 0)
                return false;
            c = (char)(hi * 16 + lo);
            p += 2;
        }
        if (c == 0 || n + 1 >= room)
            return false;
        out[n++] = c;
    }
    out[n] = 0;
    return true;
}

static bool url_number(const char *p, const char *end, uint32_t max, uint32_t *out)
{
    if (p == end || end - p > 9)
        return false;
    uint32_t n = 0;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        n = n * 10 + (uint32_t)(*p - '0');
    }
    *out = n;
    return n <= max;
}

static const char *url_credentials(const char *p, const char *end, struct store_url *u)
{
    const char *colon = memchr(p, ':', (size_t)(end - p));
    const char *secret = colon ? colon + 1 : p; // without a colon it is the password, as with redis-cli
    if (colon && !url_decode(p, colon, u->user, sizeof(u->user)))
        return "the user name is malformed or too long";
    if (!url_decode(secret, end, u->password, sizeof(u->password)))
        return "the password is malformed or too long";
    return NULL;
}

static const char *url_host(const char *p, const char *end, struct store_url *u)
{
    const char *host = p, *host_end, *port;
    if (p < end && *p == '[') {
        host = p + 1;
        host_end = memchr(p, ']', (size_t)(end - p));
        if (!host_end)
            return "the address lacks its closing bracket";
        port = host_end + 1;
    } else {
        const char *colon = memchr(p, ':', (size_t)(end - p));
        port = host_end = colon ? colon : end;
    }
    if (host == host_end || !url_decode(host, host_end, u->host, sizeof(u->host)))
        return "the host is missing or malformed";
    uint32_t n = 6379;
    if (port < end && (*port != ':' || !url_number(port + 1, end, 65535, &n) || n == 0))
        return "the port is not a number from 1 to 65535";
    u->port = (uint16_t)n;
    return NULL;
}

static const char *url_network(const char *p, struct store_url *u)
{
    const char *end = p + strlen(p), *slash = strchr(p, '/'), *authority_end = slash ? slash : end, *at = NULL;
    for (const char *c = p; c < authority_end; c++)
        at = *c == '@' ? c : at;
    const char *why = at ? url_credentials(p, at, u) : NULL;
    if (!why)
        why = url_host(at ? at + 1 : p, authority_end, u);
    if (!why && slash && slash + 1 < end && !url_number(slash + 1, end, 1000000, &u->db))
        why = "the database is not a number";
    return why;
}

bool store_url_parse(const char *url, struct store_url *u, const char **why)
{
    memset(u, 0, sizeof(*u));
    *why = NULL;
    if (!url) {
        *why = "no address";
    } else if (strncmp(url, "unix://", 7) == 0) {
        u->local = true;
        if (url[7] != '/' || strlen(url + 7) > 107)
            *why = "a socket's path must be absolute and at most 107 bytes long";
        else
            memcpy(u->host, url + 7, strlen(url + 7) + 1);
    } else if (strncmp(url, "redis://", 8) == 0) {
        *why = url_network(url + 8, u);
    } else if (strncmp(url, "rediss://", 9) == 0) {
        u->tls = true;
        *why = url_network(url + 9, u);
    } else {
        *why = "the address begins with none of unix://, redis://, rediss://";
    }
    if (*why)
        store_url_wipe(u);
    return !*why;
}

void store_url_wipe(struct store_url *u)
{
    explicit_bzero(u, sizeof(*u));
}
