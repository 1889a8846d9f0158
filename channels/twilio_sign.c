// SPDX-License-Identifier: Apache-2.0
// Twilio's signature (https://www.twilio.com/docs/usage/security): HMAC-SHA1 with the auth token over the URL as Twilio called it, then each
// POST parameter's name and value in order of name; repeated values once, in order. A body that is not a form is bound by its SHA-256 in the
// URL instead. The URL is public_url and the path as it came, for a proxy may have changed everything else; whether its standard port was
// written, and how its query was escaped, is tried in the ways that Twilio's own library tries.
#include <stdlib.h>
#include <string.h>

#include "channels/form.h"
#include "channels/sign.h"
#include "channels/twilio.h"
#include "proto/base64.h"

enum { URLS_MAX = 6 };

// ---- the URL in its forms ----

// "https://host:port/path" without its port, or with the standard one where it has none.
static char *with_port(struct region *m, const char *url, bool port)
{
    const char *host = strstr(url, "://");
    if (!host)
        return region_text(m, url);
    host += 3;
    const char *rest = host + strcspn(host, "/?#");
    const char *bracket = memchr(host, ']', (size_t)(rest - host)); // the colons of an IPv6 address are none
    const char *colon = memchr(bracket ? bracket : host, ':', (size_t)(rest - (bracket ? bracket : host)));
    if (port && colon)
        return region_text(m, url);
    const char *standard = strncasecmp(url, "https://", 8) == 0 ? ":443" : ":80";
    return region_format(m, "%.*s%s%s", (int)((colon ? colon : rest) - url), url, port ? standard : "", rest);
}

// The query with those characters escaped that a browser's URL would not hold bare.
static char *with_escaped_query(struct region *m, const char *url)
{
    struct form_text t = {.m = m};
    size_t path = (size_t)(form_query(url) - url);
    form_add(&t, url, path);
    for (const char *p = url + path; *p; p++) {
        bool bare = *p > ' ' && *p <= '~' && !strchr("\"#<>'", *p);
        if (bare)
            form_add(&t, p, 1);
        else
            form_escape_byte(&t, *p);
    }
    return t.v;
}

// The query read and written again as an old library of Node does it.
static char *with_rewritten_query(struct region *m, const char *url)
{
    struct form_text t = {.m = m};
    struct form f;
    const char *query = form_query(url);
    if (!*query || form_read(m, query, strlen(query), &f))
        return region_text(m, url);
    form_add(&t, url, (size_t)(query - url));
    for (size_t i = 0; i < f.n; i++) {
        form_add(&t, "&", i > 0);
        form_escape_but(&t, f.v[i].name, f.v[i].name_len, "!'()*");
        form_add(&t, "=", 1);
        form_escape_but(&t, f.v[i].value, f.v[i].value_len, "!'()*");
    }
    return t.v;
}

static void spell_url(struct region *m, const char *url, const char *out[static URLS_MAX])
{
    const char *bare = with_port(m, url, false), *ported = with_port(m, url, true);
    out[0] = bare;
    out[1] = ported;
    out[2] = with_escaped_query(m, bare);
    out[3] = with_escaped_query(m, ported);
    out[4] = with_rewritten_query(m, out[2]);
    out[5] = with_rewritten_query(m, out[3]);
}

// ---- what is signed ----

static int order_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int order_fields(const void *a, const void *b)
{
    const struct form_field *x = a, *y = b;
    int order = order_bytes(x->name, x->name_len, y->name, y->name_len);
    return order ? order : order_bytes(x->value, x->value_len, y->value, y->value_len);
}

// The parameters' part of what is signed; false when the body is no form.
static bool signed_parameters(struct region *m, const struct adapter_request *r, struct form_text *out)
{
    struct form f;
    const char *type = adapter_header(r->headers, r->headers_n, "Content-Type");
    form_add(out, "", 0);
    if (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0)
        return r->body_len == 0;
    if (form_read(m, r->body, r->body_len, &f))
        return false;
    if (f.n > 1)
        qsort(f.v, f.n, sizeof *f.v, order_fields);
    for (size_t i = 0; i < f.n; i++) {
        if (i && order_fields(&f.v[i - 1], &f.v[i]) == 0)
            continue;
        form_add(out, f.v[i].name, f.v[i].name_len);
        form_add(out, f.v[i].value, f.v[i].value_len);
    }
    return true;
}

// A body that is not signed itself is bound by its hash, which the signed URL holds.
static bool body_is_bound(struct region *m, const struct adapter_request *r)
{
    struct form f;
    uint8_t hash[SIGN_SHA256];
    char hex[2 * SIGN_SHA256 + 1];
    const char *query = form_query(r->target);
    if (form_read(m, query, strlen(query), &f) || form_count(&f, "bodySHA256") != 1)
        return false;
    const struct form_field *named = form_find(&f, "bodySHA256");
    sign_sha256(r->body, r->body_len, hash);
    sign_hex(hash, sizeof hash, hex);
    return sign_same(hex, strlen(hex), named->value, named->value_len);
}

static bool is_signed(struct region *m, const char *token, const char *url, const struct form_text *parameters,
                      const char *signature)
{
    struct form_text all = {.m = m};
    uint8_t mac[SIGN_SHA1];
    char want[BASE64_ENCODED_LEN(SIGN_SHA1)];
    form_add(&all, url, strlen(url));
    form_add(&all, parameters->v, parameters->n);
    sign_hmac_sha1(token, all.v, all.n, mac);
    size_t n = base64_encode(mac, sizeof mac, want);
    return sign_same(want, n, signature, strlen(signature));
}

static bool is_genuine(struct region *m, const struct adapter_account *account, const struct adapter_request *r,
                       const char *signature)
{
    const char *urls[URLS_MAX];
    const char *tokens[] = {twilio_value(account, TWILIO_AUTH_TOKEN), twilio_value(account, TWILIO_OTHER_TOKEN)};
    struct form_text parameters = {.m = m};
    if (!signed_parameters(m, r, &parameters) && !body_is_bound(m, r))
        return false;
    spell_url(m, region_format(m, "%s%s", account->public_url, r->target), urls);
    for (size_t t = 0; t < sizeof tokens / sizeof *tokens; t++)
        for (size_t i = 0; *tokens[t] && i < URLS_MAX; i++)
            if (is_signed(m, tokens[t], urls[i], &parameters, signature))
                return true;
    return false;
}

enum adapter_verdict twilio_verify(const struct adapter_account *account, const struct adapter_request *r)
{
    struct region m = {0};
    const char *signature = adapter_header(r->headers, r->headers_n, "X-Twilio-Signature");
    if (!signature)
        return ADAPTER_UNSIGNED;
    bool good = is_genuine(&m, account, r, signature);
    region_free(&m);
    return good ? ADAPTER_GENUINE : ADAPTER_FORGED;
}
