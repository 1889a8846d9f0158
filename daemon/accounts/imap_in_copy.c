// SPDX-License-Identifier: Apache-2.0
// An account's IMAP settings, copied and taken apart: imaps://host[:port] or imap://host[:port].
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/accounts/imap_in_private.h"
#include "daemon/base/loop.h"

// The host and the port of an URL; false when it is none of the two.
static bool split_url(const char *url, bool *tls, char host[256], char port[8])
{
    *tls = strncmp(url, "imaps://", 8) == 0;
    if (!*tls && strncmp(url, "imap://", 7) != 0)
        return false;
    const char *from = url + (*tls ? 8 : 7);
    bool bracket = *from == '[';
    const char *end = bracket ? strchr(from, ']') : from + strcspn(from, ":/");
    if (!end || (size_t)(end - from) >= 256 || end == from)
        return false;
    snprintf(host, 256, "%.*s", (int)(end - from) - bracket, from + bracket);
    end += bracket;
    snprintf(port, 8, "%s", *tls ? "993" : "143");
    if (*end == ':') {
        size_t n = strspn(end + 1, "0123456789");
        if (n == 0 || n > 5 || atoi(end + 1) > 65535)
            return false;
        snprintf(port, 8, "%.*s", (int)n, end + 1);
        end += 1 + n;
    }
    return *host && (!*end || strcmp(end, "/") == 0);
}

const char *imap_in_url_fault(const char *url)
{
    bool tls;
    char host[256], port[8];
    return split_url(url, &tls, host, port) ? NULL : "expected imaps://host[:port], or imap://127.0.0.1:port";
}

void imap_in_copy(struct imap_in *in, const struct imap_in_options *o)
{
    char host[256] = "", port[8] = "";
    (void)split_url(o->url, &in->tls, host, port); // judged when the configuration was read
    in->host = xstrdup(host);
    in->port = xstrdup(port);
    in->tenant = xstrdup(o->tenant);
    in->boot = xstrdup(o->boot);
    in->account = xstrdup(o->account);
    in->address = xstrdup(o->address);
    in->user = xstrdup(o->user);
    in->password = xstrdup(o->password);
    in->folder = xstrdup(o->folder);
    in->move_to = xstrdup(o->move_to);
}

void imap_in_copy_free(struct imap_in *in)
{
    explicit_bzero(in->password, strlen(in->password));
    char **const v[] = {&in->tenant,   &in->boot,   &in->account, &in->address, &in->user,
                        &in->password, &in->folder, &in->move_to, &in->host,    &in->port};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        free(*v[i]);
}
