// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CONFIG_FILE_H
#define THROUGHLINE_CONFIG_FILE_H

// A TOML file read from the disk and parsed, with its size and the length of its lines bounded.

#include "daemon/config/config_errors.h"
#include "daemon/config/toml_shim.h"

// The file's bytes, at most CONFIG_FILE_MAX + 1 of them, the caller's to free(); NULL with the reason in *errs.
char *config_file_read(const char *path, size_t *len, struct config_errors *errs);

// NULL with what is wrong in *errs; else the caller's, freed by toml_free().
struct toml_doc *config_file_parse(const char *text, size_t len, struct config_errors *errs);

#endif
