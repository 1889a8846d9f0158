// SPDX-License-Identifier: Apache-2.0
// Visitor tokens and identities from anybody. Nothing unsigned is believed: the only texts that pass are those that we made, and each
// byte of one that is changed makes it fail.
#include "daemon/faces/chat_token.h"
#include "throughline/v1/chat.pb-c.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[CHAT_KEY_LEN] = {1, 2, 3};

static void check_made(const char *text, size_t size)
{
    struct chat_visitor v = {.account = "web", .issued = NOW}, back;
    size_t n = size < CHAT_VISITOR_MAX ? size : CHAT_VISITOR_MAX;
    memcpy(v.visitor, text, n);
    char token[CHAT_TOKEN_MAX];
    if (!chat_token_make(key, &v, token))
        return; // a visitor's name that we would not give
    assert(strlen(token) < CHAT_TOKEN_MAX && chat_token_read(key, token, "web", NOW, &back));
    assert(strcmp(back.visitor, v.visitor) == 0 && !*back.person);
    assert(!chat_token_read(key, token, "other", NOW, &back));
    assert(!chat_token_read(key, token, "web", NOW + CHAT_TOKEN_SECONDS + 1, &back));
    if (size > 0) {
        char *at = token + (unsigned char)text[size - 1] % strlen(token);
        *at = *at == 'A' ? 'B' : 'A';
        assert(!chat_token_read(key, token, "web", NOW, &back) || strcmp(back.visitor, v.visitor) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    assert(text);
    memcpy(text, data, size);
    text[size] = 0;
    struct chat_visitor v;
    const char *why = NULL;
    assert(!chat_token_read(key, text, "web", NOW, &v));
    Throughline__V1__ChatIdentity *id = chat_identity_read("a secret of the site", text, NOW, &why);
    assert(!id && why && strncmp(why, "identity_", 9) == 0);
    check_made(text, strlen(text));
    free(text);
    return 0;
}
