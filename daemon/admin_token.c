// SPDX-License-Identifier: Apache-2.0
// A token whose file is there is put back into the store only where the tenant has no admin token left at all (a fresh Redis):
// one that was revoked stays revoked. What fails is tried again at the caller's next turn.
#include "daemon/admin_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/core/owner.h"
#include "daemon/data_dir.h"
#include "daemon/net/auth.h"
#include "throughline/v1/admin.pb-c.h"

static void on_kept(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct admin_token *t = owner_find(module);
    (void)token, (void)p;
    if (!t)
        return;
    t->asking = false;
    t->done = e == TL_OK;
    if (t->done)
        store_publish(t->store, t->tenant, "tokens", "", 0);
}

static void keep(struct admin_token *t, const char *secret)
{
    unsigned char digest[AUTH_DIGEST_SIZE];
    char field[2 * AUTH_DIGEST_SIZE + 1], id[32];
    Throughline__V1__Token token = THROUGHLINE__V1__TOKEN__INIT;
    auth_digest(secret, digest);
    id_hex(field, digest, sizeof digest);
    snprintf(id, sizeof id, "admin-%.8s", t->node);
    token.id = id;
    token.role = (char *)auth_role_name(AUTH_ADMIN);
    token.tenant = (char *)t->tenant;
    token.created_ms = loop_unix_ms();
    token.note = (char *)"made at the first start; its secret stands in the data directory";
    uint8_t packed[512];
    size_t len = throughline__v1__token__get_packed_size(&token);
    if (len > sizeof packed)
        return;
    throughline__v1__token__pack(&token, packed);
    t->asking = true;
    store_doc_set(t->store, t->tenant, "tokens", field, packed, len, on_kept, owner_module(t->owner), 0);
}

static bool has_admin(const struct store_bytes *v, size_t n)
{
    bool found = false;
    for (size_t i = 0; i + 1 < n && !found; i += 2) {
        Throughline__V1__Token *t = throughline__v1__token__unpack(NULL, v[i + 1].len, v[i + 1].p);
        found = t && strcmp(t->role, auth_role_name(AUTH_ADMIN)) == 0;
        if (t)
            throughline__v1__token__free_unpacked(t, NULL);
    }
    return found;
}

static void on_tokens(void *module, uint64_t number, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct admin_token *t = owner_find(module);
    (void)number;
    if (!t)
        return;
    t->asking = false;
    if (e != TL_OK && e != TL_ABSENT)
        return;
    char *name = xasprintf("admin-%s.token", t->tenant), *secret = data_dir_read(t->data_dir, name);
    char fresh[AUTH_SECRET_SIZE], line[AUTH_SECRET_SIZE + 1];
    if (secret && (t->configured || has_admin(v, e == TL_OK ? n : 0))) {
        t->done = true;
    } else if (secret) {
        keep(t, secret);
    } else {
        snprintf(line, sizeof line, "%s\n", auth_secret(fresh));
        if (data_dir_write(t->data_dir, name, line))
            keep(t, fresh);
        else
            tl_log(LOG_ERROR, "admin_token_not_written", LS("file", name));
        explicit_bzero(fresh, sizeof fresh);
        explicit_bzero(line, sizeof line);
    }
    if (secret) {
        explicit_bzero(secret, strlen(secret));
        free(secret);
    }
    free(name);
}

void admin_token_ensure(struct admin_token *t)
{
    if (!t->owner)
        t->owner = owner_add(t);
    if (t->done || t->asking || !store_up(t->store))
        return;
    t->asking = true;
    store_doc_all(t->store, t->tenant, "tokens", on_tokens, owner_module(t->owner), 0);
}

void admin_token_close(struct admin_token *t)
{
    if (t->owner)
        owner_remove(t->owner);
}
