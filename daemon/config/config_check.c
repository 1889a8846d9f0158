// SPDX-License-Identifier: Apache-2.0
// What one key alone cannot say: what must be there, what names what, what is there twice, what can never work. Runs on
// whatever could be read, so that a mistyped value does not hide another mistake; absent values are passed over here when
// they have been reported already.
#include "daemon/config/config_private.h"

#include "daemon/base/loop.h"
#include "proto/nearest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct check {
    const struct config *c;
    const struct toml_node *root;
    struct config_errors *errs;
};

// A row, as far as all kinds of rows are alike.
struct row {
    const char *kind; // "account"
    size_t index;
    struct config_place place;
    const char *tenant, *name;
};

static const struct toml_node *row_node(const struct check *k, const char *kind, size_t index)
{
    const struct toml_node *rows = toml_get(k->root, kind);
    return rows != NULL ? toml_at(rows, index) : NULL;
}

// The place of a row's value, else of the row.
static struct config_place place_in(const struct check *k, const struct row *row, const char *key)
{
    const struct toml_node *node = row_node(k, row->kind, row->index);
    const struct toml_node *value = node != NULL ? toml_get(node, key) : NULL;
    return value != NULL ? setting_place(value) : row->place;
}

static bool is_given(const struct check *k, const struct row *row, const char *key)
{
    const struct toml_node *node = row_node(k, row->kind, row->index);
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

static void require(const struct check *k, const struct row *row, const char *key)
{
    if (!is_given(k, row, key))
        errors_add(k->errs, row->place, "this %s has no %s (one is required)", row->kind, key);
}

static void forbid(const struct check *k, const struct row *row, const char *key, const char *unless)
{
    if (is_given(k, row, key))
        errors_add(k->errs, place_in(k, row, key), "%s.%s has no meaning here (only with %s)", row->kind, key, unless);
}

// ---- names ----

static bool list_has(const struct config_list *list, const char *s)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->v[i], s) == 0)
            return true;
    }
    return false;
}

static void check_tenant(const struct check *k, const struct row *row)
{
    if (row->tenant == NULL || list_has(&k->c->tenants, row->tenant))
        return;
    struct nearest near = nearest_begin(row->tenant);
    for (size_t i = 0; i < k->c->tenants.n; i++)
        nearest_offer(&near, k->c->tenants.v[i]);
    const char *best = nearest_best(&near);
    errors_add(k->errs, place_in(k, row, "tenant"), "unknown tenant '%s' (%s%s%s)", row->tenant,
               best != NULL ? "did you mean '" : "the list of tenants stands at the top of the file",
               best != NULL ? best : "", best != NULL ? "'?" : "");
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order == 0)
        order = strcmp(x->tenant, y->tenant);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

// `rows` are all of one kind, in the order of the file; with `scoped`, names are unique within their tenant only.
static void check_names(const struct check *k, const struct row *rows, size_t n, const char *key, bool scoped)
{
    struct row *sorted = xcalloc(n, sizeof *sorted);
    size_t named = 0;
    for (size_t i = 0; i < n; i++) {
        require(k, &rows[i], key);
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
            errors_add(k->errs, place_in(k, &sorted[i], key), "a second %s '%s' (the first stands at line %d)",
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

static void check_account_keys(const struct check *k, const struct row *row, const struct config_account *a)
{
    static const char *const chat_only[] = {"origins", "identity_secret", "greeting", "offline_text"};
    static const char *const adapter_only[] = {"max_in_flight", "per_second", "ask_minutes"};
    bool adapter = a->endpoint.adapter != NULL;
    for (size_t i = 0; i < sizeof chat_only / sizeof *chat_only && (adapter || a->kind == CONFIG_ACCOUNT_GATEWAY); i++)
        forbid(k, row, chat_only[i], "kind = \"chat\"");
    for (size_t i = 0; i < sizeof adapter_only / sizeof *adapter_only && !adapter; i++)
        forbid(k, row, adapter_only[i], "an adapter's kind");
}

static void check_accounts(const struct check *k)
{
    const struct config *c = k->c;
    struct row *rows = xcalloc(c->accounts_n, sizeof *rows);
    for (size_t i = 0; i < c->accounts_n; i++) {
        struct config_account *a = &c->accounts[i];
        rows[i] = (struct row){"account", i, a->place, a->tenant, a->name};
        check_account_keys(k, &rows[i], a);
        if (a->endpoint.adapter != NULL) {
            adapter_check(a, c->server.public_url, row_node(k, "account", i), k->errs);
        } else if (a->kind == CONFIG_ACCOUNT_GATEWAY) {
            require(k, &rows[i], "channel");
        } else if (!is_given(k, &rows[i], "channel")) {
            a->channel = THROUGHLINE__V1__CHANNEL__CHANNEL_CHAT;
        } else if (a->channel != 0 && a->channel != THROUGHLINE__V1__CHANNEL__CHANNEL_CHAT) {
            errors_add(k->errs, place_in(k, &rows[i], "channel"),
                       "account.channel does not fit kind = \"chat\" (leave it out, or write \"chat\")");
        }
    }
    check_names(k, rows, c->accounts_n, "name", false);
    free(rows);
}

// By what is written, read or not: a mistyped rule is a rule.
static bool queue_takes_all(const struct check *k, size_t index)
{
    static const char *const rules[] = {"channels", "accounts", "intents", "languages"};
    const struct toml_node *node = row_node(k, "queue", index);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct toml_node *rule = toml_get(node, rules[i]);
        if (rule != NULL && (toml_type(rule) != TOML_ARRAY || toml_count(rule) > 0))
            return false;
    }
    return !config_asks_hours(toml_get(node, "when"));
}

static bool same_tenant(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

// The last queue of a tenant takes what no other did, and nothing may stand behind such a one.
static void check_queue_order(const struct check *k, size_t i)
{
    const struct config_queue *queues = k->c->queues, *q = &queues[i], *next = NULL;
    for (size_t m = i + 1; m < k->c->queues_n && next == NULL; m++)
        next = same_tenant(q->tenant, queues[m].tenant) ? &queues[m] : NULL;
    bool all = queue_takes_all(k, i);
    if (all && next != NULL)
        errors_add(k->errs, q->place, "queue '%s' has no entry rules, so the one at line %d gets nothing (put it last)",
                   q->name != NULL ? q->name : "", next->place.line);
    if (!all && next == NULL)
        errors_add(k->errs, q->place,
                   "queue '%s' is the last of tenant '%s', but has entry rules (add one without, behind it)",
                   q->name != NULL ? q->name : "", q->tenant != NULL ? q->tenant : "");
}

static void check_queue_accounts(const struct check *k, const struct row *row, const struct config_queue *q)
{
    for (size_t i = 0; i < q->accounts.n; i++) {
        struct nearest near = nearest_begin(q->accounts.v[i]);
        bool known = false;
        for (size_t m = 0; m < k->c->accounts_n && !known; m++) {
            const struct config_account *a = &k->c->accounts[m];
            if (a->name == NULL || !same_tenant(a->tenant, q->tenant))
                continue;
            known = strcmp(a->name, q->accounts.v[i]) == 0;
            nearest_offer(&near, a->name);
        }
        const char *best = nearest_best(&near);
        if (!known)
            errors_add(k->errs, place_in(k, row, "accounts"), "queue.accounts names an unknown account '%s' (%s%s%s)",
                       q->accounts.v[i], best != NULL ? "did you mean '" : "every account has its [[account]]",
                       best != NULL ? best : "", best != NULL ? "'?" : "");
    }
}

static bool agent_has(const struct config_agent *a, const struct config_skill *need)
{
    for (size_t i = 0; i < a->skills.n; i++) {
        if (strcmp(a->skills.v[i].name, need->name) == 0)
            return a->skills.v[i].level >= need->level;
    }
    return false;
}

static bool agent_meets(const struct config_agent *a, const struct config_queue *q)
{
    for (size_t i = 0; i < q->requires.n; i++) {
        if (!agent_has(a, &q->requires.v[i]))
            return false;
    }
    return true;
}

static void check_queue_served(const struct check *k, const struct row *row, const struct config_queue *q)
{
    bool agents = false;
    for (size_t i = 0; i < k->c->agents_n; i++) {
        if (!same_tenant(k->c->agents[i].tenant, q->tenant))
            continue;
        if (agent_meets(&k->c->agents[i], q))
            return;
        agents = true;
    }
    if (agents && q->name != NULL)
        errors_warn(k->errs, place_in(k, row, "requires"), "no agent in this file can serve queue '%s'", q->name);
}

static void check_queues(const struct check *k)
{
    struct row *rows = xcalloc(k->c->queues_n, sizeof *rows);
    for (size_t i = 0; i < k->c->queues_n; i++) {
        const struct config_queue *q = &k->c->queues[i];
        rows[i] = (struct row){"queue", i, q->place, q->tenant, q->name};
        check_queue_order(k, i);
        check_queue_accounts(k, &rows[i], q);
        config_check_mix(q, place_in(k, &rows[i], "select"), k->errs);
        config_check_steps(q, place_in(k, &rows[i], "steps"), k->errs);
        config_check_hours(k->c, q, place_in(k, &rows[i], q->calendar != NULL ? "calendar" : "when"), k->errs);
        config_check_overflow(k->c, q, place_in(k, &rows[i], "overflow"), k->errs);
        check_queue_served(k, &rows[i], q);
    }
    check_names(k, rows, k->c->queues_n, "name", true);
    free(rows);
}

static void check_calendars(const struct check *k)
{
    struct row *rows = xcalloc(k->c->calendars_n, sizeof *rows);
    for (size_t i = 0; i < k->c->calendars_n; i++) {
        const struct config_calendar *c = &k->c->calendars[i];
        rows[i] = (struct row){"calendar", i, c->place, c->tenant, c->name};
        config_check_calendar(c, i, is_given(k, &rows[i], "hours"), k->errs);
    }
    check_names(k, rows, k->c->calendars_n, "name", true);
    free(rows);
}

static void check_agents(const struct check *k)
{
    struct row *rows = xcalloc(k->c->agents_n, sizeof *rows);
    for (size_t i = 0; i < k->c->agents_n; i++) {
        const struct config_agent *a = &k->c->agents[i];
        rows[i] = (struct row){"agent", i, a->place, a->tenant, a->id};
    }
    check_names(k, rows, k->c->agents_n, "id", true);
    free(rows);
}

// Keeps only the hash of a token that came as itself.
static void token_hash(struct config_token *t)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[32];
    unsigned int len;
    if (!EVP_Digest(t->secret, strlen(t->secret), digest, &len, EVP_sha256(), NULL))
        abort(); // SHA-256 cannot be missing
    t->sha256 = xcalloc(1, 65);
    for (size_t i = 0; i < sizeof digest; i++) {
        t->sha256[2 * i] = hex[digest[i] >> 4];
        t->sha256[2 * i + 1] = hex[digest[i] & 15];
    }
    OPENSSL_cleanse(t->secret, strlen(t->secret));
    free(t->secret);
    t->secret = NULL;
}

static void check_token_agent(const struct check *k, const struct row *row, const struct config_token *t)
{
    if (is_given(k, row, "role") && t->role != CONFIG_ROLE_AGENT && t->role != CONFIG_ROLE_SUPERVISOR) {
        forbid(k, row, "agent", "role = \"agent\" or \"supervisor\"");
        return;
    }
    if (is_given(k, row, "role") && t->role == CONFIG_ROLE_AGENT)
        require(k, row, "agent");
    if (t->agent == NULL)
        return;
    struct nearest near = nearest_begin(t->agent);
    for (size_t i = 0; i < k->c->agents_n; i++) {
        const struct config_agent *a = &k->c->agents[i];
        if (a->id == NULL || !same_tenant(a->tenant, t->tenant))
            continue;
        if (strcmp(a->id, t->agent) == 0)
            return;
        nearest_offer(&near, a->id);
    }
    const char *best = nearest_best(&near);
    errors_add(k->errs, place_in(k, row, "agent"), "token.agent names an unknown agent '%s' (%s%s%s)", t->agent,
               best != NULL ? "did you mean '" : "every agent has its [[agent]]", best != NULL ? best : "",
               best != NULL ? "'?" : "");
}

static void check_tokens(const struct check *k)
{
    struct row *rows = xcalloc(k->c->tokens_n, sizeof *rows);
    for (size_t i = 0; i < k->c->tokens_n; i++) {
        struct config_token *t = &k->c->tokens[i];
        rows[i] = (struct row){"token", i, t->place, t->tenant, t->id};
        require(k, &rows[i], "role");
        check_token_agent(k, &rows[i], t);
        bool hash = is_given(k, &rows[i], "sha256"), secret = is_given(k, &rows[i], "secret");
        if (hash == secret)
            errors_add(k->errs, t->place, "this token has %s (give one of sha256 and secret)",
                       hash ? "both sha256 and secret" : "neither sha256 nor secret");
        else if (t->secret != NULL)
            token_hash(t);
    }
    check_names(k, rows, k->c->tokens_n, "id", false);
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
    check_agents(&k);
    check_tokens(&k);
}
