// SPDX-License-Identifier: Apache-2.0
// Splits HTML into tokens; see mail_html_read.h. Owns nothing.
#include "channels/mail_html_read.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "channels/mail_html_entities.h"

// What these hold is no text; `raw`: it is not even tags.
static const struct hidden {
    const char *name;
    bool raw;
} hidden[] = {
    {"script", true},  {"style", true},   {"title", true},    {"textarea", true},  {"xmp", true},
    {"iframe", true},  {"noembed", true}, {"noframes", true}, {"plaintext", true}, {"noscript", true},
    {"object", false}, {"applet", false}, {"svg", false},     {"math", false},     {"template", false},
    {"select", false}, {"audio", false},  {"video", false},   {"canvas", false},   {"datalist", false},
};

static const struct hidden *hidden_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if ((name[0] | 0x20) == hidden[i].name[0] && strncasecmp(hidden[i].name, name, len) == 0 &&
            !hidden[i].name[len])
            return &hidden[i];
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

// Behind what begins at a comment or declaration. Without its end, all the rest is one.
static const char *skip_declaration(const char *p, const char *end)
{
    if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
        if (end - p >= 5 && p[4] == '>')
            return p + 5;
        for (p += 4; p < end; p++) {
            p = memchr(p, '-', (size_t)(end - p));
            if (!p)
                return end;
            if (end - p >= 3 && p[1] == '-' && (p[2] == '>' || (p[2] == '!' && end - p >= 4 && p[3] == '>')))
                return p + (p[2] == '>' ? 3 : 4);
        }
        return end;
    }
    const char *close = memchr(p, '>', (size_t)(end - p));
    return close ? close + 1 : end;
}

// The > that ends a tag: not one within a quoted value.
static const char *tag_end(const char *p, const char *end)
{
    char quote = 0;
    bool value = false; // quotes quote only behind a =
    for (; p < end; p++) {
        if (quote) {
            if (*p == quote)
                quote = 0;
        } else if (*p == '>') {
            return p;
        } else if (value && (*p == '"' || *p == '\'')) {
            quote = *p;
        }
        if (!is_blank(*p))
            value = *p == '=';
    }
    return end;
}

static bool is_tag(const char *p, const char *end)
{
    p += end - p > 1 && p[1] == '/' ? 2 : 1;
    return p < end && isalpha((unsigned char)*p);
}

static void read_tag(struct html_reader *r, struct html_token *out)
{
    bool close = r->at[1] == '/';
    out->kind = close ? HTML_CLOSE : HTML_OPEN;
    out->name = r->at + 1 + close;
    const char *p = out->name;
    while (p < r->end && !is_blank(*p) && *p != '/' && *p != '>')
        p++;
    out->name_len = (size_t)(p - out->name);
    const char *end = tag_end(p, r->end);
    out->text = p;
    out->len = (size_t)(end - p);
    r->at = end < r->end ? end + 1 : end;
}

// Behind the end tag of what holds no tags.
static const char *skip_raw(const char *p, const char *end, const struct hidden *h)
{
    size_t n = strlen(h->name);
    while ((p = memchr(p, '<', (size_t)(end - p)))) {
        if ((size_t)(end - p) >= n + 2 && p[1] == '/' && strncasecmp(p + 2, h->name, n) == 0 &&
            ((size_t)(end - p) == n + 2 || is_blank(p[n + 2]) || p[n + 2] == '>' || p[n + 2] == '/')) {
            p = memchr(p, '>', (size_t)(end - p));
            return p ? p + 1 : end;
        }
        p++;
    }
    return end;
}

// True where the tag or what it holds was dropped.
static bool drop(struct html_reader *r, const struct html_token *t)
{
    const struct hidden *h = hidden_find(t->name, t->name_len);
    bool itself = t->len && t->text[t->len - 1] == '/';
    if (h && h->raw && t->kind == HTML_OPEN)
        r->at = skip_raw(r->at, r->end, h);
    else if (h && !h->raw && t->kind == HTML_OPEN)
        r->dropping += !itself;
    else if (h && !h->raw && r->dropping)
        r->dropping--;
    return h || r->dropping;
}

static void read_words(struct html_reader *r, struct html_token *out)
{
    const char *p = r->at;
    do {
        p = memchr(p + 1, '<', (size_t)(r->end - p - 1));
    } while (p && !is_tag(p, r->end) && !(r->end - p > 1 && (p[1] == '!' || p[1] == '?' || p[1] == '/')));
    *out = (struct html_token){.kind = HTML_WORDS, .text = r->at, .len = (size_t)((p ? p : r->end) - r->at)};
    r->at += out->len;
}

void html_read(struct html_reader *r, struct html_token *out)
{
    while (r->at < r->end) {
        *out = (struct html_token){0};
        if (*r->at == '<' && is_tag(r->at, r->end)) {
            read_tag(r, out);
            if (!drop(r, out))
                return;
        } else if (*r->at == '<' && r->end - r->at > 1 && (r->at[1] == '!' || r->at[1] == '?' || r->at[1] == '/')) {
            r->at = skip_declaration(r->at, r->end);
        } else {
            read_words(r, out);
            if (!r->dropping)
                return;
        }
    }
    *out = (struct html_token){0};
}

bool html_next_pair(const char **at, const char *end, struct html_pair *out)
{
    const char *p = *at;
    while (p < end && (is_blank(*p) || *p == '/'))
        p++;
    out->name = out->value = p;
    while (p < end && !is_blank(*p) && *p != '/' && (*p != '=' || p == out->name))
        p++;
    out->name_len = (size_t)(p - out->name);
    out->value_len = 0;
    const char *q = p;
    while (q < end && is_blank(*q))
        q++;
    if (q < end && *q == '=') {
        for (q++; q < end && is_blank(*q);)
            q++;
        char quote = q < end && (*q == '"' || *q == '\'') ? *q : 0;
        out->value = q += quote != 0;
        while (q < end && (quote ? *q != quote : !is_blank(*q)))
            q++;
        out->value_len = (size_t)(q - out->value);
        p = q < end && quote ? q + 1 : q;
    }
    *at = p;
    return out->name_len > 0;
}

// ---- characters ----

static size_t put_utf8(unsigned long c, char out[static 4])
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

static unsigned long entity_number(const char *p, const char *end, size_t *len)
{
    bool hex = p < end && (*p == 'x' || *p == 'X');
    unsigned long c = 0;
    const char *from = p += hex;
    for (; p < end && (hex ? isxdigit((unsigned char)*p) : isdigit((unsigned char)*p)); p++) {
        unsigned long digit = isdigit((unsigned char)*p) ? (unsigned long)(*p - '0')
                                                         : (unsigned long)(tolower((unsigned char)*p) - 'a' + 10);
        c = c > 0x110000 ? c : c * (hex ? 16 : 10) + digit;
    }
    *len = (size_t)(p - from) + hex + (p < end && *p == ';');
    if (p == from)
        return 0;
    return c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c < 0xa0 && c >= 0x80 ? html_windows(c) : c;
}

size_t html_character(const char *p, const char *end, bool value, char out[static 4], size_t *len)
{
    size_t taken = 0;
    unsigned long c = 0;
    *len = 1;
    out[0] = *p;
    if (*p != '&' || end - p < 3)
        return 1;
    if (p[1] == '#') {
        c = entity_number(p + 2, end, &taken);
        *len = c ? taken + 2 : 1;
        return c ? put_utf8(c, out) : 1;
    }
    c = html_entity(p + 1, (size_t)(end - p - 1), &taken);
    if (value && p[taken] != ';') // "?a=1&copy=2" is an address
        c = 0;
    *len = c ? taken + 1 : 1;
    return c ? put_utf8(c, out) : 1;
}
