// SPDX-License-Identifier: Apache-2.0
// Signed links, and the keys that sign them. The keys lie beside the files in "keys", a line each ("<Unix time> <hex>"), so that whoever has the files has
// the keys. The newest signs; a new one is made each day; all verify that a link may still have been signed with. The file is read again when
// a signature is unknown, for another node may have made a key, and at most once a second.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/media/media_private.h"
#include "proto/base64.h"

enum {
    MAC_LEN = 32,
    KEY_SIGNS_S = 86400,        // a key's days of signing
    KEY_VERIFIES_S = 8 * 86400, // and how long it verifies: longer than any link lives
};

// ---- keys ----

static bool hex_bytes(const char *hex, unsigned char *out)
{
    for (size_t i = 0; i < MEDIA_KEY_LEN; i++) {
        unsigned v;
        if (sscanf(hex + 2 * i, "%2x", &v) != 1)
            return false;
        out[i] = (unsigned char)v;
    }
    return true;
}

static void add_key(struct media *m, const struct media_key *k)
{
    size_t keep = m->keys_n < MEDIA_KEYS_MAX ? m->keys_n : MEDIA_KEYS_MAX - 1;
    memmove(m->keys + 1, m->keys, keep * sizeof *m->keys);
    m->keys[0] = *k;
    m->keys_n = keep + 1;
}

// The file has the oldest first.
static void read_keys(struct media *m, FILE *f, int64_t now)
{
    char line[160], hex[2 * MEDIA_KEY_LEN + 1];
    struct media_key k;
    m->keys_n = 0;
    m->keys_read = now;
    rewind(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%" SCNd64 " %64s", &k.made, hex) == 2 && strlen(hex) == 2 * MEDIA_KEY_LEN &&
            hex_bytes(hex, k.bytes) && now - k.made < KEY_VERIFIES_S)
            add_key(m, &k);
    explicit_bzero(line, sizeof line);
    explicit_bzero(hex, sizeof hex);
}

static bool write_keys(const struct media *m)
{
    char hex[2 * MEDIA_KEY_LEN + 1], *beside = xasprintf("%s.new", m->keys_file);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    bool ok = f != NULL;
    for (size_t i = m->keys_n; ok && i-- > 0;)
        ok = fprintf(f, "%" PRId64 " %s\n", m->keys[i].made, id_hex(hex, m->keys[i].bytes, MEDIA_KEY_LEN)) > 0;
    ok = ok && fflush(f) == 0 && fsync(fd) == 0;
    if (f)
        fclose(f);
    ok = ok && rename(beside, m->keys_file) == 0;
    explicit_bzero(hex, sizeof hex);
    free(beside);
    return ok;
}

// Reads the keys, and makes one where the newest has signed long enough. Under both locks: nobody else in any process does the same.
static bool renew(struct media *m, int64_t now)
{
    char *lock = xasprintf("%s.lock", m->keys_file);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(lock);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        if (fd >= 0)
            close(fd);
        return m->keys_n > 0;
    }
    FILE *f = fopen(m->keys_file, "re");
    if (f) {
        read_keys(m, f, now);
        fclose(f);
    }
    bool ok = true;
    if (m->keys_n == 0 || now - m->keys[0].made >= KEY_SIGNS_S) {
        struct media_key k = {.made = now};
        id_random(k.bytes, sizeof k.bytes);
        add_key(m, &k);
        ok = write_keys(m);
    }
    close(fd);
    return ok;
}

bool media_keys_open(struct media *m, char *why, size_t why_len)
{
    if (renew(m, time(NULL)))
        return true;
    snprintf(why, why_len, "%s: %s", m->keys_file, strerror(errno));
    return false;
}

// ---- signatures ----

static bool mac_make(const struct media_key *k, const char *text, unsigned char mac[MAC_LEN])
{
    unsigned n = 0;
    return HMAC(EVP_sha256(), k->bytes, MEDIA_KEY_LEN, (const unsigned char *)text, strlen(text), mac, &n) &&
           n == MAC_LEN;
}

static bool verify(const struct media *m, const char *text, const unsigned char *given)
{
    unsigned char mac[MAC_LEN];
    bool good = false;
    for (size_t i = 0; i < m->keys_n; i++)
        good |= mac_make(&m->keys[i], text, mac) && CRYPTO_memcmp(mac, given, MAC_LEN) == 0;
    return good;
}

bool media_verify(struct media *m, const char *text, const char *mac, int64_t now_s)
{
    unsigned char given[BASE64_DECODED_MAX(64)];
    size_t len = strnlen(mac, 65), given_len = 0;
    if (len > 64 || !base64_decode(mac, len, given, &given_len) || given_len != MAC_LEN)
        return false;
    pthread_mutex_lock(&m->keys_lock);
    bool good = verify(m, text, given);
    if (!good && now_s != m->keys_read && renew(m, now_s))
        good = verify(m, text, given);
    pthread_mutex_unlock(&m->keys_lock);
    return good;
}

bool media_sign(struct media *m, const char *text, int64_t now_s, char out[MEDIA_MAC_SIZE])
{
    unsigned char mac[MAC_LEN];
    pthread_mutex_lock(&m->keys_lock);
    if (now_s - m->keys[0].made >= KEY_SIGNS_S)
        renew(m, now_s);
    bool ok = m->keys_n > 0 && mac_make(&m->keys[0], text, mac);
    pthread_mutex_unlock(&m->keys_lock);
    if (ok)
        out[base64_encode_url(mac, MAC_LEN, out)] = 0;
    return ok;
}

// What is signed is lines: no member may hold the end of one. NULL when one does.
static char *text_of(const struct media_file *f)
{
    if (strpbrk(f->tenant, "\r\n") || strpbrk(f->sha, "\r\n") || strpbrk(f->type, "\r\n") || strpbrk(f->name, "\r\n"))
        return NULL;
    return xasprintf("media\n%s\n%s\n%" PRId64 "\n%s\n%s", f->tenant, f->sha, f->until, f->type, f->name);
}

bool media_link_check(struct media *m, const struct media_file *f, const char *mac, int64_t now_s)
{
    char *text = now_s < f->until ? text_of(f) : NULL;
    bool good = text && media_verify(m, text, mac, now_s);
    free(text);
    return good;
}

// ---- links ----

char *media_escape(char *to, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~",
                      hex[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (strchr(plain, c)) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = hex[c >> 4];
        *to++ = hex[c & 15];
    }
    *to = 0;
    return to;
}

bool media_link_make(struct media *m, const struct media_file *f, int64_t now_s, char out[MEDIA_LINK_MAX])
{
    char mac[MEDIA_MAC_SIZE], *text = text_of(f);
    bool ok = text && media_sign(m, text, now_s, mac);
    free(text);
    if (!ok)
        return false;
    char *p = out + snprintf(out, MEDIA_LINK_MAX, "/v1/media/%s?tenant=", f->sha);
    p = media_escape(p, f->tenant);
    p += sprintf(p, "&until=%" PRId64 "&type=", f->until);
    p = media_escape(p, f->type);
    p = media_escape(stpcpy(p, "&name="), f->name);
    stpcpy(stpcpy(p, "&mac="), mac);
    return true;
}
