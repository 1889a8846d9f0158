// SPDX-License-Identifier: Apache-2.0
// What one key alone cannot say: what must be there, what names what, what is there twice, what can never work. Runs on
// whatever could be read, so that a mistyped value does not hide another mistake; absent values are passed over here when
// they have been reported already. Queues, calendars and tokens have files of their own.
#include "daemon/config/config_check.h"

#include "daemon/base/loop.h"
#include "proto/nearest.h"

#include <stdlib.h>
#include <string.h>

const struct toml_node *check_node(const struct check *k, const char *kind, size_t index)
{
    const struct toml_node *rows = toml_get(k->root, kind);
    return rows != NULL ? toml_at(rows, index) : NULL;
}

// The place of a row's value, else of the row.
struct config_place check_place(const struct check *k, const struct check_row *row, const char *key)
{
    const struct toml_node *node = check_node(k, row->kind, row->index);
    const struct toml_node *value = node != NULL ? toml_get(node, key) : NULL;
    return value != NULL ? setting_place(value) : row->place;
}

bool check_given(const struct check *k, const struct check_row *row, const char *key)
{
    const struct toml_node *node = check_node(k, row->kind, row->index);
    return node != NULL && toml_get(node, key) != NULL;
}

static bool is_given_in(const struct check *k, const char *section, const char *key)
{
    const struct toml_node *node = toml_get(k->root, section);
    return node != NULL && toml_get(node, key) != NULL;
}

static struct config_place place_in_section(const struct check *k, const char *section, const char *key)
{
    const struct toml_node *node = toml_get(k->root, section);
    const struct toml_node *value = node != NULL ? toml_get(node, key) : NULL;
    if (value != NULL)
        return setting_place(value);
    return node != NULL ? setting_place(node) : (struct config_place){0, 0};
}

void check_require(const struct check *k, const struct check_row *row, const char *key)
{
    if (!check_given(k, row, key))
        errors_add(k->errs, row->place, "this %s has no %s (one is required)", row->kind, key);
}

void check_forbid(const struct check *k, const struct check_row *row, const char *key, const char *unless)
{
    if (check_given(k, row, key))
        errors_add(k->errs, check_place(k, row, key), "%s.%s has no meaning here (only with %s)", row->kind, key,
                   unless);
}

// ---- names ----

bool check_same_tenant(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool list_has(const struct config_list *list, const char *s)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->v[i], s) == 0)
            return true;
    }
    return false;
}

void check_tenant(const struct check *k, const struct check_row *row)
{
    if (row->tenant == NULL || list_has(&k->c->tenants, row->tenant))
        return;
    struct nearest near = nearest_begin(row->tenant);
    for (size_t i = 0; i < k->c->tenants.n; i++)
        nearest_offer(&near, k->c->tenants.v[i]);
    const char *best = nearest_best(&near);
    errors_add(k->errs, check_place(k, row, "tenant"), "unknown tenant '%s' (%s%s%s)", row->tenant,
               best != NULL ? "did you mean '" : "the list of tenants stands at the top of the file",
               best != NULL ? best : "", best != NULL ? "'?" : "");
}

static int compare_rows(const void *a, const void *b)
{
    const struct check_row *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order == 0)
        order = strcmp(x->tenant, y->tenant);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

// `rows` are all of one kind, in the order of the file; with `scoped`, names are unique within their tenant only.
void check_names(const struct check *k, const struct check_row *rows, size_t n, const char *key, bool scoped)
{
    struct check_row *sorted = xcalloc(n, sizeof *sorted);
    size_t named = 0;
    for (size_t i = 0; i < n; i++) {
        check_require(k, &rows[i], key);
        check_tenant(k, &rows[i]);
        if (rows[i].name == NULL || rows[i].tenant == NULL)
            continue;
        sorted[named] = rows[i];
        if (!scoped)
            sorted[named].tenant = "";
        named++;
    }
    qsort(sorted, named, sizeof *sorted, compare_rows);
    for (size_t i = 1; i < named; i++) {
        if (strcmp(sorted[i].name, sorted[i - 1].name) == 0 && strcmp(sorted[i].tenant, sorted[i - 1].tenant) == 0)
            errors_add(k->errs, check_place(k, &sorted[i], key), "a second %s '%s' (the first stands at line %d)",
                       sorted[i].kind, sorted[i].name, sorted[i - 1].place.line);
    }
    free(sorted);
}

// ---- sections ----

static void check_server(const struct check *k)
{
    bool certificate = is_given_in(k, "server", "tls_certificate"), key = is_given_in(k, "server", "tls_key");
    if (certificate != key)
        errors_add(k->errs, place_in_section(k, "server", certificate ? "tls_certificate" : "tls_key"),
                   "server.%s stands alone (TLS needs server.%s as well)", certificate ? "tls_certificate" : "tls_key",
                   certificate ? "tls_key" : "tls_certificate");
    const char *listen = k->c->server.listen;
    bool local =
        strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]", 5) == 0 || strncmp(listen, "localhost:", 10) == 0;
    if (!certificate && !local)
        errors_warn(
            k->errs, place_in_section(k, "server", "listen"),
            "server.listen is open to the network without TLS (set tls_certificate, or put a TLS proxy before it)");
}

static void check_redis(const struct check *k)
{
    const char *url = k->c->redis.url;
    bool given = is_given_in(k, "redis", "url");
    struct config_place place = place_in_section(k, "redis", given ? "url" : "mode");
    if (k->c->redis.mode == CONFIG_REDIS_URL && !given)
        errors_add(k->errs, place, "redis.mode is \"url\", but there is no redis.url (expected one)");
    if (k->c->redis.mode == CONFIG_REDIS_EMBEDDED && given)
        errors_add(k->errs, place, "redis.url has no meaning here (only with redis.mode = \"url\")");
    if (url != NULL && strncmp(url, "redis://", 8) != 0 && strncmp(url, "rediss://", 9) != 0 &&
        strncmp(url, "unix://", 7) != 0)
        errors_add(k->errs, place, "redis.url is not right (expected redis://..., rediss://... or unix:///path)");
}

// ---- rows ----

static void check_account_keys(const struct check *k, const struct check_row *row, const struct config_account *a)
{
    static const char *const chat_only[] = {"origins", "identity_secret", "greeting", "offline_text"};
    static const char *const adapter_only[] = {"max_in_flight", "per_second", "ask_minutes"};
    bool adapter = a->endpoint.adapter != NULL;
    for (size_t i = 0; i < sizeof chat_only / sizeof *chat_only && (adapter || a->kind == CONFIG_ACCOUNT_GATEWAY); i++)
        check_forbid(k, row, chat_only[i], "kind = \"chat\"");
    for (size_t i = 0; i < sizeof adapter_only / sizeof *adapter_only && !adapter; i++)
        check_forbid(k, row, adapter_only[i], "an adapter's kind");
}

static void check_accounts(const struct check *k)
{
    const struct config *c = k->c;
    struct check_row *rows = xcalloc(c->accounts_n, sizeof *rows);
    for (size_t i = 0; i < c->accounts_n; i++) {
        struct config_account *a = &c->accounts[i];
        rows[i] = (struct check_row){"account", i, a->place, a->tenant, a->name};
        check_account_keys(k, &rows[i], a);
        if (a->endpoint.adapter != NULL) {
            adapter_check(a, c->server.public_url, check_node(k, "account", i), k->errs);
        } else if (a->kind == CONFIG_ACCOUNT_GATEWAY) {
            check_require(k, &rows[i], "channel");
        } else if (!check_given(k, &rows[i], "channel")) {
            a->channel = THROUGHLINE__V1__CHANNEL__CHANNEL_CHAT;
        } else if (a->channel != 0 && a->channel != THROUGHLINE__V1__CHANNEL__CHANNEL_CHAT) {
            errors_add(k->errs, check_place(k, &rows[i], "channel"),
                       "account.channel does not fit kind = \"chat\" (leave it out, or write \"chat\")");
        }
    }
    check_names(k, rows, c->accounts_n, "name", false);
    free(rows);
}

static void check_agents(const struct check *k)
{
    struct check_row *rows = xcalloc(k->c->agents_n, sizeof *rows);
    for (size_t i = 0; i < k->c->agents_n; i++) {
        const struct config_agent *a = &k->c->agents[i];
        rows[i] = (struct check_row){"agent", i, a->place, a->tenant, a->id};
    }
    check_names(k, rows, k->c->agents_n, "id", true);
    free(rows);
}

void config_check(const struct config *c, const struct toml_node *root, struct config_errors *errs)
{
    const struct check k = {c, root, errs};
    check_server(&k);
    check_redis(&k);
    check_accounts(&k);
    check_calendars(&k);
    check_queues(&k);
    check_messages(&k);
    check_agents(&k);
    check_tokens(&k);
}
