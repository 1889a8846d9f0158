// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_EDITOR_H
#define THROUGHLINE_CLI_EDITOR_H

#include <stdbool.h>

// The line being typed at a terminal: edited, with those before it at hand (libedit, editline(3)). What is shown meanwhile does not tear it: hide it,
// write, show it again. There is one terminal, so there is one editor.

// Whether stdin and stdout are a terminal that can move its cursor; then `line` gets what is typed, without its newline, and NULL at its end
// (Ctrl-D). Otherwise nothing has changed, and lines are for the caller to read.
bool editor_open(void (*line)(void *ctx, char *line), void *ctx);
void editor_read(void); // stdin is readable: takes what was typed, which may call `line`
void editor_prompt(
    const char *name);    // what stands before the "> " from the next showing on, cut where it is long; "" = nothing
bool editor_busy(void);   // a line is half typed
void editor_hide(void);   // nothing when it is hidden, or there is none
bool editor_hidden(void); // true also before it is shown for the first time
void editor_show(void);
void editor_close(void); // the terminal is as it was

#endif
