// SPDX-License-Identifier: Apache-2.0
// Signed words of browsers: made and verified here, kept by nobody. Everything that fails to verify is refused in the same
// way, before anything in it is looked at.
#include "daemon/faces/chat_token.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base64.h"
#include "proto/json.h"
#include "throughline/v1/chat.pb-c.h"

#define MAC_LEN 32

static bool mac_make(const void *key, size_t key_len, const char *text, size_t len, uint8_t mac[MAC_LEN])
{
    unsigned n = 0;
    return HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, len, mac, &n) && n == MAC_LEN;
}

// Verifies "payload.signature" and decodes the payload into `out`, terminated. `out` holds `max` bytes.
static bool signed_open(const void *key, size_t key_len, const char *text, size_t max, char *out, size_t *out_len)
{
    size_t len = strnlen(text, max + 1);
    const char *dot = len <= max ? memchr(text, '.', len) : NULL;
    if (!dot)
        return false;
    size_t head = (size_t)(dot - text), tail = len - head - 1;
    uint8_t mac[MAC_LEN], given[BASE64_DECODED_MAX(64)];
    size_t given_len = 0;
    if (tail > 64 || !base64_decode(dot + 1, tail, given, &given_len) || given_len != MAC_LEN)
        return false;
    if (!mac_make(key, key_len, text, head, mac) || CRYPTO_memcmp(mac, given, MAC_LEN) != 0)
        return false;
    if (BASE64_DECODED_MAX(head) >= max || !base64_decode(text, head, (uint8_t *)out, out_len))
        return false;
    out[*out_len] = 0;
    return strlen(out) == *out_len;
}

// What stands between the payload's spaces.
static bool is_word(const char *s)
{
    size_t n = 0;
    while (s[n] > ' ' && s[n] <= '~')
        n++;
    return n > 0 && !s[n];
}

bool chat_token_make(const uint8_t key[CHAT_KEY_LEN], const struct chat_visitor *v, char out[CHAT_TOKEN_MAX])
{
    char payload[200];
    int n = snprintf(payload, sizeof payload, "2 %s %s %s %" PRId64, v->account, v->visitor,
                     *v->person ? v->person : "-", v->issued);
    if (n < 0 || (size_t)n >= sizeof payload || !is_word(v->account) || !is_word(v->visitor))
        return false;
    size_t head = base64_encode_url((const uint8_t *)payload, (size_t)n, out);
    uint8_t mac[MAC_LEN];
    if (!mac_make(key, CHAT_KEY_LEN, out, head, mac))
        return false;
    out[head] = '.';
    size_t tail = base64_encode_url(mac, MAC_LEN, out + head + 1);
    out[head + 1 + tail] = 0;
    return true;
}

bool chat_token_read(const uint8_t key[CHAT_KEY_LEN], const char *token, const char *account, int64_t now,
                     struct chat_visitor *out)
{
    char payload[CHAT_TOKEN_MAX];
    size_t len = 0;
    int used = 0;
    *out = (struct chat_visitor){0};
    if (!signed_open(key, CHAT_KEY_LEN, token, CHAT_TOKEN_MAX - 1, payload, &len))
        return false;
    if (sscanf(payload, "2 %64s %64s %32s %" SCNd64 "%n", out->account, out->visitor, out->person, &out->issued,
               &used) != 4 ||
        (size_t)used != len)
        return false;
    if (strcmp(out->person, "-") == 0)
        out->person[0] = '\0';
    return strcmp(out->account, account) == 0 && out->issued <= now + 60 && now - out->issued < CHAT_TOKEN_SECONDS;
}

Throughline__V1__ChatIdentity *chat_identity_read(const char *secret, const char *text, int64_t now, const char **why)
{
    char json[CHAT_IDENTITY_MAX];
    size_t len = 0;
    *why = "identity_signature";
    if (!*secret || !signed_open(secret, strlen(secret), text, CHAT_IDENTITY_MAX - 1, json, &len))
        return NULL;
    *why = "identity_malformed";
    ProtobufCMessage *m = json_read(&throughline__v1__chat_identity__descriptor, json, len, NULL);
    if (!m)
        return NULL;
    Throughline__V1__ChatIdentity *id = (Throughline__V1__ChatIdentity *)m;
    if (id->expires <= now)
        *why = "identity_expired";
    else if (id->expires > now + CHAT_IDENTITY_AHEAD)
        *why = "identity_too_long_lived";
    else if (*id->reference || id->n_handles)
        return id;
    protobuf_c_message_free_unpacked(m, NULL);
    return NULL;
}

static void person_add(EVP_MD_CTX *hash, const char *text)
{
    if (EVP_DigestUpdate(hash, text, strlen(text) + 1) != 1)
        abort();
}

void chat_person(const Throughline__V1__ChatIdentity *id, char out[CHAT_PERSON_MAX + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (!hash || EVP_DigestInit_ex2(hash, EVP_sha256(), NULL) != 1)
        abort();
    person_add(hash, id->reference);
    for (size_t i = 0; !*id->reference && i < id->n_handles; i++)
        person_add(hash, id->handles[i]);
    if (EVP_DigestFinal_ex(hash, digest, NULL) != 1)
        abort();
    EVP_MD_CTX_free(hash);
    for (size_t i = 0; i < CHAT_PERSON_MAX / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

bool chat_visitor_is(const struct chat_visitor *v, const char *person)
{
    return !*v->person || strcmp(v->person, person) == 0;
}
