// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_LMTP_SESSION_H
#define THROUGHLINE_NET_LMTP_SESSION_H

// One LMTP dialogue (RFC 2033, with the grammar of RFC 5321) as a function of the bytes that come: no socket, no clock. lmtp.c carries it.
//
//   LHLO ──► MAIL ──► RCPT ... ──► DATA ──354──► the mail ──handed over──► one answer per accepted RCPT, in their order ──► MAIL ...
//
// Lines end with CR LF and nothing else does: a lone CR or LF ends the dialogue among the commands and refuses the mail within it, so
// that no two readers can disagree where a mail ends.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LMTP_LINE_MAX       2048
#define LMTP_LOCAL_MAX      64  // RFC 5321 4.5.3.1.1
#define LMTP_DOMAIN_MAX     255 // 4.5.3.1.2
#define LMTP_ADDRESS_MAX    (LMTP_LOCAL_MAX + 1 + LMTP_DOMAIN_MAX)
#define LMTP_RECIPIENTS_MAX 100 // 4.5.3.1.8

// What a recipient is told, at RCPT or after the mail. Each is one line of a table in lmtp_session.c.
enum lmtp_verdict {
    LMTP_RECIPIENT = 0, // 250 at RCPT
    LMTP_STORED,        // 250
    LMTP_UNKNOWN_USER,  // 550 5.1.1
    LMTP_NOT_NOW,       // 451 4.3.0: nobody knows whether it is durable, or it cannot be now
    LMTP_BUSY,          // 452 4.3.1: too much in hand
    LMTP_TOO_MANY,      // 452 4.5.3
    LMTP_TOO_BIG,       // 552 5.3.4
    LMTP_BARE,          // 550 5.6.0: a lone CR or LF
    LMTP_LOOP,          // 554 5.4.6
    LMTP_REFUSED,       // 554 5.6.0
    LMTP_VERDICTS,
};

// A mail with its envelope; one block of memory each, freed by lmtp_mail_free().
struct lmtp_mail {
    char *from; // "ann@example.org", "<>" = the empty one
    char *rcpt[LMTP_RECIPIENTS_MAX];
    size_t rcpt_n;
    char *body; // as sent, dots unstuffed, NUL-terminated
    size_t body_len, body_room;
    char peer[46]; // where it came from: an address, or "unix"
};
void lmtp_mail_free(struct lmtp_mail *m); // NULL is fine

struct lmtp_session;
struct lmtp_session_ops {
    void (*send)(void *ctx, const char *bytes, size_t len);
    // Whose mail this is, by the address in its normal form (domain in lower case, local part unquoted).
    enum lmtp_verdict (*recipient)(void *ctx, const char *address);
    // Whether that many more bytes of mail may be held, and that some no longer are.
    bool (*hold)(void *ctx, size_t bytes);
    void (*release)(void *ctx, size_t bytes);
    // A mail is whole: the callee's from now on, with what is held for it (body_room), to be answered by lmtp_session_answer(), not from inside.
    void (*mail)(void *ctx, struct lmtp_mail *mail);
};
struct lmtp_options {
    const char *host; // how we call ourselves; borrowed for ever
    size_t message_max;
};

// Greets. What is passed in must outlive the session.
struct lmtp_session *lmtp_session_new(const struct lmtp_options *o, const struct lmtp_session_ops *ops, void *ctx);
void lmtp_session_free(struct lmtp_session *s); // NULL is fine

// Takes bytes; how many. Fewer than given only while a mail is being answered, or when the dialogue has ended.
size_t lmtp_session_feed(struct lmtp_session *s, const char *bytes, size_t len);
// One verdict per recipient of the mail handed over, in order.
void lmtp_session_answer(struct lmtp_session *s, const enum lmtp_verdict *v, size_t n);
void lmtp_session_bye(struct lmtp_session *s, const char *why); // 421 and the end: "4.4.2 too slow"

enum lmtp_phase { LMTP_COMMANDS, LMTP_DATA, LMTP_WAITING, LMTP_ENDED };
enum lmtp_phase lmtp_session_phase(const struct lmtp_session *s);
bool lmtp_session_idle(const struct lmtp_session *s); // between transactions

// "<local@domain> ..." into its normal form, "<>" into "". `rest` is what follows the bracket. utf8: other than ASCII is allowed.
bool lmtp_path_read(const char *text, bool utf8, char out[static LMTP_ADDRESS_MAX + 1], const char **rest);

#endif
