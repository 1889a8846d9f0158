// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_MAIL_H
#define THROUGHLINE_MAIL_H

#include <stddef.h>

// The wires of mail in the daemon's life: the LMTP listener, the mailboxes read by IMAP, and the way in that both share.

struct daemon;
struct mail;

// A sysexits code with *why, or 0 and *out. Needs the tenants, the workers and the media store.
int mail_start(struct daemon *d, struct mail **out, char *why, size_t why_len);
// Accounts have changed: mailboxes are opened, closed, opened anew.
void mail_reconfigure(struct mail *m);
// Takes no new mail, finishes what is in hand; then calls back, once.
void mail_drain(struct mail *m, void (*done)(void *arg), void *arg);
void mail_free(struct mail *m); // when the workers have ended. NULL is fine

#endif
