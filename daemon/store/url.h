// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_STORE_URL_H
#define THROUGHLINE_STORE_URL_H

#include <stdbool.h>
#include <stdint.h>

// Where Redis is and how it is entered. Holds the password: wipe it with store_url_wipe(), never log it.
struct store_url {
    bool local; // unix socket: `host` is its path
    bool tls;
    char host[256];
    uint16_t port;
    char user[128];
    char password[256];
    uint32_t db;
};

// unix:///path, redis://[[user]:password@]host[:port][/db], rediss://... ; false with the reason, which quotes nothing.
bool store_url_parse(const char *url, struct store_url *u, const char **why) __attribute__((warn_unused_result));
void store_url_wipe(struct store_url *u);

#endif
