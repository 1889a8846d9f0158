// SPDX-License-Identifier: Apache-2.0
// Tables for people. On a terminal one that is too wide loses the ends of its longest texts; elsewhere, as in a pipe, nothing is lost.
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/print.h"

#define PRINT_COLUMNS_MAX 16
#define PRINT_LEAST       8 // columns left of a text

static const char *print_cell(const json_t *row, const struct print_column *c)
{
    static const char *(*const shows[])(const json_t *) = {
        [PRINT_WAIT] = print_wait,       [PRINT_DUE] = print_due,           [PRINT_KEPT] = print_kept,
        [PRINT_CLOSURE] = print_closure, [PRINT_CALLBACK] = print_callback, [PRINT_CALLBACKS] = print_callbacks,
    };
    static char clock[32];
    const char *text = print_text(row, c->member);
    if ((size_t)c->as < sizeof shows / sizeof *shows && shows[c->as])
        return shows[c->as](print_member(row, c->member));
    if (c->as == PRINT_SELDOM && !print_number(row, c->member))
        return "";
    if (c->as == PRINT_SPAN)
        return *text && print_number(row, c->member) ? print_span(print_number(row, c->member)) : "";
    if (c->as == PRINT_DAY)
        return print_number(row, c->member) ? print_day(print_number(row, c->member)) : "";
    time_t at = c->as == PRINT_TIME ? (time_t)(print_number(row, c->member) / 1000) : 0;
    struct tm tm;
    if (at && localtime_r(&at, &tm) && strftime(clock, sizeof clock, "%Y-%m-%d %H:%M:%S", &tm))
        return clock;
    return c->as == PRINT_COUNT && !*text ? "0" : text;
}

size_t print_screen(void)
{
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// Takes from the widest texts what is too much, as far as that goes.
static void print_fit(const struct print_column *columns, size_t n, size_t *widths)
{
    size_t all = 2 * (n - 1), screen = print_screen();
    for (size_t c = 0; c < n; c++)
        all += widths[c];
    for (size_t widest = n; screen && all > screen; widest = n, all--) {
        for (size_t c = 0; c < n; c++) {
            bool gives =
                (columns[c].as == PRINT_TEXT || columns[c].as == PRINT_SELDOM_TEXT || columns[c].as == PRINT_CLOSURE) &&
                widths[c] > PRINT_LEAST && widths[c] > print_width(columns[c].heading);
            if (gives && (widest == n || widths[c] > widths[widest]))
                widest = c;
        }
        if (widest == n)
            return;
        widths[widest]--;
    }
}

// What there hardly ever is takes no room where there is none of it.
static bool print_wanted(const json_t *rows, const struct print_column *c)
{
    size_t i;
    json_t *row;
    bool seldom = c->as == PRINT_SELDOM || c->as == PRINT_SELDOM_TEXT || c->as == PRINT_TIME ||
                  c->as == PRINT_CALLBACK || c->as == PRINT_CALLBACKS || c->as == PRINT_CLOSURE;
    if (!seldom)
        return true;
    json_array_foreach(rows, i, row)
    {
        if (*print_cell(row, c))
            return true;
    }
    return false;
}

void print_table(const json_t *rows, const struct print_column *all, size_t all_n)
{
    struct print_column columns[PRINT_COLUMNS_MAX];
    size_t n = 0;
    for (size_t c = 0; c < all_n; c++)
        if (print_wanted(rows, &all[c]))
            columns[n++] = all[c];
    size_t widths[PRINT_COLUMNS_MAX] = {0}, i;
    json_t *row;
    for (size_t c = 0; c < n; c++)
        widths[c] = print_width(columns[c].heading);
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < n; c++) {
            size_t w = print_width(print_cell(row, &columns[c]));
            widths[c] = w > widths[c] ? w : widths[c];
        }
    }
    print_fit(columns, n, widths);
    for (size_t c = 0; c < n; c++)
        printf("%s%-*s%s%s", print_bold(), c + 1 < n ? (int)widths[c] : 0, columns[c].heading, print_plain(),
               c + 1 < n ? "  " : "\n");
    json_array_foreach(rows, i, row)
    {
        size_t space = 0; // before the next cell, if there is anything in it
        for (size_t c = 0; c < n; c++) {
            const char *cell = print_cell(row, &columns[c]);
            printf("%*s", *cell ? (int)space : 0, "");
            space = (*cell ? 0 : space) + widths[c] + 2 - print_cut(cell, widths[c]);
        }
        putchar('\n');
    }
}
