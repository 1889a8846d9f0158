// SPDX-License-Identifier: Apache-2.0
// The digest that tells a repetition from another event under the same id: the first 8 bytes of SHA-256 over the packed event, its sender in
// normal form and its attributes in order of key, so that it does not matter in which form the event came.
#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/core/triage_private.h"

struct triage_digester {
    EVP_MD *md; // fetched once: looking it up costs as much as hashing
    EVP_MD_CTX *ctx;
    uint8_t *buf;
    size_t room;
};

struct triage_digester *triage_digester_new(void)
{
    struct triage_digester *d = xcalloc(1, sizeof *d);
    d->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    d->ctx = EVP_MD_CTX_new();
    if (!d->md || !d->ctx)
        abort();
    return d;
}

void triage_digester_free(struct triage_digester *d)
{
    if (!d)
        return;
    EVP_MD_CTX_free(d->ctx);
    EVP_MD_free(d->md);
    free(d->buf);
    free(d);
}

static void sort_attributes(Throughline__V1__Event__AttributesEntry **v, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && strcmp(v[k - 1]->key, v[k]->key) > 0; k--) {
            Throughline__V1__Event__AttributesEntry *t = v[k];
            v[k] = v[k - 1];
            v[k - 1] = t;
        }
}

void triage_digest(struct triage_digester *d, const struct triage_fit *fit, char out[TRIAGE_DIGEST_SIZE])
{
    Throughline__V1__Event e = *fit->e;
    Throughline__V1__Event__AttributesEntry *attributes[16];
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    assert(e.n_attributes <= 16);
    e.from = (char *)fit->from;
    e.base.n_unknown_fields = 0;
    if (e.n_attributes > 1) {
        memcpy(attributes, e.attributes, e.n_attributes * sizeof *attributes);
        sort_attributes(attributes, e.n_attributes);
        e.attributes = attributes;
    }
    size_t len = throughline__v1__event__get_packed_size(&e);
    if (len > d->room) {
        d->room = len * 2;
        d->buf = xrealloc(d->buf, d->room);
    }
    throughline__v1__event__pack(&e, d->buf);
    bool ok = EVP_DigestInit_ex2(d->ctx, d->md, NULL) && EVP_DigestUpdate(d->ctx, d->buf, len) &&
              EVP_DigestFinal_ex(d->ctx, hash, &n);
    if (!ok)
        abort();
    id_hex(out, hash, 8);
}
