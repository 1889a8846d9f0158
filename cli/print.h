// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_PRINT_H
#define THROUGHLINE_CLI_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// How things look on a terminal: plain tables, dim and bold only where stdout is a terminal. What came from outside is printed with
// control characters made visible, so that no customer can drive an agent's terminal.

// A table column: the member's name in each row ("agent.id" goes deeper), its heading, and how it is shown where that is not plain: a
// count that is absent is 0, Unix milliseconds are a local date and time, a Wait is
// from how long to how long (of several the longest), a Due how much time is left, Responses the share of those in time, a Closure by whom and until when, milliseconds
// a span ("4 min"), sessions whom to call back, Callbacks how many were. Where a table is too wide for the terminal, texts are cut; in a pipe never.
enum print_as {
    PRINT_TEXT,
    PRINT_COUNT,
    PRINT_SELDOM,      // a count; the column is left out where it is 0 in all rows
    PRINT_SELDOM_TEXT, // likewise, where it is empty in all rows
    PRINT_TIME,        // left out where no row has one
    PRINT_DAY,         // the time of day if it is today's, else the date
    PRINT_WAIT,
    PRINT_DUE,
    PRINT_KEPT,
    PRINT_CLOSURE,
    PRINT_SPAN,
    PRINT_CALLBACK,
    PRINT_CALLBACKS
};
struct print_column {
    const char *member;
    const char *heading;
    enum print_as as;
};
void print_table(const json_t *rows, const struct print_column *columns, size_t n);
void print_json(const json_t *value); // one line

// The member at a dotted path as text; "" if absent. Enum names lose their prefix: PRESENCE_STATE_AWAY -> away. Valid until the fourth call after.
const char *print_text(const json_t *object, const char *path);
json_int_t print_number(const json_t *object, const char *path); // also of 64-bit numbers in strings
const json_t *print_member(const json_t *object, const char *path);

// "3-6 min", "now", "nobody there"; "" = it does not wait. Valid until the next call.
const char *print_wait(const json_t *wait);

// "in 40 s", "12 min late"; "" = no response is due, or none within a time. Valid until the next call.
const char *print_due(const json_t *due);
const char *print_due_at(json_int_t ms);         // Unix time; 0 = none
const char *print_kept(const json_t *responses); // "93 % of 40"; "" = there were none

const char *
print_moment(json_int_t ms); // Unix time: "18:00" today, else "2026-12-24 18:00". Valid until the second call after
const char *print_day(json_int_t ms);  // "18:00" today, else "2026-12-24". Valid until the next call
const char *print_span(json_int_t ms); // "40 s", "4 min", "3 h"
// "by cleo since 09:12, until 18:00; on to hotline: power cut"; "" = it is not closed by hand. Valid until the next call.
const char *print_closure(const json_t *closure);

// Of sessions: "+4915112345678, attempt 2", the next; "" = nobody waits to be called back. Valid until the next call.
const char *print_callback(const json_t *sessions);
const char *print_callbacks(const json_t *callbacks); // "5 asked, 3 reached, 2 not"; "" = nobody ever asked. Likewise
const char *
print_voicemail(const json_t *voicemail); // "a voicemail was left, since the queue was full"; "" = none. Likewise

bool print_blank(const char *text); // nothing but blanks: a line that says nothing
void print_safe(const char *text);  // control characters escaped

void print_locale(void); // at the start: UTF-8, whatever the locale
// The first character's bytes, 0 at the end; *columns: how many it takes on a terminal.
size_t print_character(const char *text, size_t *columns);
size_t print_screen(void);            // columns of the terminal; 0 = it is none
size_t print_width(const char *text); // in columns
// The text, or its beginning and an ellipsis where it is wider than so many columns. How many it took.
size_t print_cut(const char *text, size_t width);
const char *print_bold(void);
const char *print_dim(void);
const char *print_plain(void);

// One timeline entry as a line: "14:03 sms  customer: Hello". `own` marks the reader's own side.
void print_entry(const json_t *entry, const char *customer);

#endif
