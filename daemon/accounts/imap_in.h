// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ACCOUNTS_IMAP_IN_H
#define THROUGHLINE_ACCOUNTS_IMAP_IN_H

// A mailbox that is read by IMAP, for an account without a mail server that delivers by LMTP. Only the node that has the account's lease "imap:<name>"
// connects. How far it has read (UIDVALIDITY, UID) stands in the store's document "imap" and moves only when the mail is durable; then the mail is marked
// as read, or moved. Where nothing is known, at the first time or when the server numbers its mails anew, it reads what came since the day before; what is
// stored already is found to be a duplicate.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct imap_in;
struct loop;
struct mail_in;
struct store;
struct workers;

struct imap_in_options { // copied, but for the modules
    struct loop *loop;
    struct workers *workers;
    struct store *store;
    struct mail_in *mail_in;
    const char *tenant, *boot;
    int64_t lease_ms;
    const char *account, *address;
    const char *url; // imaps://host[:port], imap://127.0.0.1:port
    const char *user, *password, *folder;
    const char *move_to;            // a folder for what is stored; "" = it stays and is marked as read
    size_t message_max;             // bytes; a larger mail is passed over, counted and logged
    int64_t poll_ms;                // where the server has no IDLE
    int64_t idle_ms;                // IDLE is renewed after this time: less than 29 minutes
    int64_t retry_ms, retry_max_ms; // back-off, doubled, with full jitter
};
struct imap_in *imap_in_new(const struct imap_in_options *o);
void imap_in_free(struct imap_in *in); // NULL is fine

// NULL, or what would be right: for the configuration's reader.
const char *imap_in_url_fault(const char *url);

#endif
