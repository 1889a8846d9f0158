// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_LMTP_PRIVATE_H
#define THROUGHLINE_NET_LMTP_PRIVATE_H

// What the two halves of the dialogue share: lmtp_session.c has the commands, lmtp_data.c the mail.

#include "daemon/net/lmtp_session.h"

// What of the mail's end has been seen (RFC 5321 4.1.1.4): CR LF . CR LF.
enum dot { DOT_LINE, DOT_TEXT, DOT_CR, DOT_DOT, DOT_DOT_CR };

struct lmtp_session {
    const struct lmtp_options *o;
    const struct lmtp_session_ops *ops;
    void *ctx;
    enum lmtp_phase phase;
    bool greeted, begun, utf8; // LHLO was said; MAIL was; it asked for SMTPUTF8
    unsigned faults;
    char line[LMTP_LINE_MAX + 1];
    size_t line_len;
    bool cr, too_long;
    struct lmtp_mail *mail;
    enum dot dot;
    enum lmtp_verdict fault; // of the mail being read; LMTP_RECIPIENT = none
    size_t held, taken;      // bytes granted for it; bytes seen of it, kept or not
};

extern const char *const lmtp_verdicts[LMTP_VERDICTS]; // the replies

void lmtp_say(struct lmtp_session *s, const char *text);

// lmtp_data.c
void lmtp_data_begin(struct lmtp_session *s);
size_t lmtp_data_feed(struct lmtp_session *s, const char *bytes, size_t len);
void lmtp_forget(struct lmtp_session *s); // the transaction

#endif
