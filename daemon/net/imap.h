// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_IMAP_H
#define THROUGHLINE_NET_IMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/net/imap_parse.h"

// One connection to an IMAP server with one folder selected: TLS (or, to this machine, plain text), logged in, one command at a time, IDLE. Every step has
// an absolute deadline; a server that breaks the grammar or takes too long is left. What to ask is the caller's.
//
// Everything runs on the loop. Callbacks may send the next command, and may close.

struct imap;
struct loop;
struct workers;

struct imap_options { // borrowed while it is open
    const char *host, *port;
    bool tls;
    const char *user, *password, *folder;
    size_t message_max; // bytes of a literal
};
struct imap_ops {
    void (*ready)(void *ctx, unsigned capabilities, uint32_t uid_validity); // the folder is selected
    void (*told)(void *ctx, struct imap_response *r);       // SEARCH, FETCH, EXISTS; valid during the call
    void (*done)(void *ctx, bool ok);                       // the command, or the idling, has ended
    void (*lost)(void *ctx, bool refused, const char *why); // the last word; refused: what was sent to log in is wrong
};
struct imap *imap_open(struct loop *loop, struct workers *workers, const struct imap_options *o,
                       const struct imap_ops *ops, void *ctx);
void imap_close(struct imap *i); // without another word; NULL is fine

// The text of a command, without tag and CR LF. The former one is done.
void imap_command(struct imap *i, const char *text, int64_t deadline_ms);
// Waits until the folder changes, or for `ms`; then done().
void imap_idle(struct imap *i, int64_t ms);

#endif
