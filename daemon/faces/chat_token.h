// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_CHAT_TOKEN_H
#define THROUGHLINE_FACES_CHAT_TOKEN_H

// Who a browser is: the visitor token, which the daemon signs, and the identity, which the site's own server signs. Both are
// base64url(payload) + "." + base64url(HMAC-SHA256(key, the first part)); signatures are compared in constant time. No clock:
// the caller says what time it is.
//
// A token names the person whose identity it was made with. Without that, the next person at the same browser would go on in
// the talk of the one before, and their proof would make the two of them one customer.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAT_KEY_LEN        32
#define CHAT_TOKEN_MAX      512
#define CHAT_TOKEN_SECONDS  (30 * 86400)
#define CHAT_IDENTITY_MAX   4096
#define CHAT_IDENTITY_AHEAD 86400 // how far ahead an identity may expire, s
#define CHAT_VISITOR_MAX    64
#define CHAT_PERSON_MAX     32

struct Throughline__V1__ChatIdentity;

struct chat_visitor {
    char account[65];
    char visitor[CHAT_VISITOR_MAX + 1]; // the address part of the handle chat:<visitor>
    char person[CHAT_PERSON_MAX + 1];   // of chat_person(), "" = nobody has proven who they are
    int64_t issued;                     // Unix s
};

// False when the names do not fit, or are not printable words.
bool chat_token_make(const uint8_t key[CHAT_KEY_LEN], const struct chat_visitor *v, char out[CHAT_TOKEN_MAX])
    __attribute__((warn_unused_result));

// False when it is not ours, for another account, or older than 30 days at `now`.
bool chat_token_read(const uint8_t key[CHAT_KEY_LEN], const char *token, const char *account, int64_t now,
                     struct chat_visitor *out) __attribute__((warn_unused_result));

// The identity, to be freed by the caller, or NULL with a stable code in *why: "identity_malformed", "identity_signature",
// "identity_expired", "identity_too_long_lived".
struct Throughline__V1__ChatIdentity *chat_identity_read(const char *secret, const char *text, int64_t now,
                                                         const char **why) __attribute__((warn_unused_result));

// The same for every identity of the same person: a digest of the site's reference, or where there is none of the handles.
void chat_person(const struct Throughline__V1__ChatIdentity *id, char out[CHAT_PERSON_MAX + 1]);
// May the browser with this token go on as this person (or "")? What nobody has claimed yet may become somebody's, once.
bool chat_visitor_is(const struct chat_visitor *v, const char *person);

#endif
