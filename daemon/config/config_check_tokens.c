// SPDX-License-Identifier: Apache-2.0
// What must be true of [[token]]s; and a token that came as itself becomes its hash. A part of config_check.c.
#include "daemon/config/config_check.h"

#include "daemon/base/loop.h"
#include "proto/nearest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

// Keeps only the hash of a token that came as itself.
static void token_hash(struct config_token *t)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[32];
    unsigned int len;
    if (!EVP_Digest(t->secret, strlen(t->secret), digest, &len, EVP_sha256(), NULL))
        abort(); // SHA-256 cannot be missing
    t->sha256 = xcalloc(1, 65);
    for (size_t i = 0; i < sizeof digest; i++) {
        t->sha256[2 * i] = hex[digest[i] >> 4];
        t->sha256[2 * i + 1] = hex[digest[i] & 15];
    }
    OPENSSL_cleanse(t->secret, strlen(t->secret));
    free(t->secret);
    t->secret = NULL;
}

static void check_token_agent(const struct check *k, const struct check_row *row, const struct config_token *t)
{
    if (check_given(k, row, "role") && t->role != CONFIG_ROLE_AGENT && t->role != CONFIG_ROLE_SUPERVISOR) {
        check_forbid(k, row, "agent", "role = \"agent\" or \"supervisor\"");
        return;
    }
    if (check_given(k, row, "role") && t->role == CONFIG_ROLE_AGENT)
        check_require(k, row, "agent");
    if (t->agent == NULL)
        return;
    struct nearest near = nearest_begin(t->agent);
    for (size_t i = 0; i < k->c->agents_n; i++) {
        const struct config_agent *a = &k->c->agents[i];
        if (a->id == NULL || !check_same_tenant(a->tenant, t->tenant))
            continue;
        if (strcmp(a->id, t->agent) == 0)
            return;
        nearest_offer(&near, a->id);
    }
    const char *best = nearest_best(&near);
    errors_add(k->errs, check_place(k, row, "agent"), "token.agent names an unknown agent '%s' (%s%s%s)", t->agent,
               best != NULL ? "did you mean '" : "every agent has its [[agent]]", best != NULL ? best : "",
               best != NULL ? "'?" : "");
}

void check_tokens(const struct check *k)
{
    struct check_row *rows = xcalloc(k->c->tokens_n, sizeof *rows);
    for (size_t i = 0; i < k->c->tokens_n; i++) {
        struct config_token *t = &k->c->tokens[i];
        rows[i] = (struct check_row){"token", i, t->place, t->tenant, t->id};
        check_require(k, &rows[i], "role");
        check_token_agent(k, &rows[i], t);
        bool hash = check_given(k, &rows[i], "sha256"), secret = check_given(k, &rows[i], "secret");
        if (hash == secret)
            errors_add(k->errs, t->place, "this token has %s (give one of sha256 and secret)",
                       hash ? "both sha256 and secret" : "neither sha256 nor secret");
        else if (t->secret != NULL)
            token_hash(t);
    }
    check_names(k, rows, k->c->tokens_n, "id", false);
    free(rows);
}
