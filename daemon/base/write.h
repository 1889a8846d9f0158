// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_WRITE_H
#define THROUGHLINE_BASE_WRITE_H

#include <stdbool.h>
#include <stddef.h>

// Writes all of it to a file that blocks. False with errno when it cannot; then nobody knows how much was written.
bool write_all(int fd, const void *bytes, size_t len) __attribute__((warn_unused_result));

#endif
