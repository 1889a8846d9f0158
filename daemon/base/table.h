// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_TABLE_H
#define THROUGHLINE_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Ids to pointers. This is how asynchronous answers find their owner: the question carries the id, and the answer to an
// owner that is gone finds NULL. A zeroed struct is an empty table. The pointers stay the caller's; NULL is not a value.

struct table_slot {
    uint64_t key; // 0 = free
    void *value;
};
struct table {
    struct table_slot *slots;
    size_t size; // power of two, or 0
    size_t count;
    uint64_t last; // id given out last by table_add
};

void table_close(struct table *t); // the slots only
void *table_get(const struct table *t, uint64_t key);
void table_put(struct table *t, uint64_t key, void *value); // key != 0; replaces
void *table_take(struct table *t, uint64_t key);            // removes and returns, or NULL
// Puts under a new id: 1, 2, 3 ... never used twice in this table.
uint64_t table_add(struct table *t, void *value);
// Walks: *cursor = 0 at the start; false at the end. Nothing may be put or taken meanwhile.
bool table_next(const struct table *t, size_t *cursor, uint64_t *key, void **value);
// One of the values, NULL when there is none: for taking out all of them.
void *table_any(const struct table *t);

#endif
