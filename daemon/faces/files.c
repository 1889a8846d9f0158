// SPDX-License-Identifier: Apache-2.0
// Files for browsers: the chat widget, and the page to try it on. They are embedded in the program.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/faces/face.h"

extern const unsigned char widget_js[], demo_html[], demo_css[];
extern const size_t widget_js_len, demo_html_len, demo_css_len;

#define DEMO_POLICY                                                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; "          \
    "form-action 'none'; frame-ancestors 'none'"

static const char *chat_account(const struct config *c)
{
    for (size_t i = 0; i < c->accounts_n; i++)
        if (c->accounts[i].kind == CONFIG_ACCOUNT_CHAT)
            return c->accounts[i].name;
    return NULL;
}

static bool demo_is_on(const struct faces *f)
{
    return f->config->server.demo && chat_account(f->config);
}

static bool demo_may(const struct faces *f, struct http_request *r)
{
    if (demo_is_on(f))
        return true;
    http_problem(r, PROBLEM_not_found, NULL, NULL);
    return false;
}

// For whoever types the bare address: the demo where there is one, else what this is.
static void on_root(void *ctx, struct http_request *r)
{
    static const char demo[] = "The demo is at demo/\n",
                      text[] = "throughline, an omnichannel message router\n\n"
                               "  /livez, /readyz   its health\n"
                               "  /metrics          for Prometheus\n"
                               "  /v1/...           its interface, with a token: docs/reference/api.md in its source\n";
    bool on = demo_is_on(ctx);
    http_header(r, "Cache-Control", "no-cache");
    if (on)
        http_header(r, "Location", "demo/"); // relative: a proxy may have put this below a path of its own
    http_reply(r, on ? 302 : 200, "text/plain; charset=utf-8", on ? demo : text,
               on ? sizeof demo - 1 : sizeof text - 1);
}

static void on_demo_bare(void *ctx, struct http_request *r)
{
    if (demo_may(ctx, r))
        on_root(ctx, r);
}

// The page names the account where @ACCOUNT@ stands; names are plain enough to stand in a page as they are.
static void on_demo(void *ctx, struct http_request *r)
{
    static const char mark[] = "@ACCOUNT@";
    const struct faces *f = ctx;
    if (!demo_may(f, r))
        return;
    const char *account = chat_account(f->config), *from = (const char *)demo_html, *end = from + demo_html_len, *at;
    char *page = xcalloc(1, demo_html_len + 8 * 64 + 1), *to = page;
    while ((at = memmem(from, (size_t)(end - from), mark, sizeof mark - 1)) != NULL) {
        to = mempcpy(to, from, (size_t)(at - from));
        to = stpcpy(to, account);
        from = at + sizeof mark - 1;
    }
    to = mempcpy(to, from, (size_t)(end - from));
    http_header(r, "Content-Security-Policy", DEMO_POLICY);
    http_header(r, "Cache-Control", "no-cache");
    http_reply(r, 200, "text/html; charset=utf-8", page, (size_t)(to - page));
    free(page);
}

static void on_demo_css(void *ctx, struct http_request *r)
{
    if (!demo_may(ctx, r))
        return;
    http_header(r, "Cache-Control", "no-cache");
    http_reply(r, 200, "text/css; charset=utf-8", demo_css, demo_css_len);
}

void files_routes(struct faces *f)
{
    static const struct http_route routes[] = {
        {.method = HTTP_GET, .pattern = "/", .roles = 0, .handler = on_root},
        {.method = HTTP_GET, .pattern = "/demo", .roles = 0, .handler = on_demo_bare},
        {.method = HTTP_GET, .pattern = "/demo/", .roles = 0, .handler = on_demo},
        {.method = HTTP_GET, .pattern = "/demo/demo.css", .roles = 0, .handler = on_demo_css},
    };
    static struct http_file widget; // borrowed for ever
    widget = (struct http_file){.path = "/widget.js",
                                .type = "text/javascript; charset=utf-8",
                                .bytes = widget_js,
                                .len = widget_js_len,
                                .flags = HTTP_FILE_CROSS_ORIGIN};
    http_file_add(f->http, &widget, 1);
    http_route_add(f->http, routes, sizeof routes / sizeof *routes, f);
}
