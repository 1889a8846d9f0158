// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_OWNER_H
#define THROUGHLINE_CORE_OWNER_H

#include <stdint.h>

// Who asked the store? Answers come back with the `module` they were asked with; ours is never a pointer but the number of
// an owner in a table, so that an answer to somebody who is gone finds nobody. One table for the process.

uint64_t owner_add(void *object); // its number, never 0, never used twice
void owner_remove(uint64_t owner);
void *owner_module(uint64_t owner);   // what to give to the store
void *owner_find(const void *module); // NULL = gone

#endif
