// SPDX-License-Identifier: Apache-2.0
// What Redis might say, whole and byte by byte: the same values or the same refusal, within the bound; and addresses of Redis as text.
#include "daemon/store/url.h"
#include "daemon/store/value.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define REPLY_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A fingerprint of a value and all below it; every accessor is asked the wrong question as well.
static uint64_t digest(const struct value *v, uint64_t h)
{
    h = (h ^ (uint64_t)v->type) * 1099511628211u;
    h = (h ^ value_u64(v)) * 1099511628211u;
    for (const char *s = value_text(v); *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    assert(!value_is(v, "\1") || value_starts(v, "\1"));
    for (size_t i = 0; v->type == VALUE_ARRAY && i < v->n; i++)
        h = digest(value_at(v, i), h);
    value_at(v, v->n);
    return h;
}

static uint64_t read_all(const uint8_t *data, size_t size, size_t piece, bool *broken)
{
    struct value_reader *r = value_reader_new(REPLY_MAX);
    uint64_t h = 14695981039346656037u;
    *broken = false;
    for (size_t at = 0; at < size && !*broken; at += piece) {
        const struct value *v;
        int got = 1;
        *broken = !value_reader_feed(r, data + at, size - at < piece ? size - at : piece);
        while (!*broken && (got = value_reader_next(r, &v)) == 1)
            h = digest(v, h);
        *broken = *broken || got < 0;
    }
    value_reader_free(r);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool broken, broken_too;
    uint64_t whole = read_all(data, size, size + 1, &broken), pieces = read_all(data, size, 1, &broken_too);
    assert(broken || broken_too || whole == pieces);

    char *text = malloc(size + 1);
    assert(text);
    memcpy(text, data, size);
    text[size] = 0;
    struct store_url url;
    const char *why = NULL;
    if (store_url_parse(text, &url, &why))
        assert(url.host[0] && strlen(url.host) < sizeof(url.host));
    else
        assert(why && why[0]);
    store_url_wipe(&url);
    free(text);
    return 0;
}
