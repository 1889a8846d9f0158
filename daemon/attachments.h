// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ATTACHMENTS_H
#define THROUGHLINE_ATTACHMENTS_H

#include <stddef.h>

// The life of attachments in the daemon: the media store, made from the configuration, cleaned a slice a minute on a worker, counted; and the fetcher
// of vendors' files.

struct attachments;
struct config;
struct daemon;
struct media;
struct media_vendor;

// NULL with *why. Needs the workers, the client of requests and the store.
struct attachments *attachments_new(struct daemon *d, char *why, size_t why_len);
void attachments_reconfigure(struct attachments *a, const struct config *c);
struct media *attachments_media(struct attachments *a);
// Somebody looks at a vendor's file that nobody has fetched yet; ctx is the attachments.
void attachments_fetch(void *ctx, const struct media_vendor *v);
void attachments_free(struct attachments *a); // when the workers have ended. NULL is fine

#endif
