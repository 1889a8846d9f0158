// SPDX-License-Identifier: Apache-2.0
// Looks over a mail before it is given to the parser, whose time and memory grow with the number of parts and headers and whose stack grows
// with nesting: one pass over the lines, which may count more than there is (a line of text that looks like a boundary) but never less.
#include <string.h>
#include <strings.h>

#include "channels/mail.h"

enum {
    SCAN_BOUNDARIES_MAX = 2000, // lines that might begin a part; MAIL_PARTS_MAX is counted on what is really read
    SCAN_HEADERS_MAX = 4000,    // lines of headers, of all parts together
    SCAN_HEADER_BYTES = 512 << 10,
    SCAN_NESTED_MAX = 60, // messages in messages
    SCAN_MARKS_MAX =
        200, // colons in a header of addresses (groups within groups), semicolons in Content-... (parameters)
};

struct scan {
    size_t boundaries, headers, header_bytes, nested, marks;
    char mark;               // what is counted in this header; 0 = nothing
    bool in_header, in_type; // in_type: in the Content-Type
    bool message_next;       // what follows these headers begins with headers again
};

static bool scan_has(const char *line, size_t len, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= len && i < 2000; i++)
        if (strncasecmp(line + i, word, n) == 0)
            return true;
    return false;
}

static bool scan_is(const char *line, size_t len, const char *name)
{
    size_t n = strlen(name);
    return len > n && strncasecmp(line, name, n) == 0 && strchr(": \t", line[n]);
}

static bool scan_is_addresses(const char *line, size_t len)
{
    static const char *const names[] = {"From", "Sender", "Reply-To", "To", "Cc", "Bcc"};
    if (len > 7 && strncasecmp(line, "Resent-", 7) == 0)
        return scan_is_addresses(line + 7, len - 7);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (scan_is(line, len, names[i]))
            return true;
    return false;
}

static void scan_marks(struct scan *s, const char *line, size_t len, bool begins)
{
    if (begins) {
        s->mark = scan_is_addresses(line, len) ? ':' : len > 8 && strncasecmp(line, "Content-", 8) == 0 ? ';' : 0;
        s->marks = 0;
    }
    const char *end = line + len;
    for (const char *p = line; s->mark && s->marks <= SCAN_MARKS_MAX && (p = memchr(p, s->mark, (size_t)(end - p)));
         p++)
        s->marks++;
}

static bool scan_header(struct scan *s, const char *line, size_t len)
{
    if (len == 0) {
        s->in_header = s->message_next;
        s->message_next = s->in_type = false;
        return true;
    }
    bool begins = *line != ' ' && *line != '\t';
    if (begins)
        s->in_type = scan_is(line, len, "Content-Type");
    scan_marks(s, line, len, begins);
    if (s->in_type && !s->message_next && (scan_has(line, len, "message") || scan_has(line, len, "rfc822"))) {
        s->message_next = true;
        s->nested++;
    }
    s->headers++;
    s->header_bytes += len;
    return s->marks <= SCAN_MARKS_MAX && s->headers <= SCAN_HEADERS_MAX && s->header_bytes <= SCAN_HEADER_BYTES &&
           s->nested <= SCAN_NESTED_MAX;
}

static bool scan_body(struct scan *s, const char *line, size_t len)
{
    if (len > 2 && line[0] == '-' && line[1] == '-' && line[2] != ' ') {
        s->in_header = true;
        s->boundaries++;
    }
    return s->boundaries <= SCAN_BOUNDARIES_MAX;
}

size_t mail_scan(const char *bytes, size_t len)
{
    struct scan s = {.in_header = true};
    for (size_t at = 0; at < len;) {
        const char *line = bytes + at, *end = memchr(line, '\n', len - at);
        size_t n = end ? (size_t)(end - line) : len - at, text = n;
        if (text && line[text - 1] == '\r')
            text--;
        if (s.in_header ? !scan_header(&s, line, text) : !scan_body(&s, line, text))
            return at;
        at += n + 1;
    }
    return len;
}
