// SPDX-License-Identifier: Apache-2.0
// Keyed hashes by libcrypto. Owns nothing. libcrypto fails here only without memory, which aborts as elsewhere.
#include "channels/sign.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

static void sign_hmac(const EVP_MD *hash, const char *key, const void *data, size_t len, uint8_t *out)
{
    if (!HMAC(hash, key, (int)strlen(key), data, len, out, NULL))
        abort();
}

void sign_hmac_sha1(const char *key, const void *data, size_t len, uint8_t out[static SIGN_SHA1])
{
    sign_hmac(EVP_sha1(), key, data, len, out);
}

void sign_hmac_sha256(const char *key, const void *data, size_t len, uint8_t out[static SIGN_SHA256])
{
    sign_hmac(EVP_sha256(), key, data, len, out);
}

void sign_sha256(const void *data, size_t len, uint8_t out[static SIGN_SHA256])
{
    if (!EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL))
        abort();
}

void sign_hex(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = 0;
}

bool sign_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    uint8_t ours[SIGN_SHA256], theirs[SIGN_SHA256];
    sign_sha256(a, a_len, ours);
    sign_sha256(b, b_len, theirs);
    return CRYPTO_memcmp(ours, theirs, sizeof ours) == 0;
}
