// SPDX-License-Identifier: Apache-2.0
// Judges whether HTML is in the strict form that mail_html.h describes, character by character. It is asked at the door for what gateways
// send, and in tests for what the writer writes. Pure, linear, allocates nothing.
#include <string.h>

#include "channels/mail_html.h"

struct judge {
    const char *at, *end;
    const struct html_tag *open[MAIL_HTML_DEPTH];
    size_t depth;
};

static bool judge_take(struct judge *j, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(j->end - j->at) < n || memcmp(j->at, word, n) != 0)
        return false;
    j->at += n;
    return true;
}

static size_t judge_span(const struct judge *j, const char *letters)
{
    size_t n = 0;
    while (j->at + n < j->end && j->at[n] && strchr(letters, j->at[n]))
        n++;
    return n;
}

// One of the four entities; the character that it stands for, 0 = it is none.
static char judge_entity(struct judge *j)
{
    static const struct {
        const char *entity;
        char is;
    } known[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (judge_take(j, known[i].entity))
            return known[i].is;
    return 0;
}

static bool judge_value(struct judge *j, enum html_rule rule)
{
    char value[4000];
    size_t n = 0;
    if (!judge_take(j, "=\""))
        return false;
    while (j->at < j->end && *j->at != '"' && n < sizeof value) {
        char c = *j->at;
        if (c == '<' || c == '>')
            return false;
        if (c == '&')
            c = judge_entity(j);
        else
            j->at++;
        if (!c)
            return false;
        value[n++] = c;
    }
    return html_value_fits(rule, value, n) && judge_take(j, "\"");
}

#define HTML_LOWER "abcdefghijklmnopqrstuvwxyz"

static bool judge_open(struct judge *j)
{
    size_t n = judge_span(j, HTML_LOWER "0123456789");
    const struct html_tag *tag = html_tag_find(j->at, n);
    if (!tag)
        return false;
    j->at += n;
    while (judge_take(j, " ")) {
        n = judge_span(j, HTML_LOWER "-");
        const struct html_attribute *a = html_attribute_find(tag->name, j->at, n);
        j->at += n;
        if (!a || !judge_value(j, a->rule))
            return false;
    }
    if (!judge_take(j, ">"))
        return false;
    if (tag->kind == HTML_TAG_VOID)
        return true;
    if (j->depth == MAIL_HTML_DEPTH)
        return false;
    j->open[j->depth++] = tag;
    return true;
}

static bool judge_close(struct judge *j)
{
    return j->depth > 0 && judge_take(j, j->open[--j->depth]->name) && judge_take(j, ">");
}

bool mail_html_safe(const char *html, size_t len)
{
    struct judge j = {.at = html, .end = html + len};
    while (j.at < j.end) {
        char c = *j.at;
        if (c == '<') {
            j.at++;
            if (judge_take(&j, "/") ? !judge_close(&j) : !judge_open(&j))
                return false;
        } else if (c == '&') {
            if (!judge_entity(&j))
                return false;
        } else if (c == '>' || ((unsigned char)c < ' ' && !strchr("\t\r\n", c)) || !c) {
            return false;
        } else {
            j.at++;
        }
    }
    return j.depth == 0;
}
