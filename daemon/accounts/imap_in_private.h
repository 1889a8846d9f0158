// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ACCOUNTS_IMAP_IN_PRIVATE_H
#define THROUGHLINE_ACCOUNTS_IMAP_IN_PRIVATE_H

#include "daemon/accounts/imap_in.h"
#include "daemon/accounts/mail_in.h"
#include "daemon/base/metrics.h"
#include "daemon/net/imap.h"
#include "daemon/store/store.h"

#define IMAP_IN_DOC    "imap" // account -> "<UIDVALIDITY> <UID> <Unix time>"
#define IMAP_IN_ASK_MS 60000
#define IMAP_IN_UIDS   4096 // of one search; those beyond are found by the next

enum imap_in_step { IMAP_IN_IDLE, IMAP_IN_SEARCH, IMAP_IN_SIZE, IMAP_IN_FETCH, IMAP_IN_MARK };

// How far the mailbox has been read. uid 0: by the day before `since`.
struct imap_cursor {
    uint32_t validity, uid;
    int64_t since; // Unix time, s
};

struct imap_in {
    struct imap_in_options o;
    // What the options name, copied.
    char *tenant, *boot, *account, *address, *user, *password, *folder, *move_to, *host, *port;
    bool tls;
    uint64_t owner;
    struct keeper *lease;
    struct loop_timer *timer; // the next attempt, or the next look
    struct imap *imap;        // NULL = not connected
    uint64_t connection;      // counted: an answer to a former one's mail is not for this one
    unsigned capabilities, failures;
    struct imap_cursor cursor;
    enum imap_in_step step;
    uint32_t uids[IMAP_IN_UIDS];
    size_t uids_n, uid_at;
    bool more; // something came since the search
    bool sized, skipping;
    uint64_t size;
    char *body; // of the mail in hand
    size_t body_len;
    bool busy; // mail_in has it
};

// imap_in.c
void imap_in_command(struct imap_in *in, enum imap_in_step step, int64_t ms, const char *text);
void imap_in_next(struct imap_in *in); // the next mail, or what is to be done without one
void imap_in_later(struct imap_in *in, const char *event, const char *why); // this connection is of no use
void imap_in_forget(struct imap_in *in);                                    // the mail in hand
void imap_in_count(struct imap_in *in, const char *event);

// imap_in_mail.c
void imap_in_sized(struct imap_in *in);
void imap_in_fetched(struct imap_in *in);
void imap_in_behind(struct imap_in *in); // done with this mail

// imap_in_copy.c
void imap_in_copy(struct imap_in *in, const struct imap_in_options *o);
void imap_in_copy_free(struct imap_in *in);

#endif
