// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_MAIL_QUOTE_LINES_H
#define THROUGHLINE_CHANNELS_MAIL_QUOTE_LINES_H

// What a line of a mail is, as far as quotation goes.

#include <stdbool.h>
#include <stddef.h>

struct quote_line {
    const char *text;
    size_t len;  // without blanks at the end
    bool quoted; // begins with >
};

bool quote_is_blank(const struct quote_line *l);
bool quote_is_mark(
    const struct quote_line *l); // the reader of HTML put it there, or a sender's own "## reply above this line ##"
bool quote_is_original(const struct quote_line *l);  // "-----Original Message-----"
bool quote_is_forward(const struct quote_line *l);   // "---------- Forwarded message ---------"
bool quote_is_signature(const struct quote_line *l); // "-- "
bool quote_is_mobile(const struct quote_line *l);    // "Sent from my ..."
bool quote_is_rule(const struct quote_line *l);      // "________"
// How many of the lines from here on, at most n, are "On ..., Ann wrote:"; 0 = none.
size_t quote_attribution(const struct quote_line *l, size_t n);
// Whether a block of headers (From, Sent, To, Subject) begins here.
bool quote_is_headers(const struct quote_line *l, size_t n);

#endif
