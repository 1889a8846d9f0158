// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_OPTIONS_H
#define THROUGHLINE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

// Options of one command as a table; what is not an option is left in order in argv[1..].
struct option_spec {
    const char *name;   // "--as"
    const char **value; // takes a value, or
    bool *flag;         // is a flag
};
// The new argc, or -1 after having told the user what is wrong. A lone "--" ends the options.
int options_parse(const char *command, int argc, char **argv, const struct option_spec *specs, unsigned n);
// The number that an option's text is; false after having told the user.
bool options_number(const char *command, const char *name, const char *text, uint64_t *out);

#endif
