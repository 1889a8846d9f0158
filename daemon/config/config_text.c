// SPDX-License-Identifier: Apache-2.0
// Texts of the configuration: names, addresses, origins, hashes and secrets. A check says what would be right; secrets come
// from the environment or a file where the text says so, and are never quoted.
#include "daemon/config/config_private.h"

#include "daemon/base/address.h"
#include "daemon/base/loop.h"
#include "proto/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_MAX 1024

static bool all_of(const char *s, size_t len, const char *more)
{
    for (size_t i = 0; i < len; i++) {
        bool plain = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9');
        if (!plain && (s[i] == '\0' || strchr(more, s[i]) == NULL))
            return false;
    }
    return true;
}

static const char *check_text(const char *s, size_t len)
{
    return utf8_valid_text(s, len) ? NULL : "expected no control characters";
}

const char *setting_check_name(const char *s, size_t len)
{
    return len >= 1 && len <= 64 && all_of(s, len, "._-") ? NULL : "expected 1 to 64 of a-z 0-9 . _ -";
}

const char *setting_check_language(const char *s, size_t len)
{
    static const char upper[] = "-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return len >= 1 && len <= 35 && all_of(s, len, upper) ? NULL : "expected a BCP 47 tag like \"de\" or \"pt-BR\"";
}

static bool port_valid(const char *s, size_t len)
{
    long port = 0;
    if (len < 1 || len > 5)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)s[i]))
            return false;
        port = port * 10 + (s[i] - '0');
    }
    return port <= 65535;
}

static const char *check_address(const char *s, size_t len)
{
    static const char right[] = "expected HOST:PORT like \"127.0.0.1:8080\" or \"[::1]:8080\"";
    const char *colon = memrchr(s, ':', len);
    if (colon == NULL || colon == s || !port_valid(colon + 1, len - (size_t)(colon + 1 - s)))
        return right;
    size_t host = (size_t)(colon - s);
    if (s[0] == '[')
        return s[host - 1] == ']' && host > 2 && all_of(s + 1, host - 2, ":ABCDEF") ? NULL : right;
    return all_of(s, host, ".-_ABCDEFGHIJKLMNOPQRSTUVWXYZ") ? NULL : right;
}

static const char *check_socket(const char *s, size_t len)
{
    if (strncmp(s, "unix:", 5) != 0)
        return check_address(s, len) ? "expected HOST:PORT like \"127.0.0.1:2424\", or \"unix:/path\"" : NULL;
    return s[5] == '/' && len - 5 < 108 ? NULL : "expected \"unix:/path\", the path at most 107 bytes";
}

const char *setting_check_media_type(const char *s, size_t len)
{
    const char *slash = memchr(s, '/', len);
    size_t major = slash ? (size_t)(slash - s) : 0, minor = slash ? len - major - 1 : 0;
    bool right = major > 0 && minor > 0 && all_of(s, major, "-.+") &&
                 ((minor == 1 && slash[1] == '*') || all_of(slash + 1, minor, "-.+_"));
    return right && len <= 127 ? NULL : "expected a media type in lower case, like \"image/png\" or \"image/*\"";
}

const char *setting_check_origin(const char *s, size_t len)
{
    static const char right[] =
        "expected scheme://host or scheme://host:port, in lower case, like \"https://www.example.org\"";
    const char *host = strncmp(s, "https://", 8) == 0 ? s + 8 : strncmp(s, "http://", 7) == 0 ? s + 7 : NULL;
    if (host == NULL)
        return right;
    size_t n = len - (size_t)(host - s);
    const char *colon = memchr(host, ':', n);
    if (colon != NULL && !port_valid(colon + 1, n - (size_t)(colon + 1 - host)))
        return right;
    n = colon != NULL ? (size_t)(colon - host) : n;
    return n >= 1 && all_of(host, n, ".-") ? NULL : right;
}

const char *setting_check_range(const char *s, size_t len)
{
    struct address_range r;
    (void)len;
    return address_range_parse(s, &r);
}

static const char *check_sha256(const char *s, size_t len)
{
    return len == 64 && strspn(s, "0123456789abcdefABCDEF") == 64 ? NULL : "expected 64 hex digits";
}

const char *setting_text(const struct setting *v, const struct toml_node *node, setting_check_fn *check,
                         const char *expected)
{
    const char *s;
    size_t len;
    if (!toml_string(node, &s, &len)) {
        setting_wrong_type(v, node, expected);
        return NULL;
    }
    const char *why = check(s, len);
    if (why == NULL)
        return s;
    errors_add(v->errs, setting_place(node), "%s is not right (%s)", v->name, why);
    return NULL;
}

static bool in_length(const struct setting *v, size_t len)
{
    if ((int64_t)len >= v->key->min && (int64_t)len <= v->key->max)
        return true;
    errors_add(v->errs, setting_place(v->node), "%s has %zu bytes (must be from %" PRId64 " to %" PRId64 ")", v->name,
               len, v->key->min, v->key->max);
    return false;
}

static bool read_checked(const struct setting *v, void *slot, setting_check_fn *check, const char *expected)
{
    const char *s = setting_text(v, v->node, check, expected);
    if (s == NULL || !in_length(v, strlen(s)))
        return false;
    *(char **)slot = xstrdup(s);
    return true;
}

bool setting_read_text(const struct setting *v, void *slot)
{
    return read_checked(v, slot, check_text, "a text in quotes");
}

bool setting_read_needs(const struct setting *v, void *slot)
{
    return read_checked(v, slot, setting_check_needs, "a requirement in quotes");
}

bool setting_read_name(const struct setting *v, void *slot)
{
    return read_checked(v, slot, setting_check_name, "a name in quotes");
}

bool setting_read_address(const struct setting *v, void *slot)
{
    return read_checked(v, slot, check_address, "a text like \"127.0.0.1:8080\"");
}

bool setting_read_socket(const struct setting *v, void *slot)
{
    return read_checked(v, slot, check_socket, "a text like \"127.0.0.1:2424\"");
}

// ---- hours and zones ----

static const char *check_hours(const char *s, size_t len)
{
    static const char right[] = "expected FROM-TO like \"21:00-08:00\", or \"\" for none";
    int h[2], m[2], end = 0;
    if (len == 0)
        return NULL;
    if (len != 11 || sscanf(s, "%2d:%2d-%2d:%2d%n", &h[0], &m[0], &h[1], &m[1], &end) != 4 || end != 11)
        return right;
    return h[0] >= 0 && h[0] < 24 && h[1] >= 0 && h[1] < 24 && m[0] >= 0 && m[0] < 60 && m[1] >= 0 && m[1] < 60 ? NULL
                                                                                                                : right;
}

bool setting_read_hours(const struct setting *v, void *slot)
{
    const char *s = setting_text(v, v->node, check_hours, "a text like \"21:00-08:00\"");
    int h[2] = {0}, m[2] = {0};
    if (s == NULL)
        return false;
    if (*s != '\0')
        (void)sscanf(s, "%2d:%2d-%2d:%2d", &h[0], &m[0], &h[1], &m[1]);
    *(struct config_hours *)slot = (struct config_hours){h[0] * 60 + m[0], h[1] * 60 + m[1]};
    return true;
}

// Names a file of the system's database: no way out of its folder.
static const char *check_zone(const char *s, size_t len)
{
    static const char right[] = "expected a name of the tz database like \"Europe/Berlin\"";
    char path[128];
    if (len == 3 && memcmp(s, "UTC", 3) == 0)
        return NULL; // needs no database
    if (len < 1 || len > 64 || !all_of(s, len, "/_+-ABCDEFGHIJKLMNOPQRSTUVWXYZ") || s[0] == '/')
        return right;
    snprintf(path, sizeof path, "%s/%s", CONFIG_ZONES, s);
    FILE *f = fopen(path, "re");
    char magic[4] = "";
    bool good = f != NULL && fread(magic, 1, 4, f) == 4 && memcmp(magic, "TZif", 4) == 0;
    if (f != NULL)
        fclose(f);
    return good ? NULL : right;
}

bool setting_read_zone(const struct setting *v, void *slot)
{
    return read_checked(v, slot, check_zone, "a text like \"Europe/Berlin\"");
}

// ---- URLs ----

static const char *check_url(const char *s, size_t len)
{
    static const char right[] =
        "expected http:// or https://, a host and perhaps a path, without user, query or fragment";
    size_t scheme = strncmp(s, "https://", 8) == 0 ? 8 : strncmp(s, "http://", 7) == 0 ? 7 : 0;
    if (scheme == 0 || len == scheme || s[scheme] == '/' || s[scheme] == ':')
        return right;
    for (size_t i = 0; i < len; i++) {
        if (s[i] <= ' ' || s[i] >= 0x7F || strchr("\"<>\\^`{|}?#@", s[i]) != NULL)
            return right;
    }
    return NULL;
}

bool setting_read_url(const struct setting *v, void *slot)
{
    if (!read_checked(v, slot, check_url, "a URL in quotes"))
        return false;
    char *s = *(char **)slot;
    for (size_t n = strlen(s); n > 0 && s[n - 1] == '/'; n--)
        s[n - 1] = '\0';
    return true;
}

bool setting_read_sha256(const struct setting *v, void *slot)
{
    if (!read_checked(v, slot, check_sha256, "64 hex digits in quotes"))
        return false;
    for (char *p = *(char **)slot; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return true;
}

// ---- secrets ----

// The first SECRET_MAX + 1 bytes of a file without the line end; NULL with errno when it cannot be read.
static char *file_content(const char *path)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return NULL;
    char *text = xcalloc(1, SECRET_MAX + 2);
    size_t n = fread(text, 1, SECRET_MAX + 1, f);
    int failed = ferror(f) ? EIO : 0;
    fclose(f);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        text[--n] = '\0';
    if (failed != 0 || strlen(text) != n) {
        free(text);
        errno = failed != 0 ? failed : EILSEQ;
        return NULL;
    }
    return text;
}

static bool read_secret_from(const struct setting *v, void *slot, bool literal)
{
    const char *s = setting_text(v, v->node, check_text, "a text, \"env:NAME\" or \"file:PATH\"");
    if (s == NULL)
        return false;
    char *secret = NULL;
    if (strncmp(s, "env:", 4) == 0) {
        const char *value = getenv(s + 4);
        if (value == NULL)
            errors_add(v->errs, setting_place(v->node), "%s: the environment has no %s (set it before the start)",
                       v->name, s + 4);
        else
            secret = xstrdup(value);
    } else if (strncmp(s, "file:", 5) == 0) {
        secret = file_content(s + 5);
        if (secret == NULL)
            errors_add(v->errs, setting_place(v->node), "%s: cannot read %s (%s)", v->name, s + 5, strerror(errno));
    } else if (literal) {
        secret = xstrdup(s);
    } else {
        errors_add(v->errs, setting_place(v->node),
                   "%s holds the secret itself (expected \"env:NAME\" or \"file:PATH\")", v->name);
    }
    if (secret != NULL && !in_length(v, strlen(secret))) {
        explicit_bzero(secret, strlen(secret));
        free(secret);
        secret = NULL;
    }
    if (secret != NULL)
        *(char **)slot = secret;
    return secret != NULL;
}

bool setting_read_secret(const struct setting *v, void *slot)
{
    return read_secret_from(v, slot, true);
}

bool setting_read_secret_ref(const struct setting *v, void *slot)
{
    return read_secret_from(v, slot, false);
}
