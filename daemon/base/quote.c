// SPDX-License-Identifier: Apache-2.0
// JSON strings and the little UTF-8 that they need. Owns nothing; cannot fail, only cut.
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/quote.h"

size_t utf8_length(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90)) // overlong
        return 0;
    if ((s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f)) // surrogates, beyond U+10FFFF
        return 0;
    return len;
}

size_t quote_json(char *out, size_t size, const char *text, size_t len)
{
    assert(size >= 3);
    size_t n = 0;
    out[n++] = '"';
    while (len && n + 6 + 2 <= size) { // the longest escape, the quote, the end
        size_t step = utf8_length(text, len);
        unsigned char c = (unsigned char)*text;
        if (step == 0) {
            memcpy(out + n, "\xef\xbf\xbd", 3);
            n += 3;
            step = 1;
        } else if (c == '"' || c == '\\') {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else if (c < 0x20 || c == 0x7f) {
            n += (size_t)snprintf(out + n, 7, "\\u%04x", c);
        } else {
            memcpy(out + n, text, step);
            n += step;
        }
        text += step;
        len -= step;
    }
    out[n++] = '"';
    out[n] = '\0';
    return n;
}
