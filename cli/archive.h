// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_ARCHIVE_H
#define THROUGHLINE_CLI_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A folder that keeps the router's log beyond its time in Redis: one file for each segment, named by its first input, and never changed once it
// stands there. A segment is one line of head and the frames of an exported log:
//
//     throughline-log 1 FIRST LAST BYTES SHA256-OF-THE-FRAMES SHA256-OF-THE-HEAD-BEFORE
//
// so that a damaged, missing, exchanged or half-written one is noticed, by whoever reads it.

#define ARCHIVE_HASH_MAX 65 // hexadecimal SHA-256 and its end

struct archive {
    uint64_t last; // input, 0 = empty
    uint64_t segments;
    char head[ARCHIVE_HASH_MAX]; // of the last segment's head; zeros while there is none
    uint8_t *bytes;              // the frames of the last segment, or of all
    size_t len, cap;
    size_t last_frame; // where it begins in them
};

// Reads and checks all of it, keeping all frames or those of the last segment only. A sysexits code; what is wrong is told.
int archive_open(struct archive *a, const char *folder, bool keep);
// Puts a segment of whole frames into the folder, synchronised, under its name only when it is whole.
int archive_add(struct archive *a, const char *folder, const uint8_t *frames, size_t len);
void archive_close(struct archive *a);

// The frames of a log, one after the other: false at the end, or with *damaged where one is cut off.
struct log_frame {
    uint64_t number;
    bool skipped;
    const uint8_t *body;
    size_t len, at, next; // at..next is the whole frame
};
bool log_frame(const uint8_t *log, size_t len, struct log_frame *f, bool *damaged); // zeroed at the start

#endif
