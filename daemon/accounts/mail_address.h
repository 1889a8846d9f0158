// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ACCOUNTS_MAIL_ADDRESS_H
#define THROUGHLINE_ACCOUNTS_MAIL_ADDRESS_H

// Whose mail it is. Our rule for our own addresses: letters' case has no meaning, neither in the local part nor in the domain, and what follows the delimiter in
// the local part is a note to us ("support+x@example.org" is support@example.org's).

#include <stdbool.h>

// 0 = another's; 1 = by its address without the note; 2 = by its whole address, which goes first.
int mail_address_matches(const char *configured, char delimiter, const char *recipient);

#endif
