// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_SIGN_H
#define THROUGHLINE_CHANNELS_SIGN_H

// What proves that a vendor sent a request: keyed hashes (libcrypto), and comparisons whose time tells nothing of what is compared.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGN_SHA1   20
#define SIGN_SHA256 32

void sign_hmac_sha1(const char *key, const void *data, size_t len, uint8_t out[static SIGN_SHA1]);
void sign_hmac_sha256(const char *key, const void *data, size_t len, uint8_t out[static SIGN_SHA256]);
void sign_sha256(const void *data, size_t len, uint8_t out[static SIGN_SHA256]);

// Lower-case hex; writes 2 * len characters and a NUL.
void sign_hex(const uint8_t *bytes, size_t len, char *out);

// Whether two texts are the same; neither their bytes nor their lengths show in the time it takes.
bool sign_same(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
