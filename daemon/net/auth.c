// SPDX-License-Identifier: Apache-2.0
// The tokens in force and the count of failures per address. Finds a token by the first eight bytes of the secret's SHA-256, then
// compares all of it in constant time. Never holds, logs or returns a secret. The count of failures is a fixed table, so
// that no number of addresses can fill memory: a newcomer takes the place of an address that is quiet.
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/table.h"
#include "daemon/net/auth.h"

#define FAILURES_MAX   10
#define FAILURES_MS    60000
#define FAILURES_SLOTS 1024

struct entry {
    unsigned char digest[AUTH_DIGEST_SIZE];
    struct auth_identity who;
    enum auth_source source;
    struct entry *next;
};

struct failures {
    uint64_t address;
    int64_t since;
    uint32_t count;
};

struct auth {
    struct table by_digest; // first eight bytes -> struct entry, chained
    EVP_MD *sha256;
    EVP_MD_CTX *hash;
    uint64_t seed;
    unsigned awaited; // sources of tokens not read yet
    struct failures failures[FAILURES_SLOTS];
    struct metric *failed, *slowed;
};

static const char *const role_names[] = {
    [AUTH_GATEWAY] = "gateway",
    [AUTH_AGENT] = "agent",
    [AUTH_SUPERVISOR] = "supervisor",
    [AUTH_ADMIN] = "admin",
};

struct auth *auth_new(void)
{
    struct auth *a = xcalloc(1, sizeof *a);
    a->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    a->hash = EVP_MD_CTX_new();
    a->seed = id_random_u64();
    a->failed = metric_get(METRIC_COUNTER, "throughline_auth_failures_total", "Requests with an unknown token.", "");
    a->slowed = metric_get(METRIC_COUNTER, "throughline_auth_slowed_total",
                           "Failed attempts answered 429 because their address failed too often.", "");
    if (!a->sha256 || !a->hash)
        abort();
    return a;
}

void auth_free(struct auth *a)
{
    if (!a)
        return;
    size_t cursor = 0;
    void *value;
    while (table_next(&a->by_digest, &cursor, NULL, &value))
        for (struct entry *e = value, *next; e; e = next) {
            next = e->next;
            free(e);
        }
    table_close(&a->by_digest);
    EVP_MD_CTX_free(a->hash);
    EVP_MD_free(a->sha256);
    free(a);
}

static uint64_t key_of(const unsigned char *digest)
{
    uint64_t key;
    memcpy(&key, digest, sizeof key);
    return key ? key : 1;
}

static struct entry *find(const struct auth *a, const unsigned char *digest)
{
    struct entry *e = table_get(&a->by_digest, key_of(digest));
    while (e && CRYPTO_memcmp(e->digest, digest, AUTH_DIGEST_SIZE) != 0)
        e = e->next;
    return e;
}

static void link_entry(struct auth *a, struct entry *e)
{
    e->next = table_take(&a->by_digest, key_of(e->digest));
    table_put(&a->by_digest, key_of(e->digest), e);
}

static void drop_entry(struct auth *a, struct entry *e)
{
    uint64_t key = key_of(e->digest);
    struct entry *head = table_take(&a->by_digest, key), **at = &head;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    if (head)
        table_put(&a->by_digest, key, head);
    free(e);
}

static bool is_of(const struct entry *e, enum auth_source source, const char *tenant)
{
    return e->source == source && strcmp(e->who.tenant, tenant) == 0;
}

static struct entry *find_id(const struct auth *a, enum auth_source source, const char *tenant, const char *id)
{
    size_t cursor = 0;
    void *value;
    while (table_next(&a->by_digest, &cursor, NULL, &value))
        for (struct entry *e = value; e; e = e->next)
            if (is_of(e, source, tenant) && strcmp(e->who.token, id) == 0)
                return e;
    return NULL;
}

static bool copy_name(char out[AUTH_NAME_SIZE], const char *name, bool may_be_empty)
{
    size_t n = name ? strlen(name) : 0;
    if (n >= AUTH_NAME_SIZE || (n == 0 && !may_be_empty))
        return false;
    memcpy(out, name ? name : "", n + 1);
    return true;
}

static bool fill(struct entry *e, enum auth_source source, const struct auth_token *t)
{
    *e = (struct entry){.source = source, .who.role = t->role};
    memcpy(e->digest, t->digest, sizeof e->digest);
    return auth_role_name(t->role) && copy_name(e->who.token, t->id, false) &&
           copy_name(e->who.tenant, t->tenant, false) && copy_name(e->who.agent, t->agent, t->role != AUTH_AGENT);
}

bool auth_put(struct auth *a, enum auth_source source, const struct auth_token *t)
{
    struct entry made;
    if (!fill(&made, source, t))
        return false;
    struct entry *former = find_id(a, source, t->tenant, t->id), *same = find(a, t->digest);
    if (same && same != former)
        return false;
    if (former)
        drop_entry(a, former);
    link_entry(a, xmemdup(&made, sizeof made));
    return true;
}

bool auth_remove(struct auth *a, enum auth_source source, const char *tenant, const char *id)
{
    struct entry *e = find_id(a, source, tenant, id);
    if (e)
        drop_entry(a, e);
    return e != NULL;
}

// Takes all of one tenant and source out of the table by building it anew.
static void drop_all(struct auth *a, enum auth_source source, const char *tenant)
{
    struct table old = a->by_digest;
    a->by_digest = (struct table){0};
    size_t cursor = 0;
    void *value;
    while (table_next(&old, &cursor, NULL, &value))
        for (struct entry *e = value, *next; e; e = next) {
            next = e->next;
            if (is_of(e, source, tenant))
                free(e);
            else
                link_entry(a, e);
        }
    table_close(&old);
}

size_t auth_replace_all(struct auth *a, enum auth_source source, const char *tenant, const struct auth_token *tokens,
                        size_t n)
{
    size_t stand = 0;
    drop_all(a, source, tenant);
    for (size_t i = 0; i < n; i++)
        if (strcmp(tokens[i].tenant, tenant) == 0)
            stand += auth_put(a, source, &tokens[i]);
    return stand;
}

void auth_await(struct auth *a)
{
    a->awaited++;
}

void auth_arrived(struct auth *a)
{
    a->awaited--;
}

// An IPv6 customer has a whole /64.
static uint64_t address_key(const struct auth *a, const char *address)
{
    unsigned char raw[16] = {0};
    uint64_t key;
    if (inet_pton(AF_INET6, address, raw) != 1)
        inet_pton(AF_INET, address, raw);
    memcpy(&key, raw, sizeof key);
    key = (key ^ a->seed) * 0x9e3779b97f4a7c15u;
    return key ^ key >> 32;
}

static enum auth_verdict count_failure(struct auth *a, const char *address, int64_t now)
{
    uint64_t key = address_key(a, address);
    struct failures *f = &a->failures[key % FAILURES_SLOTS];
    bool quiet = now - f->since >= FAILURES_MS || f->count < FAILURES_MAX;
    if (f->address == key ? now - f->since >= FAILURES_MS : quiet)
        *f = (struct failures){.address = key, .since = now};
    metric_add(a->failed, 1);
    if (f->address != key || f->count++ < FAILURES_MAX)
        return AUTH_REFUSED;
    metric_add(a->slowed, 1);
    return AUTH_SLOWED;
}

enum auth_verdict auth_check(struct auth *a, const char *secret, const char *address, int64_t now,
                             struct auth_identity *out)
{
    unsigned char digest[AUTH_DIGEST_SIZE];
    if (EVP_DigestInit_ex2(a->hash, a->sha256, NULL) != 1 || EVP_DigestUpdate(a->hash, secret, strlen(secret)) != 1 ||
        EVP_DigestFinal_ex(a->hash, digest, NULL) != 1)
        abort();
    const struct entry *e = find(a, digest);
    if (!e)
        return a->awaited ? AUTH_EARLY : count_failure(a, address, now);
    *out = e->who;
    out->proof = key_of(digest);
    return AUTH_OK;
}

bool auth_holds(const struct auth *a, const struct auth_identity *who)
{
    const struct entry *e = table_get(&a->by_digest, who->proof);
    while (e && (strcmp(e->who.token, who->token) != 0 || strcmp(e->who.tenant, who->tenant) != 0))
        e = e->next;
    return e && e->who.role == who->role && strcmp(e->who.agent, who->agent) == 0;
}

char *auth_secret(char out[AUTH_SECRET_SIZE])
{
    unsigned char bytes[32];
    id_random(bytes, sizeof bytes);
    memcpy(out, "tl_", 3);
    id_base32(out + 3, bytes, sizeof bytes);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return out;
}

void auth_digest(const char *secret, unsigned char out[AUTH_DIGEST_SIZE])
{
    if (EVP_Digest(secret, strlen(secret), out, NULL, EVP_sha256(), NULL) != 1)
        abort();
}

bool auth_digest_parse(const char *hex, unsigned char out[AUTH_DIGEST_SIZE])
{
    size_t n = 0;
    return strlen(hex) == 2 * AUTH_DIGEST_SIZE && strspn(hex, "0123456789abcdefABCDEF") == 2 * AUTH_DIGEST_SIZE &&
           OPENSSL_hexstr2buf_ex(out, AUTH_DIGEST_SIZE, &n, hex, '\0') == 1;
}

const char *auth_role_name(enum auth_role role)
{
    return (size_t)role < sizeof role_names / sizeof role_names[0] ? role_names[role] : NULL;
}

bool auth_role_parse(const char *name, enum auth_role *out)
{
    for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++)
        if (role_names[i] && strcmp(role_names[i], name) == 0) {
            *out = (enum auth_role)i;
            return true;
        }
    return false;
}
