// SPDX-License-Identifier: Apache-2.0
// Paths and queries: decoded exactly once, then checked. A path that could mean another one to a file system or to a
// second decoder is refused, not repaired.
#include <string.h>

#include "daemon/base/quote.h"
#include "daemon/net/parse.h"

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool is_clean(const char *s, size_t n)
{
    while (n) {
        size_t len = utf8_length(s, n);
        if (len == 0 || (unsigned char)*s < ' ' || *s == 0x7f)
            return false;
        s += len;
        n -= len;
    }
    return true;
}

// In place; `forbidden` must not come out of an escape.
static bool decode(char *s, bool plus_is_space, char forbidden)
{
    char *out = s;
    const char *start = s;
    for (; *s; s++) {
        char c = *s;
        if (c == '%') {
            int high = hex(s[1]), low = high < 0 ? -1 : hex(s[2]);
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            if (c == '\0' || c == forbidden)
                return false;
            s += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        *out++ = c;
    }
    *out = '\0';
    return is_clean(start, (size_t)(out - start));
}

bool parse_path(char *path)
{
    if (path[0] != '/' || !decode(path, false, '/') || strchr(path, '\\'))
        return false;
    for (const char *s = path; s; s = strchr(s, '/')) {
        s++;
        size_t n = strcspn(s, "/");
        bool last = s[n] == '\0';
        if ((n == 0 && !last) || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
            return false;
    }
    return true;
}

bool parse_query(char *query, struct parse_field out[PARSE_QUERY_MAX], size_t *n)
{
    *n = 0;
    while (query && *query) {
        char *next = strchr(query, '&');
        if (next)
            *next++ = '\0';
        if (*query) {
            char *value = strchr(query, '=');
            if (value)
                *value++ = '\0';
            if (*n == PARSE_QUERY_MAX || !decode(query, true, '\0') || (value && !decode(value, true, '\0')))
                return false;
            out[(*n)++] = (struct parse_field){query, value ? value : ""};
        }
        query = next;
    }
    return true;
}
