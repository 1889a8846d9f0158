// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CONFIG_CHECK_H
#define THROUGHLINE_CONFIG_CHECK_H

// What the files of config_check*.c share: the configuration under check, its rows, and where in the file they stand.

#include "daemon/config/config_private.h"

struct check {
    const struct config *c;
    const struct toml_node *root;
    struct config_errors *errs;
};

// A row, as far as all kinds of rows are alike.
struct check_row {
    const char *kind; // "account"
    size_t index;
    struct config_place place;
    const char *tenant, *name;
};

const struct toml_node *check_node(const struct check *k, const char *kind, size_t index); // NULL = no such row
// The place of a row's value, else of the row.
struct config_place check_place(const struct check *k, const struct check_row *row, const char *key);
bool check_given(const struct check *k, const struct check_row *row, const char *key);

void check_tenant(const struct check *k, const struct check_row *row);
void check_require(const struct check *k, const struct check_row *row, const char *key);
void check_forbid(const struct check *k, const struct check_row *row, const char *key, const char *unless);

// `rows` are all of one kind, in the order of the file; with `scoped`, names are unique within their tenant only.
void check_names(const struct check *k, const struct check_row *rows, size_t n, const char *key, bool scoped);
bool check_same_tenant(const char *a, const char *b); // NULL is no tenant

void check_queues(const struct check *k);
void check_messages(const struct check *k);
void check_calendars(const struct check *k);
void check_tokens(const struct check *k);

#endif
