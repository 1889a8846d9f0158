// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_HTTP_CLIENT_PRIVATE_H
#define THROUGHLINE_NET_HTTP_CLIENT_PRIVATE_H

// What the files of the client share: http_client.c has the loop's side and the calls' lives, http_client_easy.c tells curl what a call wants
// and hears what comes back, http_client_thread.c carries mails, http_client_public.c knows addresses.

#include <curl/curl.h>

#include "daemon/base/table.h"
#include "daemon/net/http_client.h"

struct event;
struct loop_timer;
struct threads;

struct http_client {
    struct loop *loop;
    CURLM *multi;
    struct loop_timer *timer;
    struct table calls; // id -> exchange
    struct threads *threads;
    int64_t connect_ms, answer_ms;
    char *ca_file;
};

#define EXCHANGE_HEADERS_MAX 64
struct exchange {
    struct http_client *client;
    struct exchange *next;         // mails that wait for a thread
    struct carrier_thread *thread; // of a mail
    uint64_t id;
    CURL *easy;
    struct curl_slist *out, *rcpt;
    bool smtp, foreign;
    char *body;
    size_t body_len, sent;
    bool ended;
    CURLcode result;
    long request_size, code; // of an ended one
    // the answer
    unsigned status;
    struct http_pair headers[EXCHANGE_HEADERS_MAX]; // owned
    size_t headers_n, headers_bytes;
    char *answer; // NUL-terminated
    size_t answer_len, answer_room, answer_max;
    bool too_long, stopped, kept_out;
    char error[CURL_ERROR_SIZE];
    bool (*piece)(void *module, uint64_t token, const void *bytes, size_t len);
    http_client_fn *fn;
    void *module;
    uint64_t token;
};

// Everything that the call wants; false with *why when it is no request.
bool exchange_prepare(struct exchange *x, const struct http_call *call, const char **why);
// Once curl is done with it: notes what came of it, and lets nothing more in.
void exchange_end(struct exchange *x, CURLcode result);
void exchange_answer(const struct exchange *x, struct http_answer *out);
void exchange_close(struct exchange *x); // curl's part; with a mail server that takes a farewell
void exchange_free(struct exchange *x);

// Mails. A cancelled exchange belongs to the threads.
struct threads *threads_new(struct http_client *c);
void threads_free(struct threads *all); // waits until each has noticed, a second at most
void threads_carry(struct threads *all, struct exchange *x);
void threads_cancel(struct threads *all, struct exchange *x);

#endif
