// SPDX-License-Identifier: Apache-2.0
// Plain text of mails: lines, control characters, flowed paragraphs, lengths. Pure and linear.
#include <string.h>

#include "channels/mail.h"
#include "proto/utf8.h"

void mail_add(struct mail_text *t, const char *bytes, size_t len)
{
    if (!t->v || t->n + len + 1 > t->room) {
        size_t room = (t->n + len + 1) * 2 + 64;
        char *v = region_new(t->m, room, 1);
        if (t->v)
            memcpy(v, t->v, t->n);
        t->v = v;
        t->room = room;
    }
    memcpy(t->v + t->n, bytes, len);
    t->n += len;
    t->v[t->n] = 0;
}

void mail_puts(struct mail_text *t, const char *text)
{
    mail_add(t, text, strlen(text));
}

const char *mail_text_of(const struct mail_text *t)
{
    return t->v ? t->v : "";
}

// How many bytes here are no text: C0 but tab and line feed, DEL, C1, a byte order mark. 0 = it is text.
static size_t no_text(const unsigned char *p)
{
    if ((*p < 0x20 && *p != '\t' && *p != '\n') || *p == 0x7f)
        return 1;
    if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
        return 2;
    return p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf ? 3 : 0;
}

char *mail_tidy(char *text)
{
    char *to = text;
    for (char *p = text; *p;) {
        size_t drop = no_text((const unsigned char *)p);
        if (*p == '\r' && p[1] != '\n') {
            *to++ = '\n';
            p++;
        } else if (drop) {
            p += drop;
        } else {
            *to++ = *p++;
        }
    }
    while (to > text && strchr("\n \t", to[-1]))
        to--;
    *to = 0;
    char *from = text + strspn(text, "\n");
    memmove(text, from, strlen(from) + 1);
    return text;
}

char *mail_line(struct region *m, const char *text, size_t max)
{
    char *out = region_new(m, strlen(text) + 1, 1), *to = out;
    for (const char *p = text; *p;) {
        size_t drop = no_text((const unsigned char *)p);
        if (drop || *p == '\t' || *p == '\n' || *p == ' ') {
            if (to > out && to[-1] != ' ')
                *to++ = ' ';
            p += drop ? drop : 1;
        } else {
            *to++ = *p++;
        }
    }
    while (to > out && to[-1] == ' ')
        to--;
    out[utf8_prefix(out, (size_t)(to - out), max)] = 0;
    return out;
}

const char *mail_cut(struct region *m, const char *text, size_t max, bool *cut)
{
    size_t len = strlen(text);
    if (len <= max)
        return text;
    *cut = true;
    return region_copy(m, text, utf8_prefix(text, len, max));
}

// ---- format=flowed ----

struct flow_line {
    const char *text;
    size_t len, depth;
    bool soft; // goes on in the next line
};

static struct flow_line flow_read(const char *line, size_t len)
{
    struct flow_line l = {0};
    while (l.depth < len && line[l.depth] == '>')
        l.depth++;
    l.text = line + l.depth;
    l.len = len - l.depth;
    if (l.len && *l.text == ' ') { // stuffed
        l.text++;
        l.len--;
    }
    bool signature = l.len == 3 && memcmp(l.text, "-- ", 3) == 0;
    l.soft = l.len && l.text[l.len - 1] == ' ' && !signature;
    return l;
}

char *mail_unflow(struct region *m, const char *text, bool delsp)
{
    struct mail_text out = {.m = m};
    struct flow_line before = {0};
    for (const char *p = text; *p;) {
        const char *end = strchrnul(p, '\n');
        size_t len = (size_t)(end - p);
        if (len && p[len - 1] == '\r')
            len--;
        struct flow_line l = flow_read(p, len);
        bool signature = l.len == 3 && memcmp(l.text, "-- ", 3) == 0;
        if (!before.soft || before.depth != l.depth || signature) {
            if (out.n)
                mail_add(&out, "\n", 1);
            for (size_t i = 0; i < l.depth && i < 50; i++)
                mail_add(&out, ">", 1);
            if (l.depth)
                mail_add(&out, " ", 1);
        }
        mail_add(&out, l.text, l.len - (l.soft && delsp));
        before = l;
        p = *end ? end + 1 : end;
    }
    return out.v ? out.v : region_text(m, "");
}
