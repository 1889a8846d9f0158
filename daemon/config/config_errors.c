// SPDX-License-Identifier: Apache-2.0
// Collecting what is wrong with a file: up to CONFIG_ERRORS_MAX, the rest is counted.
#include "daemon/config/config_errors.h"

#include <stdarg.h>
#include <stdlib.h>

__attribute__((format(printf, 4, 0))) static void add(struct config_errors *errs, struct config_place place,
                                                      bool warning, const char *format, va_list args)
{
    errs->fatal += !warning;
    if (errs->n == CONFIG_ERRORS_MAX) {
        errs->untold++;
        return;
    }
    struct config_error *e = &errs->v[errs->n++];
    e->line = place.line;
    e->column = place.column;
    e->warning = warning;
    vsnprintf(e->text, sizeof e->text, format, args);
}

void errors_add(struct config_errors *errs, struct config_place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(errs, place, false, format, args);
    va_end(args);
}

void errors_warn(struct config_errors *errs, struct config_place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(errs, place, true, format, args);
    va_end(args);
}

void errors_sort(struct config_errors *errs)
{
    // by insertion, for equal places keep their order
    for (size_t i = 1; i < errs->n; i++) {
        struct config_error e = errs->v[i];
        size_t k = i;
        for (; k > 0 &&
               (errs->v[k - 1].line > e.line || (errs->v[k - 1].line == e.line && errs->v[k - 1].column > e.column));
             k--)
            errs->v[k] = errs->v[k - 1];
        errs->v[k] = e;
    }
}

void config_errors_print(const struct config_errors *errs, const char *path, FILE *to)
{
    for (size_t i = 0; i < errs->n; i++) {
        const struct config_error *e = &errs->v[i];
        fprintf(to, "%s:", path);
        if (e->line > 0)
            fprintf(to, "%d:%d:", e->line, e->column);
        fprintf(to, " %s%s\n", e->warning ? "warning: " : "", e->text);
    }
    if (errs->untold > 0)
        fprintf(to, "%s: and %zu more\n", path, errs->untold);
}
