// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_AUTH_H
#define THROUGHLINE_NET_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bearer tokens: who may do what. A secret is `tl_` and 32 random bytes in base32; only its SHA-256 is kept here or anywhere.
// Secrets have 256 bits, so guessing is hopeless; failed attempts are counted per address all the same and answered 429 beyond ten a
// minute, so that a misconfigured or hostile client costs neither log lines nor patience. A valid token always works, since many
// people may share an address.
//
// Tokens of an identity provider (JWT) would be checked in auth_check() before the table is asked, and give the same identity.

enum auth_role { AUTH_GATEWAY = 1, AUTH_AGENT = 2, AUTH_SUPERVISOR = 4, AUTH_ADMIN = 8 };
#define AUTH_EVERY_ROLE  15u
#define AUTH_DIGEST_SIZE 32
#define AUTH_SECRET_SIZE 56 // "tl_", 52 letters, NUL
#define AUTH_NAME_SIZE   80 // ids, tenants, agents, with NUL

struct auth;

struct auth_identity {
    char token[AUTH_NAME_SIZE]; // its id: what the audit names
    char tenant[AUTH_NAME_SIZE];
    char agent[AUTH_NAME_SIZE]; // "" = none
    enum auth_role role;
    uint64_t proof; // stands for the secret that was shown: auth_holds() asks by it
};

struct auth_token {
    unsigned char digest[AUTH_DIGEST_SIZE];
    const char *id; // unique within tenant and source
    const char *tenant;
    const char *agent; // "" or NULL = none
    enum auth_role role;
};

// Where tokens come from: each source is replaced as a whole without touching the other.
enum auth_source { AUTH_FROM_CONFIG, AUTH_FROM_STORE };

struct auth *auth_new(void);
void auth_free(struct auth *a);

// False, with nothing changed: a name is empty or too long, the role is unknown, an agent's token names no agent, or the digest belongs to
// another token. The same id again replaces.
bool auth_put(struct auth *a, enum auth_source source, const struct auth_token *t) __attribute__((warn_unused_result));
bool auth_remove(struct auth *a, enum auth_source source, const char *tenant, const char *id);
// All tokens of this tenant and source; those that auth_put() would refuse are left out. Returns how many stand.
size_t auth_replace_all(struct auth *a, enum auth_source source, const char *tenant, const struct auth_token *tokens,
                        size_t n);
// There are tokens that have not been read yet: until the second call a secret that is not found is AUTH_EARLY, and not counted.
void auth_await(struct auth *a);
void auth_arrived(struct auth *a);

enum auth_verdict { AUTH_OK, AUTH_REFUSED, AUTH_SLOWED, AUTH_EARLY };
// address: the client's, for the count of failures. now: loop_now().
enum auth_verdict auth_check(struct auth *a, const char *secret, const char *address, int64_t now,
                             struct auth_identity *out) __attribute__((warn_unused_result));

// Does what auth_check() said then still hold? False once the token is gone, has another secret, or means somebody else.
bool auth_holds(const struct auth *a, const struct auth_identity *who);

// A fresh secret. Returns out.
char *auth_secret(char out[AUTH_SECRET_SIZE]);
void auth_digest(const char *secret, unsigned char out[AUTH_DIGEST_SIZE]);
// 64 hexadecimal digits; false when they are not.
bool auth_digest_parse(const char *hex, unsigned char out[AUTH_DIGEST_SIZE]) __attribute__((warn_unused_result));

const char *auth_role_name(enum auth_role role); // "gateway" ...
bool auth_role_parse(const char *name, enum auth_role *out) __attribute__((warn_unused_result));

#endif
