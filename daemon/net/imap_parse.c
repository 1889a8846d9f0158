// SPDX-License-Identifier: Apache-2.0
// IMAP responses: scanning to their end, then reading by a cursor. Owns nothing; fails by saying no.
#include "daemon/net/imap_parse.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 32

// ---- the end of a response ----

// "{123}" or "{123+}" before the line's end: how many bytes follow it; -1 = there is none, -2 = too many.
static int64_t literal_before(const char *line_end, size_t before, size_t max)
{
    const char *p = line_end, *start = line_end - before;
    size_t digits = 0, value = 0, scale = 1;
    if (p == start || *--p != '}')
        return -1;
    if (p > start && p[-1] == '+')
        p--;
    for (; p > start && p[-1] >= '0' && p[-1] <= '9' && digits < 12; digits++) {
        value += (size_t)(*--p - '0') * scale;
        scale *= 10;
    }
    if (digits == 0 || p == start || p[-1] != '{')
        return -1;
    return value <= max ? (int64_t)value : -2;
}

// The rest of a line from s->at on; 0 = it is not whole.
static ptrdiff_t scan_line(struct imap_scan *s, const char *bytes, size_t len, size_t literal_max)
{
    const char *end = memchr(bytes + s->at, '\n', len - s->at);
    size_t upto = end ? (size_t)(end - bytes) : len;
    s->line += upto - s->at;
    s->at = upto;
    if (s->line > IMAP_LINE_MAX)
        return -1;
    if (!end)
        return 0;
    if (upto == 0 || end[-1] != '\r')
        return -1;
    int64_t literal = literal_before(end - 1, upto - 1, literal_max);
    if (literal == -2)
        return -1;
    s->at++;
    if (literal < 0)
        return (ptrdiff_t)s->at;
    s->literal = (size_t)literal;
    return 0;
}

ptrdiff_t imap_scan(struct imap_scan *s, const char *bytes, size_t len, size_t literal_max)
{
    while (s->at < len) {
        if (s->literal > 0) {
            size_t part = len - s->at < s->literal ? len - s->at : s->literal;
            s->literal -= part;
            s->at += part;
            continue;
        }
        ptrdiff_t n = scan_line(s, bytes, len, literal_max);
        if (n != 0)
            return n;
    }
    return 0;
}

// ---- a cursor ----

struct cursor {
    const char *p, *end; // the response without its CR LF
};

static bool at(const struct cursor *c, char what)
{
    return c->p < c->end && *c->p == what;
}

static bool take(struct cursor *c, char what)
{
    if (!at(c, what))
        return false;
    c->p++;
    return true;
}

static bool take_number(struct cursor *c, uint64_t max, uint64_t *out)
{
    const char *from = c->p;
    uint64_t v = 0;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
        v = v * 10 + (uint64_t)(*c->p - '0');
        if (v > max)
            return false;
    }
    *out = v;
    return c->p > from;
}

// Up to a space, a parenthesis or the end; brackets are part of it, with what they hold: BODY[HEADER.FIELDS (TO)]<0>.
static bool take_atom(struct cursor *c, const char **atom, size_t *len)
{
    bool inside = false;
    *atom = c->p;
    for (; c->p < c->end && (inside || !strchr(" ()\"{", *c->p)); c->p++) {
        if (!*c->p || *c->p == '\r' || *c->p == '\n')
            return false;
        inside = *c->p == '[' || (inside && *c->p != ']');
    }
    *len = (size_t)(c->p - *atom);
    return *len > 0 && !inside;
}

static bool is_atom(const char *atom, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(atom, word, len) == 0;
}

static bool take_word(struct cursor *c, const char *word)
{
    struct cursor probe = *c;
    const char *atom;
    size_t len;
    if (!take_atom(&probe, &atom, &len) || !is_atom(atom, len, word))
        return false;
    *c = probe;
    return true;
}

// "{n}" CR LF and n bytes.
static bool take_literal(struct cursor *c, const char **text, size_t *len)
{
    uint64_t n;
    if (!take(c, '{') || !take_number(c, SIZE_MAX / 2, &n))
        return false;
    take(c, '+');
    if (!take(c, '}') || !take(c, '\r') || !take(c, '\n') || (uint64_t)(c->end - c->p) < n)
        return false;
    *text = c->p;
    *len = (size_t)n;
    c->p += n;
    return true;
}

// Between its quotes, escapes as they are: nothing that is read from quoted strings has any.
static bool take_quoted(struct cursor *c, const char **text, size_t *len)
{
    if (!take(c, '"'))
        return false;
    *text = c->p;
    while (c->p < c->end && *c->p != '"' && *c->p != '\r' && *c->p != '\n')
        c->p += *c->p == '\\' && c->end - c->p > 1 ? 2 : 1;
    *len = (size_t)(c->p - *text);
    return take(c, '"');
}

// NIL is (NULL, 0).
static bool take_string(struct cursor *c, const char **text, size_t *len)
{
    if (at(c, '{'))
        return take_literal(c, text, len);
    if (at(c, '"'))
        return take_quoted(c, text, len);
    *text = NULL;
    *len = 0;
    return take_word(c, "NIL");
}

// Any value, lists as deep as is sane.
static bool skip_value(struct cursor *c)
{
    const char *text;
    size_t len;
    unsigned depth = 0;
    do {
        while (take(c, ' ') && depth > 0)
            ;
        if (take(c, '(')) {
            if (++depth > DEPTH_MAX)
                return false;
        } else if (at(c, ')')) {
            if (depth == 0)
                return false;
            c->p++;
            depth--;
        } else if (at(c, '{') || at(c, '"') ? !take_string(c, &text, &len) : !take_atom(c, &text, &len)) {
            return false;
        }
    } while (depth > 0);
    return true;
}

// ---- FETCH ----

static bool take_item(struct cursor *c, struct imap_response *out)
{
    const char *name;
    size_t len;
    uint64_t n;
    if (!take_atom(c, &name, &len) || !take(c, ' '))
        return false;
    if (is_atom(name, len, "UID")) {
        if (!take_number(c, UINT32_MAX, &n))
            return false;
        out->uid = (uint32_t)n;
        return true;
    }
    if (is_atom(name, len, "RFC822.SIZE")) {
        out->sized = true;
        return take_number(c, INT64_MAX, &out->size);
    }
    if (is_atom(name, len, "BODY[]"))
        return take_string(c, &out->body, &out->body_len);
    return skip_value(c);
}

static bool read_fetch(struct cursor *c, struct imap_response *out)
{
    out->kind = IMAP_FETCH;
    if (!take(c, ' ') || !take(c, '('))
        return false;
    while (!take(c, ')')) {
        if (!take_item(c, out))
            return false;
        take(c, ' ');
    }
    return c->p == c->end;
}

// ---- states ----

static void read_capabilities(struct cursor c, struct imap_response *out)
{
    static const struct {
        const char *word;
        enum imap_capability bit;
    } words[] = {{"IDLE", IMAP_CAN_IDLE},
                 {"MOVE", IMAP_CAN_MOVE},
                 {"AUTH=PLAIN", IMAP_CAN_PLAIN},
                 {"SASL-IR", IMAP_CAN_SASL_IR},
                 {"LOGINDISABLED", IMAP_LOGIN_DISABLED}};
    const char *atom;
    size_t len;
    while (take(&c, ' ') && take_atom(&c, &atom, &len))
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (is_atom(atom, len, words[i].word))
                out->capabilities |= words[i].bit;
}

// "[UIDVALIDITY 17] text": the code in brackets, of which only this one matters.
static void read_state(struct cursor *c, struct imap_response *out)
{
    static const char code[] = "[UIDVALIDITY ";
    uint64_t n;
    take(c, ' ');
    if ((size_t)(c->end - c->p) > sizeof code - 1 && strncasecmp(c->p, code, sizeof code - 1) == 0) {
        c->p += sizeof code - 1;
        if (take_number(c, UINT32_MAX, &n))
            out->uid_validity = (uint32_t)n;
    }
    out->text = c->p;
    out->text_len = (size_t)(c->end - c->p);
}

static const struct {
    const char *word;
    enum imap_kind kind;
} states[] = {{"OK", IMAP_OK}, {"NO", IMAP_NO}, {"BAD", IMAP_BAD}, {"BYE", IMAP_BYE}, {"PREAUTH", IMAP_PREAUTH}};

static bool take_state(struct cursor *c, struct imap_response *out)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (take_word(c, states[i].word)) {
            out->kind = states[i].kind;
            read_state(c, out);
            return true;
        }
    return false;
}

// ---- a response ----

static bool read_numbered(struct cursor *c, struct imap_response *out)
{
    uint64_t n;
    if (!take_number(c, UINT32_MAX, &n) || !take(c, ' '))
        return false;
    out->number = (uint32_t)n;
    if (take_word(c, "FETCH"))
        return read_fetch(c, out);
    if (take_word(c, "EXISTS"))
        out->kind = IMAP_EXISTS;
    return true;
}

static bool read_untagged(struct cursor *c, struct imap_response *out)
{
    if (c->p < c->end && *c->p >= '0' && *c->p <= '9')
        return read_numbered(c, out);
    if (take_state(c, out))
        return true;
    if (take_word(c, "CAPABILITY")) {
        out->kind = IMAP_CAPABILITY;
        read_capabilities(*c, out);
    } else if (take_word(c, "SEARCH")) {
        out->kind = IMAP_SEARCH;
        out->list = c->p;
        out->list_len = (size_t)(c->end - c->p);
    }
    return true;
}

bool imap_read(const char *bytes, size_t len, struct imap_response *out)
{
    struct cursor c = {bytes, bytes + len - 2};
    const char *tag;
    size_t tag_len;
    *out = (struct imap_response){.kind = IMAP_OTHER};
    if (len < 2 || bytes[len - 2] != '\r')
        return false;
    if (take(&c, '+')) {
        out->kind = IMAP_CONTINUE;
        return true;
    }
    if (!take_atom(&c, &tag, &tag_len) || tag_len >= sizeof out->tag || !take(&c, ' '))
        return false;
    memcpy(out->tag, tag, tag_len);
    return strcmp(out->tag, "*") == 0 ? read_untagged(&c, out) : take_state(&c, out);
}

uint32_t imap_next_uid(struct imap_response *r)
{
    struct cursor c = {r->list, r->list + r->list_len};
    uint64_t n = 0;
    if (!take(&c, ' ') || !take_number(&c, UINT32_MAX, &n))
        n = 0;
    r->list = c.p;
    r->list_len = n ? (size_t)(c.end - c.p) : 0;
    return (uint32_t)n;
}

bool imap_quote(const char *text, char *out, size_t size)
{
    size_t n = 0;
    if (size < 3)
        return false;
    out[n++] = '"';
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7F || n + 4 > size)
            return false;
        if (*text == '"' || *text == '\\')
            out[n++] = '\\';
        out[n++] = *text;
    }
    out[n++] = '"';
    out[n] = 0;
    return true;
}
