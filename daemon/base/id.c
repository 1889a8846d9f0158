// SPDX-License-Identifier: Apache-2.0
// Ids. Owns nothing but the boot id. getrandom(2) without flags cannot fail once the kernel's pool is ready and is
// restarted when a signal cuts it short; any other failure is a broken environment and ends the process.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/base/id.h"

void id_random(void *out, size_t len)
{
    unsigned char *p = out;
    while (len) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            perror("getrandom");
            abort();
        }
        p += n;
        len -= (size_t)n;
    }
}

uint64_t id_random_u64(void)
{
    uint64_t v;
    do
        id_random(&v, sizeof v);
    while (v == 0);
    return v;
}

char *id_base32(char *out, const void *bytes, size_t len)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    const unsigned char *p = bytes;
    char *o = out;
    uint32_t held = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < len; i++) {
        held = (held << 8 | p[i]) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5)
            *o++ = digits[held >> (bits - 5) & 31];
    }
    if (bits)
        *o++ = digits[held << (5 - bits) & 31];
    *o = '\0';
    return out;
}

char *id_hex(char *out, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * len] = '\0';
    return out;
}

char *id_name(char out[ID_NAME_SIZE])
{
    unsigned char bytes[ID_NAME_BYTES];
    id_random(bytes, sizeof bytes);
    return id_base32(out, bytes, sizeof bytes);
}

const char *id_boot(void)
{
    static char boot[ID_NAME_SIZE];
    if (!boot[0])
        id_name(boot);
    return boot;
}

static bool id_read_number(const char **at, uint64_t most, uint64_t *out)
{
    const char *from = *at;
    uint64_t n = 0;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        uint64_t digit = (uint64_t)(**at - '0');
        if (n > (most - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return *at > from;
}

bool id_read_effect(const char *text, uint64_t *input, uint32_t *index)
{
    uint64_t n;
    if (!id_read_number(&text, UINT64_MAX, input) || *text++ != '.' || !id_read_number(&text, UINT32_MAX, &n) || *text)
        return false;
    *index = (uint32_t)n;
    return true;
}

static char *id_put_number(char *at, uint64_t n)
{
    char text[20];
    size_t i = sizeof text;
    do {
        text[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    memcpy(at, text + i, sizeof text - i);
    return at + sizeof text - i;
}

void id_write_effect(char out[ID_EFFECT_SIZE], uint64_t input, uint32_t index)
{
    char *at = id_put_number(out, input);
    *at++ = '.';
    *id_put_number(at, index) = 0;
}
