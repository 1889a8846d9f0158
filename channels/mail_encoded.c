// SPDX-License-Identifier: Apache-2.0
// Encoded words of headers (RFC 2047). Neighbours in one charset are joined as bytes before they are decoded, for many programs split them
// within a character. What is no encoded word is text, in UTF-8 or what it most likely is.
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "channels/mail.h"

enum { CHARSET_MAX = 40 };

struct encoded {
    const char *charset, *text;
    size_t charset_len, len;
    char how; // b, q
    const char *end;
};

struct decoder {
    struct region *m;
    struct mail_text out, bytes;
    char charset[CHARSET_MAX];
};

// An encoded word that begins at p.
static bool encoded_at(const char *p, struct encoded *w)
{
    if (p[0] != '=' || p[1] != '?')
        return false;
    w->charset = p + 2;
    w->charset_len = strcspn(w->charset, "?* \t\n");
    const char *q = w->charset + strcspn(w->charset, "? \t\n"); // a language may stand between
    if (*q != '?' || !q[1] || q[2] != '?' || w->charset_len == 0 || w->charset_len >= CHARSET_MAX)
        return false;
    w->how = (char)tolower((unsigned char)q[1]);
    w->text = q + 3;
    const char *end = strstr(w->text, "?=");
    if (!end || (w->how != 'b' && w->how != 'q'))
        return false;
    w->len = (size_t)(end - w->text);
    w->end = end + 2;
    return true;
}

static void flush(struct decoder *d)
{
    if (d->bytes.n)
        mail_puts(&d->out, mail_decode(d->m, d->bytes.v, d->bytes.n, d->charset));
    d->bytes.n = 0;
}

static int digit64(char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (int)(at - letters) : -1;
}

static void take_base64(struct decoder *d, const struct encoded *w)
{
    unsigned held = 0, bits = 0;
    for (size_t i = 0; i < w->len; i++) {
        int v = digit64(w->text[i]);
        if (v < 0)
            continue;
        held = (held << 6 | (unsigned)v) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            mail_add(&d->bytes, &(char){(char)(held >> bits)}, 1);
        }
    }
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

static void take_quoted(struct decoder *d, const struct encoded *w)
{
    for (size_t i = 0; i < w->len; i++) {
        char c = w->text[i] == '_' ? ' ' : w->text[i];
        if (c == '=' && i + 2 < w->len && hex(w->text[i + 1]) >= 0 && hex(w->text[i + 2]) >= 0) {
            c = (char)(hex(w->text[i + 1]) * 16 + hex(w->text[i + 2]));
            i += 2;
        }
        mail_add(&d->bytes, &c, 1);
    }
}

static void take_word(struct decoder *d, const struct encoded *w)
{
    bool same = strncasecmp(d->charset, w->charset, w->charset_len) == 0 && !d->charset[w->charset_len];
    if (!same)
        flush(d);
    memcpy(d->charset, w->charset, w->charset_len);
    d->charset[w->charset_len] = 0;
    if (w->how == 'b')
        take_base64(d, w);
    else
        take_quoted(d, w);
}

char *mail_encoded(struct region *m, const char *text)
{
    struct decoder d = {.m = m, .out = {.m = m}, .bytes = {.m = m}};
    struct encoded w;
    const char *plain = text; // what has not been taken yet
    bool behind_word = false;
    for (const char *p = text; *p;) {
        if (!encoded_at(p, &w)) {
            const char *next = strchr(p + 1, '=');
            p = next ? next : p + strlen(p);
            continue;
        }
        size_t between = (size_t)(p - plain);
        if (!behind_word || strspn(plain, " \t\r\n") < between) { // blanks between encoded words are none
            flush(&d);
            mail_puts(&d.out, mail_decode(m, plain, between, NULL));
        }
        take_word(&d, &w);
        behind_word = true;
        p = plain = w.end;
    }
    flush(&d);
    mail_puts(&d.out, mail_decode(m, plain, strlen(plain), NULL));
    return d.out.v;
}
