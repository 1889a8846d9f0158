// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_UTF8_H
#define THROUGHLINE_PROTO_UTF8_H

// Text from outside is valid UTF-8 without NUL, or it is refused.

#include "proto/json.h"

#include <stdbool.h>
#include <stddef.h>

// Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates). NUL is valid.
bool utf8_valid(const void *bytes, size_t len);

// Well-formed, and no control characters of C0 but tab, line feed and carriage return: a person's words.
bool utf8_valid_text(const void *bytes, size_t len);

// The longest start of `bytes`, at most `max` bytes of it, that does not cut a character; for valid UTF-8.
size_t utf8_prefix(const void *bytes, size_t len, size_t max);

// Checks what unpacking a binary message does not: every string in it, keys of maps included, is valid UTF-8, and every
// Timestamp is in range. False with *err (may be NULL) naming the field. A NUL inside a string cannot be seen here, for
// unpacking has cut the string there; wire_read() sees it.
bool proto_check_utf8(const ProtobufCMessage *m, struct json_error *err) __attribute__((warn_unused_result));

#endif
