// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_DATA_DIR_H
#define THROUGHLINE_DATA_DIR_H

#include <stdbool.h>
#include <stddef.h>

// The data directory: made if it is missing, for us alone, and for one daemon at a time.

// Makes and locks it; the lock lasts as long as the process. A sysexits code with *why, or 0.
int data_dir_take(const char *dir, char *why, size_t why_size);
// Replaces dir/name whole, mode 0600: whoever reads it sees the old or the new.
bool data_dir_write(const char *dir, const char *name, const char *text);
// The first line of dir/name, malloc'd; NULL = absent or empty.
char *data_dir_read(const char *dir, const char *name);
void data_dir_remove(const char *dir, const char *name);
// This node's name: made at the first start, the same ever after. malloc'd; NULL when it cannot be kept.
char *data_dir_node(const char *dir);

#endif
