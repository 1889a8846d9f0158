// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_LMTP_H
#define THROUGHLINE_NET_LMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/net/lmtp_session.h"

// The LMTP listener: sockets, their bounds and deadlines around lmtp_session.h. Everything runs on the loop.
//
// A mail is handed over whole, with an id; its owner answers by the id when every recipient's fate is known, and frees it by
// lmtp_release(). If that takes longer than answer_ms, or the client has gone, the client is told 451 or nothing, and the late answer is dropped: the
// client sends the mail again, and what was stored meanwhile is found to be a duplicate.

struct loop;
struct lmtp_server;

struct lmtp_server_options {
    struct loop *loop;
    const char *host;         // how we call ourselves; borrowed for ever
    size_t message_max;       // bytes of a mail
    size_t memory_max;        // bytes of all mails in hand
    uint32_t max_connections; // beyond: 421
    int64_t command_ms;       // from one reply to the end of the next command
    int64_t data_ms;          // from 354 to the end of the mail
    int64_t answer_ms;        // from there to its answer
    int64_t connection_ms;    // of a whole connection; ended between two mails
    enum lmtp_verdict (*recipient)(void *ctx, const char *address);
    void (*mail)(void *ctx, uint64_t id, struct lmtp_mail *mail); // not answered from inside
    void *ctx;
};

struct lmtp_server *lmtp_server_new(const struct lmtp_server_options *o);
// Cuts every connection. The mails handed over are released before.
void lmtp_server_free(struct lmtp_server *s); // NULL is fine

// As listen_open(): the real address, valid as long as the server; NULL with the reason.
const char *lmtp_listen(struct lmtp_server *s, const char *address, char *err, size_t err_size);

void lmtp_answer(struct lmtp_server *s, uint64_t id, const enum lmtp_verdict *v, size_t n);
void lmtp_release(struct lmtp_server *s, struct lmtp_mail *mail);

// Stops listening, ends connections between their mails, cuts the rest after grace_ms; then calls back once.
void lmtp_drain(struct lmtp_server *s, int64_t grace_ms, void (*done)(void *arg), void *arg);

#endif
