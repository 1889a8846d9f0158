// SPDX-License-Identifier: Apache-2.0
// Routes: a list in which more literal patterns come first, so that the first match is the right one. Fifty routes are
// matched in well under a microsecond. Knows nothing of requests but where to put the parameters.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/internal.h"

static const struct {
    enum http_method method;
    const char *name;
} methods[] = {{HTTP_GET, "GET, HEAD"}, {HTTP_POST, "POST"},     {HTTP_PUT, "PUT"},
               {HTTP_PATCH, "PATCH"},   {HTTP_DELETE, "DELETE"}, {HTTP_OPTIONS, "OPTIONS"}};

// Literal before parameter before rest, segment by segment.
static int compare(const char *a, const char *b)
{
    while (*a == '/' && *b == '/') {
        size_t n = strcspn(++a, "/"), m = strcspn(++b, "/");
        int rank_a = *a != '{' ? 0 : strncmp(a + n - 4, "...}", 4) != 0 ? 1 : 2;
        int rank_b = *b != '{' ? 0 : strncmp(b + m - 4, "...}", 4) != 0 ? 1 : 2;
        if (rank_a != rank_b)
            return rank_a - rank_b;
        a += n;
        b += m;
    }
    return (*b == '/') - (*a == '/');
}

void route_metrics(struct route *route, const char *name)
{
    static const char *const classes[] = {[2] = "2xx", [3] = "3xx", [4] = "4xx", [5] = "5xx"};
    char label[256], labels[300];
    metric_label(label, sizeof label, "route", name);
    route->seconds = metric_get(METRIC_HISTOGRAM, "throughline_http_request_seconds",
                                "From the head of a request to its reply.", label);
    for (size_t i = 2; i < 6; i++) {
        snprintf(labels, sizeof labels, "%s,status=\"%s\"", label, classes[i]);
        route->classes[i] = metric_get(METRIC_COUNTER, "throughline_http_requests_total", "Requests answered.", labels);
    }
}

void route_add(struct routes *t, const struct http_route *r, void *ctx, const struct http_file *file)
{
    assert(r->pattern[0] == '/' && r->handler && r->method && r->method != HTTP_HEAD);
    struct route *made = xcalloc(1, sizeof *made);
    *made = (struct route){.r = *r, .ctx = ctx, .file = file};
    if (file)
        file_etag(file, made->etag);
    route_metrics(made, file ? "(files)" : r->pattern);
    t->v = xrealloc(t->v, (t->n + 1) * sizeof(struct route *));
    size_t i = t->n++;
    for (; i > 0 && compare(t->v[i - 1]->r.pattern, r->pattern) > 0; i--)
        t->v[i] = t->v[i - 1];
    t->v[i] = made;
    for (size_t k = 0; k < t->n; k++)
        assert(k == i || t->v[k]->r.method != r->method || strcmp(t->v[k]->r.pattern, r->pattern) != 0);
}

void route_free(struct routes *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i]);
    free(t->v);
}

// Matches and notes where the parameters lie in the path.
static bool match(const char *pattern, const char *path, struct http_request *r)
{
    r->params_n = 0;
    while (*pattern == '/' && *path == '/') {
        if (*++pattern != '{') {
            for (path++; *pattern && *pattern != '/' && *pattern == *path; pattern++)
                path++;
            if ((*pattern && *pattern != '/') || (*path && *path != '/'))
                return false;
            continue;
        }
        size_t n = strcspn(pattern, "/"), m = strcspn(++path, "/");
        bool rest = n > 5 && memcmp(pattern + n - 4, "...}", 4) == 0;
        size_t take = rest ? strlen(path) : m;
        if (take == 0)
            return false;
        assert(r->params_n < HTTP_PARAMS_MAX);
        r->params[r->params_n++] = (struct http_param){pattern + 1, n - (rest ? 5 : 2), path};
        pattern += n;
        path += take;
    }
    return *pattern == *path;
}

// The parameters' values as strings of their own, in text, a copy of the path cut at its slashes.
static void cut_params(struct http_request *r, char *text)
{
    strcpy(text, r->path); // NOLINT: the caller gives room for it
    for (size_t i = 0; i < r->params_n; i++) {
        struct http_param *p = &r->params[i];
        char *value = text + (p->value - r->path);
        bool rest = p->name[p->name_len] == '.';
        p->value = value;
        if (!rest)
            value[strcspn(value, "/")] = '\0';
    }
}

const struct route *route_find(const struct routes *t, struct http_request *r, char *text, unsigned *allowed)
{
    *allowed = 0;
    enum http_method method = r->head.method == HTTP_HEAD ? HTTP_GET : r->head.method;
    for (size_t i = 0; i < t->n; i++) {
        if (!match(t->v[i]->r.pattern, r->path, r))
            continue;
        *allowed |= t->v[i]->r.method;
        if (t->v[i]->r.method != method)
            continue;
        cut_params(r, text);
        return t->v[i];
    }
    r->params_n = 0;
    return NULL;
}

char *route_methods(unsigned allowed, char out[64])
{
    out[0] = '\0';
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (allowed & methods[i].method) {
            if (out[0])
                strcat(out, ", "); // NOLINT: all names together fit
            strcat(out, methods[i].name);
        }
    return out;
}
