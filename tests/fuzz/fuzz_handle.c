// SPDX-License-Identifier: Apache-2.0
// Handles from any bytes: the normal form maps to itself, is bounded, valid text, and every refusal says why. The same
// bytes as base64 and as a time: what is read can be written and read again.
#include "proto/base64.h"
#include "proto/handle.h"
#include "proto/timestamp.h"
#include "proto/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_handle(const char *in)
{
    char out[HANDLE_MAX], again[HANDLE_MAX];
    const char *why = NULL;
    if (!handle_normalise(in, out, &why)) {
        assert(why != NULL && *out == '\0');
        return;
    }
    assert(why == NULL && strlen(out) < HANDLE_MAX && utf8_valid_text(out, strlen(out)));
    assert(handle_normalise(out, again, &why) && strcmp(out, again) == 0);
}

static void check_base64(const char *in, size_t len)
{
    uint8_t *plain = malloc(BASE64_DECODED_MAX(len) + 1);
    char *text = malloc(BASE64_ENCODED_LEN(BASE64_DECODED_MAX(len)) + 1);
    assert(plain != NULL && text != NULL);
    size_t n;
    if (base64_decode(in, len, plain, &n)) {
        size_t written = base64_encode_url(plain, n, text);
        assert(written <= len && len - written <= 2); // all but the padding
    }
    free(plain);
    free(text);
}

static void check_time(const char *in, size_t len)
{
    int64_t seconds, again_seconds;
    int32_t nanos, again_nanos;
    char text[TIMESTAMP_TEXT_MAX];
    if (timestamp_parse(in, len, &seconds, &nanos) != NULL)
        return;
    size_t n = timestamp_format(seconds, nanos, text);
    assert(n < sizeof text && timestamp_parse(text, n, &again_seconds, &again_nanos) == NULL);
    assert(seconds == again_seconds && nanos == again_nanos);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *in = malloc(size + 1);
    assert(in != NULL);
    if (size > 0)
        memcpy(in, data, size);
    in[size] = '\0';
    check_handle(in);
    check_base64(in, size);
    check_time(in, size);
    free(in);
    return 0;
}
