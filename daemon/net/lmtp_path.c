// SPDX-License-Identifier: Apache-2.0
// The paths of MAIL and RCPT (RFC 5321 4.1.2): <local@domain>, a quoted local part, a source route (ignored, as 4.1.1.3 asks), the
// empty path. Pure; fails by saying no.
#include <ctype.h>
#include <string.h>

#include "daemon/net/lmtp_session.h"
#include "proto/utf8.h"

struct writer {
    char *p;
    size_t room;
};

static bool put(struct writer *w, char c)
{
    if (w->room == 0)
        return false;
    *w->p++ = c;
    w->room--;
    return true;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

// A dot-string, until the @ that follows it.
static const char *read_plain(const char *p, struct writer *w)
{
    char before = '.';
    for (; *p && *p != '@'; before = *p++)
        if (is_control(*p) || strchr(" \"(),:;<>[\\]", *p) || (*p == '.' && before == '.') || !put(w, *p))
            return NULL;
    return before == '.' ? NULL : p;
}

// "..." without its quotes.
static const char *read_quoted(const char *p, struct writer *w)
{
    size_t before = w->room;
    for (p++; *p != '"'; p++) {
        if (*p == '\\')
            p++;
        if (is_control(*p) || !put(w, *p))
            return NULL;
    }
    return w->room < before ? p + 1 : NULL;
}

// Letters, digits, dots and dashes, or an address in brackets; in lower case.
static const char *read_domain(const char *p, struct writer *w)
{
    bool literal = *p == '[';
    const char *allowed = literal ? "[]:.-_" : ".-_";
    char before = '.';
    for (; *p && *p != '>'; before = *p++) {
        bool fits = (unsigned char)*p >= 0x80 || isalnum((unsigned char)*p) || strchr(allowed, *p);
        if (!fits || (*p == '.' && before == '.') || !put(w, (char)tolower((unsigned char)*p)))
            return NULL;
    }
    return *p == '>' && before != '.' && (before == ']') == literal ? p : NULL;
}

static bool is_allowed(const char *text, size_t len, bool utf8)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] >= 0x80 && !utf8)
            return false;
    return utf8_valid(text, len);
}

bool lmtp_path_read(const char *text, bool utf8, char out[static LMTP_ADDRESS_MAX + 1], const char **rest)
{
    struct writer local = {out, LMTP_LOCAL_MAX};
    const char *p = text;
    out[0] = 0;
    if (*p++ != '<')
        return false;
    if (*p == '>') {
        *rest = p + 1;
        return true;
    }
    if (*p == '@') // a source route
        p = strchr(p, ':') ? strchr(p, ':') + 1 : "";
    p = *p == '"' ? read_quoted(p, &local) : read_plain(p, &local);
    if (!p || *p != '@')
        return false;
    *local.p = '@';
    struct writer domain = {local.p + 1, LMTP_DOMAIN_MAX};
    p = read_domain(p + 1, &domain);
    if (!p || domain.room == LMTP_DOMAIN_MAX)
        return false;
    *domain.p = 0;
    *rest = p + 1;
    return is_allowed(out, strlen(out), utf8);
}
