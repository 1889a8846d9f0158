// SPDX-License-Identifier: Apache-2.0
// Names that we gave and know again: in the address that replies go to, in the address that bounces go to, in Message-Ids. Each is a payload of
// digits and dots and a keyed hash of it, 80 bits in base32, lower case, for some programs change the case of addresses. The kind is hashed
// with it, so that what stands in every mail (a Message-Id) does not open what stands in one (a reply address).
#include <ctype.h>
#include <string.h>

#include "channels/mail.h"
#include "channels/sign.h"

enum { MAC_BYTES = 10, MAC_LETTERS = 16, TOKEN_MAX = MAIL_TOKEN_PAYLOAD_MAX + MAC_LETTERS + 1 };

static void token_mac(const char *secret, enum mail_token_kind kind, const char *payload,
                      char out[static MAC_LETTERS + 1])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    char text[MAIL_TOKEN_PAYLOAD_MAX + 16] = "mail ? ";
    uint8_t hash[SIGN_SHA256];
    size_t len = strlen(payload);
    text[5] = (char)kind;
    memcpy(text + 7, payload, len);
    sign_hmac_sha256(secret, text, 7 + len, hash);
    for (size_t i = 0; i < MAC_LETTERS; i++) {
        size_t bit = i * 5, byte = bit / 8;
        unsigned two = (unsigned)hash[byte] << 8 | (byte + 1 < MAC_BYTES ? hash[byte + 1] : 0);
        out[i] = letters[two >> (11 - bit % 8) & 31];
    }
    out[MAC_LETTERS] = 0;
}

static bool is_payload(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isdigit((unsigned char)text[i]) && text[i] != '.')
            return false;
    return len > 0 && len < MAIL_TOKEN_PAYLOAD_MAX;
}

char *mail_token_make(struct region *m, const char *secret, enum mail_token_kind kind, const char *payload)
{
    char mac[MAC_LETTERS + 1];
    if (!is_payload(payload, strlen(payload)))
        return NULL;
    token_mac(secret, kind, payload, mac);
    return region_format(m, "%s.%s", payload, mac);
}

bool mail_token_read(const char *secret, enum mail_token_kind kind, const char *token, size_t len,
                     char payload[static MAIL_TOKEN_PAYLOAD_MAX])
{
    char ours[MAC_LETTERS + 1], theirs[MAC_LETTERS];
    payload[0] = 0;
    if (!secret || len < MAC_LETTERS + 2 || len >= TOKEN_MAX || token[len - MAC_LETTERS - 1] != '.' ||
        !is_payload(token, len - MAC_LETTERS - 1))
        return false;
    memcpy(payload, token, len - MAC_LETTERS - 1);
    payload[len - MAC_LETTERS - 1] = 0;
    for (size_t i = 0; i < MAC_LETTERS; i++)
        theirs[i] = (char)tolower((unsigned char)token[len - MAC_LETTERS + i]);
    token_mac(secret, kind, payload, ours);
    bool same = sign_same(ours, MAC_LETTERS, theirs, MAC_LETTERS);
    if (!same)
        payload[0] = 0;
    return same;
}

bool mail_token_address(const char *secret, enum mail_token_kind kind, const char *address, char delimiter,
                        char payload[static MAIL_TOKEN_PAYLOAD_MAX])
{
    const char *at = strrchr(address, '@'), *plus = strchr(address, delimiter);
    payload[0] = 0;
    return at && plus && plus + 1 < at && tolower((unsigned char)plus[1]) == (char)kind &&
           mail_token_read(secret, kind, plus + 2, (size_t)(at - plus - 2), payload);
}

bool mail_token_find(const struct mail *mail, const char *secret, enum mail_token_kind kind, char delimiter,
                     const char *rcpt, char payload[static MAIL_TOKEN_PAYLOAD_MAX])
{
    static const char *const places[] = {"Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"};
    if (mail_token_address(secret, kind, rcpt, delimiter, payload))
        return true;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *all[MAIL_PARTICIPANTS_MAX];
        size_t n = 0;
        mail_addresses(mail, places[i], all, &n, MAIL_PARTICIPANTS_MAX);
        for (size_t k = 0; k < n; k++)
            if (mail_token_address(secret, kind, all[k] + strlen("email:"), delimiter, payload))
                return true;
    }
    return false;
}

bool mail_token_id(const char *secret, const char *id, char payload[static MAIL_TOKEN_PAYLOAD_MAX])
{
    const char *at = strchr(id, '@');
    payload[0] = 0;
    return id[0] == '<' && at && mail_token_read(secret, MAIL_TOKEN_MESSAGE, id + 1, (size_t)(at - id - 1), payload);
}
