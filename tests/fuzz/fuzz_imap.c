// SPDX-License-Identifier: Apache-2.0
// What an IMAP server says, from any bytes: the same responses however the bytes are cut, everything read lies within what was given, and what is
// quoted for a command cannot end its string.
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/imap_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_response(const char *bytes, size_t len)
{
    struct imap_response r;
    if (!imap_read(bytes, len, &r))
        return;
    assert(r.kind && strlen(r.tag) < sizeof r.tag);
    assert(!r.body || (r.body >= bytes && r.body + r.body_len <= bytes + len));
    assert(!r.text || (r.text >= bytes && r.text + r.text_len <= bytes + len));
    size_t n = 0;
    while (r.kind == IMAP_SEARCH && imap_next_uid(&r))
        n++;
    assert(n <= len);
}

// Where the first response ends when the bytes come in pieces.
static ptrdiff_t scan(const char *bytes, size_t len, size_t piece)
{
    struct imap_scan s = {0};
    for (size_t seen = 0; seen < len;) {
        seen = len - seen < piece ? len : seen + piece;
        ptrdiff_t n = imap_scan(&s, bytes, seen, 4096);
        if (n != 0)
            return n;
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1), quoted[64];
    assert(copy);
    if (size)
        memcpy(copy, data, size);
    copy[size] = 0;
    for (size_t i = 0; i < size;) {
        ptrdiff_t n = scan(copy + i, size - i, size);
        assert(n == scan(copy + i, size - i, 1));
        if (n <= 0)
            break;
        assert((size_t)n <= size - i && copy[i + (size_t)n - 1] == '\n');
        char *one = malloc((size_t)n); // so that a step beyond is seen
        assert(one);
        memcpy(one, copy + i, (size_t)n);
        check_response(one, (size_t)n);
        free(one);
        i += (size_t)n;
    }
    if (imap_quote(copy, quoted, sizeof quoted)) {
        size_t len = strlen(quoted), i = 1;
        while (i < len - 1 && quoted[i] != '"')
            i += quoted[i] == '\\' ? 2 : 1;
        assert(i == len - 1 && quoted[i] == '"');
    }
    free(copy);
    return 0;
}
