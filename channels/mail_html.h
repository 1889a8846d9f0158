// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_MAIL_HTML_H
#define THROUGHLINE_CHANNELS_MAIL_HTML_H

// HTML of strangers. What is let through is told by lists (mail_html_rules.c) and written anew in one strict form, never patched:
//
//     text without < and >, & only as the beginning of &amp; &lt; &gt; &quot;
//     <name attribute="value" ...> in lower case, each closed by </name> in order, but br, col, hr, img and wbr
//
// No scripts, no styles but harmless ones, no classes or ids, nothing that loads by itself: a picture has data-attachment="N" (of the message,
// from 0) or data-remote="https://..." instead of a source. Links lead to http, https or mailto only.

#include <stdbool.h>
#include <stddef.h>

#include "channels/region.h"

#define MAIL_HTML_MAX   65536
#define MAIL_HTML_DEPTH 64

// ---- the lists ----

enum html_tag_kind {
    HTML_TAG_INLINE = 1,
    HTML_TAG_BLOCK,
    HTML_TAG_CELL,
    HTML_TAG_VOID, // no end tag
};
struct html_tag {
    const char *name;
    enum html_tag_kind kind;
};
const struct html_tag *html_tag_find(const char *name, size_t len); // NULL = not let through

enum html_rule {
    HTML_LINK = 1, // http, https, mailto
    HTML_REMOTE,   // http, https
    HTML_INDEX,    // digits
    HTML_SIZE,     // digits, perhaps with %
    HTML_WORD,     // letters, digits and # , . - space
    HTML_TEXT,
    HTML_STYLE, // property:value; of the list, without parentheses
    HTML_REL,
};
struct html_attribute {
    const char *name;
    enum html_rule rule;
    const char *tag; // the only one that may have it; NULL = any
};
const struct html_attribute *html_attribute_find(const char *tag, const char *name, size_t len);
bool html_value_fits(enum html_rule rule, const char *value, size_t len); // the value without entities
bool html_style_property(const char *name, size_t len);
extern const char html_rel[];

// Whether text is in the strict form above. Shares only the lists with what writes it.
bool mail_html_safe(const char *html, size_t len);

#endif
