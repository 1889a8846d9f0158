// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ACCOUNTS_MAIL_IN_H
#define THROUGHLINE_ACCOUNTS_MAIL_IN_H

// Mail on its way in, however it came (LMTP, IMAP): read by the account's adapter on a worker, its files kept, its events judged and stored; the
// outcome tells when all of it is durable. A mail that is addressed to one account twice is one event.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channels/adapter.h"
#include "daemon/net/lmtp_session.h"

struct lmtp_server;
struct loop;
struct media;
struct mail_in;
struct triage;
struct workers;

// An account that mail can come to. adapter and tenant's parts live as long as the daemon; `account` is copied into the region.
struct mail_account {
    const struct adapter *adapter;
    const struct adapter_account *account;
    const char *tenant;
    struct triage *triage;
};

struct mail_in_options {
    struct loop *loop;
    struct workers *workers;
    struct media *media;
    // Whose this address is ("Support+x@example.org", domain in lower case): the account's name; NULL = nobody's. Valid until the loop's next turn.
    const char *(*find)(void *ctx, const char *address);
    // By its name; false: there is none (any more).
    bool (*describe)(void *ctx, const char *name, struct region *m, struct mail_account *out);
    void *ctx;
};
struct mail_in *mail_in_new(const struct mail_in_options *o);
void mail_in_free(struct mail_in *in); // when the workers have ended. NULL is fine

// A mail with its recipients; all of it is borrowed until the answer.
struct mail_in_mail {
    const char *from; // "<>" = the empty one, "" = unknown
    const char *const *rcpt;
    const char *const *accounts; // of each recipient; NULL = by find()
    size_t n;                    // at most LMTP_RECIPIENTS_MAX
    const char *body;            // NUL-terminated
    size_t body_len;
    const char *peer;
};
// What became of it, per recipient; never from inside mail_in_take(). LMTP_STORED: durable now or before.
typedef void mail_in_fn(void *module, uint64_t token, const enum lmtp_verdict *v, size_t n);
void mail_in_take(struct mail_in *in, const struct mail_in_mail *m, mail_in_fn *fn, void *module, uint64_t token);

// For the LMTP listener's options; ctx is the mail_in.
enum lmtp_verdict mail_in_recipient(void *in, const char *address);
void mail_in_lmtp(void *in, uint64_t id, struct lmtp_mail *mail);
void mail_in_serve(struct mail_in *in, struct lmtp_server *server); // who is answered

#endif
