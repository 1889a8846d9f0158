// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_STORE_VALUE_H
#define THROUGHLINE_STORE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Replies of Redis as values. hiredis parses; the values lie in an arena that is emptied with the next reply, so a
// reply costs no allocation once the arena has its size.

enum value_type { VALUE_NIL, VALUE_INTEGER, VALUE_STRING, VALUE_STATUS, VALUE_ERROR, VALUE_ARRAY };

struct value {
    enum value_type type;
    uint32_t n;      // elements of an array
    int64_t integer; // VALUE_INTEGER
    const char *str; // STRING, STATUS, ERROR: NUL-terminated, may hold NULs
    size_t len;
    struct value *v; // elements
};

struct value_reader;

// max_bytes: a reply larger than this, or with more elements than it could hold, is an error.
struct value_reader *value_reader_new(size_t max_bytes);
void value_reader_free(struct value_reader *r);
bool value_reader_feed(struct value_reader *r, const void *p, size_t len); // false: broken protocol or too large
// 1: *v is the next reply, valid until the next call; 0: none is complete; -1: broken protocol or too large.
int value_reader_next(struct value_reader *r, const struct value **v);

// Never fail: an element out of range, or of another type, reads as nil, 0 or "".
const struct value *value_at(const struct value *v, size_t i);
uint64_t value_u64(const struct value *v); // integers and decimal strings
const char *value_text(const struct value *v);
bool value_is(const struct value *v, const char *text);
bool value_starts(const struct value *v, const char *prefix);

#endif
