// SPDX-License-Identifier: Apache-2.0
// HTTP text from any bytes. A head is refused with a problem and a reason or stays within its bounds; a body's chunks are the same
// however the bytes are cut; a path that is accepted cannot leave its root, and is accepted again.
#include "daemon/net/parse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *copy_of(const void *bytes, size_t len)
{
    char *copy = malloc(len + 1);
    assert(copy);
    memcpy(copy, bytes, len);
    copy[len] = 0;
    return copy;
}

static void check_path(const char *path)
{
    char *once = copy_of(path, strlen(path));
    if (parse_path(once)) {
        assert(once[0] == '/' && !strstr(once, "//") && !strstr(once, "/../") && !strchr(once, '\\'));
        assert(strlen(once) < 3 || strcmp(once + strlen(once) - 3, "/..") != 0);
    }
    free(once);
}

static void check_query(const char *query)
{
    char *copy = copy_of(query, strlen(query));
    struct parse_field fields[PARSE_QUERY_MAX];
    size_t n = 0;
    if (parse_query(copy, fields, &n)) {
        assert(n <= PARSE_QUERY_MAX);
        for (size_t i = 0; i < n; i++)
            assert(strlen(fields[i].name) + strlen(fields[i].value) <= strlen(query));
    }
    free(copy);
}

static void check_head(const char *bytes, size_t len)
{
    size_t scanned = 0;
    ptrdiff_t end = parse_head_end(bytes, len, &scanned);
    if (end <= 0)
        return;
    assert((size_t)end <= len);
    char *copy = copy_of(bytes, (size_t)end);
    struct parse_head head;
    enum http_problem problem = PROBLEM_COUNT;
    const char *why = NULL;
    if (parse_head(copy, (size_t)end, &head, &problem, &why)) {
        assert(head.fields_n <= PARSE_FIELDS_MAX && head.target && head.minor >= 0 && head.minor <= 9);
        assert(!(head.chunked && head.length > 0));
        for (size_t i = 0; i < head.fields_n; i++)
            assert(head.fields[i].name[0] && !strpbrk(head.fields[i].value, "\r\n"));
        check_path(head.target);
    } else {
        assert(problem < PROBLEM_COUNT);
    }
    free(copy);
}

// The body bytes of a chunked body that comes in pieces of at most `piece`; -1 when malformed.
static ptrdiff_t chunks(const char *in, size_t len, size_t piece, char *out)
{
    struct parse_chunked c = {0};
    size_t n = 0;
    while (len > 0 && c.state != CHUNK_DONE) {
        size_t part = len < piece ? len : piece;
        const char *data = NULL;
        size_t data_len = 0;
        ptrdiff_t took = parse_chunked(&c, in, part, &data, &data_len);
        if (took < 0)
            return -1;
        assert((size_t)took + data_len <= part && (size_t)took + data_len > 0);
        if (data_len)
            memcpy(out + n, data, data_len);
        n += data_len;
        in += (size_t)took + data_len;
        len -= (size_t)took + data_len;
    }
    return (ptrdiff_t)n;
}

static void check_chunks(const char *bytes, size_t len)
{
    char *whole = malloc(len + 1), *pieces = malloc(len + 1);
    assert(whole && pieces);
    ptrdiff_t a = chunks(bytes, len, len + 1, whole), b = chunks(bytes, len, 1, pieces);
    assert(a == b);
    assert(a <= 0 || memcmp(whole, pieces, (size_t)a) == 0);
    free(whole);
    free(pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    char *text = copy_of(data, size);
    check_head(bytes, size);
    check_chunks(bytes, size);
    check_path(text);
    check_query(text);
    free(text);
    return 0;
}
