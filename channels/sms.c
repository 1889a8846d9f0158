// SPDX-License-Identifier: Apache-2.0
// The arithmetic of short messages. Pure; all memory is the region's. Texts are valid UTF-8, or they were refused before.
#include "channels/sms.h"

#include <string.h>

#include "proto/handle.h"

// One character of valid UTF-8; moves *p behind it.
static uint32_t next_character(const unsigned char **p)
{
    const unsigned char *s = *p;
    unsigned more = s[0] < 0x80 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
    uint32_t c = more ? s[0] & (0x3fu >> more) : s[0];
    for (unsigned i = 1; i <= more && s[i]; i++) {
        c = c << 6 | (s[i] & 0x3fu);
        (*p)++;
    }
    (*p)++;
    return c;
}

// What of the default alphabet is not ASCII, and what of ASCII it does not have or has in the extension table only.
static const uint16_t gsm7_beyond_ascii[] = {
    0xa1, 0xa3, 0xa4, 0xa5,  0xa7,  0xbf,  0xc4,  0xc5,  0xc6,  0xc7,  0xc9,  0xd1,  0xd6,
    0xd8, 0xdc, 0xdf, 0xe0,  0xe4,  0xe5,  0xe6,  0xe8,  0xe9,  0xec,  0xf1,  0xf2,  0xf6,
    0xf8, 0xf9, 0xfc, 0x393, 0x394, 0x398, 0x39b, 0x39e, 0x3a0, 0x3a3, 0x3a6, 0x3a8, 0x3a9,
};

// Septets of a character in the default alphabet; 0 = it has none there.
static unsigned gsm7_units(uint32_t c)
{
    if (c == 0x20ac || c == '\f' || (c < 0x80 && c && strchr("^{}\\[~]|", (int)c)))
        return 2;
    if (c < 0x80)
        return (c >= ' ' && c < 0x7f && c != '`') || c == '\n' || c == '\r';
    for (size_t i = 0; i < sizeof gsm7_beyond_ascii / sizeof *gsm7_beyond_ascii; i++)
        if (gsm7_beyond_ascii[i] == c)
            return 1;
    return 0;
}

static unsigned ucs2_units(uint32_t c)
{
    return c > 0xffff ? 2 : 1;
}

static enum sms_alphabet sms_alphabet(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p;)
        if (!gsm7_units(next_character(&p)))
            return SMS_UCS2;
    return SMS_GSM7;
}

struct sms_size sms_measure(const char *text)
{
    static const struct {
        unsigned (*units)(uint32_t c);
        size_t alone,
            each; // room of a message by itself, and of each of several (the rest is the header that joins them)
    } rooms[] = {[SMS_GSM7] = {gsm7_units, 160, 153}, [SMS_UCS2] = {ucs2_units, 70, 67}};
    struct sms_size size = {.alphabet = sms_alphabet(text)};
    size_t used = 0, several = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        unsigned units = rooms[size.alphabet].units(next_character(&p));
        size.units += units;
        if (several == 0 || used + units > rooms[size.alphabet].each) {
            several++;
            used = 0;
        }
        used += units;
    }
    size.segments = size.units > rooms[size.alphabet].alone ? several : size.units > 0;
    return size;
}

// ---- UTF-16 ----

static size_t put_unit(char *out, uint32_t unit)
{
    out[0] = (char)(unit >> 8);
    out[1] = (char)unit;
    return 2;
}

char *sms_to_utf16(struct region *m, const char *text, size_t *len)
{
    char *out = region_new(m, strlen(text) + 1, 2);
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        uint32_t c = next_character(&p);
        if (c > 0xffff) {
            n += put_unit(out + n, 0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        n += put_unit(out + n, c);
    }
    *len = n;
    return out;
}

static size_t put_character(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint32_t first[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(first[more] | c >> (6 * more));
    for (unsigned i = 1; i <= more; i++)
        out[i] = (char)(0x80 | ((c >> (6 * (more - i))) & 0x3f));
    return more + 1;
}

static uint32_t unit_at(const char *bytes, size_t len, size_t at)
{
    return at + 2 <= len ? (uint32_t)(unsigned char)bytes[at] << 8 | (unsigned char)bytes[at + 1] : 0;
}

char *sms_from_utf16(struct region *m, const char *bytes, size_t len)
{
    char *out = region_new(m, len / 2 + 1, 3);
    size_t n = 0;
    if (len % 2)
        return NULL;
    for (size_t i = 0; i < len; i += 2) {
        uint32_t c = unit_at(bytes, len, i);
        if (c >= 0xd800 && c < 0xdc00) {
            uint32_t low = unit_at(bytes, len, i + 2);
            if (low < 0xdc00 || low > 0xdfff)
                return NULL;
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            i += 2;
        } else if (c == 0 || (c >= 0xdc00 && c <= 0xdfff)) {
            return NULL;
        }
        n += put_character(out + n, c);
    }
    return out;
}

// ---- who and what, for people ----

static char *handle_of(struct region *m, const char *kind, const char *address)
{
    char out[HANDLE_MAX];
    const char *why;
    const char *in = region_format(m, "%s%s", kind, address);
    return handle_normalise(in, out, &why) ? region_text(m, out) : NULL;
}

char *sms_handle(struct region *m, const char *number, bool international, const char *account)
{
    size_t digits = strspn(number, "0123456789");
    bool bare = digits >= 7 && number[digits] == 0;
    char *handle = NULL;
    if (number[0] == '+')
        handle = handle_of(m, "tel:", number);
    else if (bare && number[0] == '0' && number[1] == '0')
        handle = handle_of(m, "tel:+", number + 2);
    else if (bare && international)
        handle = handle_of(m, "tel:+", number);
    if (!handle && number[0])
        handle = handle_of(m, "sms:", number);
    return handle ? handle : region_format(m, "unknown:%s", account);
}
