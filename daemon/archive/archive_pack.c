// SPDX-License-Identifier: Apache-2.0
// Compression and hashes of the archive's files. Unpacking is bounded: a file of hostile bytes is refused, never trusted.
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "daemon/archive/archive_private.h"
#include "daemon/base/loop.h"

enum { PACK_GZIP = 15 + 16, PACK_MEMORY = 8, PACK_PIECE = 1 << 30, PACK_ROOM = 1 << 16 };

void archive_hash(const void *bytes, size_t len, char out[static ARCHIVE_HASH_MAX])
{
    unsigned char digest[32];
    unsigned int n;
    if (!EVP_Digest(bytes, len, digest, &n, EVP_sha256(), NULL))
        abort(); // SHA-256 cannot be missing
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static unsigned pack_piece(size_t left)
{
    return left < PACK_PIECE ? (unsigned)left : PACK_PIECE;
}

uint8_t *archive_pack(const void *bytes, size_t len, size_t *packed)
{
    z_stream z = {0};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, PACK_GZIP, PACK_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        abort(); // out of memory
    size_t cap = deflateBound(&z, len) + 64, done = 0, taken = 0;
    uint8_t *out = xcalloc(1, cap);
    int rc = Z_OK;
    z.next_in = (Bytef *)(uintptr_t)bytes;
    while (rc == Z_OK) {
        z.avail_in = pack_piece(len - taken);
        z.next_out = out + done;
        z.avail_out = pack_piece(cap - done);
        unsigned in = z.avail_in, room = z.avail_out;
        rc = deflate(&z, taken + in == len ? Z_FINISH : Z_NO_FLUSH);
        taken += in - z.avail_in;
        done += room - z.avail_out;
    }
    deflateEnd(&z);
    if (rc != Z_STREAM_END)
        abort(); // the bound is deflate's own
    *packed = done;
    return out;
}

bool archive_unpack(const uint8_t *packed, size_t packed_len, size_t most, uint8_t **out, size_t *len, size_t *cap)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed};
    size_t taken = 0, from = *len;
    int rc = inflateInit2(&z, PACK_GZIP);
    while (rc == Z_OK && *len - from <= most) {
        if (*cap - *len < PACK_ROOM) {
            *cap = 2 * *cap + PACK_ROOM;
            *out = xrealloc(*out, *cap);
        }
        z.avail_in = pack_piece(packed_len - taken);
        z.next_out = *out + *len;
        z.avail_out = pack_piece(*cap - *len);
        unsigned in = z.avail_in, room = z.avail_out;
        rc = inflate(&z, Z_NO_FLUSH);
        taken += in - z.avail_in;
        *len += room - z.avail_out;
    }
    inflateEnd(&z);
    return rc == Z_STREAM_END && taken == packed_len && *len - from <= most;
}
