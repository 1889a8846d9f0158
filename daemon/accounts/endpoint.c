// SPDX-License-Identifier: Apache-2.0
// Copies of accounts' settings, counted by their users; and the two vocabularies of requests: the adapters' and the client's.
#include <stdlib.h>
#include <string.h>

#include "daemon/accounts/accounts_private.h"
#include "daemon/base/loop.h"
#include "daemon/base/quote.h"
#include "daemon/config/config.h"

static size_t settings_count(const struct adapter *ad)
{
    size_t n = 0;
    while (ad->settings && ad->settings[n].name)
        n++;
    return n;
}

struct endpoint *endpoint_new(const struct config_account *a)
{
    const struct adapter_account *from = &a->endpoint.account;
    struct endpoint *e = xcalloc(1, sizeof *e);
    size_t n = settings_count(a->endpoint.adapter);
    char **values = xcalloc(n + 1, sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = from->values[i] ? xstrdup(from->values[i]) : NULL;
    *e = (struct endpoint){
        .users = 1,
        .adapter = a->endpoint.adapter,
        .account =
            {
                .name = xstrdup(from->name),
                .channel = from->channel,
                .public_url = xstrdup(from->public_url),
                .values = (const char *const *)values,
            },
    };
    return e;
}

struct endpoint *endpoint_use(struct endpoint *e)
{
    e->users++;
    return e;
}

void endpoint_drop(struct endpoint *e)
{
    if (!e || --e->users)
        return;
    char **values = (char **)e->account.values;
    for (size_t i = 0; i < settings_count(e->adapter); i++) {
        if (values[i])
            explicit_bzero(values[i], strlen(values[i])); // any of them may be a secret
        free(values[i]);
    }
    free(values);
    free((char *)e->account.name);
    free((char *)e->account.public_url);
    free(e);
}

void call_of(const struct adapter_call *c, struct http_call *out, struct http_pair pairs[16])
{
    for (size_t i = 0; i < c->headers_n; i++)
        pairs[i] = (struct http_pair){c->headers[i].name, c->headers[i].value};
    *out = (struct http_call){
        .method = c->method,
        .url = c->url,
        .user = c->user,
        .password = c->password,
        .headers = pairs,
        .headers_n = c->headers_n,
        .body = c->body,
        .body_len = c->body_len,
        .mail_from = c->mail_from,
        .rcpt = c->rcpt,
        .rcpt_n = c->rcpt_n,
        .require_tls = c->require_tls,
    };
}

void answer_of(struct region *m, const struct http_answer *a, struct adapter_answer *out)
{
    struct adapter_header *headers = region_new(m, a->headers_n + 1, sizeof *headers);
    for (size_t i = 0; i < a->headers_n; i++)
        headers[i] = (struct adapter_header){a->headers[i].name, a->headers[i].value};
    *out = (struct adapter_answer){
        .status = a->status,
        .written = a->written,
        .headers = headers,
        .headers_n = a->headers_n,
        .body = a->body,
        .body_len = a->body_len,
        .error = a->error,
    };
}

void plain_text(char *out, size_t size, const char *text)
{
    size_t n = 0, left = text ? strlen(text) : 0;
    for (const char *s = text; left;) {
        size_t len = utf8_length(s, left), keep = len ? len : 1;
        if (n + keep >= size)
            break;
        if (!len || (unsigned char)*s < ' ' || *s == 0x7f)
            out[n++] = ' ';
        else
            for (size_t i = 0; i < len; i++)
                out[n++] = s[i];
        s += keep;
        left -= keep;
    }
    out[n] = '\0';
}
