// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_JSON_TEXT_H
#define THROUGHLINE_PROTO_JSON_TEXT_H

// JSON's own text through a small buffer: strings, numbers and what stands between them. Private to the JSON writer.

#include "proto/json.h"

#include <stdint.h>

struct json_text {
    json_write_fn *write;
    void *ctx;
    bool failed; // the sink said no: nothing more reaches it
    size_t n;
    char buf[4096];
};

void json_text_begin(struct json_text *t, json_write_fn *write, void *ctx);
void json_text_flush(struct json_text *t);

void json_text_put(struct json_text *t, const char *bytes, size_t len);
static inline void json_text_put_char(struct json_text *t, char c)
{
    if (t->n == sizeof t->buf)
        json_text_flush(t);
    t->buf[t->n++] = c;
}

// With its quotes and escapes; NULL is the empty string, each bad byte becomes U+FFFD.
void json_text_put_string(struct json_text *t, const char *s);
void json_text_put_unsigned(struct json_text *t, uint64_t v);
void json_text_put_signed(struct json_text *t, int64_t v);
// The shortest text of `v` that reads back as the same value; what is no number goes as a string, as the mapping says.
void json_text_put_float(struct json_text *t, float v);
void json_text_put_double(struct json_text *t, double v);

#endif
