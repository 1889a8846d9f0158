// SPDX-License-Identifier: Apache-2.0
// Writes HTML of strangers anew in the strict form of mail_html.h: what the lists know is written, the rest is not. Nothing is repaired in
// place, so there is nothing to slip through a repair.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channels/mail.h"
#include "channels/mail_html.h"
#include "channels/mail_html_read.h"
#include "proto/utf8.h"

enum { VALUE_MAX = 2000 };

struct writer {
    struct mail_text out;
    const struct html_tag *open[MAIL_HTML_DEPTH];
    size_t depth, closing; // closing: bytes that the end tags of what is open will take
    const struct mail_file *files;
    size_t files_n;
    bool full;
};

static size_t end_tag_size(const struct html_tag *t)
{
    return strlen(t->name) + 3;
}

// False: there is no room, and nothing more is written.
static bool has_room(struct writer *w, size_t len, size_t closing)
{
    if (w->out.n + len + w->closing + closing > MAIL_HTML_MAX)
        w->full = true;
    return !w->full;
}

static void close_top(struct writer *w)
{
    const struct html_tag *t = w->open[--w->depth];
    w->closing -= end_tag_size(t);
    mail_puts(&w->out, "</");
    mail_puts(&w->out, t->name);
    mail_puts(&w->out, ">");
}

static void escape(struct mail_text *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        const char *entity = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : NULL;
        if (entity)
            mail_puts(out, entity);
        else
            mail_add(out, bytes + i, 1);
    }
}

static bool is_control(const char *c, size_t n)
{
    unsigned char first = (unsigned char)*c;
    return (n == 1 && ((first < ' ' && !strchr("\t\n", first)) || first == 0x7f || !first)) ||
           (n == 2 && first == 0xc2 && (unsigned char)c[1] < 0xa0);
}

static size_t own_length(const char *p, const char *end)
{
    size_t n = 1;
    while (p + n < end && ((unsigned char)p[n] & 0xc0) == 0x80)
        n++;
    return n;
}

// One character, entities resolved; its bytes in c.
static size_t take_character(const char **p, const char *end, bool value, char c[static 4])
{
    size_t taken, n = html_character(*p, end, value, c, &taken);
    if (n == 1 && ((unsigned char)*c & 0x80)) {
        taken = n = own_length(*p, end);
        memcpy(c, *p, n < 4 ? n : 4);
    }
    *p += taken;
    return n <= 4 ? n : 0;
}

static void write_words(struct writer *w, const char *p, size_t len)
{
    const char *end = p + len;
    char c[4];
    while (p < end && has_room(w, 24, 0)) {
        size_t n = take_character(&p, end, false, c);
        if (n && !is_control(c, n))
            escape(&w->out, c, n);
    }
}

// ---- values ----

static size_t value_decode(const struct html_pair *pair, char out[static VALUE_MAX + 8])
{
    const char *p = pair->value, *end = p + pair->value_len;
    size_t n = 0;
    while (p < end && n <= VALUE_MAX) {
        char c[4];
        size_t bytes = take_character(&p, end, true, c);
        if (bytes && !is_control(c, bytes)) {
            memcpy(out + n, c, bytes);
            n += bytes;
        }
    }
    while (n > 0 && strchr(" \t\n", out[n - 1]))
        n--;
    size_t lead = 0;
    while (lead < n && strchr(" \t\n", out[lead]))
        lead++;
    memmove(out, out + lead, n - lead);
    n -= lead;
    out[n] = 0;
    return n <= VALUE_MAX ? n : 0;
}

// The scheme in lower case, an address without one as https; blanks within go, as browsers have it.
static size_t value_address(char *value, size_t n)
{
    size_t to = 0;
    for (size_t i = 0; i < n; i++)
        if (value[i] != '\n' && value[i] != '\t')
            value[to++] = value[i];
    n = to;
    if (n > 2 && n < VALUE_MAX - 6 && value[0] == '/' && value[1] == '/') {
        memmove(value + 6, value, n);
        memcpy(value, "https:", 6);
        n += 6;
    }
    for (size_t i = 0; i < n && value[i] != ':'; i++)
        if (value[i] >= 'A' && value[i] <= 'Z')
            value[i] = (char)(value[i] - 'A' + 'a');
    for (size_t i = 0; i < n; i++)
        if (value[i] == ' ' && n + 2 < VALUE_MAX) {
            memmove(value + i + 3, value + i + 1, n - i - 1);
            memcpy(value + i, "%20", 3);
            n += 2;
        }
    value[n] = 0;
    return n;
}

static size_t value_style(char *value, size_t n)
{
    char out[VALUE_MAX + 8];
    size_t to = 0;
    for (char *p = value; p < value + n;) {
        size_t len = strcspn(p, ";");
        char *colon = memchr(p, ':', len);
        p += strspn(p, " \n\t");
        size_t name = colon && colon > p ? (size_t)(colon - p) : 0;
        while (name && p[name - 1] == ' ')
            name--;
        if (name && html_style_property(p, name)) {
            const char *v = colon + 1 + strspn(colon + 1, " \n\t");
            size_t v_len = strcspn(v, ";"), one = to;
            for (size_t i = 0; i < name; i++)
                out[to++] = (char)(p[i] | 0x20);
            out[to++] = ':';
            memcpy(out + to, v, v_len);
            to += v_len;
            if (!html_value_fits(HTML_STYLE, out + one, to - one))
                to = one;
            else
                out[to++] = ';';
        }
        p += strcspn(p, ";") + 1;
    }
    memcpy(value, out, to);
    value[to] = 0;
    return to;
}

static void put_attribute(struct mail_text *tag, const char *name, enum html_rule rule, const char *value, size_t len)
{
    if (!html_value_fits(rule, value, len) || !utf8_valid(value, len))
        return;
    mail_puts(tag, " ");
    mail_puts(tag, name);
    mail_puts(tag, "=\"");
    escape(tag, value, len);
    mail_puts(tag, "\"");
    if (rule == HTML_LINK) {
        mail_puts(tag, " rel=\"");
        mail_puts(tag, html_rel);
        mail_puts(tag, "\"");
    }
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    return at && (c < '0' || c > '9' || *at == c) ? (int)(at - digits) : -1;
}

static void percent_decode(char *text)
{
    char *to = text;
    for (; *text; text++) {
        int high = *text == '%' ? hex_digit(text[1]) : -1, low = high >= 0 ? hex_digit(text[2]) : -1;
        *to++ = low >= 0 ? (char)(high * 16 + low) : *text;
        text += low >= 0 ? 2 : 0;
    }
    *to = 0;
}

// What an image shows: one of the files of this mail, or something elsewhere, which is only named.
static void put_source(const struct writer *w, struct mail_text *tag, char *value, size_t len)
{
    char index[24];
    if (strncasecmp(value, "cid:", 4) != 0) {
        len = value_address(value, len);
        put_attribute(tag, "data-remote", HTML_REMOTE, value, len);
        return;
    }
    percent_decode(value);
    for (size_t i = 0; i < w->files_n; i++)
        if (strcmp(w->files[i].content_id, value + 4) == 0) {
            int n = snprintf(index, sizeof index, "%zu", i);
            put_attribute(tag, "data-attachment", HTML_INDEX, index, (size_t)n);
            return;
        }
}

static void write_attributes(const struct writer *w, struct mail_text *tag, const struct html_tag *t,
                             const struct html_token *token)
{
    const char *at = token->text;
    struct html_pair pair;
    for (int left = 60; left > 0 && html_next_pair(&at, token->text + token->len, &pair); left--) {
        char value[VALUE_MAX + 8];
        const struct html_attribute *a = html_attribute_find(t->name, pair.name, pair.name_len);
        bool source = pair.name_len == 3 && strncasecmp(pair.name, "src", 3) == 0 && strcmp(t->name, "img") == 0;
        bool ours = a && (a->rule == HTML_REL || a->rule == HTML_INDEX || a->rule == HTML_REMOTE);
        if ((!a && !source) || ours)
            continue;
        size_t len = value_decode(&pair, value);
        if (source) {
            put_source(w, tag, value, len);
            continue;
        }
        if (a->rule == HTML_LINK)
            len = value_address(value, len);
        if (a->rule == HTML_STYLE)
            len = value_style(value, len);
        put_attribute(tag, a->name, a->rule, value, len);
    }
}

// ---- tags ----

// What an opening tag ends that was not closed: <p>one<p>two, <li>one<li>two.
static bool ends(const struct html_tag *top, const struct html_tag *next)
{
    static const char *const again[] = {"p", "li", "td", "th", "tr", "dt", "dd"};
    if (strcmp(top->name, "p") == 0)
        return next->kind == HTML_TAG_BLOCK || next->kind == HTML_TAG_CELL;
    for (size_t i = 0; i < sizeof again / sizeof *again; i++)
        if (strcmp(top->name, again[i]) == 0 && top == next)
            return true;
    return false;
}

static void write_open(struct writer *w, const struct html_token *token)
{
    const struct html_tag *t = html_tag_find(token->name, token->name_len);
    if (!t)
        return;
    while (w->depth && ends(w->open[w->depth - 1], t)) // a <p> in an <li>, and the <li> too
        close_top(w);
    bool pairs = t->kind != HTML_TAG_VOID;
    if (pairs && w->depth == MAIL_HTML_DEPTH)
        return;
    struct mail_text tag = {.m = w->out.m};
    mail_puts(&tag, "<");
    mail_puts(&tag, t->name);
    write_attributes(w, &tag, t, token);
    if (strcmp(t->name, "img") == 0 && tag.n == strlen("<img"))
        return; // shows nothing
    mail_puts(&tag, ">");
    if (!has_room(w, tag.n, pairs ? end_tag_size(t) : 0))
        return;
    mail_add(&w->out, tag.v, tag.n);
    if (pairs) {
        w->open[w->depth++] = t;
        w->closing += end_tag_size(t);
    }
}

static void write_close(struct writer *w, const struct html_token *token)
{
    const struct html_tag *t = html_tag_find(token->name, token->name_len);
    size_t at = w->depth;
    while (t && at > 0 && w->open[at - 1] != t)
        at--;
    while (t && at > 0 && w->depth >= at)
        close_top(w);
}

char *mail_html_clean(struct region *m, const char *html, const struct mail_file *files, size_t files_n, bool *cut)
{
    struct writer w = {.out = {.m = m}, .files = files, .files_n = files_n};
    struct html_reader r = {.at = html, .end = html + strlen(html)};
    struct html_token token;
    for (html_read(&r, &token); token.kind != HTML_END && !w.full; html_read(&r, &token)) {
        if (token.kind == HTML_WORDS)
            write_words(&w, token.text, token.len);
        else if (token.kind == HTML_OPEN)
            write_open(&w, &token);
        else
            write_close(&w, &token);
    }
    while (w.depth)
        close_top(&w);
    *cut |= w.full;
    return w.out.v ? w.out.v : region_text(m, "");
}
