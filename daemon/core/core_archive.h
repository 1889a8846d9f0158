// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_CORE_ARCHIVE_H
#define THROUGHLINE_CORE_CORE_ARCHIVE_H

#include <sys/types.h>

#include "daemon/archive/archive.h"

struct core;
struct loop_timer;

// What the child that archives tells its parent, after each segment and at its end; one write to a pipe.
#define ARCHIVE_WORD_WHY 300
struct archive_word {
    struct archive_mark end;
    uint64_t segments;          // written since the child began
    char why[ARCHIVE_WORD_WHY]; // "" or what keeps it from going on
};

struct core_archive {
    struct loop_timer *timer;
    pid_t child;
    int words;                // the pipe's end
    bool led;                 // when last looked
    struct archive_word last; // heard; its end lets the next child begin there
    uint64_t counted;         // segments of the child in hand that are in the metric
    bool good;                // the archive has been looked at since this node leads, and is whole
    int64_t done_at, heard_at;
    struct metric *input, *segments, *failures, *withheld, *ok;
};

// ---- core_archive.c ----

void archive_start(struct core *c); // with the core
void archive_stop(struct core *c);
// How far the log may be trimmed, of what is old enough.
uint64_t archive_trim(struct core *c, uint64_t upto);

// ---- core_archive_child.c ----

// In the child: brings the archive up to the newest snapshot, telling on `words` what is done. Never returns.
void archive_child(struct core *c, int words, pid_t parent) __attribute__((noreturn));

#endif
