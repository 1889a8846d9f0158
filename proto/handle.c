// SPDX-License-Identifier: Apache-2.0
// One function per kind of handle, found in a table. Pure; fails only by saying why. Telephone numbers are strict E.164:
// no table of national plans, so a number without its country code is refused rather than guessed.
#include "proto/handle.h"

#include "proto/utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

#define TEL_DIGITS_MIN  7
#define TEL_DIGITS_MAX  15
#define EMAIL_MAX       250 // RFC 5321 4.5.3.1.3 allows 254; a whole handle has at most 256
#define EMAIL_LOCAL_MAX 64  // RFC 5321 4.5.3.1.1

// What is left of the output, filled by a kind's function.
struct output {
    char *p;
    size_t room; // without the NUL
};

// The address as given: `len` bytes of valid UTF-8. NULL = done, else what is wrong.
typedef const char *address_fn(const char *in, size_t len, struct output *out);

static bool output_add(struct output *out, const char *bytes, size_t len)
{
    if (len > out->room)
        return false;
    memcpy(out->p, bytes, len);
    out->p += len;
    out->room -= len;
    return true;
}

static const char *tel_address(const char *in, size_t len, struct output *out)
{
    char digits[TEL_DIGITS_MAX + 1] = "+";
    size_t n = 0;
    if (len == 0 || in[0] != '+')
        return "a telephone number begins with + and the country code, like tel:+4915112345678";
    for (size_t i = 1; i < len; i++) {
        if (in[i] != '\0' && strchr(" .-()", in[i]) != NULL)
            continue;
        if (!isdigit((unsigned char)in[i]))
            return "a telephone number holds digits only (spaces, dots, dashes and parentheses are dropped)";
        if (n == TEL_DIGITS_MAX)
            return "a telephone number has at most 15 digits";
        digits[++n] = in[i];
    }
    if (n < TEL_DIGITS_MIN)
        return "a telephone number has at least 7 digits";
    if (digits[1] == '0')
        return "no country code begins with 0; write tel:+49..., not tel:+0...";
    output_add(out, digits, n + 1);
    return NULL;
}

static const char *local_check(const char *local, size_t len)
{
    if (len == 0 || len > EMAIL_LOCAL_MAX)
        return "the part before the @ has 1 to 64 bytes";
    if (local[0] == '.' || local[len - 1] == '.')
        return "the part before the @ neither begins nor ends with a dot";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)local[i];
        if (c <= ' ' || c == 0x7F || strchr("\"(),:;<>[\\]", c) != NULL)
            return "the part before the @ holds no spaces, quotes or brackets";
    }
    return NULL;
}

static const char *domain_check(const char *domain, size_t len)
{
    if (len == 0)
        return "a domain must follow the @";
    size_t label = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i == len || domain[i] == '.') {
            if (label == 0 || domain[i - 1] == '-' || domain[i - label] == '-')
                return "each part of the domain has at least one character and no dash at its ends";
            label = 0;
            continue;
        }
        unsigned char c = (unsigned char)domain[i];
        if (c < 0x80 && !isalnum(c) && c != '-' && c != '_')
            return "a domain holds letters, digits, dots and dashes only";
        label++;
    }
    return NULL;
}

// No C1 controls, blanks or invisible separators, in UTF-8 that is known to be valid.
static bool graphic(const char *in, size_t len)
{
    const uint8_t *p = (const uint8_t *)in;
    for (size_t i = 0; i < len;) {
        ucs4_t c;
        i += (size_t)u8_mbtouc(&c, p + i, len - i);
        if (uc_is_property_white_space(c) || uc_is_general_category(c, UC_CONTROL))
            return false;
    }
    return true;
}

static const char *email_address(const char *in, size_t len, struct output *out)
{
    for (; len > 0 && isspace((unsigned char)*in); in++)
        len--;
    while (len > 0 && isspace((unsigned char)in[len - 1]))
        len--;
    const char *at = memchr(in, '@', len);
    if (at == NULL || memchr(at + 1, '@', len - (size_t)(at + 1 - in)) != NULL)
        return "an email address has exactly one @, like email:ann@example.org";
    const char *why = local_check(in, (size_t)(at - in));
    if (why != NULL)
        return why;
    if (!graphic(in, len))
        return "an email address holds no spaces or control characters";
    uint8_t domain[EMAIL_MAX];
    size_t domain_len = sizeof domain;
    size_t given = len - (size_t)(at + 1 - in);
    uint8_t *lower = u8_tolower((const uint8_t *)at + 1, given, NULL, UNINORM_NFC, domain, &domain_len);
    if (lower == NULL)
        return "out of memory";
    bool fits = lower == domain && (size_t)(at + 1 - in) + domain_len <= EMAIL_MAX;
    why = fits ? domain_check((const char *)domain, domain_len) : NULL;
    if (lower != domain)
        free(lower);
    if (why != NULL)
        return why;
    if (!fits || !output_add(out, in, (size_t)(at + 1 - in)) || !output_add(out, (const char *)domain, domain_len))
        return "an email address has at most 250 bytes";
    return NULL;
}

static const char *other_address(const char *in, size_t len, struct output *out)
{
    if (len == 0 || len > HANDLE_OTHER_MAX)
        return "the part after the colon has 1 to 200 bytes";
    if (!graphic(in, len))
        return "a handle holds no spaces or control characters";
    output_add(out, in, len);
    return NULL;
}

static const struct {
    const char *kind;
    address_fn *address;
} kinds[] = {
    {"tel", tel_address},
    {"email", email_address},
};

// The length of the kind before its colon; 0 = there is none.
static size_t kind_length(const char *in)
{
    size_t n = 0;
    while ((in[n] >= 'a' && in[n] <= 'z') || (n > 0 && in[n] >= '0' && in[n] <= '9'))
        n++;
    return n <= HANDLE_KIND_MAX && in[n] == ':' ? n : 0;
}

bool handle_normalise(const char *in, char out[static HANDLE_MAX], const char **why)
{
    out[0] = '\0';
    size_t len = strnlen(in, 4 * HANDLE_MAX);
    size_t kind = kind_length(in);
    *why = NULL;
    if (len == 4 * HANDLE_MAX)
        *why = "a handle has at most 256 bytes";
    else if (kind == 0)
        *why = "a handle is kind:address, the kind 1 to 16 of a-z and 0-9, like tel:+4915112345678";
    else if (!utf8_valid(in, len))
        *why = "not valid UTF-8";
    if (*why != NULL)
        return false;
    address_fn *address = other_address;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strlen(kinds[i].kind) == kind && memcmp(kinds[i].kind, in, kind) == 0)
            address = kinds[i].address;
    }
    struct output o = {out, HANDLE_MAX - 1};
    output_add(&o, in, kind + 1);
    *why = address(in + kind + 1, len - kind - 1, &o);
    *o.p = '\0';
    if (*why != NULL)
        out[0] = '\0';
    return *why == NULL;
}

bool handle_is(const char *handle, const char *kind)
{
    size_t n = strlen(kind);
    return strncmp(handle, kind, n) == 0 && handle[n] == ':';
}
