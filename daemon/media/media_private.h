// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_MEDIA_PRIVATE_H
#define THROUGHLINE_MEDIA_PRIVATE_H

#include <pthread.h>

#include "daemon/media/media_backend.h"

#define MEDIA_PATH_MAX 160
#define MEDIA_KEYS_MAX 16
#define MEDIA_KEY_LEN  32

struct media_key {
    int64_t made; // Unix time, s
    unsigned char bytes[MEDIA_KEY_LEN];
};

struct media {
    struct media_backend *backend;
    uint64_t total_max, file_max;
    int64_t keep_days;
    char **allow, **deny;
    size_t allow_n, deny_n;
    _Atomic uint64_t bytes;
    pthread_mutex_t keys_lock;
    char *keys_file;
    struct media_key keys[MEDIA_KEYS_MAX]; // newest first, under the lock
    size_t keys_n;
    int64_t keys_read; // when
};

// media_link.c: reads the keys, makes the first.
bool media_keys_open(struct media *m, char *why, size_t why_len);

#endif
