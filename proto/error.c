// SPDX-License-Identifier: Apache-2.0
// The one place that fills struct json_error.
#include "proto/error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(struct json_error *err, const struct reflect_path *path, const char *code, const char *format, ...)
{
    if (err == NULL)
        return false;
    err->code = code;
    err->line = 0;
    err->column = 0;
    reflect_path_print(path, err->path, sizeof err->path);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}
