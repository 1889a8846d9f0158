// SPDX-License-Identifier: Apache-2.0
// Parts what a person wrote from what they answered and how they sign. Nothing is lost: every line is in the one or in the other. What cannot
// be told apart for sure stays with the words: answers between quoted lines, forwarded messages, mails that would have no words left.
#include <string.h>

#include "channels/mail.h"
#include "channels/mail_quote_lines.h"

enum { LINES_MAX = 20000, SIGNATURE_MAX = 20 };

struct page {
    struct quote_line *v;
    size_t n;
};

static struct page page_read(struct region *m, const char *text)
{
    struct page p = {0};
    size_t lines = 1;
    for (const char *c = text; *c && lines < LINES_MAX; c++)
        lines += *c == '\n';
    p.v = region_new(m, lines, sizeof *p.v);
    while (*text && p.n < lines) {
        bool last = p.n + 1 == lines; // all the rest, where there are too many
        size_t len = last ? strlen(text) : strcspn(text, "\n");
        struct quote_line *l = &p.v[p.n++];
        *l = (struct quote_line){.text = text, .len = len, .quoted = *text == '>'};
        text += len + (text[len] != 0);
        while (l->len && strchr(" \t\n", l->text[l->len - 1]))
            l->len--;
    }
    return p;
}

// Where the quotation begins; n = nowhere. *style_n: lines of its introduction.
static size_t find_quotation(const struct page *p, size_t *intro, bool *indented)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct quote_line *l = &p->v[i];
        size_t left = p->n - i;
        *intro = 0;
        *indented = l->quoted;
        if (quote_is_forward(l))
            return p->n;
        if (l->quoted || quote_is_mark(l) || quote_is_original(l) || quote_is_headers(l, left))
            return i;
        if (quote_is_rule(l) && left > 2 && (quote_is_headers(l + 1, left - 1) || quote_is_headers(l + 2, left - 2)))
            return i;
        if (!quote_is_blank(l) && (*intro = quote_attribution(l, left))) {
            size_t k = i + *intro;
            while (k < p->n && quote_is_blank(&p->v[k]))
                k++;
            *indented = k < p->n && p->v[k].quoted;
            return i;
        }
    }
    return p->n;
}

// What stands behind an indented quotation: nothing, an answer below it, or answers between its parts.
enum behind { NOTHING_BEHIND, BELOW, BETWEEN };
static enum behind look_behind(const struct page *p, size_t from, size_t *end)
{
    size_t i = from;
    while (i < p->n && (p->v[i].quoted || quote_is_blank(&p->v[i])))
        i++;
    *end = i;
    if (i == p->n)
        return NOTHING_BEHIND;
    if (quote_is_signature(&p->v[i]) || quote_is_rule(&p->v[i]) || quote_is_mobile(&p->v[i]))
        return NOTHING_BEHIND; // a signature, a list's footer
    for (; i < p->n; i++)
        if (p->v[i].quoted)
            return BETWEEN;
    return BELOW;
}

static void put_lines(struct mail_text *out, const struct page *p, size_t from, size_t to)
{
    for (; from < to; from++) {
        if (quote_is_mark(&p->v[from]) && p->v[from].len == 1)
            continue;
        mail_add(out, p->v[from].text, p->v[from].len);
        mail_add(out, "\n", 1);
    }
}

// Where the signature of these lines begins; `to` = there is none.
static size_t find_signature(const struct page *p, size_t from, size_t to)
{
    size_t end = to;
    while (end > from && quote_is_blank(&p->v[end - 1]))
        end--;
    for (size_t i = end; i > from && end - i < SIGNATURE_MAX; i--)
        if (quote_is_signature(&p->v[i - 1]))
            return i - 1;
    return end > from && quote_is_mobile(&p->v[end - 1]) ? end - 1 : to;
}

static bool has_words(const struct page *p, size_t from, size_t to)
{
    for (; from < to; from++)
        if (!quote_is_blank(&p->v[from]) && !quote_is_mark(&p->v[from]))
            return true;
    return false;
}

void mail_unquote(struct region *m, const char *text, bool forwarded, struct mail_words *out)
{
    struct mail_text words = {.m = m}, rest = {.m = m};
    struct page p = page_read(m, text);
    size_t intro = 0, end = p.n;
    bool indented = false;
    size_t at = forwarded ? p.n : find_quotation(&p, &intro, &indented);
    enum behind behind = indented ? look_behind(&p, at + intro, &end) : NOTHING_BEHIND;
    if (behind != BELOW)
        end = p.n;
    if (behind == BETWEEN)
        at = p.n;
    size_t signature = forwarded ? at : find_signature(&p, 0, at);
    size_t below = forwarded || behind != BELOW ? p.n : find_signature(&p, end, p.n);
    if (!has_words(&p, 0, signature) && !has_words(&p, end, below))
        signature = end = below = p.n;
    put_lines(&words, &p, 0, signature);
    put_lines(&words, &p, end, below);
    put_lines(&rest, &p, signature, end);
    put_lines(&rest, &p, below, p.n);
    out->text = words.v ? mail_tidy(words.v) : "";
    out->quoted = rest.v ? mail_tidy(rest.v) : "";
}
