// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_QUOTE_H
#define THROUGHLINE_BASE_QUOTE_H

#include <stddef.h>

// Text from anywhere as a JSON string, quotes included: for log lines and problem documents. Room that always suffices for n bytes:
#define QUOTE_SIZE(n) (6 * (n) + 8)

// Writes at most `size` bytes, NUL included, whole characters only; bytes that are not UTF-8 become U+FFFD. Returns the length.
size_t quote_json(char *out, size_t size, const char *text, size_t len);

// Length of the well-formed UTF-8 sequence at s[0..n), or 0. n > 0.
size_t utf8_length(const char *s, size_t n);

#endif
