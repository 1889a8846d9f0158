// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_FORM_H
#define THROUGHLINE_CHANNELS_FORM_H

// application/x-www-form-urlencoded (https://url.spec.whatwg.org/#application/x-www-form-urlencoded), as bodies and as queries. Values are
// bytes: they may hold NUL and need not be UTF-8; whoever uses one as text checks it.

#include <stdbool.h>
#include <stddef.h>

#include "channels/region.h"

#define FORM_FIELDS_MAX 512

struct form_field {
    const char *name, *value; // NUL-terminated, the NUL not counted
    size_t name_len, value_len;
};
struct form {
    struct form_field *v; // in the order in which they came, repeated names included
    size_t n;
};

// Reads `len` bytes; what is made lives in the region. NULL when all of it is well formed, else what is wrong (region) and an empty form: a
// percent sign without its two digits, a NUL in a name, more than FORM_FIELDS_MAX fields.
const char *form_read(struct region *m, const char *text, size_t len, struct form *out)
    __attribute__((warn_unused_result));
// The query of a target or URL: what is behind its question mark, else its end.
const char *form_query(const char *target);

const struct form_field *form_find(const struct form *f, const char *name); // the first; NULL = absent
size_t form_count(const struct form *f, const char *name);
const char *form_value(const struct form *f, const char *name); // the first's, "" = absent

// Text that grows in a region.
struct form_text {
    struct region *m;
    char *v; // NUL-terminated; NULL = nothing yet
    size_t n, room;
};
void form_add(struct form_text *t, const char *bytes, size_t len); // as it is
void form_escape_byte(struct form_text *t, char byte);             // %XX
// Percent-encoded but for letters, digits and -._~; the second leaves the characters of `bare` as they are as well.
void form_escape(struct form_text *t, const char *bytes, size_t len);
void form_escape_but(struct form_text *t, const char *bytes, size_t len, const char *bare);
// name=value, after & unless it is the first or follows ?
void form_put(struct form_text *t, const char *name, const char *value);

#endif
