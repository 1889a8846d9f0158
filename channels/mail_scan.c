// SPDX-License-Identifier: Apache-2.0
// Looks over a mail before it is given to the parser, whose time and memory grow with the number of parts and headers and whose stack grows
// with nesting: one pass over the lines, which may count more than there is (a line of text that looks like a boundary) but never less.
#include <string.h>
#include <strings.h>

#include "channels/mail.h"

enum {
    SCAN_BOUNDARIES_MAX = 4000, // lines that might begin a part; MAIL_PARTS_MAX is counted on what is really read
    SCAN_HEADERS_MAX = 4000,    // lines of headers, of all parts together
    SCAN_HEADER_BYTES = 512 << 10,
    SCAN_NESTED_MAX = 60, // messages in messages
};

struct scan {
    size_t boundaries, headers, header_bytes, nested;
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

static bool scan_header(struct scan *s, const char *line, size_t len)
{
    static const char name[] = "content-type";
    if (len == 0) {
        s->in_header = s->message_next;
        s->message_next = s->in_type = false;
        return true;
    }
    if (*line != ' ' && *line != '\t')
        s->in_type = len > sizeof name && strncasecmp(line, name, sizeof name - 1) == 0;
    if (s->in_type && !s->message_next && (scan_has(line, len, "message") || scan_has(line, len, "rfc822"))) {
        s->message_next = true;
        s->nested++;
    }
    s->headers++;
    s->header_bytes += len;
    return s->headers <= SCAN_HEADERS_MAX && s->header_bytes <= SCAN_HEADER_BYTES && s->nested <= SCAN_NESTED_MAX;
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
