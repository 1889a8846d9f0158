// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_MEDIA_MEDIA_H
#define THROUGHLINE_MEDIA_MEDIA_H

// Attachments: bytes under the name of their SHA-256, kept outside Redis, shown by short-lived signed links.
//
// A file is on the disk before the entry that names it is acknowledged. Equal bytes of a tenant are kept once; keeping them again makes them young
// again, so that what a stored entry names is never older than the entry, and what is older than keep_days is named by older entries only.
//
// Everything but media_new() and media_free() may be called from any thread at once. What blocks (put, read, clean) belongs on a worker.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define MEDIA_SHA_SIZE  65  // hex and the NUL
#define MEDIA_NAME_MAX  200 // bytes of a file's name in a link
#define MEDIA_TYPE_MAX  128
#define MEDIA_LINK_MAX  2048
#define MEDIA_REFERENCE "media:" // of an attachment's url as it is stored: "media:<sha256>"

struct media;

struct media_options {
    const char *dir;                        // copied; made if it is missing
    uint64_t total_max;                     // bytes of all files
    uint64_t file_max;                      // of one
    int64_t keep_days;                      // 0 = for ever
    const char *const *allow, *const *deny; // types, "image/png" or "image/*"; allow empty = all; copied
    size_t allow_n, deny_n;
};
// NULL with *why.
struct media *media_new(const struct media_options *o, char *why, size_t why_len);
void media_free(struct media *m); // NULL is fine

// ---- keeping ----

// Why this file is not kept at all, for people; NULL = it is. By its size, its declared type and what its bytes look like.
const char *media_refusal(const struct media *m, const char *type, const void *bytes, size_t len);

// Durable when it returns TL_OK. TL_FULL: total_max is reached. TL_UNAVAILABLE: the disk does not take it.
enum tl_err media_put(struct media *m, const char *tenant, const void *bytes, size_t len, char sha[MEDIA_SHA_SIZE]);

struct media_part {
    uint64_t offset, total; // where it begins, and the length of the whole
    void *bytes;            // malloc'd
    size_t len;
};
// At most `max` bytes from `offset` on. TL_ABSENT: no such file (any more). TL_INVALID: the offset lies behind its end.
enum tl_err media_read(struct media *m, const char *tenant, const char *sha, uint64_t offset, size_t max,
                       struct media_part *out);

// Removes what is older than keep_days among 1/256 of the files; `slice` counts up for ever. How many were removed.
size_t media_clean(struct media *m, unsigned slice, int64_t now_s);

uint64_t media_bytes(struct media *m); // of all files, about

// ---- types ----

// What the bytes are, as far as their beginning tells: "image/png"; NULL = nothing known.
const char *media_sniff(const void *bytes, size_t len);
// Whether a browser may show it in place: one of a few images that are what they say. Else it is a download.
bool media_is_safe_image(const char *type, const void *bytes, size_t len);

// ---- links ----

// Any text (without a clock: it holds its own end) under the keys that are there.
#define MEDIA_MAC_SIZE 48
bool media_sign(struct media *m, const char *text, int64_t now_s, char out[MEDIA_MAC_SIZE]);
bool media_verify(struct media *m, const char *text, const char *mac, int64_t now_s);
// For a query: at most three times as long. Returns the end.
char *media_escape(char *to, const char *text);

struct media_file {
    char tenant[65], sha[MEDIA_SHA_SIZE], name[MEDIA_NAME_MAX + 1], type[MEDIA_TYPE_MAX + 1];
    int64_t until; // Unix time, s
};
// "/v1/media/<sha256>?..." with its signature; false when the names do not fit.
bool media_link_make(struct media *m, const struct media_file *f, int64_t now_s, char out[MEDIA_LINK_MAX]);
// Whether the signature is ours and the time has not passed.
bool media_link_check(struct media *m, const struct media_file *f, const char *mac, int64_t now_s);

#endif
