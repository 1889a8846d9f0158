// SPDX-License-Identifier: Apache-2.0
// Which HTML is let through: lists of tags, attributes and style properties, and the forms of values. Owns constants only.
#include <string.h>
#include <strings.h>

#include "channels/mail_html.h"

const char html_rel[] = "noopener noreferrer nofollow";

// In order of their names.
static const struct html_tag tags[] = {
    {"a", HTML_TAG_INLINE},      {"abbr", HTML_TAG_INLINE},      {"b", HTML_TAG_INLINE},
    {"big", HTML_TAG_INLINE},    {"blockquote", HTML_TAG_BLOCK}, {"br", HTML_TAG_VOID},
    {"caption", HTML_TAG_BLOCK}, {"center", HTML_TAG_BLOCK},     {"cite", HTML_TAG_INLINE},
    {"code", HTML_TAG_INLINE},   {"col", HTML_TAG_VOID},         {"colgroup", HTML_TAG_BLOCK},
    {"dd", HTML_TAG_BLOCK},      {"del", HTML_TAG_INLINE},       {"div", HTML_TAG_BLOCK},
    {"dl", HTML_TAG_BLOCK},      {"dt", HTML_TAG_BLOCK},         {"em", HTML_TAG_INLINE},
    {"font", HTML_TAG_INLINE},   {"h1", HTML_TAG_BLOCK},         {"h2", HTML_TAG_BLOCK},
    {"h3", HTML_TAG_BLOCK},      {"h4", HTML_TAG_BLOCK},         {"h5", HTML_TAG_BLOCK},
    {"h6", HTML_TAG_BLOCK},      {"hr", HTML_TAG_VOID},          {"i", HTML_TAG_INLINE},
    {"img", HTML_TAG_VOID},      {"ins", HTML_TAG_INLINE},       {"kbd", HTML_TAG_INLINE},
    {"li", HTML_TAG_BLOCK},      {"ol", HTML_TAG_BLOCK},         {"p", HTML_TAG_BLOCK},
    {"pre", HTML_TAG_BLOCK},     {"q", HTML_TAG_INLINE},         {"s", HTML_TAG_INLINE},
    {"small", HTML_TAG_INLINE},  {"span", HTML_TAG_INLINE},      {"strike", HTML_TAG_INLINE},
    {"strong", HTML_TAG_INLINE}, {"sub", HTML_TAG_INLINE},       {"sup", HTML_TAG_INLINE},
    {"table", HTML_TAG_BLOCK},   {"tbody", HTML_TAG_BLOCK},      {"td", HTML_TAG_CELL},
    {"tfoot", HTML_TAG_BLOCK},   {"th", HTML_TAG_CELL},          {"thead", HTML_TAG_BLOCK},
    {"tr", HTML_TAG_BLOCK},      {"tt", HTML_TAG_INLINE},        {"u", HTML_TAG_INLINE},
    {"ul", HTML_TAG_BLOCK},      {"wbr", HTML_TAG_VOID},
};

static const struct html_attribute attributes[] = {
    {"href", HTML_LINK, "a"},
    {"rel", HTML_REL, "a"},
    {"data-attachment", HTML_INDEX, "img"},
    {"data-remote", HTML_REMOTE, "img"},
    {"alt", HTML_TEXT, "img"},
    {"title", HTML_TEXT, NULL},
    {"style", HTML_STYLE, NULL},
    {"align", HTML_WORD, NULL},
    {"bgcolor", HTML_WORD, NULL},
    {"border", HTML_SIZE, NULL},
    {"cellpadding", HTML_SIZE, NULL},
    {"cellspacing", HTML_SIZE, NULL},
    {"color", HTML_WORD, NULL},
    {"colspan", HTML_SIZE, NULL},
    {"dir", HTML_WORD, NULL},
    {"face", HTML_WORD, NULL},
    {"height", HTML_SIZE, NULL},
    {"lang", HTML_WORD, NULL},
    {"rowspan", HTML_SIZE, NULL},
    {"size", HTML_SIZE, NULL},
    {"start", HTML_SIZE, NULL},
    {"valign", HTML_WORD, NULL},
    {"width", HTML_SIZE, NULL},
};

// Nothing that places, hides or loads.
static const char *const properties[] = {
    "background-color", "color",      "font-family", "font-size",       "font-style",
    "font-weight",      "text-align", "direction",   "text-decoration", "white-space",
};

static bool html_is(const char *word, const char *name, size_t len)
{
    return len && (name[0] | 0x20) == word[0] && strncasecmp(word, name, len) == 0 && !word[len];
}

const struct html_tag *html_tag_find(const char *name, size_t len)
{
    size_t low = 0, high = sizeof tags / sizeof *tags;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strncasecmp(name, tags[middle].name, len);
        if (order == 0 && !tags[middle].name[len])
            return &tags[middle];
        if (order > 0)
            low = middle + 1;
        else
            high = middle; // also where the name begins a longer one
    }
    return NULL;
}

const struct html_attribute *html_attribute_find(const char *tag, const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        const struct html_attribute *a = &attributes[i];
        if (html_is(a->name, name, len) && (!a->tag || strcmp(a->tag, tag) == 0))
            return a;
    }
    return NULL;
}

bool html_style_property(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        if (html_is(properties[i], name, len))
            return true;
    return false;
}

// ---- values ----

static bool html_only(const char *value, size_t len, const char *more)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!c || (!plain && !strchr(more, c)))
            return false;
    }
    return len > 0;
}

static bool html_begins(const char *value, size_t len, const char *scheme)
{
    size_t n = strlen(scheme);
    return len > n && memcmp(value, scheme, n) == 0;
}

// An address: no blanks and no controls of C0 or C1, for what shows it may read it differently.
static bool html_is_address(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        if (c <= ' ' || c == 0x7f || c == '\\' || (c == 0xc2 && i + 1 < len && (unsigned char)value[i + 1] < 0xa1))
            return false;
    }
    return len <= 2000;
}

static bool html_is_size(const char *value, size_t len)
{
    size_t n = len && value[len - 1] == '%' ? len - 1 : len;
    for (size_t i = 0; i < n; i++)
        if (value[i] < '0' || value[i] > '9')
            return false;
    return n > 0 && n <= 5;
}

static bool html_is_style(const char *value, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *end = memchr(value + at, ';', len - at);
        size_t n = end ? (size_t)(end - value) - at : len - at;
        const char *colon = memchr(value + at, ':', n);
        size_t name = colon ? (size_t)(colon - value) - at : 0;
        if (!colon || !html_style_property(value + at, name) || !html_only(colon + 1, n - name - 1, "#%., -"))
            return false;
        at += n + 1;
    }
    return len > 0 && len <= 1000;
}

static bool html_is_text(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
            return false;
    return len <= 1000;
}

bool html_value_fits(enum html_rule rule, const char *value, size_t len)
{
    bool web = html_begins(value, len, "https://") || html_begins(value, len, "http://");
    switch (rule) {
    case HTML_LINK:
        return (web || html_begins(value, len, "mailto:")) && html_is_address(value, len);
    case HTML_REMOTE:
        return web && html_is_address(value, len);
    case HTML_INDEX:
        return html_is_size(value, len) && value[len - 1] != '%';
    case HTML_SIZE:
        return html_is_size(value, len);
    case HTML_WORD:
        return html_only(value, len, "#,.- ") && len <= 100;
    case HTML_TEXT:
        return html_is_text(value, len);
    case HTML_STYLE:
        return html_is_style(value, len);
    case HTML_REL:
        return len == sizeof html_rel - 1 && memcmp(value, html_rel, len) == 0;
    }
    return false;
}
