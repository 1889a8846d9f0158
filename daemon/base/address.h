// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_ADDRESS_H
#define THROUGHLINE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

// IP addresses as 16 bytes, those of version 4 mapped into version 6, and ranges of them.

#define ADDRESS_SIZE     16
#define ADDRESS_TEXT_MAX 46 // with NUL

struct address_range {
    unsigned char base[ADDRESS_SIZE];
    unsigned bits;
};

// "192.0.2.7" or "2001:db8::7", nothing else.
bool address_parse(const char *text, unsigned char out[ADDRESS_SIZE]) __attribute__((warn_unused_result));
void address_text(const unsigned char a[ADDRESS_SIZE], char out[ADDRESS_TEXT_MAX]);

// An address, or one and "/bits" behind it, with no bit set beyond these. NULL, or what would be right.
const char *address_range_parse(const char *text, struct address_range *out) __attribute__((warn_unused_result));
bool address_in(const unsigned char a[ADDRESS_SIZE], const struct address_range *v, size_t n);

#endif
