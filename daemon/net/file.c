// SPDX-License-Identifier: Apache-2.0
// Files embedded in the program: page, style, script. Answered with an ETag of their content, so a browser asks again and gets
// 304, and with a policy that lets a page load only what comes from here.
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/net/internal.h"

static const char strict_csp[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                                 "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
                                 "form-action 'self'; frame-ancestors 'none'";

void http_file_add(struct http_server *s, const struct http_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct http_route r = {.method = HTTP_GET, .pattern = files[i].path, .handler = file_handle};
        route_add(&s->routes, &r, NULL, &files[i]);
    }
}

void file_etag(const struct http_file *f, char out[40])
{
    unsigned char digest[32];
    char text[33];
    if (EVP_Digest(f->bytes, f->len, digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
    snprintf(out, 40, "\"%s\"", id_hex(text, digest, 16));
}

void file_handle(void *ctx, struct http_request *r)
{
    (void)ctx;
    const struct http_file *f = r->route->file;
    const char *held = http_header_in(r, "if-none-match");
    http_header(r, "ETag", r->route->etag);
    http_header(r, "Cache-Control",
                f->flags & HTTP_FILE_IMMUTABLE ? "public, max-age=31536000, immutable" : "no-cache");
    http_header(r, "Content-Security-Policy", f->csp ? f->csp : strict_csp);
    if (f->flags & HTTP_FILE_CROSS_ORIGIN)
        http_header(r, "Cross-Origin-Resource-Policy", "cross-origin");
    if (held && (strstr(held, r->route->etag) || strcmp(held, "*") == 0))
        http_reply_empty(r, 304);
    else
        http_reply(r, 200, f->type, f->bytes, f->len);
}
