// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ATTACHMENTS_H
#define THROUGHLINE_ATTACHMENTS_H

#include <stddef.h>

// The life of the media store in the daemon: made from the configuration, cleaned a slice a minute on a worker, counted.

struct attachments;
struct config;
struct loop;
struct media;
struct workers;

// NULL with *why. What is passed in must outlive it but for the configuration.
struct attachments *attachments_new(struct loop *loop, struct workers *workers, const struct config *c,
                                    const char *data_dir, char *why, size_t why_len);
struct media *attachments_media(struct attachments *a);
void attachments_free(struct attachments *a); // when the workers have ended. NULL is fine

#endif
