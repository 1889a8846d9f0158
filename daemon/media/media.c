// SPDX-License-Identifier: Apache-2.0
// The store of attachments: names, bounds and rules around a backend. Owns the backend, the keys of links and the sum of bytes; the latter two
// under locks.
#include "daemon/media/media.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/media/media_private.h"

#define DAY_S 86400

// ---- rules ----

static bool type_is(const char *type, const char *pattern)
{
    size_t n = strlen(pattern), len = strcspn(type, "; \t");
    if (n >= 2 && strcmp(pattern + n - 2, "/*") == 0)
        return len >= n - 1 && strncasecmp(type, pattern, n - 1) == 0;
    return len == n && strncasecmp(type, pattern, n) == 0;
}

static bool is_any(const char *type, char *const *patterns, size_t n)
{
    for (size_t i = 0; type && i < n; i++)
        if (type_is(type, patterns[i]))
            return true;
    return false;
}

const char *media_refusal(const struct media *m, const char *type, const void *bytes, size_t len)
{
    const char *is = media_sniff(bytes, len);
    if (len > m->file_max)
        return "larger than media.file_max";
    if (is_any(type, m->deny, m->deny_n) || is_any(is, m->deny, m->deny_n))
        return "of a type that media.deny names";
    if (m->allow_n > 0 && !(is_any(type, m->allow, m->allow_n) && (!is || is_any(is, m->allow, m->allow_n))))
        return "of a type that media.allow does not name";
    return NULL;
}

// ---- files ----

static bool name_of(const char *tenant, const char *sha, char out[MEDIA_PATH_MAX])
{
    size_t n = strspn(sha, "0123456789abcdef");
    bool plain = *tenant && *tenant != '.' && !strchr(tenant, '/');
    return plain && n == MEDIA_SHA_SIZE - 1 && !sha[n] &&
           (size_t)snprintf(out, MEDIA_PATH_MAX, "%s/%.2s/%s", tenant, sha, sha) < MEDIA_PATH_MAX;
}

enum tl_err media_put(struct media *m, const char *tenant, const void *bytes, size_t len, char sha[MEDIA_SHA_SIZE])
{
    unsigned char digest[32];
    unsigned n = 0;
    char name[MEDIA_PATH_MAX];
    bool fresh = false;
    if (!EVP_Digest(bytes, len, digest, &n, EVP_sha256(), NULL))
        return TL_UNAVAILABLE;
    id_hex(sha, digest, sizeof digest);
    if (!name_of(tenant, sha, name))
        return TL_INVALID;
    // Reserved before it is written: many at once do not pass the bound together.
    if (atomic_fetch_add(&m->bytes, len) + len > m->total_max) {
        atomic_fetch_sub(&m->bytes, len);
        return TL_FULL;
    }
    enum tl_err e = m->backend->put(m->backend->self, name, bytes, len, &fresh);
    if (e != TL_OK || !fresh)
        atomic_fetch_sub(&m->bytes, len);
    return e;
}

enum tl_err media_read(struct media *m, const char *tenant, const char *sha, uint64_t offset, size_t max,
                       struct media_part *out)
{
    char name[MEDIA_PATH_MAX];
    *out = (struct media_part){0};
    return name_of(tenant, sha, name) ? m->backend->get(m->backend->self, name, offset, max, out) : TL_ABSENT;
}

size_t media_clean(struct media *m, unsigned slice, int64_t now_s)
{
    char digits[8];
    uint64_t bytes = 0;
    if (m->keep_days == 0)
        return 0;
    snprintf(digits, sizeof digits, "%02x", slice % 256);
    size_t n = m->backend->clean(m->backend->self, digits, now_s - m->keep_days * DAY_S, &bytes);
    uint64_t was = atomic_load(&m->bytes);
    atomic_fetch_sub(&m->bytes, bytes < was ? bytes : was);
    return n;
}

uint64_t media_bytes(struct media *m)
{
    return atomic_load(&m->bytes);
}

// ---- life ----

static char **copy_list(const char *const *v, size_t n)
{
    char **copy = xcalloc(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = xstrdup(v[i]);
    return copy;
}

static void free_list(char **v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(v[i]);
    free(v);
}

struct media *media_new(const struct media_options *o, char *why, size_t why_len)
{
    uint64_t bytes = 0;
    struct media_backend *backend = media_folder_new(o->dir, &bytes, why, why_len);
    if (!backend)
        return NULL;
    struct media *m = xcalloc(1, sizeof *m);
    m->backend = backend;
    m->total_max = o->total_max;
    m->file_max = o->file_max;
    m->keep_days = o->keep_days;
    m->allow = copy_list(o->allow, m->allow_n = o->allow_n);
    m->deny = copy_list(o->deny, m->deny_n = o->deny_n);
    atomic_init(&m->bytes, bytes);
    pthread_mutex_init(&m->keys_lock, NULL);
    m->keys_file = xasprintf("%s/keys", o->dir);
    if (!media_keys_open(m, why, why_len)) {
        media_free(m);
        return NULL;
    }
    return m;
}

void media_free(struct media *m)
{
    if (!m)
        return;
    m->backend->free(m->backend->self);
    free_list(m->allow, m->allow_n);
    free_list(m->deny, m->deny_n);
    pthread_mutex_destroy(&m->keys_lock);
    free(m->keys_file);
    free(m);
}
