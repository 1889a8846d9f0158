// SPDX-License-Identifier: Apache-2.0
// How wide words are on a terminal: Chinese takes two columns a character, a combining mark none. As the C library knows it, in a UTF-8 locale.
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "cli/print.h"

void print_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) // the words of the world pass through here, whatever the locale
        setlocale(LC_CTYPE, "C.UTF-8");
}

size_t print_character(const char *text, size_t *columns)
{
    mbstate_t state = {0};
    wchar_t c;
    *columns = *text != 0;
    if (!*text)
        return 0;
    size_t n = mbrtowc(&c, text, strlen(text), &state);
    if (n == 0 || n > strlen(text))
        return 1; // not of this locale
    int width = wcwidth(c);
    *columns = width < 0 ? 1 : (size_t)width; // newer than the C library's tables
    return n;
}

size_t print_width(const char *text)
{
    size_t all = 0, columns;
    for (size_t n; (n = print_character(text, &columns)) > 0; text += n)
        all += columns;
    return all;
}

size_t print_cut(const char *text, size_t width)
{
    char part[1024];
    size_t used = 0, seen = 0, columns, whole = print_width(text);
    if (whole <= width) {
        print_safe(text);
        return whole;
    }
    for (size_t n; (n = print_character(text + used, &columns)) > 0; used += n, seen += columns)
        if (seen + columns + 1 > width || used + n >= sizeof part)
            break;
    memcpy(part, text, used);
    part[used] = 0;
    print_safe(part);
    if (width)
        fputs("…", stdout);
    return seen + (width > 0);
}
