// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_CHANNELS_FIXTURE_H
#define THROUGHLINE_TESTS_CHANNELS_FIXTURE_H

// A fixture tells an adapter what came in, what is to go out, what the vendor answered; tests/channels/README.md describes the form.

#include "channels/adapter.h"

enum { FIXTURE_HEADERS_MAX = 64, FIXTURE_STEPS_MAX = 128, FIXTURE_EARLIER_MAX = 16, FIXTURE_RCPT_MAX = 8 };

struct fixture_step {
    const char *kind;     // request, deliver, answer, unanswered, ask, told, fetch, configure
    const char *argument; // the rest of its line
    int line;
    struct adapter_header headers[FIXTURE_HEADERS_MAX];
    size_t headers_n;
    char *body;
    size_t body_len;
    const char *mail_from, *rcpt;
    const char *earlier[FIXTURE_EARLIER_MAX]; // entries as JSON
    size_t earlier_n;
    const char *enclosed[FIXTURE_EARLIER_MAX]; // the bytes of the delivery's attachments; "-" = only the url is known
    size_t enclosed_n;
};

struct fixture {
    struct adapter_account account;
    const char **values; // account.values
    int64_t now_ms;
    struct fixture_step steps[FIXTURE_STEPS_MAX];
    size_t n;
};

// Reads the file for this adapter. Ends the program with the place and the reason when it is not well formed.
void fixture_read(struct region *m, const struct adapter *ad, const char *path, struct fixture *out);

// The whole file, NUL-terminated; NULL when there is none.
char *fixture_file(struct region *m, const char *path, size_t *len);

#endif
