// SPDX-License-Identifier: Apache-2.0
// Heads of requests. Pure: bytes in, slices out. Whatever another HTTP reader in front of or behind us might read differently
// is refused: bare LF, folded lines, space before the colon, repeated or signed lengths, a length beside chunked,
// unknown codings, a missing or repeated Host.
#include <stddef.h>
#include <string.h>

#include "daemon/net/parse.h"

static const struct {
    const char *name;
    enum http_method method;
} methods[] = {
    {"GET", HTTP_GET},       {"HEAD", HTTP_HEAD},   {"POST", HTTP_POST},       {"PUT", HTTP_PUT},
    {"DELETE", HTTP_DELETE}, {"PATCH", HTTP_PATCH}, {"OPTIONS", HTTP_OPTIONS},
};

static bool is_token_char(char c)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr(marks, c));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

ptrdiff_t parse_head_end(const char *bytes, size_t len, size_t *scanned)
{
    while (*scanned < len) {
        const char *lf = memchr(bytes + *scanned, '\n', len - *scanned);
        if (!lf) {
            *scanned = len;
            return 0;
        }
        size_t at = (size_t)(lf - bytes);
        if (at == 0 || bytes[at - 1] != '\r')
            return -1;
        *scanned = at + 1;
        if (at >= 3 && bytes[at - 2] == '\n')
            return (ptrdiff_t)(at + 1);
        if (at == 1) // an empty line where the request line belongs
            return 2;
    }
    return 0;
}

struct parser {
    struct parse_head *h;
    enum http_problem problem;
    const char *why;
};

static bool refuse(struct parser *p, enum http_problem problem, const char *why)
{
    p->problem = problem;
    p->why = why;
    return false;
}

static bool parse_target(struct parser *p, char *target)
{
    for (const char *c = target; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '#')
            return refuse(p, PROBLEM_bad_request, "the request target holds a character that must be encoded");
    const char *rest = strncmp(target, "http://", 7) == 0    ? target + 7
                       : strncmp(target, "https://", 8) == 0 ? target + 8
                                                             : NULL;
    if (rest) { // absolute form: what a proxy is sent; the authority is ignored as Host is
        rest += strcspn(rest, "/?");
        target = *rest == '/' ? strchr(rest, '/') : target;
    }
    if (target[0] != '/' && strcmp(target, "*") != 0)
        return refuse(p, PROBLEM_bad_request, "the request target must begin with a slash");
    p->h->target = target;
    return true;
}

static bool parse_request_line(struct parser *p, char *line)
{
    char *target = strchr(line, ' '), *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || target == line)
        return refuse(p, PROBLEM_bad_request, "the request line is not: method, target, version");
    *target++ = *version++ = '\0';
    for (const char *c = line; *c; c++)
        if (!is_token_char(*c))
            return refuse(p, PROBLEM_bad_request, "the method is not a token");
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i].name, line) == 0)
            p->h->method = methods[i].method;
    if (strncmp(version, "HTTP/", 5) != 0)
        return refuse(p, PROBLEM_bad_request, "the request line is not: method, target, version");
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return refuse(p, PROBLEM_version_not_supported, NULL);
    p->h->minor = version[7] - '0';
    return parse_target(p, target);
}

static bool parse_field_line(struct parser *p, char *line, size_t len)
{
    struct parse_head *h = p->h;
    char *colon = memchr(line, ':', len), *end = line + len;
    if (*line == ' ' || *line == '\t')
        return refuse(p, PROBLEM_bad_request, "a header line is folded");
    if (!colon || colon == line)
        return refuse(p, PROBLEM_bad_request, "a header line has no name");
    if (h->fields_n == PARSE_FIELDS_MAX)
        return refuse(p, PROBLEM_headers_too_large, "there are more than 64 headers");
    for (char *c = line; c < colon; c++) {
        if (!is_token_char(*c))
            return refuse(p, PROBLEM_bad_request, "a header name is not a token");
        *c = lower(*c);
    }
    char *value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    for (const char *c = value; c < end; c++)
        if ((*c >= 0 && *c < ' ' && *c != '\t') || *c == 0x7f)
            return refuse(p, PROBLEM_bad_request, "a header value holds a control character");
    *colon = *end = '\0';
    h->fields[h->fields_n++] = (struct parse_field){line, value};
    return true;
}

static size_t count_header(const struct parse_head *h, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < h->fields_n; i++)
        n += strcmp(h->fields[i].name, name) == 0;
    return n;
}

static bool check_host(struct parser *p)
{
    const char *host = parse_header(p->h, "host");
    size_t n = count_header(p->h, "host");
    if (n > 1 || (n == 0 && p->h->minor > 0))
        return refuse(p, PROBLEM_bad_request, "there must be one Host header");
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~:[]%";
    if (host && (!*host || host[strspn(host, allowed)]))
        return refuse(p, PROBLEM_bad_request, "the Host header is not a host");
    return true;
}

static bool check_length(struct parser *p)
{
    const char *s = parse_header(p->h, "content-length");
    if (!s)
        return true;
    if (count_header(p->h, "content-length") > 1)
        return refuse(p, PROBLEM_bad_request, "there is more than one Content-Length");
    size_t digits = strspn(s, "0123456789");
    if (digits == 0 || s[digits] || digits > 18)
        return refuse(p, PROBLEM_bad_request, "the Content-Length is not a plain number");
    for (; *s; s++)
        p->h->length = p->h->length * 10 + (uint64_t)(*s - '0');
    return true;
}

static bool check_coding(struct parser *p)
{
    const char *te = parse_header(p->h, "transfer-encoding");
    if (!te)
        return true;
    if (parse_header(p->h, "content-length"))
        return refuse(p, PROBLEM_bad_request, "Content-Length and Transfer-Encoding exclude each other");
    if (p->h->minor == 0 || count_header(p->h, "transfer-encoding") > 1 || strcasecmp(te, "chunked") != 0)
        return refuse(p, PROBLEM_bad_request, "the only transfer coding is one of chunked");
    p->h->chunked = true;
    return true;
}

static bool check_connection(struct parser *p)
{
    struct parse_head *h = p->h;
    h->keep_alive = h->minor > 0;
    for (size_t i = 0; i < h->fields_n; i++)
        if (strcmp(h->fields[i].name, "connection") == 0 && parse_list_has(h->fields[i].value, "close"))
            h->keep_alive = false;
    const char *expect = parse_header(h, "expect");
    if (expect && strcasecmp(expect, "100-continue") != 0)
        return refuse(p, PROBLEM_expectation_failed, NULL);
    h->expects_continue = expect && h->minor > 0;
    return true;
}

static bool parse_lines(struct parser *p, char *bytes, size_t len)
{
    char *end = bytes + len - 2; // the empty line's CRLF
    for (char *line = bytes; line < end;) {
        char *lf = memchr(line, '\n', (size_t)(end - line));
        size_t n = (size_t)(lf - line) - 1;
        if (memchr(line, '\0', n) || memchr(line, '\r', n))
            return refuse(p, PROBLEM_bad_request, "a line holds a control character");
        line[n] = '\0';
        if (line == bytes ? !parse_request_line(p, line) : !parse_field_line(p, line, n))
            return false;
        line = lf + 1;
    }
    return true;
}

bool parse_head(char *bytes, size_t len, struct parse_head *out, enum http_problem *problem, const char **why)
{
    memset(out, 0, offsetof(struct parse_head, fields));
    struct parser p = {.h = out};
    bool ok = len > 4 ? parse_lines(&p, bytes, len) && check_host(&p) && check_length(&p) && check_coding(&p) &&
                            check_connection(&p)
                      : refuse(&p, PROBLEM_bad_request, "the request is empty");
    *problem = p.problem;
    *why = p.why;
    return ok;
}

const char *parse_header(const struct parse_head *h, const char *name)
{
    for (size_t i = 0; i < h->fields_n; i++)
        if (strcmp(h->fields[i].name, name) == 0)
            return h->fields[i].value;
    return NULL;
}

bool parse_list_has(const char *list, const char *token)
{
    size_t n = strlen(token);
    while (*list) {
        list += strspn(list, ", \t");
        size_t len = strcspn(list, ", \t");
        if (len == n && strncasecmp(list, token, n) == 0)
            return true;
        list += len;
    }
    return false;
}
