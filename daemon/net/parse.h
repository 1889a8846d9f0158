// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_PARSE_H
#define THROUGHLINE_NET_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/net/http.h"

// HTTP/1.1 text, without I/O: heads, chunked bodies, paths, queries. Strict where leniency could make two readers of the same bytes
// see different requests (RFC 9112, 11.2).

#define PARSE_FIELDS_MAX 64
#define PARSE_QUERY_MAX  32

struct parse_field {
    const char *name; // lower case
    const char *value;
};

struct parse_head {
    enum http_method method; // 0 = well-formed and not known here
    char *target;            // path and query, as sent; an absolute form without its scheme and authority
    int minor;               // HTTP/1.x
    size_t fields_n;
    bool chunked, expects_continue, keep_alive;
    uint64_t length;                             // of the body, when not chunked
    struct parse_field fields[PARSE_FIELDS_MAX]; // the last member: what lies behind fields_n is never looked at
};

// Where the head ends within bytes[0..len): the length with the empty line, 0 = not yet. -1 = a bare LF: never
// valid. *scanned carries the progress from call to call; set it to 0 first.
ptrdiff_t parse_head_end(const char *bytes, size_t len, size_t *scanned);

// Parses bytes[0..len) in place, which must be a head as parse_head_end() found it; out points into it. False: *problem and *why.
bool parse_head(char *bytes, size_t len, struct parse_head *out, enum http_problem *problem, const char **why)
    __attribute__((warn_unused_result));
const char *parse_header(const struct parse_head *h, const char *name); // name in lower case; NULL = absent

// A list header ("Connection: keep-alive, Upgrade"): does it name this token, in any case?
bool parse_list_has(const char *list, const char *token);

// Decodes %xx in place, once, and checks the result: absolute, no empty, "." or ".." segment, no encoded slash, no
// backslash, no control character, valid UTF-8. False: not such a path.
bool parse_path(char *path) __attribute__((warn_unused_result));

// Splits and decodes "a=1&b=2" in place; at most PARSE_QUERY_MAX pairs. False: malformed or too many.
bool parse_query(char *query, struct parse_field out[PARSE_QUERY_MAX], size_t *n) __attribute__((warn_unused_result));

// A chunked body as it comes. Zeroed = at the start.
struct parse_chunked {
    enum {
        CHUNK_SIZE,
        CHUNK_EXTENSION,
        CHUNK_SIZE_LF,
        CHUNK_DATA,
        CHUNK_DATA_CR,
        CHUNK_DATA_LF,
        CHUNK_TRAILER,
        CHUNK_DONE
    } state;
    uint64_t left;
    unsigned digits, extra; // of the size; bytes of extensions and trailers so far
    bool line_empty, after_cr;
};
// Takes from in[0..len) until a run of body bytes begins, the input or the body ends. Returns how many bytes were taken, with the run (within in, after
// those) in *data, *data_len; the caller consumes both. -1: malformed. Call until CHUNK_DONE or no input is left.
ptrdiff_t parse_chunked(struct parse_chunked *c, const char *in, size_t len, const char **data, size_t *data_len);

#endif
