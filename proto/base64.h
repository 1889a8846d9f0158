// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_BASE64_H
#define THROUGHLINE_PROTO_BASE64_H

// base64 (RFC 4648): written with the standard alphabet and padding; read in both alphabets, with or without padding.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASE64_ENCODED_LEN(n) (((n) + 2) / 3 * 4)
#define BASE64_DECODED_MAX(n) ((n) / 4 * 3 + 2)

// Writes BASE64_ENCODED_LEN(len) characters, no NUL; returns that number.
size_t base64_encode(const uint8_t *in, size_t len, char *out);

// Without padding, in the URL-safe alphabet; returns the number of characters, no NUL.
size_t base64_encode_url(const uint8_t *in, size_t len, char *out);

// Decodes into `out` (BASE64_DECODED_MAX(len) bytes). False when `in` is not base64, has stray padding, or has bits set
// after its last whole byte (so each value has one unpadded spelling per alphabet).
bool base64_decode(const char *in, size_t len, uint8_t *out, size_t *out_len) __attribute__((warn_unused_result));

#endif
