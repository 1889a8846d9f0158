// SPDX-License-Identifier: Apache-2.0
// Forms read strictly and written. Owns nothing; all memory is the region's. Fails only on what is not well formed.
#include "channels/form.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The byte that "%xx" stands for; -1 where the two digits are not there.
static int escaped_byte(const char *text, size_t len)
{
    int high = len >= 3 ? hex_digit(text[1]) : -1, low = len >= 3 ? hex_digit(text[2]) : -1;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

// Decodes into the region; NULL where an escape is broken.
static const char *form_decode(struct region *m, const char *text, size_t len, size_t *out_len)
{
    char *out = region_new(m, len + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int c = text[i] == '+' ? ' ' : (unsigned char)text[i];
        if (c == '%') {
            c = escaped_byte(text + i, len - i);
            if (c < 0)
                return NULL;
            i += 2;
        }
        out[n++] = (char)c;
    }
    out[n] = 0;
    *out_len = n;
    return out;
}

// One piece between ampersands.
static const char *form_read_field(struct region *m, const char *piece, size_t len, size_t number,
                                   struct form_field *out)
{
    const char *equals = memchr(piece, '=', len);
    size_t name_len = equals ? (size_t)(equals - piece) : len;
    out->name = form_decode(m, piece, name_len, &out->name_len);
    if (!out->name)
        return region_format(m, "the name of field %zu has a percent sign without two hex digits", number);
    if (memchr(out->name, 0, out->name_len))
        return region_format(m, "the name of field %zu holds a NUL", number);
    out->value = equals ? form_decode(m, equals + 1, len - name_len - 1, &out->value_len) : "";
    if (!out->value)
        return region_format(m, "the value of field %zu has a percent sign without two hex digits", number);
    return NULL;
}

static size_t form_pieces(const char *text, size_t len)
{
    size_t n = 1;
    for (size_t i = 0; i < len; i++)
        n += text[i] == '&';
    return n;
}

const char *form_read(struct region *m, const char *text, size_t len, struct form *out)
{
    size_t pieces = form_pieces(text, len);
    *out = (struct form){NULL, 0};
    if (pieces > FORM_FIELDS_MAX)
        return region_format(m, "more than %d fields", FORM_FIELDS_MAX);
    struct form_field *v = region_new(m, pieces, sizeof(*v));
    size_t n = 0;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '&', len - at);
        size_t piece = end ? (size_t)(end - text) - at : len - at;
        const char *wrong = piece ? form_read_field(m, text + at, piece, n + 1, &v[n]) : NULL;
        if (wrong)
            return wrong;
        n += piece > 0;
        at += piece + 1;
    }
    *out = (struct form){v, n};
    return NULL;
}

const char *form_query(const char *target)
{
    const char *mark = strchr(target, '?');
    return mark ? mark + 1 : target + strlen(target);
}

const struct form_field *form_find(const struct form *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->v[i].name, name) == 0)
            return &f->v[i];
    return NULL;
}

size_t form_count(const struct form *f, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += strcmp(f->v[i].name, name) == 0;
    return n;
}

const char *form_value(const struct form *f, const char *name)
{
    const struct form_field *found = form_find(f, name);
    return found ? found->value : "";
}

// ---- writing ----

void form_add(struct form_text *t, const char *bytes, size_t len)
{
    if (t->n + len + 1 > t->room) {
        size_t room = (t->n + len + 1) * 2;
        char *v = region_new(t->m, room, 1);
        if (t->n)
            memcpy(v, t->v, t->n);
        t->v = v;
        t->room = room;
    }
    if (len)
        memcpy(t->v + t->n, bytes, len);
    t->n += len;
    t->v[t->n] = 0;
}

void form_escape_byte(struct form_text *t, char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char c = (unsigned char)byte;
    const char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
    form_add(t, escape, sizeof escape);
}

void form_escape_but(struct form_text *t, const char *bytes, size_t len, const char *bare)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] && (strchr(plain, bytes[i]) || strchr(bare, bytes[i])))
            form_add(t, bytes + i, 1);
        else
            form_escape_byte(t, bytes[i]);
    }
}

void form_escape(struct form_text *t, const char *bytes, size_t len)
{
    form_escape_but(t, bytes, len, "");
}

void form_put(struct form_text *t, const char *name, const char *value)
{
    if (t->n && t->v[t->n - 1] != '?')
        form_add(t, "&", 1);
    form_escape(t, name, strlen(name));
    form_add(t, "=", 1);
    form_escape(t, value, strlen(value));
}
