// SPDX-License-Identifier: Apache-2.0
// HTML as plain text, for mails that have nothing else: blocks become lines, quotations get > before theirs, links keep their address. The
// beginning of what was answered is marked where mail programs mark it without indenting. Linear; at most WORDS_MAX bytes come out.
#include <string.h>
#include <strings.h>

#include "channels/mail.h"
#include "channels/mail_html.h"
#include "channels/mail_html_read.h"

enum { WORDS_MAX = 1 << 20, QUOTES_MAX = 20, LISTS_MAX = 16, ADDRESS_MAX = 500 };

struct words {
    struct mail_text out;
    size_t quotes, pre, lists_n;
    int lists[LISTS_MAX]; // the next number, 0 = bullets
    unsigned breaks;      // line ends wanted before the next word
    bool space, begun;    // begun: something stands on this line
    bool marked;
    char address[ADDRESS_MAX]; // of the link that is open
    size_t link_at;            // where its words begin
};

static void end_lines(struct words *w)
{
    for (; w->breaks && w->out.n; w->breaks--) {
        mail_add(&w->out, "\n", 1);
        w->begun = false;
        for (size_t i = 0; i < w->quotes && w->breaks > 1; i++)
            mail_add(&w->out, ">", 1);
    }
    w->breaks = 0;
}

static void begin_line(struct words *w)
{
    end_lines(w);
    if (w->begun)
        return;
    for (size_t i = 0; i < w->quotes; i++)
        mail_add(&w->out, ">", 1);
    if (w->quotes)
        mail_add(&w->out, " ", 1);
    w->begun = true;
    w->space = false;
}

static void put(struct words *w, const char *bytes, size_t len)
{
    begin_line(w);
    if (w->space)
        mail_add(&w->out, " ", 1);
    w->space = false;
    mail_add(&w->out, bytes, len);
}

// n line ends, not more than there are already: 1 ends the line, 2 leave one empty.
static void want(struct words *w, unsigned n)
{
    if (w->breaks < n)
        w->breaks = n;
    w->space = false;
}

static bool is_text(const char *c, size_t n)
{
    unsigned char first = (unsigned char)*c;
    bool c1 = n == 2 && first == 0xc2 && (unsigned char)c[1] < 0xa0, mark = n == 3 && memcmp(c, "\xef\xbb\xbf", 3) == 0;
    return first >= ' ' && first != 0x7f && !c1 && !mark;
}

static void add_words(struct words *w, const char *p, size_t len, bool value)
{
    const char *end = p + len;
    while (p < end && w->out.n < WORDS_MAX) {
        char c[4];
        size_t taken, n = html_character(p, end, value, c, &taken);
        if (n == 1 && ((unsigned char)*c & 0x80)) {
            for (n = 1; n < 4 && p + n < end && ((unsigned char)p[n] & 0xc0) == 0x80; n++)
                ;
            memcpy(c, p, n);
            taken = n;
        }
        p += taken;
        bool blank = (n == 1 && strchr(" \t\n\r\f", *c)) || (n == 2 && memcmp(c, "\xc2\xa0", 2) == 0);
        if (blank && w->pre && *c == '\n')
            want(w, w->breaks + 1 < 3 ? w->breaks + 1 : 3);
        else if (blank && w->pre && *c != '\r')
            put(w, " ", 1);
        else if (blank)
            w->space = w->begun && !w->breaks;
        else if (is_text(c, n))
            put(w, c, n);
    }
}

// ---- tags ----

static bool is(const struct html_token *t, const char *name)
{
    return strncasecmp(t->name, name, t->name_len) == 0 && !name[t->name_len];
}

// The value of an attribute, as it was written; "" = it has none.
static void value_of(const struct html_token *t, const char *name, char *out, size_t room)
{
    const char *at = t->text;
    struct html_pair pair;
    out[0] = 0;
    for (int left = 60; left > 0 && html_next_pair(&at, t->text + t->len, &pair); left--)
        if (pair.name_len == strlen(name) && strncasecmp(pair.name, name, pair.name_len) == 0 &&
            pair.value_len < room) {
            memcpy(out, pair.value, pair.value_len);
            out[pair.value_len] = 0;
            return;
        }
}

// Where programs begin the message that they answer.
static bool is_reply_mark(const struct html_token *t)
{
    static const struct {
        const char *attribute, *holds;
    } marks[] = {
        {"id", "divRplyFwdMsg"},
        {"id", "appendonsend"},
        {"id", "mail-editor-reference-message-container"},
        {"id", "ms-outlook-mobile-reference-message"},
        {"id", "OLK_SRC_BODY_SECTION"},
        {"id", "stopSpelling"},
        {"class", "OutlookMessageHeader"},
        {"class", "yahoo_quoted"},
        {"class", "zmail_extra"},
        {"style", "border:none;border-top:solid #"},
        {"style", "border: none; border-top: solid #"},
        {"style", "border-width: 1pt medium medium; border-style: solid none none"},
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        char value[300];
        value_of(t, marks[i].attribute, value, sizeof value);
        if (strcasestr(value, marks[i].holds))
            return true;
    }
    return false;
}

static void mark_reply(struct words *w)
{
    if (w->marked || w->quotes)
        return;
    want(w, 1);
    put(w, MAIL_HTML_QUOTE, 1);
    want(w, 1);
    w->marked = true;
}

static void open_item(struct words *w)
{
    char text[16] = "- ";
    int *number = w->lists_n ? &w->lists[(w->lists_n < LISTS_MAX ? w->lists_n : LISTS_MAX) - 1] : NULL;
    want(w, 1);
    if (number && *number)
        snprintf(text, sizeof text, "%d. ", (*number)++ % 100000);
    put(w, text, strlen(text));
}

static void open_list(struct words *w, int first)
{
    want(w, w->lists_n ? 1 : 2);
    if (w->lists_n < LISTS_MAX)
        w->lists[w->lists_n] = first;
    w->lists_n++;
}

static void open_link(struct words *w, const struct html_token *t)
{
    value_of(t, "href", w->address, sizeof w->address);
    w->link_at = w->out.n;
}

// The address behind the words of a link, unless the words are the address.
static void close_link(struct words *w)
{
    const char *to = strncasecmp(w->address, "mailto:", 7) == 0 ? w->address + 7 : w->address;
    bool web = strncasecmp(to, "http://", 7) == 0 || strncasecmp(to, "https://", 8) == 0;
    const char *bare = web ? strstr(to, "//") + 2 : to;
    size_t len = strcspn(bare, "?");
    while (len && bare[len - 1] == '/')
        len--;
    char *core = region_copy(w->out.m, bare, len);
    const char *words = w->out.v && w->out.n > w->link_at ? w->out.v + w->link_at : "";
    if (len && *words && (web || to != w->address) && !strstr(words, core)) {
        put(w, " <", 2);
        add_words(w, to, strlen(to), true);
        put(w, ">", 1);
    }
    w->address[0] = 0;
}

static void open_image(struct words *w, const struct html_token *t)
{
    char alt[40];
    value_of(t, "alt", alt, sizeof alt);
    if ((unsigned char)*alt >= 0xe2) // a picture that stands for a character
        add_words(w, alt, strlen(alt), true);
}

static void open_tag(struct words *w, const struct html_token *t)
{
    const struct html_tag *tag = html_tag_find(t->name, t->name_len);
    if (t->len && is_reply_mark(t))
        mark_reply(w);
    if (!tag)
        return;
    if (is(t, "br")) {
        w->breaks = w->breaks < 3 ? w->breaks + 1 : 3;
        w->space = false;
    } else if (is(t, "a")) {
        open_link(w, t);
    } else if (is(t, "img")) {
        open_image(w, t);
    } else if (is(t, "li")) {
        open_item(w);
    } else if (is(t, "ul") || is(t, "ol")) {
        open_list(w, is(t, "ol"));
    } else if (tag->kind == HTML_TAG_CELL) {
        w->space = w->begun && !w->breaks;
    } else if (tag->kind == HTML_TAG_BLOCK || is(t, "hr")) {
        want(w, is(t, "p") || is(t, "blockquote") || is(t, "table") || (tag->name[0] == 'h' && !is(t, "hr")) ? 2 : 1);
        w->pre += is(t, "pre");
        if (is(t, "blockquote")) {
            end_lines(w);
            w->quotes += w->quotes < QUOTES_MAX;
        }
    }
}

static void close_tag(struct words *w, const struct html_token *t)
{
    const struct html_tag *tag = html_tag_find(t->name, t->name_len);
    if (!tag)
        return;
    if (is(t, "a") && w->address[0])
        close_link(w);
    if (tag->kind != HTML_TAG_BLOCK)
        return;
    want(w, is(t, "p") || is(t, "table") || (tag->name[0] == 'h' && !is(t, "hr")) ? 2 : 1);
    if (is(t, "blockquote") && w->quotes) {
        w->quotes--;
        end_lines(w);
    }
    if (is(t, "pre") && w->pre)
        w->pre--;
    if ((is(t, "ul") || is(t, "ol")) && w->lists_n)
        w->lists_n--;
}

char *mail_html_words(struct region *m, const char *html)
{
    struct words w = {.out = {.m = m}};
    struct html_reader r = {.at = html, .end = html + strlen(html)};
    struct html_token token;
    for (html_read(&r, &token); token.kind != HTML_END && w.out.n < WORDS_MAX; html_read(&r, &token)) {
        if (token.kind == HTML_WORDS)
            add_words(&w, token.text, token.len, false);
        else if (token.kind == HTML_OPEN)
            open_tag(&w, &token);
        else
            close_tag(&w, &token);
    }
    return w.out.v ? w.out.v : region_text(m, "");
}
