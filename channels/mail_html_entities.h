// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_MAIL_HTML_ENTITIES_H
#define THROUGHLINE_CHANNELS_MAIL_HTML_ENTITIES_H

#include <stddef.h>

// The character of a name that begins at p ("amp;", "eacute"); 0 = there is no such name. *taken: its length, the semicolon counted if there.
unsigned long html_entity(const char *p, size_t len, size_t *taken);
// What &#128; to &#159; mean to those who write them.
unsigned long html_windows(unsigned long c);

#endif
