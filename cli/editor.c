// SPDX-License-Identifier: Apache-2.0
// Fails when the terminal is resized while a line that it has wrapped is hidden: some of it stays on the screen.
#include "cli/editor.h"

#include "cli/print.h"

#include <histedit.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum { REMEMBERED = 500, CTRL_D = 4, NAME_COLUMNS = 24 };

static struct {
    void (*line)(void *ctx, char *line);
    void *ctx;
    char prompt[NAME_COLUMNS * MB_LEN_MAX + 8];
    size_t prompt_columns;
    EditLine *el;
    History *before;
    bool hidden;
} editor;

static char *show_prompt(EditLine *el)
{
    (void)el;
    return editor.prompt;
}

static bool can_edit(void)
{
    const char *term = getenv("TERM");
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

bool editor_open(void (*line)(void *ctx, char *line), void *ctx)
{
    if (!can_edit())
        return false;
    HistEvent e;
    editor.el = el_init("throughline", stdin, stdout, stderr);
    editor.before = history_init();
    if (!editor.el || !editor.before) {
        editor_close();
        return false;
    }
    editor_prompt("");
    editor.line = line;
    editor.ctx = ctx;
    editor.hidden = true; // until it is shown for the first time
    history(editor.before, &e, H_SETSIZE, REMEMBERED);
    history(editor.before, &e, H_SETUNIQUE, 1);
    el_set(editor.el, EL_HIST, history, editor.before);
    el_set(editor.el, EL_PROMPT, show_prompt);
    el_set(editor.el, EL_EDITOR, "emacs");
    el_set(editor.el, EL_UNBUFFERED, 1);
    return true;
}

// With the terminal as programs know it, for what the line makes them write.
static void finish(char *line)
{
    HistEvent e;
    el_set(editor.el, EL_UNBUFFERED, 0);
    if (line && *line)
        history(editor.before, &e, H_ENTER, line);
    editor.line(editor.ctx, line);
    fflush(stdout);
    el_set(editor.el, EL_UNBUFFERED, 1);
}

bool editor_busy(void)
{
    const LineInfoW *l = editor.el ? el_wline(editor.el) : NULL;
    return l && l->lastchar > l->buffer;
}

void editor_prompt(const char *name)
{
    size_t used = 0, columns = 0, wide;
    for (size_t n; (n = print_character(name, &wide)) > 0; name += n) {
        if (columns + wide > NAME_COLUMNS || used + n > sizeof editor.prompt - 8)
            break;
        memcpy(editor.prompt + used, name, n);
        used += n;
        columns += wide;
    }
    snprintf(editor.prompt + used, sizeof editor.prompt - used, "%s> ", *name ? "…" : "");
    editor.prompt_columns = columns + (*name != 0) + 2;
}

void editor_read(void)
{
    int n = 0;
    const char *text = el_gets(editor.el, &n);
    if (!text || n <= 0)
        return;
    if (text[n - 1] == '\n' || text[n - 1] == '\r') {
        char *line = strndup(text, (size_t)n - 1);
        if (line)
            finish(line);
        free(line);
    } else if (n == 1 && text[0] == CTRL_D) {
        finish(NULL);
    }
}

// How many rows above the cursor's the line begins.
static int rows_above(void)
{
    struct winsize w;
    const LineInfoW *l = el_wline(editor.el);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || !w.ws_col || !l)
        return 0;
    size_t columns = editor.prompt_columns;
    for (const wchar_t *c = l->buffer; c < l->cursor; c++)
        columns += wcwidth(*c) > 0 ? (size_t)wcwidth(*c) : 0;
    return (int)(columns / w.ws_col);
}

void editor_hide(void)
{
    if (!editor.el || editor.hidden)
        return;
    editor.hidden = true;
    int rows = rows_above();
    fputs("\r", stdout);
    if (rows > 0)
        printf("\033[%dA", rows);
    fputs("\033[J", stdout);
}

bool editor_hidden(void)
{
    return editor.el && editor.hidden;
}

void editor_show(void)
{
    editor.hidden = false;
    fflush(stdout);
    el_set(editor.el, EL_REFRESH);
}

void editor_close(void)
{
    if (editor.el) {
        editor_hide();
        fflush(stdout);
        el_end(editor.el);
    }
    if (editor.before)
        history_end(editor.before);
    editor.el = NULL;
    editor.before = NULL;
}
