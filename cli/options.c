// SPDX-License-Identifier: Apache-2.0
// Command line options from a table: --name VALUE, --name=VALUE and flags, anywhere among the words.
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const struct option_spec *option_find(const struct option_spec *specs, unsigned n, const char *word, size_t len)
{
    for (unsigned i = 0; i < n; i++)
        if (strlen(specs[i].name) == len && memcmp(specs[i].name, word, len) == 0)
            return &specs[i];
    return NULL;
}

int options_parse(const char *command, int argc, char **argv, const struct option_spec *specs, unsigned n)
{
    int kept = 1;
    bool options = true;
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        if (!options || word[0] != '-' || word[1] != '-') {
            argv[kept++] = word;
            continue;
        }
        if (word[2] == 0) {
            options = false;
            continue;
        }
        char *equals = strchr(word, '=');
        size_t len = equals ? (size_t)(equals - word) : strlen(word);
        const struct option_spec *spec = option_find(specs, n, word, len);
        if (!spec) {
            cli_usage(command, "unknown option %.*s", (int)len, word);
            return -1;
        }
        if (spec->flag && equals) {
            cli_usage(command, "%.*s takes no value", (int)len, word);
            return -1;
        }
        if (spec->flag) {
            *spec->flag = true;
        } else if (equals) {
            *spec->value = equals + 1;
        } else if (i + 1 < argc) {
            *spec->value = argv[++i];
        } else {
            cli_usage(command, "%s needs a value", word);
            return -1;
        }
    }
    return kept;
}

bool options_number(const char *command, const char *name, const char *text, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    *out = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
    if (end && !*end && !errno)
        return true;
    cli_usage(command, "%s needs a number", name);
    return false;
}
