// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_MAIL_HTML_READ_H
#define THROUGHLINE_CHANNELS_MAIL_HTML_READ_H

// HTML as a stream of tokens, the way browsers read it as far as that matters here: comments, declarations and the contents of scripts, styles
// and their like never come out. Linear; any bytes are HTML.

#include <stdbool.h>
#include <stddef.h>

enum html_token_kind { HTML_END = 0, HTML_WORDS, HTML_OPEN, HTML_CLOSE };
struct html_token {
    enum html_token_kind kind;
    const char *text; // words; of a tag, what follows its name
    size_t len;
    const char *name; // of a tag, as it was written
    size_t name_len;
};
struct html_reader {
    const char *at, *end;
    size_t dropping; // elements, within one another, whose contents are dropped
};
void html_read(struct html_reader *r, struct html_token *out);

// One attribute after another; values still have their entities.
struct html_pair {
    const char *name, *value;
    size_t name_len, value_len;
};
bool html_next_pair(const char **at, const char *end, struct html_pair *out);

// The character that begins at p: an entity's or its own; in values only entities with their semicolon. Writes up to 4 bytes of UTF-8 and returns how many; *len is what it took.
size_t html_character(const char *p, const char *end, bool value, char out[static 4], size_t *len);

#endif
