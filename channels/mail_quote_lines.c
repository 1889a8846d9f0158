// SPDX-License-Identifier: Apache-2.0
// Knows the lines that mail programs write around what they quote; the words are in mail_quote_words.def. Owns constants only.
#include "channels/mail_quote_lines.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "channels/mail.h"

enum word_kind {
    WORD_WROTE,
    WORD_STARTS,
    WORD_ORIGINAL,
    WORD_FORWARD,
    WORD_FROM,
    WORD_OTHER,
    WORD_MOBILE,
    WORD_REPLY_SUBJECT,
    WORD_FORWARD_SUBJECT,
    WORD_ABSENCE,
};
// In the order of the kinds, so that one kind's can be asked alone.
static const struct word {
    enum word_kind kind;
    const char *text;
} words[] = {
#define WROTE(text_)           {WORD_WROTE, text_},
#define STARTS(text_)          {WORD_STARTS, text_},
#define ORIGINAL(text_)        {WORD_ORIGINAL, text_},
#define FORWARD(text_)         {WORD_FORWARD, text_},
#define FROM(text_)            {WORD_FROM, text_},
#define OTHER(text_)           {WORD_OTHER, text_},
#define MOBILE(text_)          {WORD_MOBILE, text_},
#define REPLY_SUBJECT(text_)   {WORD_REPLY_SUBJECT, text_},
#define FORWARD_SUBJECT(text_) {WORD_FORWARD_SUBJECT, text_},
#define ABSENCE(text_)         {WORD_ABSENCE, text_},
#include "channels/mail_quote_words.def"
};

enum { ATTRIBUTION_MAX = 500 };

static bool begins(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);
    return len >= n && strncasecmp(text, word, n) == 0;
}

static bool holds(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(text + i, word, n) == 0)
            return true;
    return false;
}

static bool any(enum word_kind kind, const char *text, size_t len, bool (*fits)(const char *, size_t, const char *))
{
    size_t low = 0, high = sizeof words / sizeof *words;
    while (low < high) { // the first of the kind
        size_t middle = (low + high) / 2;
        if (words[middle].kind < kind)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < sizeof words / sizeof *words && words[low].kind == kind; low++)
        if (fits(text, len, words[low].text))
            return true;
    return false;
}

static bool is_whole(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

bool quote_is_blank(const struct quote_line *l)
{
    return l->len == 0;
}

bool quote_is_mark(const struct quote_line *l)
{
    return (l->len == 1 && *l->text == *MAIL_HTML_QUOTE) ||
           (l->len < 80 && begins(l->text, l->len, "##") && holds(l->text, l->len, "reply above this line"));
}

static size_t dashes(const struct quote_line *l)
{
    size_t n = 0, tail = 0;
    while (n < l->len && l->text[n] == '-')
        n++;
    while (tail < l->len && l->text[l->len - 1 - tail] == '-')
        tail++;
    return n < tail ? n : tail;
}

bool quote_is_original(const struct quote_line *l)
{
    return l->len < 120 && dashes(l) >= 3 && dashes(l) < l->len && any(WORD_ORIGINAL, l->text, l->len, holds);
}

bool quote_is_forward(const struct quote_line *l)
{
    return (l->len < 120 && dashes(l) >= 3 && any(WORD_FORWARD, l->text, l->len, holds)) ||
           begins(l->text, l->len, "Begin forwarded message:") ||
           begins(l->text, l->len, "Anfang der weitergeleiteten");
}

bool quote_is_signature(const struct quote_line *l)
{
    return l->len == 2 && l->text[0] == '-' && l->text[1] == '-';
}

bool quote_is_mobile(const struct quote_line *l)
{
    return l->len < 120 && any(WORD_MOBILE, l->text, l->len, begins);
}

bool quote_is_rule(const struct quote_line *l)
{
    size_t n = 0;
    while (n < l->len && l->text[n] == '_')
        n++;
    return n >= 8 && n == l->len;
}

// ---- "On ..., Ann wrote:" ----

static bool ends_with_colon(const char *text, size_t len)
{
    return len > 3 && (text[len - 1] == ':' || memcmp(text + len - 3, "\xef\xbc\x9a", 3) == 0);
}

static bool is_attribution(const char *text, size_t len)
{
    size_t digits = 0;
    for (size_t i = 0; i < len; i++)
        digits += isdigit((unsigned char)text[i]) != 0;
    bool names = memchr(text, '@', len) || memchr(text, '<', len);
    bool dated = digits >= 3 && (any(WORD_STARTS, text, len, begins) || isdigit((unsigned char)*text));
    return ends_with_colon(text, len) && (names || dated) && any(WORD_WROTE, text, len, holds);
}

// In whatever language: what ends with a colon and names a time or an address right above a quotation.
static bool is_above_quote(const struct quote_line *l, size_t n)
{
    size_t digits = 0;
    for (size_t i = 0; i < l->len; i++)
        digits += isdigit((unsigned char)l->text[i]) != 0;
    bool next = n > 1 && (l[1].quoted || (n > 2 && quote_is_blank(&l[1]) && l[2].quoted));
    return next && ends_with_colon(l->text, l->len) && (digits >= 3 || memchr(l->text, '@', l->len));
}

size_t quote_attribution(const struct quote_line *l, size_t n)
{
    char joined[ATTRIBUTION_MAX];
    size_t len = 0;
    if (is_above_quote(l, n))
        return 1;
    for (size_t i = 0; i < 3 && i < n; i++) {
        if (quote_is_blank(&l[i]) || l[i].quoted || len + l[i].len + 1 >= sizeof joined)
            return 0;
        if (i)
            joined[len++] = ' ';
        memcpy(joined + len, l[i].text, l[i].len);
        len += l[i].len;
        if (is_attribution(joined, len))
            return i + 1;
        if (i == 0 && !any(WORD_STARTS, joined, len, begins) && !isdigit((unsigned char)*joined))
            return 0;
    }
    return 0;
}

// ---- headers ----

static bool is_label(const struct quote_line *l, enum word_kind kind)
{
    const char *text = l->text, *end = l->text + l->len;
    while (text < end && strchr("* \t", *text))
        text++;
    const char *colon = memchr(text, ':', (size_t)(end - text)),
               *wide = memmem(text, (size_t)(end - text), "\xef\xbc\x9a", 3);
    if (wide && (!colon || wide < colon))
        colon = wide;
    if (!colon || colon - text > 40)
        return false;
    size_t len = (size_t)(colon - text);
    while (len && strchr("* \t", text[len - 1]))
        len--;
    if (len > 2 && memcmp(text + len - 2, "\xc2\xa0", 2) == 0)
        len -= 2;
    return any(kind, text, len, is_whole);
}

bool quote_is_headers(const struct quote_line *l, size_t n)
{
    size_t labels = 0;
    if (l->quoted || !is_label(l, WORD_FROM))
        return false;
    for (size_t i = 1, lines = 0; i < n && lines < 6; i++) {
        if (quote_is_blank(&l[i]) && i == 1)
            continue;
        if (quote_is_blank(&l[i]) || (!is_label(&l[i], WORD_OTHER) && lines == 0))
            break; // another label comes right below
        labels += lines++ == 0 || is_label(&l[i], WORD_OTHER);
    }
    return labels >= 2;
}

// ---- subjects ----

// Behind "word:" or "word[2]:"; NULL where it is none of the kind.
static const char *behind(const char *subject, enum word_kind kind)
{
    size_t len = strcspn(subject, ":[( ");
    const char *p = subject + len, *wide = memmem(subject, len, "\xef\xbc\x9a", 3);
    if (wide)
        return any(kind, subject, (size_t)(wide - subject), is_whole) ? wide + 3 : NULL;
    if (len == 0 || !any(kind, subject, len, is_whole))
        return NULL;
    if (*p == '[' || *p == '(')
        p += strspn(p, "[(0123456789)]");
    p += strspn(p, " ");
    return *p == ':' ? p + 1 : NULL;
}

const char *mail_subject_base(const char *subject)
{
    const char *next;
    subject += strspn(subject, " ");
    while ((next = behind(subject, WORD_REPLY_SUBJECT)))
        subject = next + strspn(next, " ");
    return subject;
}

bool mail_is_forward(const char *subject)
{
    return behind(mail_subject_base(subject), WORD_FORWARD_SUBJECT) != NULL;
}

bool mail_is_absence(const char *subject)
{
    subject = mail_subject_base(subject);
    return any(WORD_ABSENCE, subject, strlen(subject), begins);
}
