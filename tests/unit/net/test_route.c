// SPDX-License-Identifier: Apache-2.0
// Which route takes which path.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/net/internal.h"

static void handler(void *ctx, struct http_request *r)
{
    (void)ctx;
    (void)r;
}

static struct routes routes;
static struct http_request request;
static char text[256];
static unsigned allowed;

static int set_up(void **state)
{
    (void)state;
    static const struct {
        enum http_method method;
        const char *pattern;
    } rows[] = {
        // in the wrong order on purpose
        {HTTP_GET, "/{any...}"},
        {HTTP_GET, "/v1/agents/{id}"},
        {HTTP_PUT, "/v1/agents/{id}"},
        {HTTP_GET, "/v1/{kind}/me"},
        {HTTP_GET, "/v1/agents/me"},
        {HTTP_GET, "/v1/agents/{id}/tasks/{task}"},
        {HTTP_POST, "/hooks/{adapter}/{account}/{rest...}"},
        {HTTP_GET, "/"},
        {HTTP_GET, "/desk/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_route r = {.method = rows[i].method, .pattern = rows[i].pattern, .handler = handler};
        route_add(&routes, &r, NULL, NULL);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    route_free(&routes);
    return 0;
}

static const char *find(enum http_method method, const char *path)
{
    request.head.method = method;
    request.path = path;
    const struct route *r = route_find(&routes, &request, text, &allowed);
    return r ? r->r.pattern : "";
}

static void test_the_more_literal_wins(void **state)
{
    (void)state;
    assert_string_equal(find(HTTP_GET, "/v1/agents/me"), "/v1/agents/me");
    assert_string_equal(find(HTTP_GET, "/v1/agents/you"), "/v1/agents/{id}");
    assert_string_equal(find(HTTP_GET, "/v1/queues/me"), "/v1/{kind}/me");
    assert_string_equal(find(HTTP_GET, "/v1/queues/you"), "/{any...}");
    assert_string_equal(find(HTTP_PUT, "/v1/agents/me"), "/v1/agents/{id}");
    assert_string_equal(find(HTTP_GET, "/"), "/");
    assert_string_equal(find(HTTP_GET, "/desk/"), "/desk/");
    assert_string_equal(find(HTTP_GET, "/desk"), "/{any...}");
}

static void test_head_is_get(void **state)
{
    (void)state;
    assert_string_equal(find(HTTP_HEAD, "/v1/agents/me"), "/v1/agents/me");
}

static void test_parameters(void **state)
{
    (void)state;
    assert_string_equal(find(HTTP_GET, "/v1/agents/ann b/tasks/7"), "/v1/agents/{id}/tasks/{task}");
    assert_string_equal(http_param(&request, "id"), "ann b");
    assert_string_equal(http_param(&request, "task"), "7");
    assert_string_equal(request.path, "/v1/agents/ann b/tasks/7");
    assert_string_equal(find(HTTP_POST, "/hooks/twilio/sms-1/a/b"), "/hooks/{adapter}/{account}/{rest...}");
    assert_string_equal(http_param(&request, "account"), "sms-1");
    assert_string_equal(http_param(&request, "rest"), "a/b");
}

static void test_an_empty_segment_is_no_parameter(void **state)
{
    (void)state;
    assert_string_equal(find(HTTP_PUT, "/v1/agents/"), "");
    assert_int_equal(allowed, HTTP_GET); // by "/{any...}"
    assert_string_equal(find(HTTP_POST, "/hooks/a/b/"), "");
}

static void test_what_is_allowed(void **state)
{
    (void)state;
    char names[64];
    assert_string_equal(find(HTTP_DELETE, "/v1/agents/ann"), "");
    assert_string_equal(route_methods(allowed, names), "GET, HEAD, PUT");
    assert_string_equal(route_methods(0, names), "");
    assert_string_equal(route_methods(~0u, names), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_more_literal_wins),
        cmocka_unit_test(test_head_is_get),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_an_empty_segment_is_no_parameter),
        cmocka_unit_test(test_what_is_allowed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
