// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CONFIG_TOML_SHIM_H
#define THROUGHLINE_CONFIG_TOML_SHIM_H

// TOML 1.0 for C: a thin face on toml++. Knows nothing of what keys mean. A document is freed whole; nodes and texts point
// into it. No exception and no assertion on any input; running out of memory ends the process.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct toml_doc;
struct toml_node;

enum toml_type { TOML_TABLE, TOML_ARRAY, TOML_STRING, TOML_INTEGER, TOML_FLOAT, TOML_BOOLEAN, TOML_TIME };

struct toml_fault {
    int line, column;
    char text[256];
};

// NULL with *fault filled when it is not TOML. The caller bounds `len` and the length of lines.
struct toml_doc *toml_read(const char *text, size_t len, struct toml_fault *fault);
void toml_free(struct toml_doc *doc);
const struct toml_node *toml_root(const struct toml_doc *doc);

enum toml_type toml_type(const struct toml_node *node);
void toml_place(const struct toml_node *node, int *line, int *column);

// A value of the right type is stored; false otherwise.
bool toml_string(const struct toml_node *node, const char **text, size_t *len);
bool toml_integer(const struct toml_node *node, int64_t *value);
bool toml_number(const struct toml_node *node, double *value); // an integer or a decimal
bool toml_boolean(const struct toml_node *node, bool *value);

size_t toml_count(const struct toml_node *node);                                 // elements of an array, else 0
const struct toml_node *toml_at(const struct toml_node *node, size_t i);         // of an array; NULL beyond
const struct toml_node *toml_get(const struct toml_node *node, const char *key); // of a table; NULL = absent

// Each key of a table, with the key's own place.
typedef void toml_each_fn(void *arg, const char *key, size_t len, const struct toml_node *value, int line, int column);
void toml_each(const struct toml_node *node, toml_each_fn *fn, void *arg);

#ifdef __cplusplus
}
#endif

#endif
