// SPDX-License-Identifier: Apache-2.0
// A TOML file, bounded before it is parsed. Knows nothing of what its keys mean.
#include "daemon/config/config_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 8192 // bounds how deep dotted keys can nest

static bool lines_bounded(const char *text, size_t len, struct config_errors *errs)
{
    int line = 1;
    for (size_t start = 0; start < len; line++) {
        const char *end = memchr(text + start, '\n', len - start);
        size_t n = end != NULL ? (size_t)(end - text) - start : len - start;
        if (n > LINE_MAX_BYTES) {
            errors_add(errs, (struct config_place){line, 1}, "this line is too long (at most %d bytes)",
                       LINE_MAX_BYTES);
            return false;
        }
        start += n + 1;
    }
    return true;
}

struct toml_doc *config_file_parse(const char *text, size_t len, struct config_errors *errs)
{
    struct toml_fault fault;
    struct toml_doc *doc = NULL;
    if (len > CONFIG_FILE_MAX)
        errors_add(errs, (struct config_place){0, 0}, "the file is too large (at most %d bytes)", CONFIG_FILE_MAX);
    else if (lines_bounded(text, len, errs) && (doc = toml_read(text, len, &fault)) == NULL)
        errors_add(errs, (struct config_place){fault.line, fault.column}, "not TOML: %s%s", fault.text,
                   strstr(fault.text, "could not determine value type") ? " (a text stands in quotes, like \"Bo\")"
                                                                        : "");
    return doc;
}

char *config_file_read(const char *path, size_t *len, struct config_errors *errs)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        errors_add(errs, (struct config_place){0, 0}, "cannot be opened (%s)", strerror(errno));
        return NULL;
    }
    char *text = calloc(1, CONFIG_FILE_MAX + 1);
    if (text == NULL)
        abort();
    *len = fread(text, 1, CONFIG_FILE_MAX + 1, f);
    int failed = ferror(f) ? errno : 0;
    fclose(f);
    if (failed == 0)
        return text;
    errors_add(errs, (struct config_place){0, 0}, "cannot be read (%s)", strerror(failed));
    free(text);
    return NULL;
}
