// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_REGION_H
#define THROUGHLINE_CHANNELS_REGION_H

// Memory of one call: everything that reading a request or rendering a delivery makes, freed at once. Out of memory aborts.

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct region {
    struct region_block *blocks; // zeroed = empty
};

void *region_new(struct region *m, size_t n, size_t each);          // zeroed; aligned for anything
char *region_copy(struct region *m, const void *bytes, size_t len); // NUL-terminated
char *region_text(struct region *m, const char *text);              // NULL stays NULL
char *region_format(struct region *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
// At most `max` bytes of it as one line: control characters become spaces, what is not UTF-8 question marks.
char *region_line(struct region *m, const char *bytes, size_t len, size_t max);
void region_free(struct region *m); // empty again

#endif
