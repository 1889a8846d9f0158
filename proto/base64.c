// SPDX-License-Identifier: Apache-2.0
// base64, strict about trailing bits and padding, lenient about the alphabet. Pure; fails only on bad input.
#include "proto/base64.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t encode(const char *alphabet, bool pad, const uint8_t *in, size_t len, char *out)
{
    char *p = out;
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t v = (uint32_t)in[i] << 16 | (n > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (n > 2 ? in[i + 2] : 0);
        *p++ = alphabet[v >> 18];
        *p++ = alphabet[v >> 12 & 63];
        if (n > 1)
            *p++ = alphabet[v >> 6 & 63];
        else if (pad)
            *p++ = '=';
        if (n > 2)
            *p++ = alphabet[v & 63];
        else if (pad)
            *p++ = '=';
    }
    return (size_t)(p - out);
}

size_t base64_encode(const uint8_t *in, size_t len, char *out)
{
    return encode(standard, true, in, len, out);
}

size_t base64_encode_url(const uint8_t *in, size_t len, char *out)
{
    return encode(url_safe, false, in, len, out);
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    return -1;
}

bool base64_decode(const char *in, size_t len, uint8_t *out, size_t *out_len)
{
    size_t digits = len;
    while (digits > 0 && len - digits < 2 && in[digits - 1] == '=')
        digits--;
    if (digits % 4 == 1 || (digits != len && len % 4 != 0))
        return false;
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    for (size_t i = 0; i < digits; i++) {
        int d = digit(in[i]);
        if (d < 0)
            return false;
        bits = bits << 6 | (uint32_t)d;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    *out_len = n;
    return (bits & ((1u << have) - 1)) == 0;
}
