// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_IMAP_PARSE_H
#define THROUGHLINE_NET_IMAP_PARSE_H

// What an IMAP server says (RFC 3501, 9051): where one response ends, literals included, and what of it a mailbox reader must know. Strict and
// small: what is not needed is passed over by its grammar, what breaks the grammar ends the connection. Pure.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAP_LINE_MAX 65536 // of a response without its literals

// How far the end of a response has been looked for; zeroed = not at all.
struct imap_scan {
    size_t at;      // bytes looked at
    size_t line;    // of those, outside of literals
    size_t literal; // bytes of a literal still to come
};
// The length of the response at the beginning of `bytes`; 0 = more must come; -1 = broken, or a literal of more than `literal_max`.
ptrdiff_t imap_scan(struct imap_scan *s, const char *bytes, size_t len, size_t literal_max);

enum imap_kind {
    IMAP_OTHER = 1, // of no interest
    IMAP_CONTINUE,  // "+ ..."
    IMAP_OK,        // with a tag, or "*": state
    IMAP_NO,
    IMAP_BAD,
    IMAP_BYE,
    IMAP_PREAUTH,
    IMAP_CAPABILITY,
    IMAP_EXISTS,
    IMAP_SEARCH,
    IMAP_FETCH,
};

enum imap_capability {
    IMAP_CAN_IDLE = 1,
    IMAP_CAN_MOVE = 2,
    IMAP_CAN_PLAIN = 4, // AUTH=PLAIN
    IMAP_CAN_SASL_IR = 8,
    IMAP_LOGIN_DISABLED = 16,
};

struct imap_response {
    enum imap_kind kind;
    char tag[16];          // "*" or "" = none
    uint32_t number;       // EXISTS, FETCH
    unsigned capabilities; // CAPABILITY
    uint32_t uid_validity; // of a response code; 0 = none said
    uint32_t uid;          // FETCH; 0 = none said
    bool sized;            // FETCH
    uint64_t size;         // RFC822.SIZE
    const char *body;      // BODY[], in the bytes given; NULL = none
    size_t body_len;
    const char *list; // SEARCH: the rest of the line, for imap_next_uid()
    size_t list_len;
    const char *text; // OK, NO, BAD, BYE: for people; not terminated
    size_t text_len;
};
// Reads one response, as measured by imap_scan(). False = not IMAP.
bool imap_read(const char *bytes, size_t len, struct imap_response *out);

// The next number of a SEARCH; 0 = the end.
uint32_t imap_next_uid(struct imap_response *r);

// A quoted string for a command ("\"a \\\"b\\\"\""); false when the text has bytes that no quoted string may hold.
bool imap_quote(const char *text, char *out, size_t size);

#endif
