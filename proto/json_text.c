// SPDX-License-Identifier: Apache-2.0
// JSON's own text: escapes, numbers in their shortest form, and the buffer that makes few large pieces of many small ones.
// Knows nothing of messages. Whatever it is given, its output is valid JSON text; it fails only when the sink does.
#include "proto/json_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

void json_text_begin(struct json_text *t, json_write_fn *write, void *ctx)
{
    t->write = write;
    t->ctx = ctx;
    t->failed = false;
    t->n = 0;
}

void json_text_flush(struct json_text *t)
{
    if (!t->failed && t->n > 0)
        t->failed = !t->write(t->ctx, t->buf, t->n);
    t->n = 0;
}

void json_text_put(struct json_text *t, const char *bytes, size_t len)
{
    while (len > 0) {
        if (t->n == sizeof t->buf)
            json_text_flush(t);
        size_t part = sizeof t->buf - t->n < len ? sizeof t->buf - t->n : len;
        memcpy(t->buf + t->n, bytes, part);
        t->n += part;
        bytes += part;
        len -= part;
    }
}

static void put_escape(struct json_text *t, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *s = shorts; *s != '\0'; s += 2) {
        if (c == (unsigned char)*s) {
            json_text_put(t, (const char[]){'\\', s[1]}, 2);
            return;
        }
    }
    char text[8];
    snprintf(text, sizeof text, "\\u%04x", c);
    json_text_put(t, text, 6);
}

// The inside of a string that is valid UTF-8: runs that need no escape go out whole.
static void put_escaped(struct json_text *t, const char *s, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        json_text_put(t, s + from, i - from);
        put_escape(t, c);
        from = i + 1;
    }
    json_text_put(t, s + from, len - from);
}

void json_text_put_string(struct json_text *t, const char *s)
{
    const uint8_t *p = (const uint8_t *)(s != NULL ? s : "");
    size_t len = strlen((const char *)p);
    json_text_put_char(t, '"');
    for (const uint8_t *bad; (bad = u8_check(p, len)) != NULL;) {
        size_t good = (size_t)(bad - p);
        put_escaped(t, (const char *)p, good);
        json_text_put(t, "\xEF\xBF\xBD", 3);
        p += good + 1;
        len -= good + 1;
    }
    put_escaped(t, (const char *)p, len);
    json_text_put_char(t, '"');
}

static void put_digits(struct json_text *t, uint64_t v, bool negative)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    if (negative)
        digits[--at] = '-';
    json_text_put(t, digits + at, sizeof digits - at);
}

void json_text_put_unsigned(struct json_text *t, uint64_t v)
{
    put_digits(t, v, false);
}

void json_text_put_signed(struct json_text *t, int64_t v)
{
    put_digits(t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
}

// The shortest of the precisions from `least` that reads back as the same value.
static void put_real(struct json_text *t, double v, int least, int most, bool single)
{
    if (isnan(v)) {
        json_text_put(t, "\"NaN\"", 5);
        return;
    }
    if (isinf(v)) {
        const char *text = v < 0 ? "\"-Infinity\"" : "\"Infinity\"";
        json_text_put(t, text, strlen(text));
        return;
    }
    char text[40];
    for (int precision = least; precision <= most; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, v);
        double back = strtod(text, NULL);
        if (single ? (float)back == (float)v : back == v)
            break;
    }
    json_text_put(t, text, strlen(text));
}

void json_text_put_float(struct json_text *t, float v)
{
    put_real(t, (double)v, 6, 9, true);
}

void json_text_put_double(struct json_text *t, double v)
{
    put_real(t, v, 15, 17, false);
}
